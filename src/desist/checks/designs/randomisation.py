"""Randomisation tests that respect the design."""

# Two ways to ask what the difference would have been had the programme done nothing: participation
# is drawn again from the propensity score, the number of participants held, and the weights of the
# design are recomputed for every draw; or the participants of each matched set are drawn again
# within their set. Nothing else is random, so no distribution of the outcome is assumed, and few
# participants do no harm. What is tested is that the programme changed nobody's outcome; the
# interval adds that it changed everybody's by the same amount: with outcomes less tau for the
# participants the difference of a draw is A - tau B, with B that of the participation itself, so
# every tau can be tested on the same draws.
# Rosenbaum, P. R. (2002). Observational Studies, chapters 2 and 3. Chen, X.-H., Dempster, A. P. and
# Liu, J. S. (1994). Biometrika 81, 457-469 (draws with a fixed number of participants).

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from desist.arguments import find_choice_faults, find_number_faults
from desist.checks.arms import join_arms
from desist.checks.columns import Columns, find_draw_faults, find_probability_faults
from desist.checks.finding import Finding
from desist.design.matching.within_radius import WithinRadius
from desist.design.reweighing import Reweighing
from desist.design.weighting.targets import TARGETS, ScoreWeights
from desist.errors import CannotAnswerError
from desist.estimands import Estimand
from desist.progress import follow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

N_DRAWS = 9999
MOST_STATES = 50_000_000  # people times participants, for exact draws of participation
AT_ONCE = 50_000  # participants of draws worked on at once, so that they stay near the processor,
FEWEST_AT_ONCE = 256  # but not fewer draws
LEAST_LOG = -745.0  # of a number that is not 0
QUADRATIC = 20  # of a few times a few over members, above which all members draw a number


@dataclass(frozen=True, eq=False, repr=False)
class Contrasts:
    """Differences between the arms of several outcomes, as they were and of every draw."""

    observed: Floats  # (n_outcomes + 1,) of the arms as they were; the last, of taking part, is 1
    drawn: Floats  # (n_outcomes + 1, n_draws) of every draw; nan where a draw has none

    def judge(self, position: int, probability: float = 0.95) -> Finding:
        """Judge one outcome: every shift of it is tested by two contrasts a draw."""
        observed, drawn = self.observed[[position, -1]], self.drawn[[position, -1]]
        usable = np.isfinite(drawn).all(axis=0)
        if usable.mean() < 0.5 or not np.isfinite(observed).all():
            raise CannotAnswerError("hardly any draw of participation has matches")
        return _judge(observed, drawn[:, usable], probability)


def redraw_radius(
    outcome: ArrayLike,
    treated: ArrayLike,
    values: ArrayLike,
    probabilities: ArrayLike,
    *,
    radius: float,
    n_draws: int = N_DRAWS,
    rng: np.random.Generator | int | None = None,
    draws: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Test the difference of a radius-matched design by drawing participation again.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    values : array_like, shape (n_people,)
        What is compared with the radius: scores or log odds.
    probabilities : array_like, shape (n_people,)
        Propensity scores.
    radius : float
        Largest distance of a match, in the unit of `values`.
    n_draws : int
        Draws of participation.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    draws : array_like of int, shape (n_draws, n_treated), optional
        Positions of the participants of each draw, from `draw_participation`, where
        they serve several measures; drawn here when left out.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the matched means; p is twice the smaller tail, the observed
        arrangement counted among the draws.

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If an arm has nobody, there are too many people to draw from exactly, or hardly a
        draw has matches.

    Examples
    --------
    >>> import numpy as np
    >>> import desist as ds
    >>> rng = np.random.default_rng(1)
    >>> scores = rng.uniform(0.2, 0.8, 200)
    >>> treated = rng.random(200) < scores
    >>> outcome = rng.random(200) < 0.5 - 0.2 * treated
    >>> found = ds.checks.redraw_radius(
    ...     outcome, treated, scores, scores, radius=0.05, n_draws=99, rng=1
    ... )
    >>> bool(found.lower < found.estimate < found.upper)
    True
    """
    columns = Columns()
    y, level = columns.numbers("outcome", outcome), columns.numbers("values", values)
    p = columns.numbers("probabilities", probabilities, least=0.0, most=1.0)
    faults = find_number_faults("radius", radius, least=0.0)
    faults += find_draw_faults("n_draws", n_draws, rng) + find_probability_faults(probability)
    arms = join_arms(columns, y, treated, None, faults)
    chosen = _drawn(draws, p, int(arms.treated.sum()), n_draws, rng)
    return _compare(y, arms.treated, WithinRadius(level, radius), chosen, probability)


def redraw_weights(
    outcome: ArrayLike,
    treated: ArrayLike,
    probabilities: ArrayLike,
    *,
    estimand: Estimand | str,
    n_draws: int = N_DRAWS,
    rng: np.random.Generator | int | None = None,
    draws: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Test the difference of a weighted design by drawing participation again.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    probabilities : array_like, shape (n_people,)
        Propensity scores; the weights of each draw follow from them.
    estimand : Estimand or str
        ATE, ATT, ATC, ATO (overlap weights) or "ATM" (matching weights).
    n_draws : int
        Draws of participation.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    draws : array_like of int, shape (n_draws, n_treated), optional
        Positions of the participants of each draw, from `draw_participation`, where
        they serve several measures; drawn here when left out.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the weighted means; p is twice the smaller tail.

    Raises
    ------
    InputError
        If the estimand is unknown, or a column or another setting cannot be read.
    CannotAnswerError
        If there are too many people to draw from exactly.

    Examples
    --------
    >>> import numpy as np
    >>> import desist as ds
    >>> rng = np.random.default_rng(1)
    >>> scores = rng.uniform(0.2, 0.8, 200)
    >>> treated = rng.random(200) < scores
    >>> outcome = rng.random(200) < 0.5 - 0.2 * treated
    >>> found = ds.checks.redraw_weights(
    ...     outcome, treated, scores, estimand="ATO", n_draws=99, rng=1
    ... )
    >>> bool(found.lower < found.estimate < found.upper)
    True
    """
    columns = Columns()
    y = columns.numbers("outcome", outcome)
    p = columns.numbers("probabilities", probabilities, above=0.0, most=1.0 - np.finfo(float).eps)
    faults = find_choice_faults("estimand", estimand, TARGETS)
    faults += find_draw_faults("n_draws", n_draws, rng) + find_probability_faults(probability)
    arm = join_arms(columns, y, treated, None, faults).treated
    chosen = _drawn(draws, p, int(arm.sum()), n_draws, rng)
    return _compare(y, arm, ScoreWeights(p, estimand), chosen, probability)


def permute_within_sets(
    outcome: ArrayLike,
    treated: ArrayLike,
    sets: ArrayLike,
    set_weights: ArrayLike | None = None,
    *,
    n_draws: int = N_DRAWS,
    rng: np.random.Generator | int | None = None,
    probability: float = 0.95,
) -> Finding:
    """Test the difference of a design with sets by drawing participants within them.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    sets : array_like of int, shape (n_people,)
        Matched set of each person, -1 for none.
    set_weights : array_like, shape (n_people,), optional
        Weight of the set that each person is in; the number of its participants when
        left out (ATT).
    n_draws : int
        Draws of participation.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Mean over sets of the difference within them; p is twice the smaller tail.

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If no set has people of both arms.

    Examples
    --------
    >>> import desist as ds
    >>> outcome, treated, pairs = [0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 2, 2]
    >>> found = ds.checks.permute_within_sets(outcome, treated, pairs, rng=1, n_draws=999)
    >>> found.estimate, round(found.p_value, 1)
    (-1.0, 0.2)
    """
    columns = Columns()
    y, label = columns.numbers("outcome", outcome), columns.sets("sets", sets)
    heavy = columns.numbers("set_weights", set_weights, least=0.0, default=np.nan)
    faults = find_draw_faults("n_draws", n_draws, rng) + find_probability_faults(probability)
    arm = join_arms(columns, y, treated, None, faults).treated
    found = contrast_sets(
        (y,), arm, label, None if set_weights is None else heavy, n_draws=n_draws, rng=rng
    )
    return found.judge(0, probability)


def contrast_draws(
    outcomes: Sequence[Floats], treated: NDArray[np.bool_], again: Reweighing, draws: Integers
) -> Contrasts:
    """Contrast several outcomes, and participation, for all draws of participants at once."""
    # the last column tells what the difference of a draw gains when participation adds 1
    contrast = again.prepare(np.stack([*outcomes, treated.astype(float)]))
    n_draws, n_treated = draws.shape
    step = max(FEWEST_AT_ONCE, AT_ONCE // max(1, n_treated))
    starts = range(0, n_draws, step)
    blocks = [
        contrast(draws[at : at + step])
        for at in follow(starts, "redrawing participation", len(starts))
    ]
    observed = contrast(np.flatnonzero(treated)[None, :])[:, 0]
    return Contrasts(observed, np.concatenate(blocks, axis=1))


def contrast_sets(
    outcomes: Sequence[Floats],
    treated: NDArray[np.bool_],
    sets: Integers,
    set_weights: Floats | None,
    *,
    n_draws: int,
    rng: np.random.Generator | int | None,
) -> Contrasts:
    """Contrast several outcomes, and participation, for participants drawn within their sets."""
    data = np.stack([*outcomes, treated.astype(float)])
    source = np.random.default_rng(rng)
    observed, drawn, total = np.zeros(len(data)), np.zeros((len(data), n_draws)), 0.0
    every = _members_of(sets)
    for members in follow(every, "redrawing participation within sets", len(every)):
        own, inside = data[:, members], treated[members]
        n_inside = int(inside.sum())
        if not 0 < n_inside < members.size:
            continue
        mass = float(n_inside) if set_weights is None else float(set_weights[members[0]])
        total += mass
        observed += mass * (own[:, inside].mean(axis=1) - own[:, ~inside].mean(axis=1))
        _add_set(drawn, mass, own, n_inside, source)
    if total == 0:
        raise CannotAnswerError("no matched set has people of both arms")
    return Contrasts(observed / total, drawn / total)


def draw_participation(
    probabilities: Floats,
    n_treated: int,
    n_draws: int,
    rng: np.random.Generator | int | None = None,
) -> Integers:
    """Draw who takes part from the propensity score, the number of participants held."""
    # Participant by participant: where the next one stands has a distribution that is known from
    # how many are still to come, and is drawn by inverting it. These are exact draws of independent
    # participation given its total.
    n_people = probabilities.size
    if n_people * n_treated > MOST_STATES:
        raise CannotAnswerError("too many people to draw participation again exactly")
    with np.errstate(divide="ignore"):
        takes_part, does_not = np.log(probabilities), np.log1p(-probabilities)
    # in logarithms: with hundreds of participants, few of them left among many is no number
    still = np.full((n_people + 1, n_treated + 1), -np.inf)
    still[n_people, 0] = 0.0
    for person in range(n_people - 1, -1, -1):
        later = still[person + 1]
        still[person, 0] = does_not[person] + later[0]
        np.logaddexp(
            does_not[person] + later[1:], takes_part[person] + later[:-1], out=still[person, 1:]
        )
    if still[0, n_treated] == -np.inf:
        raise CannotAnswerError("the scores cannot give as many participants as there were")
    source = np.random.default_rng(rng)
    # nobody has taken part up to a person, times what is still to come from there on: it falls
    # from person to person by the probability that the next participant stands there
    nobody = np.concatenate([[0.0], np.cumsum(np.maximum(does_not, LEAST_LOG))])[:, np.newaxis]
    surprise = -(nobody + still)
    certain = np.concatenate([np.cumsum((probabilities == 1)[::-1])[::-1], [0]])
    # before those who are certain to come there cannot be fewer left than they are
    surprise[certain[:, np.newaxis] > np.arange(n_treated + 1)] = -np.inf
    surprise = np.maximum.accumulate(surprise, axis=0)  # rounding may not let it fall
    surprise = np.ascontiguousarray(surprise.T)
    chosen = np.empty((n_treated, n_draws), dtype=np.int64)  # a row is written in one go
    first = np.zeros(n_draws, dtype=np.int64)
    for number in range(n_treated):
        rising = surprise[n_treated - number]
        level = rising[first] - np.log1p(-source.random(n_draws))
        # rounding may not put anybody before those who may still come
        chosen[number] = np.maximum(_bisect(rising, level) - 1, first)
        first = chosen[number] + 1
    return chosen.T


def _drawn(
    draws: ArrayLike | None,
    probabilities: ArrayLike,
    n_treated: int,
    n_draws: int,
    rng: np.random.Generator | int | None,
) -> Integers:
    if draws is not None:
        return np.asarray(draws, dtype=np.int64)
    return draw_participation(np.asarray(probabilities, dtype=float), n_treated, n_draws, rng)


def _add_set(
    drawn: Floats, mass: float, own: Floats, n_inside: int, source: np.random.Generator
) -> None:
    """Add one set's differences of every draw, from whichever side of it has fewer people."""
    n_members, n_draws = own.shape[1], drawn.shape[1]
    n_few = min(n_inside, n_members - n_inside)
    sign = 1.0 if n_few == n_inside else -1.0
    step = max(1, AT_ONCE // n_few)
    everybody = own.sum(axis=1)
    for at in range(0, n_draws, step):
        chosen = _choose(n_members, n_few, min(step, n_draws - at), source)
        few = np.stack([row.take(chosen).sum(axis=0) for row in own])
        rest = everybody[:, np.newaxis] - few
        drawn[:, at : at + step] += sign * mass * (few / n_few - rest / (n_members - n_few))


def _members_of(label: NDArray[np.generic]) -> list[Integers]:
    used = np.flatnonzero(label != -1)
    order = used[np.argsort(label[used], kind="stable")]
    edges = np.flatnonzero(np.diff(label[order])) + 1
    return [part for part in np.split(order, edges) if part.size]


def _choose(n_members: int, n_few: int, n_draws: int, rng: np.random.Generator) -> Integers:
    """Choose a few members of a set, shape (n_few, n_draws), all choices equally likely."""
    if n_few * n_few > QUADRATIC * n_members:
        keys = rng.random((n_draws, n_members))
        return np.argpartition(keys, n_few - 1, axis=1)[:, :n_few].T
    chosen = np.empty((n_few, n_draws), dtype=np.int64)
    # Floyd's sampling, Bentley and Floyd (1987), Communications of the ACM 30, 754-757
    for number in range(n_few):
        last = n_members - n_few + number
        picked = rng.integers(last + 1, size=n_draws)
        is_taken = (chosen[:number] == picked).any(axis=0)
        chosen[number] = np.where(is_taken, last, picked)
    return chosen


def _bisect(rising: Floats, levels: Floats) -> Integers:
    """Count the steps up to each level; in their order, because neighbours are found together."""
    order = np.argsort(levels)
    ascending = levels[order]
    low, high = np.searchsorted(rising, ascending[[0, -1]], side="right")
    # the steps between the outermost levels are fewer than the levels: they are looked up
    passed = np.searchsorted(ascending, rising[low:high], side="left")
    found = np.empty_like(order)
    found[order] = low + np.cumsum(np.bincount(passed, minlength=levels.size))
    return found


def _compare(
    outcome: Floats,
    treated: NDArray[np.bool_],
    again: Reweighing,
    draws: Integers,
    probability: float,
) -> Finding:
    return contrast_draws((outcome,), treated, again, draws).judge(0, probability)


def _judge(observed: Floats, drawn: Floats, probability: float) -> Finding:
    estimate = float(observed[0] / observed[1])  # observed[1] is the contrast of taking part: 1

    def tails(shift: float) -> tuple[float, float]:
        gap = (drawn[0] - shift * drawn[1]) - (observed[0] - shift * observed[1])
        slack = 1e-12 * (1 + abs(observed[0]) + abs(shift))
        n = drawn.shape[1] + 1
        return (int((gap <= slack).sum()) + 1) / n, (int((gap >= -slack).sum()) + 1) / n

    p_value = min(2 * min(tails(0.0)), 1.0)
    reach = 8 * float(np.std(drawn[0])) + abs(estimate) * 1e-6
    half = (1 - probability) / 2
    lower = _edge(lambda t: tails(t)[1] - half, estimate - reach, estimate, below=True)
    upper = _edge(lambda t: tails(t)[0] - half, estimate, estimate + reach, below=False)
    return Finding(estimate, lower, upper, p_value, probability)


def _edge(function: Callable[[float], float], low: float, high: float, *, below: bool) -> float:
    """Return the shift at which a tail reaches its share; infinite when it never does."""
    if high <= low or (function(low) > 0) == (function(high) > 0):
        return -math.inf if below else math.inf
    return float(brentq(function, low, high, xtol=1e-9 * max(1.0, abs(low), abs(high))))
