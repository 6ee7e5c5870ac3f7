"""The checks of the reoffending rate, for weighted people."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.check import Check, Finding, label, not_applicable
from desist.checks.columns import Columns
from desist.checks.conditional import fisher, fisher_mid_p
from desist.checks.exact_binomial import exact_binomial
from desist.checks.mantel_haenszel import mantel_haenszel
from desist.checks.skewness import doubt_about_normality
from desist.checks.two_proportions import (
    agresti_caffo,
    miettinen_nurminen,
    mover_jeffreys,
    newcombe,
)
from desist.checks.unconditional import boschloo
from desist.checks.weighted import clustered_difference, weighted_difference
from desist.checks.welch import doubt_about_welch, welch
from desist.design.balance import effective_sample_size
from desist.errors import CannotAnswerError
from desist.estimands import Measure, Scale

FEWEST_CLUSTERS = 20
Counts = tuple[float, float, float, float]
EXACT_REASON = (
    "the comparison weights differ, so the comparison count is a pseudo-count and not one of people"
)
COUNT_CHECKS: dict[str, Callable[..., Finding]] = {
    "newcombe": newcombe,
    "agresti_caffo": agresti_caffo,
    "miettinen_nurminen": miettinen_nurminen,
    "mover_jeffreys": mover_jeffreys,
    "exact_binomial": exact_binomial,
}
NO_ODDS = "nobody reoffended, or everybody: there is no odds ratio"
ODDS_NOTE = "the ratio is an odds ratio"
EXACT_CHECKS: dict[str, tuple[Callable[..., Finding], Scale, str]] = {
    "fisher": (fisher, Scale.RATIO, ODDS_NOTE),
    "fisher_mid_p": (fisher_mid_p, Scale.RATIO, ODDS_NOTE),
    "boschloo": (boschloo, Scale.DIFFERENCE, ""),
}


def check_rate(
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    sets: ArrayLike | None = None,
) -> tuple[Check, ...]:
    """Make every check of the rate that does not need the design itself.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence in the follow-up.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    sets : array_like of int, shape (n_people,), optional
        Matched set of each person, -1 for none.

    Returns
    -------
    tuple of Check
        Welch, robust weighted difference, intervals from effective counts, exact tests.

    Raises
    ------
    InputError
        If a column cannot be read; every fault is listed.

    Examples
    --------
    >>> checks = check_rate([0, 1, 0, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0])
    >>> [check.check for check in checks][:2]
    ['welch', 'weighted_difference_hc3']
    """
    columns = Columns()
    events = columns.truths("reoffended", reoffended)
    members = None if sets is None else columns.sets("sets", sets)
    arms = join_arms(columns, events.astype(float), treated, weights, fewest=0)
    made = [*check_means(arms, Measure.RATE), *_check_effective_counts(arms)]
    if members is not None:
        made.append(check_clustered(arms, Measure.RATE, members))
        made.append(_check_sets(arms, members[arms.positions]))
    return (*made, *_check_exact(arms))


def check_means(arms: Arms, measure: Measure) -> list[Check]:
    """Make the checks that compare two weighted means.

    Parameters
    ----------
    arms : Arms
        Outcome, arm and weight of the people used.
    measure : Measure
        What the outcome is.

    Returns
    -------
    list of Check
        Welch as the Justice Data Lab has it, and the weighted difference with HC3.
    """
    obstacle = arms.obstacle
    if obstacle:
        return [
            not_applicable(measure, slug, obstacle) for slug in ("welch", "weighted_difference_hc3")
        ]
    data = (arms.outcome, arms.treated, arms.weights)
    plain, robust = welch(*data), weighted_difference(*data)
    skewed = doubt_about_normality(arms)
    doubt = doubt_about_welch(arms) or skewed or ("" if plain.p_value >= 0 else _no_error(arms))
    trouble = skewed or ("" if robust.p_value >= 0 else _no_error(arms))
    return [
        _either(plain, measure, "welch", doubt),
        _either(robust, measure, "weighted_difference_hc3", trouble),
    ]


def check_clustered(arms: Arms, measure: Measure, sets: ArrayLike) -> Check:
    """Make the weighted difference with errors clustered by matched set.

    Parameters
    ----------
    arms : Arms
        Outcome, arm and weight of the people used.
    measure : Measure
        What the outcome is.
    sets : array_like of int, shape (n_people,)
        Matched set of each person handed in, -1 for none.

    Returns
    -------
    Check
        Slug `weighted_difference_clustered`.
    """
    slug = "weighted_difference_clustered"
    reason = arms.obstacle or doubt_about_normality(arms)
    if reason:
        return not_applicable(measure, slug, reason)
    clusters = read_clusters(arms, sets)
    if clusters is None:
        few = f"errors clustered by fewer than {FEWEST_CLUSTERS} sets are too small"
        return not_applicable(measure, slug, few)
    found = clustered_difference(arms.outcome, arms.treated, arms.weights, clusters=clusters)
    return label(found, measure, slug)


def read_clusters(arms: Arms, sets: ArrayLike | None) -> NDArray[np.int64] | None:
    """Return the matched set of each person used, where there are enough to cluster by.

    Parameters
    ----------
    arms : Arms
        The people used.
    sets : array_like of int, shape (n_people,), or None
        Matched set of each person handed in.

    Returns
    -------
    ndarray of int, shape (n_used,), or None
        None for no sets and for fewer than twenty.
    """
    if sets is None:
        return None
    clusters = np.asarray(sets, dtype=np.int64)[arms.positions]
    return clusters if np.unique(clusters).size >= FEWEST_CLUSTERS else None


def effective_counts(arms: Arms) -> Counts:
    """Return weighted counts and effective sizes of two arms of a 0/1 outcome.

    Parameters
    ----------
    arms : Arms
        Outcome 0 or 1.

    Returns
    -------
    tuple of float
        Count and size of the participants, count and size of the comparison group; the
        raw ones where the weights of an arm are equal.
    """
    counts: list[float] = []
    for is_treated in (True, False):
        values, shares = arms.arm(treated=is_treated)
        size = effective_sample_size(shares)
        raw = float(values.size)
        if math.isclose(size, raw, rel_tol=1e-9):
            counts += [float(values.sum()), raw]
        else:
            # a share of 1 plus rounding would put the count above the size
            counts += [min(float(shares @ values), 1.0) * size, size]
    return counts[0], counts[1], counts[2], counts[3]


def _check_sets(arms: Arms, sets: NDArray[np.int64]) -> Check:
    slug = "mantel_haenszel"
    if arms.shortage(1):
        return not_applicable(Measure.RATE, slug, arms.shortage(1))
    try:
        found = mantel_haenszel(arms.outcome, arms.treated, sets)
    except CannotAnswerError as error:
        return not_applicable(Measure.RATE, slug, str(error))
    if math.isnan(found.p_value):
        return not_applicable(Measure.RATE, slug, "no set has people with and without the outcome")
    note = "sets weighted by n1 n0 / (n1 + n0), people within a set equally"
    return label(found, Measure.RATE, slug, reason=note)


def _check_effective_counts(arms: Arms) -> list[Check]:
    slugs = list(COUNT_CHECKS)
    if arms.n_treated == 0 or arms.n_comparison == 0:
        return [not_applicable(Measure.RATE, slug, arms.obstacle) for slug in slugs]
    counts = effective_counts(arms)
    note = ""
    if arms.weights_differ:
        note = (
            f"with effective counts: {counts[1]:.1f} participants and "
            f"{counts[3]:.1f} comparison people"
        )
    treated_weights = arms.weights[arms.treated]
    whole = math.isclose(treated_weights.min(), treated_weights.max(), rel_tol=1e-9)
    made = []
    for slug, formula in COUNT_CHECKS.items():
        if slug == "exact_binomial" and not whole:
            made.append(
                not_applicable(Measure.RATE, slug, "the participants carry unequal weights")
            )
        else:
            made.append(label(formula(*counts), Measure.RATE, slug, reason=note))
    return made


def _check_exact(arms: Arms) -> list[Check]:
    reason = EXACT_REASON if arms.weights_differ else ""
    if min(arms.n_treated, arms.n_comparison) == 0:
        reason = arms.obstacle
    made = []
    for slug, (formula, scale, note) in EXACT_CHECKS.items():
        if reason:
            made.append(not_applicable(Measure.RATE, slug, reason, scale))
            continue
        found = formula(*effective_counts(arms))
        if math.isnan(found.estimate):
            made.append(not_applicable(Measure.RATE, slug, NO_ODDS, scale))
        else:
            made.append(label(found, Measure.RATE, slug, scale=scale, reason=note))
    return made


def _either(found: Finding, measure: Measure, slug: str, reason: str) -> Check:
    return not_applicable(measure, slug, reason) if reason else label(found, measure, slug)


def _no_error(arms: Arms) -> str:
    heaviest = max(arms.arm(treated=is_treated)[1].max() for is_treated in (True, False))
    if heaviest > 1 - 1e-9:
        return "one person carries all the weight of an arm"
    return "neither arm varies, so there is no standard error"
