"""The checks of the reoffending rate, for weighted people."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.check import Check, label, not_applicable
from desist.checks.cluster_robust import cr2_difference
from desist.checks.columns import Columns
from desist.checks.conditional import fisher, fisher_central, fisher_mid_p
from desist.checks.exact_binomial import exact_binomial
from desist.checks.finding import Finding
from desist.checks.mantel_haenszel import mantel_haenszel
from desist.checks.pairs import count_discordant, mcnemar, mcnemar_mid_p
from desist.checks.skewness import doubt_about_normality
from desist.checks.standardised import weighted_odds_ratio
from desist.checks.two_proportions import (
    agresti_caffo,
    miettinen_nurminen,
    mover_jeffreys,
    newcombe,
)
from desist.checks.unconditional import boschloo
from desist.checks.weighted import clustered_difference, weighted_difference
from desist.checks.welch import doubt_about_welch, welch
from desist.errors import CannotAnswerError
from desist.estimands import Measure, Scale
from desist.weights import effective_sample_size

FEWEST_CLUSTERS = 20
FEWEST_DF = 4  # Tipton (2015), Psychological Methods 20, 375-393
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
PAIRS_NOTE = "the ratio is an odds ratio given the pair"
NO_ODDS = "nobody reoffended, or everybody: there is no odds ratio"
ODDS_NOTE = "the ratio is an odds ratio"
EXACT_CHECKS: dict[str, tuple[Callable[..., Finding], Scale, str]] = {
    "fisher": (fisher, Scale.RATIO, ODDS_NOTE),
    "fisher_central": (fisher_central, Scale.RATIO, ODDS_NOTE),
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
    made.append(_check_odds(arms, read_clusters(arms, members)))
    if members is not None:
        made += check_clustered(arms, Measure.RATE, members)
        made.append(_check_sets(arms, members[arms.positions]))
        made += _check_pairs(arms, members[arms.positions])
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


def check_clustered(arms: Arms, measure: Measure, sets: ArrayLike) -> list[Check]:
    """Make the weighted differences with errors clustered by matched set.

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
    list of Check
        Slugs `weighted_difference_clustered` and `cr2_difference`.
    """
    slugs = ("weighted_difference_clustered", "cr2_difference")
    reason = arms.obstacle or doubt_about_normality(arms)
    if reason:
        return [not_applicable(measure, slug, reason) for slug in slugs]
    clusters = read_clusters(arms, sets)
    data = (arms.outcome, arms.treated, arms.weights)
    if clusters is None:
        few = f"errors clustered by fewer than {FEWEST_CLUSTERS} sets are too small"
        made = [not_applicable(measure, slugs[0], few)]
    else:
        made = [label(clustered_difference(*data, clusters=clusters), measure, slugs[0])]
    return [*made, _check_cr2(arms, measure, np.asarray(sets, dtype=np.int64)[arms.positions])]


def _check_cr2(arms: Arms, measure: Measure, clusters: NDArray[np.int64]) -> Check:
    slug = "cr2_difference"
    try:
        found = cr2_difference(arms.outcome, arms.treated, arms.weights, clusters=clusters)
    except CannotAnswerError as error:
        return not_applicable(measure, slug, str(error))
    if found.df < FEWEST_DF:
        few = f"the sets leave {found.df:.1f} degrees of freedom; {FEWEST_DF} are needed"
        return not_applicable(measure, slug, few)
    if math.isnan(found.p_value):
        return not_applicable(measure, slug, "nothing varies within or between the sets")
    return label(found, measure, slug, reason=f"{found.df:.1f} degrees of freedom")


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


def _check_odds(arms: Arms, clusters: NDArray[np.int64] | None) -> Check:
    slug, scale = "weighted_odds_ratio", Scale.RATIO
    reason = arms.obstacle or doubt_about_normality(arms)
    if not reason:
        try:
            data = (arms.outcome, arms.treated, arms.weights)
            found = weighted_odds_ratio(*data, clusters=clusters)
            errors = "HC3" if clusters is None else "clustered by set"
            note = f"{ODDS_NOTE}, errors {errors}"
            return label(found, Measure.RATE, slug, scale=scale, reason=note)
        except CannotAnswerError as error:
            reason = str(error)
    return not_applicable(Measure.RATE, slug, reason, scale)


def _check_pairs(arms: Arms, sets: NDArray[np.int64]) -> list[Check]:
    formulas = {"mcnemar": mcnemar, "mcnemar_mid_p": mcnemar_mid_p}
    reason, counts = arms.shortage(1) or (EXACT_REASON if arms.weights_differ else ""), (0, 0)
    if not reason:
        try:
            counts = count_discordant(arms.outcome, arms.treated, sets)
            reason = "" if sum(counts) else "in no pair one of the two reoffended alone"
        except CannotAnswerError as error:
            reason = str(error)
    if reason:
        return [not_applicable(Measure.RATE, slug, reason, Scale.RATIO) for slug in formulas]
    return [
        label(formula(*counts), Measure.RATE, slug, scale=Scale.RATIO, reason=PAIRS_NOTE)
        for slug, formula in formulas.items()
    ]


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
