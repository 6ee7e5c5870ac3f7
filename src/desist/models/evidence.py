"""A prior that other programmes give: a mixture, with a part that knows nothing of them."""

import math
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.arguments import find_choice_faults
from desist.errors import Fault, raise_faults

SCALES = ("log_odds", "log_risk", "risk_difference", "log_rate")
SUMS_TO_ONE = 1e-9


@dataclass(frozen=True)
class EvidencePrior:
    """A prior of an effect from other programmes: normal components and a vague one.

    Attributes
    ----------
    weights, means, scales : tuple of float
        Of each component; the weights sum to 1 and the last component is the vague one.
    scale : {"log_odds", "log_risk", "risk_difference", "log_rate"}
        Of the effect.
    n_programmes : int
        From how many it was made.

    Raises
    ------
    InputError
        If the components are no mixture; every fault is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.models import EvidencePrior
    >>> prior = EvidencePrior((0.8, 0.2), (-0.2, 0.0), (0.3, 1.5), "log_odds", n_programmes=6)
    >>> prior.vague, prior.density(np.array([-0.2, 2.0])).round(3).tolist()
    (0.2, [1.117, 0.022])
    """

    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    scale: str
    n_programmes: int

    def __post_init__(self) -> None:
        """Check that the components are a mixture."""
        faults = find_choice_faults("scale", self.scale, SCALES)
        lengths = {len(self.weights), len(self.means), len(self.scales)}
        if len(lengths) != 1 or 0 in lengths:
            found = ", ".join(str(length) for length in sorted(lengths))
            faults.append(Fault("weights, means, scales", "one of each a component", found))
        elif abs(sum(self.weights) - 1) > SUMS_TO_ONE or min(self.weights) < 0:
            expected = "numbers of at least 0 that sum to 1"
            faults.append(Fault("weights", expected, f"a sum of {sum(self.weights):g}"))
        elif not (min(self.scales) > 0 and all(map(math.isfinite, (*self.means, *self.scales)))):
            faults.append(Fault("means, scales", "finite means, scales above 0", "others"))
        raise_faults("evidence prior", faults)

    @property
    def vague(self) -> float:
        """Weight of the part that knows nothing of other programmes."""
        return self.weights[-1]

    def density(self, effects: Floats) -> Floats:
        """Return the prior density at effects.

        Parameters
        ----------
        effects : ndarray, shape (n,)
            On the scale.

        Returns
        -------
        ndarray, shape (n,)
            Probability per unit.
        """
        weights, means, scales = self.components
        away = (np.asarray(effects, dtype=float)[:, None] - means) / scales
        return np.asarray((np.exp(-(away**2) / 2) / (scales * math.sqrt(2 * math.pi))) @ weights)

    def bend(self, effects: Floats) -> Floats:
        """Return how far the log density bends down at effects: the information it holds there.

        Parameters
        ----------
        effects : ndarray, shape (n,)
            On the scale.

        Returns
        -------
        ndarray, shape (n,)
            Minus the second derivative of the log density; below 0 between components apart.
        """
        weights, means, scales = self.components
        precisions = scales**-2
        away = np.asarray(effects, dtype=float)[:, None] - means
        logs = np.log(np.maximum(weights / scales, 1e-300)) - precisions * away**2 / 2
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        pulls = precisions * away
        inner = (shares * (precisions - pulls**2)).sum(axis=1)
        return np.asarray(inner + (shares * pulls).sum(axis=1) ** 2)

    @property
    def expected_information(self) -> float:
        """Information of the prior on average over itself, in units of an inverse variance."""
        effects, shares = self.grid
        return float(shares @ self.bend(effects))

    @property
    def grid(self) -> tuple[Floats, Floats]:
        """Places fine enough for averages over the prior, and their shares."""
        _, means, scales = self.components
        effects = np.linspace((means - 8 * scales).min(), (means + 8 * scales).max(), 20_001)
        heights = self.density(effects)
        return effects, heights / heights.sum()

    @property
    def components(self) -> tuple[Floats, Floats, Floats]:
        """Weights, means and scales as arrays."""
        return np.array(self.weights), np.array(self.means), np.array(self.scales)

    def find_conflict(self, estimate: float, standard_error: float) -> float:
        """Return how surprising an estimate is, were its programme like the others.

        Parameters
        ----------
        estimate, standard_error : float
            Of the new study, on the scale.

        Returns
        -------
        float
            Two-sided tail probability of the estimate under the prior without its vague part
            (Box 1980); below 0.05 the two are in conflict. NaN where there is only that part.
        """
        from scipy.special import ndtr

        weights, means, scales = (part[:-1] for part in self.components)
        if not weights.sum() > 0:
            return math.nan
        spread = np.hypot(scales, standard_error)
        below = float(ndtr((estimate - means) / spread) @ weights / weights.sum())
        return 2 * min(below, 1 - below)

    def update(self, estimate: float, standard_error: float) -> tuple[Floats, Floats, Floats]:
        """Return the mixture that the prior becomes when an estimate is seen.

        Parameters
        ----------
        estimate, standard_error : float
            Of the new study, on the scale.

        Returns
        -------
        weights, means, scales : ndarray
            Of each component; the last weight says how far the other programmes were given up.
        """
        weights, means, scales = self.components
        seen = np.hypot(scales, standard_error)
        logs = np.log(np.maximum(weights, 1e-300)) - np.log(seen)
        logs -= ((estimate - means) / seen) ** 2 / 2
        after = np.exp(logs - logs.max())
        share = scales**2 / seen**2
        moved = means + share * (estimate - means)
        return after / after.sum(), moved, scales * standard_error / seen

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        weights, means, scales = (part[:-1] for part in self.components)
        mean = float(weights @ means / weights.sum())
        spread = float(np.sqrt(weights @ (scales**2 + (means - mean) ** 2) / weights.sum()))
        return (
            f"{self.n_programmes} other programmes: {mean:.2f} with a standard deviation of "
            f"{spread:.2f}, {100 * self.vague:.0f}% vague"
        )
