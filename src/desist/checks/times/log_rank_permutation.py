"""The log-rank test by permuting who took part: exact for few people."""

# Observed minus expected reoffences of the participants is the sum of a score over them, a_i =
# delta_i - Lambda_hat(T_i), with Lambda_hat the Nelson-Aalen hazard of everybody together. If the
# programme changes nothing and nobody is followed for longer because of it, every choice of
# participants is as probable as the one that was made.
# Peto, R. and Peto, J. (1972). JRSS A 135, 185-207. Heinze, G., Gnant, M. and Schemper, M. (2003).
# Biometrics 59, 1151-1157 (where follow-up differs it is not exact).

import math
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms
from desist.checks.columns import find_draw_faults, find_probability_faults
from desist.checks.finding import Finding
from desist.checks.people.ranks import draw_p
from desist.checks.times.log_rank import NO_EVENTS, log_rank
from desist.checks.times.survival_data import read_two_arms
from desist.errors import NoEventsError

MOST_ARRANGEMENTS = 50_000  # that are gone through one by one


def log_rank_permutation(
    times: ArrayLike,
    events: ArrayLike,
    treated: ArrayLike,
    *,
    n_draws: int = 9999,
    rng: np.random.Generator | int | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare hazards by a log-rank test whose p comes from permutations.

    Parameters
    ----------
    times : array_like, shape (n_people,)
        Days to the first reoffence or to the end of follow-up.
    events : array_like, shape (n_people,)
        True for a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    n_draws : int
        Random permutations, where there are too many to go through.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    probability : float
        Against which p is read; the test has no interval.

    Returns
    -------
    Finding
        Hazard ratio as in `log_rank`; p is the share of the arrangements in which observed
        less expected reoffences are at least as far from 0 (drawn ones count the observed
        arrangement itself).

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    NoEventsError
        If nobody reoffends.
    CannotAnswerError
        If an arm has nobody.

    References
    ----------
    Peto, R. and Peto, J. (1972). JRSS A 135, 185-207. Phipson, B. and Smyth, G. K. (2010).
    SAGMB 9, article 39 (drawn p-values).

    Examples
    --------
    >>> round(log_rank_permutation([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0]).p_value, 4)
    0.3333
    """
    faults = find_draw_faults("n_draws", n_draws, rng) + find_probability_faults(probability)
    arms, happened = read_two_arms(times, events, treated, faults=faults)
    if not happened.any():
        raise NoEventsError(NO_EVENTS)
    estimate = log_rank(arms.outcome, happened, arms.treated).estimate
    scores = _scores(arms.outcome, happened)
    if math.comb(scores.size, arms.n_treated) <= MOST_ARRANGEMENTS:
        p_value = _count_all(scores, arms.treated)
    else:
        scored = Arms(scores, arms.treated, arms.weights, arms.positions)
        p_value = draw_p(scored, n_draws, np.random.default_rng(rng))
    return Finding(estimate, p_value=p_value, probability=probability)


def _scores(times: NDArray[np.float64], events: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Reoffence less hazard up to the own time: sums to observed minus expected."""
    grid, place = np.unique(times, return_inverse=True)
    at_risk = np.cumsum(np.bincount(place, minlength=grid.size)[::-1])[::-1]
    hazard = np.cumsum(np.bincount(place, events, grid.size) / at_risk)
    return np.asarray(events - hazard[place])


def _count_all(scores: NDArray[np.float64], treated: NDArray[np.bool_]) -> float:
    chosen = np.array(list(combinations(range(scores.size), int(treated.sum()))))
    sums = np.abs(scores[chosen].sum(axis=1))
    observed = abs(float(scores[treated].sum()))
    return float((sums >= observed - 1e-9 * (1 + observed)).mean())
