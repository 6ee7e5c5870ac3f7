"""Participation drawn again as a design allows, once for all measures of an evaluation."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from desist.checks.columns import find_draw_faults
from desist.checks.designs.randomisation import (
    N_DRAWS,
    Contrasts,
    contrast_draws,
    contrast_sets,
    draw_participation,
)
from desist.checks.finding import Finding
from desist.design.arose import FromScores, FromSets
from desist.design.design import Design
from desist.errors import CannotAnswerError, raise_faults

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Redraws:
    """Participation drawn again, once for all measures of an evaluation.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> redraws = ds.checks.redraw(design, n_draws=99, rng=1)
    >>> redraws.draws.shape  # one row a draw, the participants of it
    (99, 60)
    """

    design: Design
    draws: NDArray[np.int64] | None  # (n_draws, n_treated) positions; None without redrawn scores
    n_draws: int
    seed: int  # for permutations within sets
    obstacle: str = ""  # why participation cannot be drawn again
    # of everybody, each (n_people,): contrasted together, when the first is asked for
    outcomes: tuple[Floats, ...] = ()

    @cached_property
    def shared(self) -> Contrasts:
        """The contrasts of all outcomes; the weights of a draw are made again once for them."""
        return self.contrast(self.outcomes)

    def find(self, outcome: Floats) -> int | None:
        """Return which of the outcomes this is."""
        for position, known in enumerate(self.outcomes):
            if np.array_equal(known, outcome):
                return position
        return None

    def contrast(self, outcomes: tuple[Floats, ...]) -> Contrasts:
        """Contrast outcomes as they were, and for every draw of participants."""
        arose, treated = self.design.arose, self.design.treated
        if isinstance(arose, FromScores) and self.draws is not None:
            return contrast_draws(outcomes, treated, arose.again, self.draws)
        sets = self.design.sets
        if not isinstance(arose, FromSets) or sets is None:
            raise CannotAnswerError(self.obstacle or arose.obstacle or "the design has no sets")
        if reason := _uneven_sets(sets, self.design):
            raise CannotAnswerError(reason)
        weights = _set_weights(sets, self.design)
        return contrast_sets(outcomes, treated, sets, weights, n_draws=self.n_draws, rng=self.seed)

    def __repr__(self) -> str:
        """Say how many draws there are, not who takes part in them."""
        n_draws = 0 if self.draws is None else len(self.draws)
        return f"Redraws({n_draws} draws, seed={self.seed}, obstacle={self.obstacle!r})"


def redraw(
    design: Design,
    *,
    n_draws: int = N_DRAWS,
    rng: np.random.Generator | int | None = None,
    outcomes: tuple[Floats, ...] = (),
) -> Redraws:
    """Draw participation again for a design whose weights follow from its scores.

    Parameters
    ----------
    design : Design
        As built; how its weights arose decides what is drawn.
    n_draws : int
        Draws.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    outcomes : tuple of ndarray of float, each of shape (n_people,), optional
        Of everybody in the design: those that will be compared. The draws serve any outcome,
        but these share the work.

    Returns
    -------
    Redraws
        The draws, or why there are none.

    Raises
    ------
    InputError
        If the number of draws or the source of randomness cannot be read.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> redraws = ds.checks.redraw(design, n_draws=99, rng=1)
    >>> redraws.n_draws, redraws.obstacle
    (99, '')
    """
    raise_faults("check", find_draw_faults("n_draws", n_draws, rng))
    source = np.random.default_rng(rng)
    seed = int(source.integers(2**31))
    arose = design.arose
    if not isinstance(arose, FromScores):
        return Redraws(design, None, n_draws, seed, arose.obstacle, outcomes)
    try:
        draws = draw_participation(arose.probabilities, int(design.treated.sum()), n_draws, source)
    except CannotAnswerError as error:
        return Redraws(design, None, n_draws, seed, str(error))
    return Redraws(design, draws, n_draws, seed, outcomes=outcomes)


def compare_redrawn(outcome: Floats, redraws: Redraws) -> Finding:
    """Compare a difference with those of redrawn participants."""
    position = redraws.find(outcome)
    if position is None:
        return redraws.contrast((outcome,)).judge(0)
    return redraws.shared.judge(position)


def _uneven_sets(sets: NDArray[np.int64], design: Design) -> str:
    """Say whether the weights differ between people of one set and arm."""
    used = (sets != -1) & (design.weights > 0)
    cells = np.unique(
        np.column_stack([sets[used], design.treated[used]]), axis=0, return_inverse=True
    )[1].ravel()
    low = np.full(cells.max(initial=0) + 1, np.inf)
    high = np.zeros_like(low)
    np.minimum.at(low, cells, design.weights[used])
    np.maximum.at(high, cells, design.weights[used])
    if (high - low > 1e-9 * high).any():
        return "the weights differ within a matched set and arm"
    return ""


def _set_weights(sets: NDArray[np.int64], design: Design) -> NDArray[np.float64]:
    """Total weight of the participants of each person's set."""
    label_of = np.unique(sets, return_inverse=True)[1]
    totals = np.bincount(label_of, np.where(design.treated, design.weights, 0.0))
    return np.asarray(totals[label_of])
