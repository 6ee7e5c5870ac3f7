"""Tests by rank and by permutation for a handful of people."""

# Made for the days to a first reoffence among the few participants who reoffended. The
# Brunner-Munzel test takes probability weights; the exact ones are for equal weights.

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_draw_faults, find_probability_faults
from desist.checks.finding import Finding, from_standard_error, satterthwaite
from desist.errors import Fault
from desist.weights import residuals_about

LARGEST_TABLE = 200_000_000  # steps of the recursion for an exact distribution
DRAWS_AT_ONCE = 500
MOST_REPEATS = 3


def brunner_munzel(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    r"""Compare two arms by the probability that one is later than the other.

    .. math:: \theta = P(Y_1 > Y_0) - P(Y_1 < Y_0)

    from weighted distribution functions, with a variance from the placements of each
    arm in the other, so that unequal spreads do no harm.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Any scale on which order means something.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Theta, between -1 and 1, no difference 0: not in the unit of the outcome. The
        limits may pass -1 or 1, and are nan when the arms do not overlap at all.

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If an arm has fewer than two people.

    References
    ----------
    Brunner, E. and Munzel, U. (2000). Biometrical Journal 42, 17-25.

    Examples
    --------
    >>> found = brunner_munzel([1, 2, 4, 3, 5, 6], [1, 1, 1, 0, 0, 0])
    >>> round(found.estimate, 4)
    -0.7778
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    faults = find_probability_faults(probability)
    arms = join_arms(columns, values, treated, weights, faults, fewest=2)
    values1, shares1 = arms.arm(treated=True)
    values0, shares0 = arms.arm(treated=False)
    placed1 = _placements(values1, values0, shares0)
    placed0 = _placements(values0, values1, shares1)
    estimate = float(shares1 @ placed1)
    variances = [_variance(placed1, shares1), _variance(placed0, shares0)]
    df = satterthwaite(variances, arms.effective_sizes)
    return from_standard_error(estimate, math.sqrt(sum(variances)), df, probability)


def wilcoxon(
    outcome: ArrayLike,
    treated: ArrayLike,
    *,
    n_draws: int = 9999,
    rng: np.random.Generator | int | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two unweighted arms by the exact Wilcoxon rank-sum test, with ties.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Any scale; the shift is in its unit.
    treated : array_like, shape (n_people,)
        True for participants.
    n_draws : int
        Random permutations, where the exact distribution would take too long.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    probability : float
        Coverage of the interval, at least.

    Returns
    -------
    Finding
        The Hodges-Lehmann shift; p is the permutation probability of a rank sum at
        least as far from its mean, ties included; the interval holds the ordered
        differences that the exact distribution without ties leaves in, and is nan when
        there are ties or p is drawn.

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If an arm has nobody.

    References
    ----------
    Hollander, M., Wolfe, D. A. and Chicken, E. (2014). Nonparametric Statistical
    Methods, sections 4.1 to 4.3.

    Examples
    --------
    >>> wilcoxon([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]).p_value
    0.1
    """
    arms = _read(outcome, treated, probability, find_draw_faults("n_draws", n_draws, rng))
    values, n1 = arms.outcome, arms.n_treated
    doubled = _doubled_midranks(values)
    distribution = _sum_distribution(doubled, n1)
    shifts = np.sort(np.subtract.outer(values[arms.treated], values[~arms.treated]).ravel())
    estimate = float(np.median(shifts))
    if distribution is None:
        ranks = Arms(doubled.astype(float), arms.treated, arms.weights, arms.positions)
        p_value = draw_p(ranks, n_draws, np.random.default_rng(rng))
        return Finding(estimate, p_value=p_value, probability=probability)
    p_value = _two_sided(distribution, float(doubled[arms.treated].sum()))
    if np.unique(values).size < values.size:
        return Finding(estimate, p_value=p_value, probability=probability)
    pairs = distribution[n1 * (n1 + 1) :: 2]  # from rank sums, doubled, to counts of pairs
    cut = max(int(np.searchsorted(np.cumsum(pairs), (1 - probability) / 2 - 1e-12)), 0)
    if cut == 0:
        return Finding(estimate, -math.inf, math.inf, p_value, probability)
    return Finding(estimate, float(shifts[cut - 1]), float(shifts[-cut]), p_value, probability)


def permutation(
    outcome: ArrayLike,
    treated: ArrayLike,
    *,
    n_draws: int = 9999,
    rng: np.random.Generator | int | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two unweighted means by permuting who took part.

    Exact when the outcomes are whole numbers and few enough for the distribution of
    the treated sum to be counted; from random permutations otherwise.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    n_draws : int
        Random permutations, where the distribution is not counted.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    probability : float
        Against which p is read; the test has no interval.

    Returns
    -------
    Finding
        Difference of the means; p is the probability of one at least as far from 0 (the
        drawn ones count the observed arrangement itself).

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If an arm has nobody.

    References
    ----------
    Phipson, B. and Smyth, G. K. (2010). SAGMB 9, article 39.

    Examples
    --------
    >>> round(permutation([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]).p_value, 4)
    0.1
    """
    arms = _read(outcome, treated, probability, find_draw_faults("n_draws", n_draws, rng))
    values, members = arms.outcome, arms.treated
    estimate = float(values[members].mean() - values[~members].mean())
    whole = np.round(values - values.min()).astype(np.int64)
    distribution = None
    if np.array_equal(whole, values - values.min()):
        distribution = _sum_distribution(whole, arms.n_treated)
    if distribution is not None:
        p_value = _two_sided(distribution, float(whole[members].sum()))
    else:
        p_value = draw_p(arms, n_draws, np.random.default_rng(rng))
    return Finding(estimate, p_value=p_value, probability=probability)


def kolmogorov_smirnov(
    outcome: ArrayLike, treated: ArrayLike, probability: float = 0.95
) -> Finding:
    """Compare two unweighted distributions by the exact Smirnov test, with ties.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Any scale on which order means something.
    treated : array_like, shape (n_people,)
        True for participants.
    probability : float
        Against which p is read; the test has no interval.

    Returns
    -------
    Finding
        Largest difference of the distribution functions, with its sign; p is the share
        of the arrangements, ties as they are, with one at least as large.

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If an arm has nobody.

    References
    ----------
    Schroer, G. and Trenkler, D. (1995). Computational Statistics and Data Analysis 20,
    185-202 (ties).

    Examples
    --------
    >>> found = kolmogorov_smirnov([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0])
    >>> found.estimate, round(found.p_value, 4)
    (1.0, 0.1)
    """
    arms = _read(outcome, treated, probability)
    values, n1, n0 = np.sort(arms.outcome), arms.n_treated, arms.n_comparison
    ends = np.append(values[1:] != values[:-1], True)
    order = np.argsort(arms.outcome, kind="stable")
    inside = arms.treated[order]
    gaps = (np.cumsum(inside) / n1 - np.cumsum(~inside) / n0)[ends]
    estimate = float(gaps[np.argmax(np.abs(gaps))])
    p_value = _smirnov(abs(estimate), n1, n0, ends)
    return Finding(estimate, p_value=p_value, probability=probability)


def _read(
    outcome: ArrayLike, treated: ArrayLike, probability: float, faults: Iterable[Fault] = ()
) -> Arms:
    """Two unweighted arms with somebody in each."""
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    found = [*find_probability_faults(probability), *faults]
    return join_arms(columns, values, treated, None, found)


def _smirnov(largest: float, n1: int, n0: int, ends: NDArray[np.bool_]) -> float:
    """Share of arrangements that somewhere leave the band, by the path's treated count."""
    inside_band = np.zeros(n1 + 1)
    inside_band[0] = 1.0
    k = np.arange(n1 + 1)
    for step, is_end in enumerate(ends, start=1):
        # probability that the next person is treated, given how many were so far
        treated_next = np.clip((n1 - k) / (n1 + n0 - step + 1), 0.0, 1.0)
        moved = inside_band * (1 - treated_next)
        moved[1:] += (inside_band * treated_next)[:-1]
        if is_end:
            outside = np.abs(k / n1 - (step - k) / n0) >= largest - 1e-9
            moved = np.where(outside, 0.0, moved)
        inside_band = moved
    return min(max(1 - float(inside_band.sum()), 0.0), 1.0)


def _placements(
    values: NDArray[np.float64], others: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """P(other < value) - P(other > value) for each value."""
    order = np.argsort(others)
    mass = np.concatenate([[0.0], np.cumsum(shares[order])])
    below = mass[np.searchsorted(others[order], values, side="left")]
    upto = mass[np.searchsorted(others[order], values, side="right")]
    return np.asarray(below - (mass[-1] - upto))


def _variance(placed: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    mean = float(shares @ placed)
    concentration = float((shares**2).sum())  # 1 over the effective sample size
    return float((shares**2) @ residuals_about(placed, mean) ** 2) / max(1 - concentration, 1e-12)


def _doubled_midranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    ordered = np.sort(values)
    low = np.searchsorted(ordered, values, side="left")
    high = np.searchsorted(ordered, values, side="right")
    return np.asarray(low + high + 1, dtype=np.int64)


def _sum_distribution(scores: NDArray[np.int64], n_chosen: int) -> NDArray[np.float64] | None:
    """Distribution of the sum of n scores drawn without replacement; None when too long."""
    n_chosen = int(n_chosen)
    largest = int(np.sort(scores)[::-1][:n_chosen].sum())
    if scores.size * n_chosen * (largest + 1) > LARGEST_TABLE:
        return None
    ways = np.zeros((n_chosen + 1, largest + 1))
    ways[0, 0] = 1.0
    # from the smallest score on, so that sums stay small for as long as can be
    ordered, n_scores = np.sort(scores), scores.size
    added = np.concatenate([[0], np.cumsum(ordered)])
    for count, score in enumerate(ordered.tolist(), start=1):
        # how many may be chosen by now, if all are to be in the end, and what they may add up to
        fewest, most = max(1, n_chosen - (n_scores - count)), min(count, n_chosen)
        largest = int(added[count] - added[count - most])
        # probabilities in place of counts: each new score is among the chosen with k/count
        k = np.arange(fewest, most + 1)[:, None] / count
        found = ways[fewest : most + 1, : largest + 1] * (1 - k)
        found[:, score:] += ways[fewest - 1 : most, : largest + 1 - score] * k
        ways[fewest : most + 1, : largest + 1] = found
    return np.asarray(ways[n_chosen] / ways[n_chosen].sum())


def _two_sided(distribution: NDArray[np.float64], observed: float) -> float:
    support = np.arange(distribution.size)
    mean = float(distribution @ support)
    far = np.abs(support - mean) >= abs(observed - mean) - 1e-7 * max(1.0, abs(mean))
    return min(float(distribution[far].sum()), 1.0)


def draw_p(arms: Arms, n_draws: int, rng: np.random.Generator) -> float:
    """Share of random arrangements whose treated sum is as far from its mean, this one too."""
    values, n1 = arms.outcome - arms.outcome.mean(), arms.n_treated
    observed = abs(values[arms.treated].sum())
    at_least = 0
    for start in range(0, n_draws, DRAWS_AT_ONCE):
        chosen = _draw_distinct(values.size, n1, min(DRAWS_AT_ONCE, n_draws - start), rng)
        at_least += int((np.abs(values[chosen].sum(axis=1)) >= observed * (1 - 1e-12)).sum())
    return (at_least + 1) / (n_draws + 1)


def _draw_distinct(
    n_people: int, n_chosen: int, n_draws: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw people without replacement, many times over."""
    if n_chosen**2 > MOST_REPEATS * n_people:
        everybody = np.broadcast_to(np.arange(n_people), (n_draws, n_people))
        return rng.permuted(everybody, axis=1)[:, :n_chosen]
    # few of many: draws in which somebody comes twice, all but exp(-k^2 / 2n) of them at the
    # most, are thrown away
    kept: list[NDArray[np.int64]] = []
    missing = n_draws
    while missing > 0:
        drawn = np.sort(rng.integers(n_people, size=(2 * missing, n_chosen)), axis=1)
        distinct = drawn[(np.diff(drawn, axis=1) > 0).all(axis=1)][:missing]
        kept.append(distinct)
        missing -= distinct.shape[0]
    return np.concatenate(kept)
