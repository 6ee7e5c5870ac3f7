r"""Ratio of two weighted frequencies, with errors that allow over-dispersion.

The Poisson score equations with the arm alone give, in each arm,
:math:`\hat\lambda = \sum w_i y_i / \sum w_i t_i`. Offences are over-dispersed (in the
report the standard deviation is 0.98 on a mean of 0.31), so the Poisson variance is not
used: the sandwich takes the spread from the data.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, read_arms, residuals_about
from desist.checks.check import Finding
from desist.checks.log_rank import exponentiate
from desist.checks.weighted import LEVERAGE_POWERS, satterthwaite
from desist.checks.welch import from_standard_error
from desist.errors import Fault, raise_faults


def quasi_poisson(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    time_at_risk: ArrayLike | None = None,
    kind: str = "HC3",
    clusters: ArrayLike | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted frequencies by their ratio, with robust errors.

    Parameters
    ----------
    offences : array_like, shape (n_people,)
        Proven reoffences of each person.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    time_at_risk : array_like, shape (n_people,), optional
        Days of follow-up; equal for everybody when left out.
    kind : str
        "HC0", "HC1", "HC2" or "HC3"; HC0 when there are clusters.
    clusters : array_like, shape (n_people,), optional
        Matched set or group over which the errors are summed.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Ratio of the frequencies; all nan when an arm has no offences.

    References
    ----------
    Gourieroux, C., Monfort, A. and Trognon, A. (1984). Econometrica 52, 701-720.

    Examples
    --------
    >>> found = quasi_poisson([0, 2, 4, 0, 1, 5], [1, 1, 1, 0, 0, 0], kind="HC0")
    >>> found.estimate, round(found.standard_error, 4)
    (1.0, 0.7817)
    """
    if kind not in LEVERAGE_POWERS:
        raise_faults("check", [Fault("kind", f"one of {', '.join(LEVERAGE_POWERS)}", repr(kind))])
    arms = read_arms(offences, treated, weights)
    everybody = np.ones(np.shape(offences)) if time_at_risk is None else np.asarray(time_at_risk)
    exposure = everybody.astype(float)[arms.positions]
    rates = [_frequency(arms, exposure, members) for members in (arms.treated, ~arms.treated)]
    if min(rates) == 0:
        return Finding(math.nan, probability=probability)
    influence = _log_influence(arms, exposure, LEVERAGE_POWERS[kind])
    estimate = math.log(rates[0] / rates[1])
    if clusters is not None:
        groups = np.unique(np.asarray(clusters)[arms.positions], return_inverse=True)[1]
        totals = np.bincount(groups, influence)
        error = math.sqrt(float((totals**2).sum()) * totals.size / max(totals.size - 1, 1))
        found = from_standard_error(estimate, error, max(totals.size - 1, 1), probability)
        return exponentiate(found)
    variances = [float((influence[arm] ** 2).sum()) for arm in (arms.treated, ~arms.treated)]
    if kind == "HC1":
        variances = [v * arms.outcome.size / (arms.outcome.size - 2) for v in variances]
    df = satterthwaite(arms, variances[0], variances[1])
    return exponentiate(from_standard_error(estimate, math.sqrt(sum(variances)), df, probability))


def _frequency(arms: Arms, exposure: NDArray[np.float64], members: NDArray[np.bool_]) -> float:
    w = arms.weights[members]
    return float((w @ arms.outcome[members]) / (w @ exposure[members]))


def _log_influence(
    arms: Arms, exposure: NDArray[np.float64], leverage_power: int
) -> NDArray[np.float64]:
    influence = np.empty_like(arms.outcome)
    for members, sign in ((arms.treated, 1.0), (~arms.treated, -1.0)):
        w, y, t = arms.weights[members], arms.outcome[members], exposure[members]
        residuals = residuals_about(y, t * (w @ y) / (w @ t))
        leverage = w * t / (w @ t)
        influence[members] = sign * w * residuals / (w @ y) / (1 - leverage) ** (leverage_power / 2)
    return influence
