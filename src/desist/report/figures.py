"""Which figures of an evaluation a report prints."""

import math

from desist.cohort.published import PublishedMeasure
from desist.estimands import Measure
from desist.evaluation.published import YEAR
from desist.evaluation.record import Evaluation, MeasureRow
from desist.report.disclosure import RuleSet


def find_means(evaluation: Evaluation, row: MeasureRow) -> tuple[float, float]:
    """Find the means that a report prints for a measure.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    row : MeasureRow
        The measure.

    Returns
    -------
    tuple of float
        Participants and comparison: as published where they were, the posterior means
        elsewhere; for the hazard ratio, the ratio and 1.
    """
    printed = None if evaluation.published is None else evaluation.published.find(row.measure)
    if printed is not None:
        return find_printed_means(printed)
    if row.measure is Measure.HAZARD_RATIO:
        return row.ratio, 1.0
    return row.treated, row.comparison


def find_printed_means(printed: PublishedMeasure) -> tuple[float, float]:
    """Find the means of a published line, unrounded where it determines them.

    Parameters
    ----------
    printed : PublishedMeasure
        What the report prints.

    Returns
    -------
    tuple of float
        Participants and comparison; 13 of 83 rather than 0.157.
    """
    if printed.treated_count is None:
        return printed.treated, printed.comparison
    return printed.treated_count / printed.n_treated, printed.comparison


def find_difference(evaluation: Evaluation, row: MeasureRow) -> float | None:
    """Find the difference of a measure where it is known better than from its means.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    row : MeasureRow
        The measure.

    Returns
    -------
    float or None
        As published, such as 74 fewer between 31 and 106; None where it is not.
    """
    printed = None if evaluation.published is None else evaluation.published.find(row.measure)
    return None if printed is None else printed.difference_printed


def find_horizon(evaluation: Evaluation) -> float:
    """Find the length of time that the measures are about.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.

    Returns
    -------
    float
        Days; nan when the settings name none. Published figures are about one year.
    """
    default = math.nan if evaluation.design is not None else YEAR
    return float(evaluation.settings.get("horizon", default))


def find_probability(evaluation: Evaluation) -> float:
    """Find the probability of the intervals of an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.

    Returns
    -------
    float
        That of its effects; 0.95 when there are none.
    """
    return evaluation.effects[0].probability if evaluation.effects else 0.95


def list_printed(evaluation: Evaluation, rules: RuleSet) -> tuple[MeasureRow, ...]:
    """List the measures that the rules let a report print.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    tuple of MeasureRow
        All rows that are not withheld.
    """
    return tuple(row for row in evaluation.measures if not explain_withheld(evaluation, row, rules))


def list_withheld(evaluation: Evaluation, rules: RuleSet) -> tuple[MeasureRow, ...]:
    """List the measures that the rules keep out of a report.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    tuple of MeasureRow
        All of them where too few people reoffended for any; time among reoffenders, where
        too few participants reoffended for that.
    """
    return tuple(row for row in evaluation.measures if explain_withheld(evaluation, row, rules))


def explain_withheld(evaluation: Evaluation, row: MeasureRow, rules: RuleSet) -> str:
    """Explain why a measure is not printed.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    row : MeasureRow
        The measure.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    str
        Ends a sentence; empty when the measure is printed.
    """
    general = explain_outcomes_withheld(evaluation, rules)
    if general or row.measure is not Measure.TIME_AMONG_REOFFENDERS:
        return general
    if rules.prints_reoffenders_only(row.n_treated):
        return ""
    return (
        f"{rules.say_count(row.n_treated)} participants reoffended, and rule set {rules.name} "
        f"asks for at least {rules.min_reoffenders_for_time}"
    )


def explain_outcomes_withheld(evaluation: Evaluation, rules: RuleSet) -> str:
    """Explain why no outcome is printed at all.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    str
        Ends a sentence; empty when outcomes are printed. Published figures always are.
    """
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
    least = rules.min_reoffenders
    if all(isinstance(size, int) and size >= least for size in known):
        return ""
    return (
        f"fewer than {least} people of an arm reoffended, or all but so few of them did, and rule "
        f"set {rules.name} asks for at least {least} of each"
    )
