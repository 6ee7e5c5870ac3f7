"""Leave out people outside common support before they are matched."""

# As MatchIt 4.7 does it: the limits are the smallest and the largest score of the other arm, or of
# both; the score may be estimated again without those left out.

from dataclasses import replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import find_kind_faults
from desist.design.formula import ModelMatrix
from desist.design.matching.distance import find_option_faults
from desist.design.protocol import Material
from desist.design.scores.propensity import LINKS, PropensityScore, fit_score, score_matrix
from desist.errors import CannotAnswerError, Fault, InputError, NoOverlapError
from desist.estimands import Estimand

ARMS = ("treated", "comparison", "both")


class Discarding(Protocol):
    """A method that can leave out people outside common support."""

    @property
    def discard(self) -> str | None:
        """Whom to leave out: "treated", "comparison", "both" or None."""

    @property
    def reestimate(self) -> bool:
        """Whether the score is estimated again without them."""


def find_discard_faults(method: Discarding) -> list[Fault]:
    """Return what is wrong with the settings of leaving out."""
    faults = find_option_faults("discard", method.discard, ARMS, optional=True)
    wrong = find_kind_faults("reestimate", method.reestimate, bool, "True or False")
    if not wrong and method.reestimate and method.discard is None:
        advice = "say whom to discard, or leave it out"
        wrong = [Fault("reestimate", "False where nobody is discarded", "True", advice)]
    return faults + wrong


def discard_outside(
    material: Material, method: Discarding
) -> tuple[Material, NDArray[np.bool_], tuple[str, ...]]:
    """Leave out people outside common support."""
    treated, scores = material.treated, material.scores
    if method.discard is None or scores is None:
        return material, np.ones_like(treated), ()
    if method.reestimate and (scores.link not in LINKS or scores.n_groups):
        expected = "False where the score is not a regression"
        raise InputError("design", [Fault("reestimate", expected, "True", "leave it out")])
    kept = ~_is_outside(scores.scores, treated, method.discard)
    lost = int((treated & ~kept).sum()), int((~treated & ~kept).sum())
    if not (kept & treated).any() or not (kept & ~treated).any():
        raise NoOverlapError(
            "the scores of the arms do not overlap: nobody is left inside common support; look "
            "for comparison people who could have taken part"
        )
    _refuse_loss(lost, material.estimand)
    if method.reestimate and any(lost):
        material = replace(material, scores=_estimate_again(material, scores, kept))
    note = (
        f"{lost[0]:,} participants and {lost[1]:,} comparison people were discarded: their "
        "score is outside common support"
    )
    return material, kept, (note,)


def _is_outside(
    scores: NDArray[np.float64], treated: NDArray[np.bool_], arms: str
) -> NDArray[np.bool_]:
    inside, outside = scores[treated], scores[~treated]
    low, high = {
        "treated": (outside.min(), outside.max()),
        "comparison": (inside.min(), inside.max()),
        "both": (max(inside.min(), outside.min()), min(inside.max(), outside.max())),
    }[arms]
    # by the limits of one arm, nobody of it is outside
    beyond: NDArray[np.bool_] = (scores < low) | (scores > high)
    return beyond


def _refuse_loss(lost: tuple[int, int], estimand: Estimand) -> None:
    asked = {Estimand.ATT: 0, Estimand.ATC: lost[1]}.get(estimand, sum(lost))
    if asked:  # participants who are left out rename the ATT
        raise CannotAnswerError(
            f"{asked:,} people whom the {estimand.value} is about are outside common support; "
            "ask for the ATT, or discard only people of the other arm"
        )


def _estimate_again(
    material: Material, scores: PropensityScore, kept: NDArray[np.bool_]
) -> PropensityScore:
    """Fit the regression to those who stay, and score everybody with it."""
    matrix = material.matrix
    if matrix is None:
        raise ValueError("estimating the score again needs the formula as numbers")
    part = ModelMatrix(np.asfortranarray(matrix.values[kept]), matrix.names)
    fitted = fit_score(
        part,
        material.treated[kept],
        formula=scores.formula or "",
        link=scores.link,
        sampling=None if material.sampling is None else material.sampling[kept],
    )
    coefficients = pd.Series(fitted.coefficients, dtype=np.float64)
    everybody, logit = score_matrix(matrix, coefficients.to_numpy(), scores.link)
    return replace(fitted, scores=everybody, logit=logit)
