"""What the rules let a reader see of an evaluation: the one way to tables, pictures and files."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from desist.errors import CannotAnswerError
from desist.evaluation.categories import find_worst, withhold_rows
from desist.evaluation.record import ComparedCheck, Evaluation
from desist.report.digits import NUMBERS, round_balance, round_check, round_to
from desist.report.disclosure import RuleSet
from desist.report.figures import explain_outcomes_withheld, explain_withheld, list_withheld


def require_enough_people(evaluation: Evaluation, rules: RuleSet) -> None:
    """Refuse to report on a study of few people.

    Parameters
    ----------
    evaluation : Evaluation
        What was found; published figures are public, and pass.
    rules : RuleSet
        How many people there have to be in either arm.

    Raises
    ------
    CannotAnswerError
        If there are fewer.
    """
    if evaluation.published is not None:
        return
    sizes = {
        "participants": [row.n_treated for row in evaluation.measures if row.measure.is_causal],
        "comparison people": [
            row.n_comparison for row in evaluation.measures if row.measure.is_causal
        ],
    }
    if evaluation.design is not None:
        sizes["participants"].append(evaluation.design["n_treated"])
        sizes["comparison people"].append(evaluation.design["n_comparison"])
    for who, numbers in sizes.items():
        if min(numbers, default=rules.min_people) < rules.min_people:
            raise CannotAnswerError(
                f"fewer than {rules.min_people} {who} are compared, and rule set {rules.name} "
                "lets nothing be reported about so few; wait for more, or evaluate them together "
                "with another group"
            )


def disclose(evaluation: Evaluation, rules: RuleSet) -> Evaluation:
    """Return the evaluation without what the rules withhold.

    Parameters
    ----------
    evaluation : Evaluation
        What was found; published figures are public, and stay as they are.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    Evaluation
        Withheld measures are not available, with the reason; checks and balance carry the
        digits that are shown.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.
    """
    require_enough_people(evaluation, rules)
    if evaluation.published is not None:
        return evaluation
    withheld = {
        row.measure: f"withheld: {explain_withheld(evaluation, row, rules)}"
        for row in list_withheld(evaluation, rules)
    }
    return replace(
        evaluation,
        effects=tuple(one for one in evaluation.effects if one.measure not in withheld),
        checks=disclose_checks(evaluation, rules),
        unavailable={**evaluation.unavailable, **withheld},
        design=disclose_design(evaluation.design, rules),
    )


def disclose_checks(evaluation: Evaluation, rules: RuleSet) -> tuple[ComparedCheck, ...]:
    """Return the checks with the digits that are shown, without figures where withheld.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    tuple of ComparedCheck
        One for each check; those of published figures are public.
    """
    general = explain_outcomes_withheld(evaluation, rules)
    reasons = {row.measure: explain_withheld(evaluation, row, rules) for row in evaluation.measures}
    return tuple(
        _withhold(check, reason)
        if (reason := reasons.get(check.measure, general))
        else round_check(check)
        for check in evaluation.checks
    )


def disclose_design(design: Mapping[str, Any] | None, rules: RuleSet) -> dict[str, Any] | None:
    """Return the summary of a design as it is shown.

    Parameters
    ----------
    design : mapping or None
        The `design` of an evaluation.
    rules : RuleSet
        How many people a category, and those who were dropped, have to be.

    Returns
    -------
    dict or None
        Without small categories; the number dropped is None where it is small.
    """
    if design is None:
        return None
    balance = [round_balance(row) for row in withhold_rows(design["balance"], rules.min_category)]
    worst = design["worst_covariate"]
    if worst not in {row["covariate"] for row in balance}:
        worst = find_worst(balance)
    n_dropped = design["n_treated_dropped"]
    is_small = n_dropped is not None and 0 < n_dropped < rules.min_category
    return dict(design) | {
        "n_treated_dropped": None if is_small else n_dropped,
        "ess_comparison": round_to(design["ess_comparison"], 1),
        "worst_covariate": worst,
        "balance": balance,
    }


def _withhold(check: ComparedCheck, reason: str) -> ComparedCheck:
    numbers: dict[str, Any] = dict.fromkeys(NUMBERS, math.nan)
    return replace(check, **numbers, applicable=False, reason=f"withheld: {reason}", agrees=None)
