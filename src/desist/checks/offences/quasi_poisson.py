"""Ratio of two weighted frequencies, with errors that allow over-dispersion."""

# The Poisson score equations with the arm alone give, in each arm, lambda_hat = sum w_i y_i / sum
# w_i t_i. Offences are over-dispersed (in the report the standard deviation is 0.98 on a mean of
# 0.31), so the Poisson variance is not used: the sandwich takes the spread from the data.

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from desist.arguments import find_choice_faults
from desist.checks.arms import Arms, join_arms
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.finding import Finding, exponentiate, from_standard_error, satterthwaite
from desist.checks.people.weighted import LEVERAGE_POWERS, cluster_error
from desist.weights import residuals_about


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

    Raises
    ------
    InputError
        If a column or an option cannot be read.
    CannotAnswerError
        If an arm has fewer than two people, or there is a single cluster.

    References
    ----------
    Gourieroux, C., Monfort, A. and Trognon, A. (1984). Econometrica 52, 701-720.

    Examples
    --------
    >>> found = quasi_poisson([0, 2, 4, 0, 1, 5], [1, 1, 1, 0, 0, 0], kind="HC0")
    >>> found.estimate, round(found.standard_error, 4)
    (1.0, 0.7817)
    """
    columns = Columns()
    counted = columns.numbers("offences", offences, least=0.0)
    days = columns.numbers("time_at_risk", time_at_risk, above=0.0, truths=False, default=1.0)
    labels = columns.labels("clusters", clusters)
    faults = [
        *find_choice_faults("kind", kind, LEVERAGE_POWERS),
        *find_probability_faults(probability),
    ]
    arms = join_arms(columns, counted, treated, weights, faults, fewest=2)
    exposure = days[arms.positions]
    rates = [_frequency(arms, exposure, members) for members in (arms.treated, ~arms.treated)]
    if min(rates) == 0:
        return Finding(math.nan, probability=probability)
    power = LEVERAGE_POWERS[kind] if clusters is None else 0
    influence = _log_influence(arms, exposure, power)
    estimate = math.log(rates[0] / rates[1])
    if clusters is not None:
        error, df = cluster_error(influence, labels[arms.positions])
        return exponentiate(from_standard_error(estimate, error, df, probability))
    variances = [float((influence[arm] ** 2).sum()) for arm in (arms.treated, ~arms.treated)]
    if kind == "HC1":
        variances = [v * arms.outcome.size / (arms.outcome.size - 2) for v in variances]
    df = satterthwaite(variances, arms.effective_sizes)
    return exponentiate(from_standard_error(estimate, math.sqrt(sum(variances)), df, probability))


def overdispersion(
    offences: ArrayLike, treated: ArrayLike, time_at_risk: ArrayLike | None = None
) -> tuple[float, float]:
    """Estimate how much more two unweighted counts vary than Poisson ones.

    Parameters
    ----------
    offences : array_like, shape (n_people,)
        Proven reoffences of each person.
    treated : array_like, shape (n_people,)
        True for participants.
    time_at_risk : array_like, shape (n_people,), optional
        Days of follow-up; equal for everybody when left out.

    Returns
    -------
    tuple of float
        Pearson's statistic over its degrees of freedom (1 for Poisson), and the
        one-sided p of Poisson against more.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If an arm has nobody.

    Examples
    --------
    >>> dispersion, p = overdispersion([0, 0, 0, 9, 0, 0, 8, 0], [1, 1, 1, 1, 0, 0, 0, 0])
    >>> round(dispersion, 2), p < 0.001
    (8.5, True)
    """
    columns = Columns()
    counted = columns.numbers("offences", offences, least=0.0)
    exposure = columns.numbers("time_at_risk", time_at_risk, above=0.0, truths=False, default=1.0)
    arms = join_arms(columns, counted, treated, None)
    expected = np.empty_like(arms.outcome)
    for members in (arms.treated, ~arms.treated):
        expected[members] = exposure[members] * _frequency(arms, exposure, members)
    positive = expected > 0
    statistic = float(((arms.outcome - expected)[positive] ** 2 / expected[positive]).sum())
    df = max(int(positive.sum()) - 2, 1)
    return statistic / df, float(chdtrc(df, statistic))


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
