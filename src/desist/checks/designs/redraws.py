"""Participation drawn again as a design allows, once for all measures of an evaluation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desist.checks.columns import find_draw_faults
from desist.checks.designs.randomisation import (
    N_DRAWS,
    draw_participation,
    permute_within_sets,
    redraw_scores,
)
from desist.checks.finding import Finding
from desist.design.arose import FromScores, FromSets
from desist.design.design import Design
from desist.errors import CannotAnswerError, raise_faults


@dataclass(frozen=True, eq=False)
class Redraws:
    """Participation drawn again, once for all measures of an evaluation.

    Attributes
    ----------
    draws : ndarray of int, shape (n_draws, n_treated), or None
        Positions of the participants of each draw; None where the test is not one of
        redrawn scores.
    seed : int
        For permutations within sets.
    obstacle : str
        Why participation cannot be drawn again; empty when it can.
    """

    draws: NDArray[np.int64] | None
    seed: int
    obstacle: str = ""

    def __repr__(self) -> str:
        """Say how many draws there are, not who takes part in them."""
        n_draws = 0 if self.draws is None else len(self.draws)
        return f"Redraws({n_draws} draws, seed={self.seed}, obstacle={self.obstacle!r})"


def redraw(
    design: Design, *, n_draws: int = N_DRAWS, rng: np.random.Generator | int | None = None
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

    Returns
    -------
    Redraws
        The draws, or why there are none.

    Raises
    ------
    InputError
        If the number of draws or the source of randomness cannot be read.
    """
    raise_faults("check", find_draw_faults("n_draws", n_draws, rng))
    source = np.random.default_rng(rng)
    seed = int(source.integers(2**31))
    arose = design.arose
    if not isinstance(arose, FromScores):
        return Redraws(None, seed, arose.obstacle)
    try:
        draws = draw_participation(arose.probabilities, int(design.treated.sum()), n_draws, source)
    except CannotAnswerError as error:
        return Redraws(None, seed, str(error))
    return Redraws(draws, seed)


def compare_redrawn(outcome: NDArray[np.float64], design: Design, redraws: Redraws) -> Finding:
    """Compare a difference with those of redrawn participants."""
    match design.arose:
        case FromScores(probabilities=p, again=again):
            return redraw_scores(outcome, design.treated, p, again, draws=redraws.draws)
        case FromSets() if design.sets is not None:
            weights = _set_weights(design.sets, design)
            reason = _uneven_sets(design.sets, design)
            if reason:
                raise CannotAnswerError(reason)
            return permute_within_sets(
                outcome, design.treated, design.sets, weights, rng=redraws.seed
            )
    raise CannotAnswerError(design.arose.obstacle or "the design has no sets")


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
