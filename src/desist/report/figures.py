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
        All rows, without time among reoffenders where too few reoffended.
    """
    withheld = list_withheld(evaluation, rules)
    return tuple(row for row in evaluation.measures if row not in withheld)


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
        Time among reoffenders, where too few participants reoffended.
    """
    return tuple(
        row
        for row in evaluation.measures
        if row.measure is Measure.TIME_AMONG_REOFFENDERS
        and not rules.prints_reoffenders_only(row.n_treated)
    )
