"""What is said of an evaluation before a view is made of it: statements and warnings."""

import math
from collections.abc import Mapping

from desist.cohort.published import PublishedMeasure
from desist.estimands import Interval, Measure
from desist.evaluation.published import YEAR
from desist.evaluation.record import Evaluation, MeasureRow
from desist.report.disclosure import RuleSet, disclose_warnings
from desist.report.words._wording import WORDINGS, name_period
from desist.report.words.answer import answer
from desist.report.words.statements import (
    Statement,
    add_condition,
    find_published_means,
    state,
    state_unavailable,
)


def state_all(
    evaluation: Evaluation, rules: RuleSet, reasons: Mapping[Measure, str]
) -> tuple[Statement, ...]:
    """Write the statements of every measure, the unavailable ones last."""
    made = [
        state_unavailable(row.measure, reasons[row.measure])
        if row.measure in reasons
        else _state_row(evaluation, row, rules)
        for row in evaluation.measures
    ]
    missing = [state_unavailable(*item) for item in evaluation.unavailable.items()]
    return (*add_condition(made, reasons), *missing)


def _state_row(evaluation: Evaluation, row: MeasureRow, rules: RuleSet) -> Statement:
    treated, comparison = find_means(evaluation, row)
    margin = evaluation.margins.get(row.measure)
    limits = (row.lower, row.upper)
    if row.measure is Measure.HAZARD_RATIO:
        limits = (row.ratio_lower, row.ratio_upper)
    return state(
        row.measure,
        treated=treated,
        comparison=comparison,
        interval=Interval(*limits, find_probability(evaluation)),
        errors=(row.mcse_lower, row.mcse_upper),
        margin=margin,
        beyond=math.nan if margin is None else _find_beyond(evaluation, row, margin),
        estimand=row.estimand,
        rules=rules,
        n_treated=row.n_treated,
        period=name_period(find_horizon(evaluation)),
    )


def _find_beyond(evaluation: Evaluation, row: MeasureRow, margin: float) -> float:
    found = evaluation[row.measure].effect
    return math.nan if found is None else found.probability_beyond(margin)


def state_published(evaluation: Evaluation, rules: RuleSet) -> tuple[Statement, ...]:
    """Write what the published figures support with their own intervals."""
    items = () if evaluation.published is None else evaluation.published.measures
    return tuple(
        state(
            item.measure,
            treated=find_published_means(item)[0],
            comparison=item.comparison,
            interval=Interval(item.lower, item.upper, kind="confidence"),
            estimand=evaluation.estimand,
            rules=rules,
            n_treated=item.n_treated,
            period=name_period(find_horizon(evaluation)),
        )
        for item in items
    )


def list_warnings(evaluation: Evaluation, reasons: Mapping[Measure, str]) -> tuple[str, ...]:
    """List what a reader has to know, measures that are not there or not printed among them."""
    missing = [
        f"{_name(measure)}: not available, because {reason.rstrip('.')}."
        for measure, reason in evaluation.unavailable.items()
    ]
    withheld = [
        f"{_name(measure)}: not printed in the report, because {reason}."
        for measure, reason in reasons.items()
    ]
    told = disclose_warnings(evaluation.warnings, reasons)
    return (*told, *missing, *withheld, *_miss_bias(evaluation))


def _miss_bias(evaluation: Evaluation) -> tuple[str, ...]:
    bias = evaluation.bias
    if bias is None or bias.is_known:
        return ()
    return (f"The bias of placebo programmes is of the {bias.measure}, which there is not.",)


def _name(measure: Measure) -> str:
    return WORDINGS[measure].title


def answer_first(
    evaluation: Evaluation, withheld: Mapping[Measure, str], level: str
) -> tuple[str, ...]:
    """Answer in the words of the first measure that is printed and may be called an effect."""
    for row in evaluation.measures:
        if row.measure.is_causal and row.measure not in withheld:
            is_ratio = row.measure is Measure.HAZARD_RATIO
            limits = (row.ratio_lower, row.ratio_upper) if is_ratio else (row.lower, row.upper)
            return answer(
                row.measure,
                interval=Interval(*limits),
                benefit=row.probability_of_benefit,
                estimand=row.estimand,
                period=name_period(find_horizon(evaluation)),
                level=level,
            )
    return ()


def explain_nothing_printed(
    evaluation: Evaluation, withheld: Mapping[Measure, str], rules: RuleSet
) -> str:
    """Say in one banner that no result is printed, and why; empty when any is."""
    if any(row.measure not in withheld for row in evaluation.measures):
        return ""
    reasons = tuple(dict.fromkeys(withheld.values())) or (
        "no measure could be had from these data",
    )
    return f"No result is printed under rule set {rules.name}: {'; '.join(reasons)}."


def find_means(evaluation: Evaluation, row: MeasureRow) -> tuple[float, float]:
    """Find the means that are spoken of: as published where they were, else the posterior's."""
    printed = find_printed(evaluation, row.measure)
    if printed is not None:
        return find_published_means(printed)
    if row.measure is Measure.HAZARD_RATIO:
        return row.ratio, 1.0
    return row.treated, row.comparison


def find_printed(evaluation: Evaluation, measure: Measure) -> PublishedMeasure | None:
    """Find the published figures of a measure, where there are any."""
    return None if evaluation.published is None else evaluation.published.find(measure)


def find_horizon(evaluation: Evaluation) -> float:
    """Find the days that the measures are about; published figures are about one year."""
    default = math.nan if evaluation.design is not None else YEAR
    return float(evaluation.settings.get("horizon", default))


def find_probability(evaluation: Evaluation) -> float:
    """Find the probability of the intervals."""
    return evaluation.effects[0].probability if evaluation.effects else 0.95
