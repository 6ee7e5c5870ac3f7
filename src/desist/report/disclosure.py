"""Rule sets: what a report prints on small groups, and what they take out of an evaluation."""

import math
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from desist.arguments import describe
from desist.cohort.flow import RecordFlow
from desist.effects.days import DayRow
from desist.effects.groups import GroupTable
from desist.errors import CannotAnswerError, Fault, InputError
from desist.estimands import Measure
from desist.evaluation._model_alone import tells_of
from desist.evaluation.categories import find_worst, withhold_rows
from desist.evaluation.groups import withhold_groups
from desist.evaluation.record import ComparedCheck, Evaluation, MeasureRow
from desist.evaluation.with_bias import BiasResult
from desist.privacy import FEWEST_SHARING
from desist.report._digits import (
    NUMBERS,
    round_balance,
    round_bias,
    round_check,
    round_day,
    round_groups,
    round_to,
)
from desist.report._released import (
    cut_effects,
    disclose_evidence,
    disclose_process,
    say_what_is_cut,
)
from desist.report.disclosure_days import explain_days
from desist.report.disclosure_flow import close_flow, disclose_flow
from desist.report.disclosure_groups import protect_groups
from desist.report.words._numbers import MISSING, format_number
from desist.suppression.system import PROTECTION

LEAST_P = 0.01  # a p-value is told to two decimals
# A number from 1 to 9 that counts people, or what single people have.
_SMALL_COUNT = re.compile(
    r"(?<![\d.,–-])[1-9](?= (?:of \d+ )?(?:comparison )?"
    r"(?:participant|people|person|weight|reoffender|record)s?\b(?! per))"
)


@dataclass(frozen=True)
class RuleSet:
    """The publication rules of one time, as one record.

    Attributes
    ----------
    name : str
        What the rules are asked for by: their year, or who made them.
    p_format : {"two decimals", "below 0.01"}
        Whether a p-value is printed as "<0.01" only where two decimals would be "0.00", as no
        p-value is zero, or wherever it is below 0.01.
    frequency_decimals : int
        Decimals of a number of reoffences per person in a table.
    min_reoffenders_for_time : int
        Fewest treated reoffenders for which time among reoffenders, severity and
        custody are printed; 0 prints them always.
    note_below : int
        Fewer treated reoffenders than this put a note beside what is printed about
        them.
    min_category : int
        Fewest people in a category that is printed; 0 prints every category.
    warns_against : {"relative claims", "the contradicting direction"}
        What stands under "may not say".
    min_people : int
        Fewest people in each arm of a study that is reported at all.
    min_reoffenders : int
        Fewest people of an arm who reoffended, and who did not, for which outcomes are
        printed. Published figures are public, and neither minimum is asked of them.
    protection : float
        People; how far the limits within which a withheld count can be found are apart at least.
    min_degrees : int
        Fewest people, less what a model estimates of them, for which outcomes are printed; 0 asks
        for none.
    withholds_dominated : bool
        Whether a measure is withheld of which one or two people make nearly all of the total.
    refuses_overlap : bool
        Whether a further analysis is refused that, beside the headline, tells of the few
        participants whom it drops; otherwise it is made, and that is said.

    Notes
    -----
    The rules are those of the Justice Data Lab's reports of February 2017 and of 2019; see the
    method page of the documentation for what each report prints. The rules "sacro" are those of
    output checkers of trusted research environments, with the thresholds of ACRO: ten people,
    ten residual degrees of freedom, two people with 90 % of a total, or less than 10 % of the
    largest left by the others.

    Examples
    --------
    >>> import desist as ds
    >>> rules = ds.report.RULE_SETS["2019"]
    >>> rules.min_reoffenders_for_time, rules.min_category
    (30, 10)
    """

    name: str
    p_format: Literal["two decimals", "below 0.01"]
    frequency_decimals: int
    min_reoffenders_for_time: int
    note_below: int
    min_category: int
    warns_against: Literal["relative claims", "the contradicting direction"]
    min_people: int = FEWEST_SHARING
    min_reoffenders: int = FEWEST_SHARING
    protection: float = PROTECTION
    min_degrees: int = 0
    withholds_dominated: bool = False
    refuses_overlap: bool = False

    def format_p(self, p_value: float) -> str:
        """Write a p-value as these rules print it.

        Parameters
        ----------
        p_value : float
            Between 0 and 1; nan when there is none.

        Returns
        -------
        str
            Two decimals, or "<0.01": never "0.00".

        Examples
        --------
        >>> RULE_SETS["2017"].format_p(0.0084), RULE_SETS["2019"].format_p(0.0084)
        ('0.01', '<0.01')
        >>> RULE_SETS["2017"].format_p(0.0036)
        '<0.01'
        """
        if math.isnan(p_value):
            return MISSING
        if p_value < (LEAST_P if self.p_format == "below 0.01" else LEAST_P / 2):
            return f"<{LEAST_P}"
        return format_number(p_value, 2)

    def prints_reoffenders_only(self, n_reoffenders: int) -> bool:
        """Return whether a table about treated reoffenders alone is printed.

        Parameters
        ----------
        n_reoffenders : int
            Treated people who reoffended.

        Returns
        -------
        bool
            True for time, severity and custody tables that may be printed.
        """
        return n_reoffenders >= self.min_reoffenders_for_time

    def say_count(self, count: int) -> str:
        """Say how many people a small group has, unless it is too small to say.

        Parameters
        ----------
        count : int
            People in the group.

        Returns
        -------
        str
            "13", or "fewer than 10".

        Examples
        --------
        >>> RULE_SETS["2019"].say_count(13), RULE_SETS["2019"].say_count(3)
        ('13', 'fewer than 10')
        """
        least = self.min_reoffenders
        return format_number(count) if count >= least else f"fewer than {least}"

    def explain_few_reoffenders(self, n_reoffenders: int) -> str:
        """Explain why a table about few treated reoffenders is not printed.

        Parameters
        ----------
        n_reoffenders : int
            Treated people who reoffended.

        Returns
        -------
        str
            Ends a sentence.
        """
        return (
            f"{self.say_count(n_reoffenders)} participants reoffended, and rule set {self.name} "
            f"asks for at least {format_number(self.min_reoffenders_for_time)}"
        )

    def note_on_small_group(self, n_reoffenders: int) -> str:
        """Return the note that stands beside a result on few treated reoffenders.

        Parameters
        ----------
        n_reoffenders : int
            Treated people who reoffended.

        Returns
        -------
        str
            Empty when there are enough of them.
        """
        if n_reoffenders >= self.note_below:
            return ""
        return (
            f"This rests on a small group: {self.say_count(n_reoffenders)} participants "
            "reoffended. Read it together with the checks beside it."
        )


RULE_SETS: dict[str, RuleSet] = {
    "2017": RuleSet(
        name="2017",
        p_format="two decimals",
        frequency_decimals=1,
        min_reoffenders_for_time=0,
        note_below=30,
        min_category=0,
        warns_against="relative claims",
    ),
    "2019": RuleSet(
        name="2019",
        p_format="below 0.01",
        frequency_decimals=2,
        min_reoffenders_for_time=30,
        note_below=30,
        min_category=10,
        warns_against="the contradicting direction",
    ),
    "sacro": RuleSet(
        name="sacro",
        p_format="below 0.01",
        frequency_decimals=2,
        min_reoffenders_for_time=10,
        note_below=30,
        min_category=10,
        warns_against="the contradicting direction",
        min_degrees=10,
        withholds_dominated=True,
        refuses_overlap=True,
    ),
}


def find_rules(rules: str | RuleSet) -> RuleSet:
    """Return the rule set of a name."""
    if isinstance(rules, RuleSet):
        return rules
    if not isinstance(rules, str) or rules not in RULE_SETS:
        known = " or ".join(f'"{name}"' for name in RULE_SETS)
        raise InputError("report", [Fault("rules", known, describe(rules), "choose one of these")])
    return RULE_SETS[rules]


def require_enough_people(evaluation: Evaluation, rules: RuleSet) -> None:
    """Refuse to report on a study of few people; published figures are public, and pass."""
    if evaluation.published is not None:
        return
    causal = [row for row in evaluation.measures if row.measure.is_causal]
    sizes = {
        "participants": [row.n_treated for row in causal],
        "comparison people": [row.n_comparison for row in causal],
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


def explain_withheld(evaluation: Evaluation, rules: RuleSet) -> dict[Measure, str]:
    """Explain why measures are not printed."""
    if general := _explain_outcomes_withheld(evaluation, rules):
        return {row.measure: general for row in evaluation.measures}
    reasons = {
        row.measure: reason
        for row in evaluation.measures
        if (reason := _explain_measure_withheld(evaluation, row, rules))
    }
    # published figures are public, and hide nothing
    shown = {row.measure for row in evaluation.measures if evaluation.published is None}
    return reasons | explain_days(shown, reasons)


def _explain_measure_withheld(evaluation: Evaluation, row: MeasureRow, rules: RuleSet) -> str:
    is_time = row.measure is Measure.TIME_AMONG_REOFFENDERS
    if is_time and not rules.prints_reoffenders_only(row.n_treated):
        return rules.explain_few_reoffenders(row.n_treated)
    if rules.withholds_dominated and row.measure in evaluation.dominated:
        return (
            "one or two people of an arm make nearly all of the total, and rule set "
            f"{rules.name} prints no mean of such a total"
        )
    return ""


def disclose_evaluation(evaluation: Evaluation, rules: RuleSet) -> Evaluation:
    """Return the evaluation without what the rules withhold, as it may be stored."""
    if evaluation.published is not None:
        return evaluation
    reasons = explain_withheld(evaluation, rules)
    withheld = {measure: f"withheld: {reason}" for measure, reason in reasons.items()}
    return replace(
        evaluation,
        flow=disclose_records(evaluation, rules),
        dominated=(),
        effects=cut_effects(evaluation.effects, withheld),
        checks=tuple(round_check(check) for check in disclose_checks(evaluation, rules)),
        unavailable={**evaluation.unavailable, **withheld},
        design=disclose_design(evaluation.design, rules),
        warnings=(
            *disclose_warnings(evaluation.warnings, reasons),
            *say_what_is_cut(reasons, rules.name),
        ),
        by_group=tuple(round_groups(table) for table in disclose_groups(evaluation, rules)),
        by_day=disclose_days(evaluation, rules),
        bias=disclose_bias(evaluation, rules),
        evidence=disclose_evidence(evaluation.evidence, reasons),
        one_process=disclose_process(
            evaluation.one_process,
            [one.measure for one in evaluation.effects if one.measure not in reasons],
        ),
    )


def disclose_warnings(warnings: Iterable[str], withheld: Container[Measure]) -> tuple[str, ...]:
    """Return the warnings without those that hold figures of a measure that is withheld."""
    hidden = [measure for measure in Measure if measure in withheld]
    return tuple(
        hide_small_counts(warning)
        for warning in warnings
        if not any(tells_of(warning, measure) for measure in hidden)
    )


def hide_small_counts(sentence: str) -> str:
    """Say "fewer than 10" where a sentence counts few people, as notes of a design may."""
    return _SMALL_COUNT.sub(f"fewer than {FEWEST_SHARING}", sentence)


def disclose_records(evaluation: Evaluation, rules: RuleSet) -> RecordFlow | None:
    """Return the record flow as it may be shown; that of published figures is public."""
    if evaluation.flow is None or evaluation.published is not None:
        return evaluation.flow
    design, flow = evaluation.design, evaluation.flow
    if design is not None:
        flow = close_flow(flow, design["n_treated"], rules.min_people)
    return disclose_flow(flow, rules.min_people)


def disclose_checks(evaluation: Evaluation, rules: RuleSet) -> tuple[ComparedCheck, ...]:
    """Return the checks, without figures where their measure is withheld."""
    # A measure without a posterior has checks as well; they fall with the outcomes.
    general = _explain_outcomes_withheld(evaluation, rules)
    reasons = explain_withheld(evaluation, rules)
    return tuple(
        _withhold(check, reason) if (reason := reasons.get(check.measure, general)) else check
        for check in evaluation.checks
    )


def disclose_groups(evaluation: Evaluation, rules: RuleSet) -> tuple[GroupTable, ...]:
    """Return the effects by group, without groups that are too small and measures withheld."""
    withheld = explain_withheld(evaluation, rules)
    tables = [
        withhold_groups(table, people=rules.min_people, reoffenders=rules.min_reoffenders)
        for table in evaluation.by_group
        if table.measure not in withheld
    ]
    printed = [row for row in evaluation.measures if row.measure not in withheld]
    return protect_groups(tables, printed, rules.protection)


def disclose_bias(evaluation: Evaluation, rules: RuleSet) -> BiasResult | None:
    """Return the result with the bias of placebo programmes, where its measure is printed."""
    bias = evaluation.bias
    if bias is None or not bias.is_known or bias.measure in explain_withheld(evaluation, rules):
        return None
    return round_bias(bias)


def disclose_days(evaluation: Evaluation, rules: RuleSet) -> tuple[DayRow, ...]:
    """Return the shares by day with the digits that are shown, or none where times are withheld."""
    if Measure.RMST in explain_withheld(evaluation, rules):
        return ()
    return tuple(round_day(row) for row in evaluation.by_day)


def disclose_design(design: Mapping[str, Any] | None, rules: RuleSet) -> dict[str, Any] | None:
    """Return the summary of a design as it is shown."""
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
        # its classes hold as many people as a value has to have that is shown at all
        "overlap": design.get("overlap", ()) if rules.min_people <= FEWEST_SHARING else (),
    }


def _explain_outcomes_withheld(evaluation: Evaluation, rules: RuleSet) -> str:
    """Explain why no outcome is printed at all; empty when outcomes are."""
    if evaluation.published is not None:
        return ""
    reoffenders = [
        size
        for row in evaluation.measures
        if row.measure is Measure.TIME_AMONG_REOFFENDERS
        for size in (row.n_treated, row.n_comparison)
    ]
    smallest = evaluation.smallest_group
    known = [*reoffenders, *([] if smallest is None else [smallest])]
    least, degrees = rules.min_reoffenders, evaluation.degrees_of_freedom
    if degrees is not None and degrees < rules.min_degrees:
        return (
            f"a model has fewer than {rules.min_degrees} people beside what it estimates of them, "
            f"and rule set {rules.name} asks for as many"
        )
    if all(isinstance(size, int) and size >= least for size in known):
        return ""
    return (
        f"fewer than {least} people of an arm reoffended, or all but so few of them did, and rule "
        f"set {rules.name} asks for at least {least} of each"
    )


def _withhold(check: ComparedCheck, reason: str) -> ComparedCheck:
    numbers: dict[str, Any] = dict.fromkeys(NUMBERS, math.nan)
    return replace(
        check,
        **numbers,
        applicable=False,
        reason=f"withheld: {reason}",
        agrees=None,
        agreement=None,
    )
