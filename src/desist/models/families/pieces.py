"""A hazard that is constant between cut points."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.arguments import describe, find_number_faults
from desist.errors import Fault, raise_faults
from desist.inference.survival_likelihood import piecewise_exponential, share_out
from desist.models.families._shape import keep_log
from desist.models.families.protocol import SurvivalFamily, Terms
from desist.models.priors import Normal, find_normal_faults
from desist.models.restricted_means import raise_e

STEPS = "log_hazard_steps"
LARGEST = 700.0  # of which e to its power is a number
SMALLEST = -340.0  # of which the square of e to its power is a number above 0


@dataclass(frozen=True)
class Pieces(SurvivalFamily):
    r"""The piecewise exponential distribution: survival :math:`\exp(-e^\eta \Lambda_T(t))`.

    :math:`\Lambda_T` of each arm is linear between the cut points, and :math:`\Lambda_T(1) = 1`.

    Attributes
    ----------
    cuts : tuple of float
        Days at which the hazard changes, before the horizon.
    log_hazard_steps : Normal
        Prior of the step of the log hazard from one piece to the next, in the comparison group.
    log_hazard_steps_ratio : Normal or None
        Prior of the difference of the treated arm's steps; None for the same steps.

    Raises
    ------
    InputError
        If the cuts do not ascend or a setting is no prior; every fault is listed.

    References
    ----------
    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data,
    2nd ed., section 3.3.

    Examples
    --------
    >>> Pieces(cuts=(30, 91, 182)).cuts
    (30.0, 91.0, 182.0)
    """

    cuts: tuple[float, ...] = ()
    log_hazard_steps: Normal = Normal(0.0, 0.5)
    log_hazard_steps_ratio: Normal | None = Normal(0.0, 0.5)
    name: ClassVar[str] = "piecewise_exponential"
    signature: ClassVar[tuple[str, ...]] = ("(j)",)

    def __post_init__(self) -> None:
        """Check the settings."""
        if _are_numbers(self.cuts):
            object.__setattr__(self, "cuts", tuple(float(cut) for cut in self.cuts))
        ratio = f"{STEPS}_ratio"
        faults = _find_cut_faults(self.cuts)
        faults += find_normal_faults(STEPS, self.log_hazard_steps)
        faults += find_normal_faults(ratio, self.log_hazard_steps_ratio, optional=True)
        raise_faults(f"{self.name} family", faults)

    @property
    @override
    def structure(self) -> "Pieces":
        """The family with any cut points: where they lie is data to the compiled model."""
        return replace(self, cuts=tuple(range(1, len(self.cuts) + 1)))

    @override
    def find_changes(self) -> tuple[float, ...]:
        """Return the cut points."""
        return self.cuts

    @override
    def move_changes(self, changes: tuple[float, ...]) -> "Pieces":
        """Return the family with other cut points, as many of them."""
        return replace(self, cuts=changes)

    @override
    def share_out(self, time: Floats, rows: Mapping[str, Any]) -> dict[str, Floats]:
        """Return in which piece of its arm each time ends, and how long it was in each."""
        ended, spent = share_out(time, rows["starts"], rows["treated"])
        return {"ended": ended, "spent": spent}

    @override
    def declare(self, eta: Any, data: Data) -> tuple[Any, ...]:
        """Return the log hazard of each piece, comparison arm first, relative to the arm's mean."""
        import pytensor.tensor as pt

        # Sums over steps, pieces and arms as products with matrices of 0 and 1: of many draws at
        # once each is one product, and nothing is joined draw by draw.
        n_steps = len(self.cuts)
        walk = np.triu(np.ones((n_steps, n_steps + 1)), k=1)
        own = np.repeat(np.eye(2), n_steps + 1, axis=1)
        steps = self.log_hazard_steps.variable(STEPS, shape=n_steps)
        log_hazard = steps @ np.hstack([walk, walk])
        if self.log_hazard_steps_ratio is not None:
            ratio = self.log_hazard_steps_ratio.variable(f"{STEPS}_ratio", shape=n_steps)
            log_hazard = log_hazard + ratio @ np.hstack([np.zeros_like(walk), walk])
        ends = pt.concatenate([data["starts"][1:], pt.ones(1)])
        widths = pt.tile(ends - data["starts"], 2)
        means = pt.exp(log_hazard) @ (own * widths).T
        return (log_hazard - pt.log(means) @ own,)

    @override
    def terms(self, time: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Terms:
        """Return log hazard and log survival."""
        return piecewise_exponential(data["ended"], data["spent"], eta, *parameters)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return survival and the restricted mean."""
        widths, log_shares = self._read(draws, arm, horizon)
        hazard = np.exp(np.clip(eta, SMALLEST, LARGEST))  # that may be divided by
        shares = np.maximum(np.exp(log_shares), np.exp(SMALLEST))
        days = widths / shares
        free, restricted = np.ones_like(eta), np.zeros_like(eta)
        # in place, because room for as many new numbers takes longer than the numbers
        failed = np.empty_like(eta)  # of those who were free, below zero
        for piece in range(len(widths)):
            np.multiply(hazard, -shares[..., [piece]], out=failed)
            np.expm1(failed, out=failed)
            failed *= free
            free += failed
            failed *= days[..., [piece]]
            restricted -= failed
        restricted /= hazard
        np.minimum(restricted, 1.0, out=restricted)  # rounding carries it beyond the horizon
        return keep_log(-raise_e(eta)) | {"rmst": restricted}

    @override
    def find_time(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, survival: Floats
    ) -> Floats:
        """Return when survival is so much."""
        widths, log_shares = self._read(draws, arm, horizon)
        shares = np.exp(log_shares)
        left = -np.log(survival) * np.exp(-eta)
        times = np.zeros_like(left)
        for piece, width in enumerate(widths):
            share = shares[..., [piece]]
            is_last = piece == len(widths) - 1  # beyond the horizon the last hazard goes on
            spent = left if is_last else np.minimum(left, share)
            times, left = times + width * spent / share, left - spent
        return times

    @override
    def survive(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon."""
        widths, log_shares = self._read(draws, arm, horizon)
        starts = np.cumsum(widths) - widths
        passed = np.clip((share - starts) / widths, 0.0, 1.0)
        with np.errstate(divide="ignore"):  # of a piece that is not reached, the log of nothing
            log_spent = np.logaddexp.reduce(log_shares + np.log(passed), axis=-1)
        return np.exp(-raise_e(eta + log_spent[..., np.newaxis]))

    def _read(self, draws: Draws, arm: int, horizon: float) -> tuple[Floats, Floats]:
        """Return the width of each piece, and the log of its share of the hazard."""
        steps = draws[STEPS]
        if self.log_hazard_steps_ratio is not None:
            steps = steps + arm * draws[f"{STEPS}_ratio"]
        ends = np.array([0.0, *self.cuts, horizon]) / horizon
        widths = ends[1:] - ends[:-1]
        log_hazards = np.zeros((*steps.shape[:2], len(widths)))
        np.cumsum(steps, axis=-1, out=log_hazards[..., 1:])
        log_shares = log_hazards + np.log(widths)
        return widths, log_shares - np.logaddexp.reduce(log_shares, axis=-1, keepdims=True)


def _find_cut_faults(cuts: Any) -> list[Fault]:
    if _are_numbers(cuts) and len(cuts) and np.all(np.diff([0.0, *cuts, math.inf]) > 0):
        return []
    found = repr(cuts) if _are_numbers(cuts) else describe(cuts)
    expected, advice = "days above 0 in ascending order", "write Pieces(cuts=(30, 91, 182))"
    return [Fault("cuts", expected, found, advice)]


def _are_numbers(cuts: Any) -> bool:
    return isinstance(cuts, tuple | list) and not any(
        find_number_faults("cuts", cut) for cut in cuts
    )
