"""One flexible hazard: pieces that end where the reoffences are."""

from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np

from desist._types import Floats
from desist.arguments import find_kind_faults
from desist.errors import raise_faults
from desist.models.families.pieces import STEPS, Pieces
from desist.models.families.protocol import SettlingFamily, SurvivalFamily
from desist.models.families.weibull import Weibull
from desist.models.priors import Normal, find_normal_faults

FEWEST_EVENTS = 10  # below which there is no shape to see
N_PIECES = 8  # always the same, so that fits share what is compiled; the walk smooths them
FEW = f"fewer than {FEWEST_EVENTS} effective people reoffended, or all on one day"
ROUNDING = 1e-9
STEPS_OF_THE_PRIOR = 3  # the prior of a step is that of a walk of so many


@dataclass(frozen=True)
class Flexible(SettlingFamily):
    """Eight pieces that end at quantiles of the days of reoffences.

    Knots stand where the reoffences are, never at censored days, which all fall on the last one;
    where many fall on the same day there are fewer. The log hazard is a random walk over the
    pieces, and so is its difference between the arms, which is shrunk towards proportional
    hazards: of an arm with few reoffences the pieces say little that a line would not.

    Attributes
    ----------
    log_hazard_steps : Normal
        Prior of the step of the log hazard from one piece to the next, in the comparison group,
        where there are three steps; of more steps, each is narrower, so that the walk as a whole
        varies as much.
    log_hazard_steps_ratio : Normal or None
        Prior of the difference of the treated arm's steps, likewise; None for the same steps.
    few : Weibull
        The family where there are fewer than ten effective reoffences in both arms together, or
        all on one day at an end, so that no shape can be seen.

    Raises
    ------
    InputError
        If a setting is no prior, or `few` is not a Weibull; every fault is listed.

    References
    ----------
    Jackson, C. H. (2023). survextrap: a package for flexible and transparent survival
    extrapolation. BMC Medical Research Methodology 23, 282.

    Examples
    --------
    >>> Flexible().settle(np.arange(1.0, 41.0), np.ones(40), 100.0).find_changes()
    (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0)
    """

    log_hazard_steps: Normal = Normal(0.0, 0.5)
    log_hazard_steps_ratio: Normal | None = Normal(0.0, 0.5)
    few: Weibull = Weibull()
    name: ClassVar[str] = "flexible"

    def __post_init__(self) -> None:
        """Check the settings."""
        ratio = self.log_hazard_steps_ratio
        faults = find_normal_faults(STEPS, self.log_hazard_steps)
        faults += find_normal_faults(f"{STEPS}_ratio", ratio, optional=True)
        faults += find_kind_faults("few", self.few, Weibull, "Weibull(...)")
        raise_faults(f"{self.name} family", faults)

    @override
    def settle(self, days: Floats, weights: Floats, horizon: float) -> SurvivalFamily:
        """Return the pieces, or the Weibull of few reoffences.

        Parameters
        ----------
        days : ndarray of float, shape (n_events,)
            Of the first reoffences up to the horizon.
        weights : ndarray of float, shape (n_events,)
            Effective people: on the scale of the likelihood.
        horizon : float
            Days.

        Returns
        -------
        Pieces or Weibull
            With priors for so many steps.
        """
        cuts = _choose_cuts(days, weights, horizon)
        if not cuts:
            return self.few
        ratio = self.log_hazard_steps_ratio
        return Pieces(
            cuts,
            _walk(self.log_hazard_steps, len(cuts)),
            None if ratio is None else _walk(ratio, len(cuts)),
        )

    @override
    def explain(self, settled: SurvivalFamily) -> str:
        """Say in words what was chosen, and why."""
        if not (n_cuts := len(settled.find_changes())):
            return f"a Weibull's, because {FEW}"
        return f"{n_cuts + 1} pieces that end at quantiles of the days of reoffences"


def _choose_cuts(days: Floats, weights: Floats, horizon: float) -> tuple[float, ...]:
    # a sum of floats may stop just short of the number it is meant to reach
    if weights.sum() < FEWEST_EVENTS - ROUNDING:
        return ()
    order = np.argsort(days, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    wanted = np.arange(1, N_PIECES) / N_PIECES
    found = days[order][np.searchsorted(reached, wanted - ROUNDING)]
    return tuple(float(cut) for cut in np.unique(found) if 0 < cut < horizon)


def _walk(prior: Normal, n_steps: int) -> Normal:
    """Return the prior of one of so many steps, so that the walk as a whole varies as much."""
    return Normal(prior.mean, prior.scale * float(np.sqrt(STEPS_OF_THE_PRIOR / n_steps)))
