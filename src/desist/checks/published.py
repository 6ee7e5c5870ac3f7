"""Checks of a report of which only the printed tables are known."""

# How the inputs are reconstructed.
# Rate: the treated count is exact, or the one that gives the printed proportion; where none does,
# the proportion is taken as it is printed, and no exact test is made. The comparison count is the
# printed weighted rate times the number of records, a pseudo-count. With the 0/1 sample deviations
# of both arms Welch's test meets the printed intervals.
# Frequency and time: the means are the printed ones (the treated mean from the count where it is
# known). The printed interval (L, U) gives the standard error, and that one deviation: both arms
# are taken to have the same, so that the degrees of freedom are known,
#     s = (U - L) / 2 / (t_(nu, 0.975) sqrt(1 / n_1 + 1 / n_2)),
#     nu = (1 / n_1 + 1 / n_2)^2 / (1 / (n_1^2 (n_1 - 1)) + 1 / (n_2^2 (n_2 - 1))).
# With 83 participants against 5,514 records 98.5% of the squared error is the participants', so
# that it matters little how the rest is shared out.
# The comparison records carry unequal weights, so tests of the pseudo-count as if it counted people
# are not valid. The intervals here use the lower end of the range in which the effective size lies;
# the exact tests of two counts are not applicable.

import math
from collections.abc import Callable
from dataclasses import replace

from scipy.special import stdtrit

from desist.arguments import find_kind_faults, find_number_faults
from desist.checks._formulas import OfCounts
from desist.checks._reasons import EXACT_REASON, need_people, need_whole_count
from desist.checks.catalogue import CATALOGUE
from desist.checks.check import Check, label, not_applicable
from desist.checks.columns import find_probability_faults
from desist.checks.entry import Entry
from desist.checks.finding import Finding
from desist.checks.people.welch import (
    FEWEST_REOFFENDERS,
    doubt_about_sizes,
    welch_from_counts,
    welch_from_summary,
)
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.errors import Fault, raise_faults
from desist.estimands import Measure

NO_SPREAD = "neither arm varies, so there is no standard error"


def checks_from_published(study: PublishedStudy) -> tuple[Check, ...]:
    """Make every check that the printed figures of a report allow.

    Parameters
    ----------
    study : PublishedStudy
        What the report prints: means, intervals, numbers of people.

    Returns
    -------
    tuple of Check
        Measure by measure, in the order of the study.

    Raises
    ------
    InputError
        If `study` is not a published study.

    Examples
    --------
    >>> import desist as ds
    >>> made = ds.checks.checks_from_published(ds.datasets.making_connections())
    >>> [check.check for check in made][:2]
    ['welch', 'newcombe']
    """
    raise_faults("check", find_kind_faults("study", study, PublishedStudy, "a PublishedStudy"))
    made: list[Check] = []
    n_records = max((printed.n_comparison for printed in study.measures), default=1)
    for printed in study.measures:
        size = None
        if study.ess_range is not None:
            # the reoffenders are a part of the records: they keep the same share of precision
            size = study.ess_range[0] * min(printed.n_comparison / n_records, 1.0)
        check = _check_rate if printed.measure is Measure.RATE else _check_mean
        made += check(printed, size)
    return tuple(made)


def reconstruct_deviation(
    lower: float, upper: float, n1: int, n2: int, probability: float = 0.95
) -> float:
    """Reconstruct the standard deviation that a printed Welch interval implies.

    Parameters
    ----------
    lower, upper : float
        Limits of the difference, as printed.
    n1, n2 : int
        Participants and comparison records.
    probability : float
        Coverage of the printed interval.

    Returns
    -------
    float
        The deviation, taken to be the same in both arms.

    Raises
    ------
    InputError
        If a number cannot be one of a report, or an arm has fewer than two people.

    Examples
    --------
    >>> round(reconstruct_deviation(-115, -21, 13, 2418), 1)
    77.7
    """
    raise_faults(
        "published",
        [
            *find_number_faults("lower", lower),
            *find_number_faults("upper", upper),
            *find_number_faults("n1", n1, least=2, advice="one person has no spread"),
            *find_number_faults("n2", n2, least=2, advice="one person has no spread"),
            *find_probability_faults(probability),
        ],
    )
    if not lower < upper:
        raise_faults("published", [Fault("lower", "a limit below upper", f"{lower:g}")])
    scale = 1 / n1 + 1 / n2
    df = scale**2 / (1 / (n1**2 * (n1 - 1)) + 1 / (n2**2 * (n2 - 1)))
    quantile = float(stdtrit(df, (1 + probability) / 2))
    return (upper - lower) / 2 / quantile / math.sqrt(scale)


def _check_rate(printed: PublishedMeasure, ess: float | None) -> list[Check]:
    n1, n2 = printed.n_treated, printed.n_comparison
    x1 = printed.treated_total
    found = welch_from_counts(x1, n1, printed.comparison * n2, n2)
    variances = [p * (1 - p) for p in (x1 / n1, printed.comparison)]
    made = [_label_welch(printed, found, variances, ess)]
    return made + [
        _check_counts(printed, entry, entry.formula.formula, ess)
        for entry in CATALOGUE.values()
        if isinstance(entry.formula, OfCounts)
    ]


def _check_counts(
    printed: PublishedMeasure, entry: Entry, formula: Callable[..., Finding], size: float | None
) -> Check:
    """Make a check of two counts, if it allows counts that are not of people."""
    reason, x1 = "", printed.treated_total
    if need_people in entry.needs:
        reason = EXACT_REASON
    elif size is None:
        reason = "the effective size of the comparison group is not known"
    elif need_whole_count in entry.needs and x1 != round(x1):
        reason = "no whole number of reoffenders gives the printed proportion of the treated"
    if reason or size is None:
        return not_applicable(Measure.RATE, entry.slug, reason, entry.scale)
    found = formula(x1, printed.n_treated, printed.comparison * size, size)
    note = (
        f"comparison rate with an effective sample size of {size:,.0f}, "
        "the least that the report allows"
    )
    return label(found, Measure.RATE, entry.slug, scale=entry.scale, reason=note)


def _check_mean(printed: PublishedMeasure, ess: float | None) -> list[Check]:
    n1, n2 = printed.n_treated, printed.n_comparison
    mean1 = printed.treated_mean
    deviation = reconstruct_deviation(printed.lower, printed.upper, n1, n2)
    found = welch_from_summary(mean1, deviation, n1, printed.comparison, deviation, n2)
    return [_label_welch(printed, found, [deviation**2] * 2, ess)]


def _label_welch(
    printed: PublishedMeasure,
    found: Finding,
    variances: list[float],
    ess: float | None,
) -> Check:
    if math.isnan(found.p_value):
        return not_applicable(printed.measure, "welch", NO_SPREAD)
    n1, n2 = float(printed.n_treated), float(printed.n_comparison)
    note = "as the Justice Data Lab tests it, from the printed figures"
    if ess is not None:
        doubt = doubt_about_sizes(variances, [n1, n2], [n1, min(ess, n2)])
        if doubt:
            # the report's own test keeps its numbers: readers have to find it as it was printed
            shown = label(found, printed.measure, "welch", reason=doubt)
            return replace(shown, applicable=False)
    if printed.measure is Measure.FREQUENCY:
        note += "; offences are so skewed that it rejects too often with few participants"
    elif printed.measure is Measure.TIME_AMONG_REOFFENDERS and n1 < FEWEST_REOFFENDERS:
        note += f"; with {n1:.0f} reoffenders it rejects a little too often"
    return label(found, printed.measure, "welch", reason=note)
