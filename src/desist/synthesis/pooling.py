"""One estimate out of several studies: random-effects meta-analysis."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from desist.errors import Fault, name_rows, raise_faults

SUBJECT = "meta-analysis"

type Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class PooledEffects:
    """A random-effects meta-analysis.

    Attributes
    ----------
    estimate, standard_error : float
        Mean effect over the population of studies, on the scale that was given.
    lower, upper, p_value : float
        Its confidence limits and two-sided p-value against 0.
    prediction_lower, prediction_upper : float
        Limits for the true effect of a new study.
    tau_squared : float
        Variance of the true effects between studies.
    tau_squared_lower, tau_squared_upper : float
        Its Q-profile confidence limits.
    i_squared : float
        Part of the variance of the estimates that is between studies, from 0 to 1.
    q, q_p_value : float
        Cochran's Q and its p-value against homogeneity.
    labels : tuple of str
        Names of the studies.
    estimates, standard_errors : ndarray of float, shape (n_studies,)
        What was pooled.
    shares : ndarray of float, shape (n_studies,)
        Weight of each study in the estimate; they sum to 1.
    shrunken, shrunken_errors : ndarray of float, shape (n_studies,)
        Best linear unbiased prediction of each study's true effect, and its standard error.
    estimator : str
        Of tau-squared.
    interval : str
        Kind of the confidence limits.
    probability : float
        Of all limits.
    """

    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    prediction_lower: float
    prediction_upper: float
    tau_squared: float
    tau_squared_lower: float
    tau_squared_upper: float
    i_squared: float
    q: float
    q_p_value: float
    labels: tuple[str, ...]
    estimates: Array
    standard_errors: Array
    shares: Array
    shrunken: Array
    shrunken_errors: Array
    estimator: str
    interval: str
    probability: float = 0.95

    @property
    def n_studies(self) -> int:
        """Number of studies."""
        return len(self.estimates)

    @property
    def table(self) -> pd.DataFrame:
        """One row a study: estimate, standard_error, share, shrunken, shrunken_error."""
        return pd.DataFrame(
            {
                "estimate": self.estimates,
                "standard_error": self.standard_errors,
                "share": self.shares,
                "shrunken": self.shrunken,
                "shrunken_error": self.shrunken_errors,
            },
            index=pd.Index(self.labels, name="study"),
        )

    def __repr__(self) -> str:
        """Return the mean effect, its limits and those for a new study, in one line."""
        return (
            f"<Meta-analysis of {self.n_studies} studies: {self.estimate:.3g} "
            f"({self.lower:.3g} to {self.upper:.3g}); a new study "
            f"{self.prediction_lower:.3g} to {self.prediction_upper:.3g}>"
        )


def pool_effects(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    estimator: str = "reml",
    interval: str = "knapp_hartung",
    probability: float = 0.95,
) -> PooledEffects:
    r"""Pool estimates by a random-effects meta-analysis.

    .. math:: y_i \sim N(\theta_i, s_i^2), \quad \theta_i \sim N(\mu, \tau^2), \quad
        \hat\mu = \sum w_i y_i / \sum w_i, \quad w_i = 1 / (s_i^2 + \hat\tau^2)

    The standard error is :math:`(\sum w_i)^{-1/2}` for "normal"; "knapp_hartung" multiplies it
    by the root of :math:`q = \sum w_i (y_i - \hat\mu)^2 / (k - 1)` and takes t quantiles with
    :math:`k - 1` degrees of freedom; "knapp_hartung_truncated" lets :math:`q` not fall below 1,
    for a few studies that agree by luck. The prediction interval uses the same quantiles with
    :math:`\hat\tau^2` added to the variance. Ratios are pooled as logarithms.

    Parameters
    ----------
    estimates : array_like, shape (n_studies,)
        Such as log odds ratios or risk differences; two or more.
    standard_errors : array_like, shape (n_studies,)
        Above 0, and taken as known.
    labels : sequence of str, optional
        Names of the studies; numbers from 1 by default.
    estimator : {"reml", "dl", "pm"}
        Of tau-squared: restricted maximum likelihood, DerSimonian and Laird, Paule and Mandel.
    interval : {"knapp_hartung", "knapp_hartung_truncated", "normal"}
        Kind of the confidence limits.
    probability : float
        Of all limits.

    Returns
    -------
    PooledEffects
        On the scale of the estimates.

    Raises
    ------
    InputError
        If the columns cannot be pooled or an option is not known; every fault is listed.

    References
    ----------
    Viechtbauer, W. (2005). Bias and efficiency of meta-analytic variance estimators. Journal
    of Educational and Behavioral Statistics 30, 261-293. Knapp, G. and Hartung, J. (2003).
    Improved tests for a random effects meta-regression. Statistics in Medicine 22, 2693-2710.
    Viechtbauer, W. (2007). Confidence intervals for the amount of heterogeneity. Statistics in
    Medicine 26, 37-52.

    Examples
    --------
    >>> pool_effects([-0.5, -0.1, -0.3], [0.2, 0.2, 0.2])
    <Meta-analysis of 3 studies: -0.3 (-0.797 to 0.197); a new study -0.797 to 0.197>
    """
    from scipy.stats import chi2, norm, t

    values, errors, names = _read_studies(estimates, standard_errors, labels)
    raise_faults(SUBJECT, _find_option_faults(estimator, interval, probability))
    variances = errors**2
    k = len(values)
    tau_squared = ESTIMATORS[estimator](values, variances)
    weights = 1 / (variances + tau_squared)
    mean = float(weights @ values / weights.sum())
    inflation, by_t = INTERVALS[interval](_generalised_q(values, variances, tau_squared) / (k - 1))
    error = math.sqrt(inflation / weights.sum())
    reference = t(k - 1) if by_t else norm
    width = float(reference.ppf((1 + probability) / 2))
    predicted = width * math.hypot(error, math.sqrt(tau_squared))
    q = _generalised_q(values, variances, 0.0)
    shrinkage = tau_squared / (variances + tau_squared)
    low, high = _profile_q(values, variances, probability)
    return PooledEffects(
        estimate=mean,
        standard_error=error,
        lower=mean - width * error,
        upper=mean + width * error,
        p_value=_two_sided(reference, mean, error),
        prediction_lower=mean - predicted,
        prediction_upper=mean + predicted,
        tau_squared=tau_squared,
        tau_squared_lower=low,
        tau_squared_upper=high,
        i_squared=tau_squared / (tau_squared + _typical_variance(variances)),
        q=q,
        q_p_value=float(chi2.sf(q, k - 1)),
        labels=names,
        estimates=values,
        standard_errors=errors,
        shares=weights / weights.sum(),
        shrunken=shrinkage * values + (1 - shrinkage) * mean,
        shrunken_errors=np.sqrt(shrinkage * variances + ((1 - shrinkage) * error) ** 2),
        estimator=estimator,
        interval=interval,
        probability=probability,
    )


def leave_one_out(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    estimator: str = "reml",
    interval: str = "knapp_hartung",
    probability: float = 0.95,
) -> pd.DataFrame:
    """Pool all studies but one, for each in turn.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`; three or more.
    labels : sequence of str, optional
        Names of the studies.
    estimator : {"reml", "dl", "pm"}
        Of tau-squared.
    interval : {"knapp_hartung", "knapp_hartung_truncated", "normal"}
        Kind of the confidence limits.
    probability : float
        Of all limits.

    Returns
    -------
    DataFrame
        One row a study that is left out: estimate, standard_error, lower, upper, p_value,
        prediction_lower, prediction_upper, tau_squared, i_squared, q.

    Raises
    ------
    InputError
        If there are fewer than three studies, or as in `pool_effects`.

    Examples
    --------
    >>> leave_one_out([-0.5, -0.1, -0.3], [0.2, 0.2, 0.2])["estimate"].round(2).tolist()
    [-0.2, -0.4, -0.3]
    """
    values, errors, names = _read_studies(estimates, standard_errors, labels, fewest=3)
    rows = []
    for left_out in range(len(values)):
        kept = np.arange(len(values)) != left_out
        pooled = pool_effects(
            values[kept],
            errors[kept],
            estimator=estimator,
            interval=interval,
            probability=probability,
        )
        rows.append({column: getattr(pooled, column) for column in _LEFT_OUT_COLUMNS})
    return pd.DataFrame(rows, index=pd.Index(names, name="left_out"))


_LEFT_OUT_COLUMNS = (
    "estimate",
    "standard_error",
    "lower",
    "upper",
    "p_value",
    "prediction_lower",
    "prediction_upper",
    "tau_squared",
    "i_squared",
    "q",
)


def _estimate_by_moments(values: Array, variances: Array) -> float:
    # DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188, eq. 8.
    weights = 1 / variances
    spread = weights.sum() - (weights**2).sum() / weights.sum()
    excess = _generalised_q(values, variances, 0.0) - (len(values) - 1)
    return max(0.0, float(excess / spread))


def _estimate_by_generalised_q(values: Array, variances: Array) -> float:
    # Paule and Mandel (1982), Journal of Research NBS 87, 377-385.
    return _solve_q(values, variances, len(values) - 1)


def _estimate_by_restricted_likelihood(values: Array, variances: Array) -> float:
    # Viechtbauer (2005), eq. 10: the derivative of the restricted log-likelihood.
    from scipy.optimize import brentq

    def score(tau_squared: float) -> float:
        weights = 1 / (variances + tau_squared)
        mean = weights @ values / weights.sum()
        squares = weights**2
        return float(squares @ (values - mean) ** 2 - weights.sum() + squares.sum() / weights.sum())

    if score(0.0) <= 0:
        return 0.0
    beyond = float(np.sum((values - values.mean()) ** 2) + variances.max())
    while score(beyond) > 0:
        beyond *= 2
    return float(brentq(score, 0.0, beyond, xtol=1e-15 * beyond, rtol=1e-14))


ESTIMATORS: Mapping[str, Callable[[Array, Array], float]] = {
    "reml": _estimate_by_restricted_likelihood,
    "dl": _estimate_by_moments,
    "pm": _estimate_by_generalised_q,
}

# From q to the factor of the variance, and whether the quantiles are those of t.
INTERVALS: Mapping[str, Callable[[float], tuple[float, bool]]] = {
    "knapp_hartung": lambda q: (q, True),
    "knapp_hartung_truncated": lambda q: (max(1.0, q), True),
    "normal": lambda q: (1.0, False),  # noqa: ARG005
}


def _generalised_q(values: Array, variances: Array, tau_squared: float) -> float:
    weights = 1 / (variances + tau_squared)
    mean = weights @ values / weights.sum()
    return float(weights @ (values - mean) ** 2)


def _solve_q(values: Array, variances: Array, target: float) -> float:
    # Q falls in tau-squared: one root, or none above 0
    from scipy.optimize import brentq

    if _generalised_q(values, variances, 0.0) <= target:
        return 0.0
    beyond = float(variances.max())
    while _generalised_q(values, variances, beyond) > target:
        beyond *= 2

    def excess(tau_squared: float) -> float:
        return _generalised_q(values, variances, tau_squared) - target

    return float(brentq(excess, 0.0, beyond, xtol=1e-15 * beyond, rtol=1e-14))


def _profile_q(values: Array, variances: Array, probability: float) -> tuple[float, float]:
    from scipy.stats import chi2

    tail = (1 - probability) / 2
    high, low = chi2.ppf([tail, 1 - tail], len(values) - 1)
    return _solve_q(values, variances, float(low)), _solve_q(values, variances, float(high))


def _typical_variance(variances: Array) -> float:
    # Higgins and Thompson (2002), Statistics in Medicine 21, 1539-1558, eq. 9.
    weights = 1 / variances
    total = weights.sum()
    return float((len(weights) - 1) * total / (total**2 - (weights**2).sum()))


def _two_sided(reference: object, mean: float, error: float) -> float:
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * reference.sf(abs(mean) / error))  # type: ignore[attr-defined]


def _find_option_faults(estimator: str, interval: str, probability: float) -> list[Fault]:
    faults = []
    for where, given, known in (
        ("estimator", estimator, ESTIMATORS),
        ("interval", interval, INTERVALS),
    ):
        if given not in known:
            faults.append(Fault(where, f"one of {', '.join(known)}", repr(given)))
    if not 0 < probability < 1:
        faults.append(Fault("probability", "a number between 0 and 1", f"{probability:g}"))
    return faults


def _read_studies(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    labels: Sequence[str] | None,
    fewest: int = 2,
) -> tuple[Array, Array, tuple[str, ...]]:
    values = np.asarray(estimates, dtype=float)
    errors = np.asarray(standard_errors, dtype=float)
    names = tuple(str(number + 1) for number in range(values.size))
    names = names if labels is None else tuple(str(label) for label in labels)
    if values.ndim != 1 or errors.shape != values.shape or len(names) != values.size:
        found = f"shapes {values.shape} and {errors.shape}, {len(names)} labels"
        expected = "one estimate, standard error and label for each study"
        raise_faults(SUBJECT, [Fault("estimates, standard_errors, labels", expected, found)])
    faults = []
    if len(values) < fewest:
        faults.append(Fault("estimates", f"{fewest} studies or more", str(len(values))))
    missing = np.flatnonzero(~np.isfinite(values))
    wrong = np.flatnonzero(~(np.isfinite(errors) & (errors > 0)))
    for where, expected, rows in (
        ("estimates", "finite numbers", missing),
        ("standard_errors", "finite numbers above 0", wrong),
    ):
        if rows.size:
            faults.append(Fault(where, expected, f"{rows.size} other, {name_rows(rows.tolist())}"))
    raise_faults(SUBJECT, faults)
    return values, errors, names
