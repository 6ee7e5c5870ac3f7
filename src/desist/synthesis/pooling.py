"""One estimate out of several studies: random-effects meta-analysis."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_choice_faults, find_number_faults
from desist.errors import Fault, name_rows, raise_faults
from desist.synthesis._columns import name_shapes, read_column, read_labels
from desist.synthesis._heterogeneity import (
    ESTIMATORS,
    find_peaks,
    find_typical_variance,
    generalise_q,
    profile_q,
)

SUBJECT = "meta-analysis"
LIKELIHOODS = ("reml", "ml")  # estimators that may have several peaks to choose from
AGREES_BY_LUCK = 0.01  # estimates this close, in standard errors, tell of their rounding
LARGEST = 1e40  # of a number and its inverse; squares of squares have to be numbers too
TIED = 1e-9
WIDENED = (
    "The estimates agree to within a hundredth of their standard errors, which tells of their "
    "rounding and not of precision: the Knapp-Hartung factor is taken as 1."
)

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
    cautions : tuple of str
        What the reader of the numbers has to know, in sentences; empty when nothing.

    Examples
    --------
    >>> from desist.synthesis import pool_effects
    >>> found = pool_effects([-0.5, -0.1, -0.3], [0.2, 0.2, 0.2])
    >>> round(found.estimate, 2), round(found.prediction_lower, 2), round(found.prediction_upper, 2)
    (-0.3, -0.8, 0.2)
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
    cautions: tuple[str, ...] = ()

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
        """Return the mean effect, its limits and those for a new study, and any cautions."""
        return (
            f"<Meta-analysis of {self.n_studies} studies: {self.estimate:.3g} "
            f"({self.lower:.3g} to {self.upper:.3g}); a new study "
            f"{self.prediction_lower:.3g} to {self.prediction_upper:.3g}>"
            + "".join(f"\nCaution: {caution}" for caution in self.cautions)
        )


def pool_effects(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    estimator: str = "reml",
    interval: str = "knapp_hartung",
    prediction: str = "as_interval",
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

    A "knapp_hartung" interval that is narrower than the normal one with :math:`\tau^2 = 0`
    carries a caution. Where :math:`\sqrt q` is below 0.01 the agreement of the estimates tells
    of their rounding alone: then :math:`q` is taken as 1, which the cautions say. The
    likelihood of :math:`\tau^2` may have several peaks: "reml" and "ml" take the highest of
    all, and a caution names them.

    Parameters
    ----------
    estimates : array_like, shape (n_studies,)
        Such as log odds ratios or risk differences; two or more.
    standard_errors : array_like, shape (n_studies,)
        Above 0, and taken as known.
    labels : sequence of str, optional
        Names of the studies; numbers from 1 by default.
    estimator : {"reml", "ml", "dl", "pm", "eb", "sj", "he", "hs", "equal"}
        Of tau-squared: restricted maximum likelihood, maximum likelihood, DerSimonian and
        Laird, Paule and Mandel, empirical Bayes, Sidik and Jonkman, Hedges and Olkin, Hunter
        and Schmidt; "equal" takes it as 0, and then there is no prediction.
    interval : {"knapp_hartung", "knapp_hartung_truncated", "normal"}
        Kind of the confidence limits.
    prediction : {"as_interval", "t_k_minus_1", "t_k_minus_2"}
        Quantiles of the prediction interval: those of the confidence limits, or of t with
        that many degrees of freedom.
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
    Medicine 26, 37-52. Rover, C., Knapp, G. and Friede, T. (2015). Hartung-Knapp-Sidik-Jonkman
    approach and its modification for random-effects meta-analysis with few studies. BMC
    Medical Research Methodology 15, 99.

    Examples
    --------
    >>> pool_effects([-0.5, -0.1, -0.3], [0.2, 0.2, 0.2])
    <Meta-analysis of 3 studies: -0.3 (-0.797 to 0.197); a new study -0.797 to 0.197>
    """
    from scipy.stats import chi2, norm, t

    values, errors, names, faults = _read_studies(estimates, standard_errors, labels)
    faults += _find_option_faults(estimator, interval, probability)
    raise_faults(SUBJECT, [*faults, *_find_prediction_faults(prediction, len(values))])
    variances = errors**2
    k = len(values)
    tau_squared = ESTIMATORS[estimator](values, variances)
    weights = 1 / (variances + tau_squared)
    mean = float(weights @ values / weights.sum())
    inflation, widened = inflate(interval, generalise_q(values, variances, tau_squared) / (k - 1))
    error = math.sqrt(inflation / weights.sum())
    reference = norm if interval == "normal" else t(k - 1)
    width = float(reference.ppf((1 + probability) / 2))
    far = _find_quantile(prediction, k, probability, width)
    predicted = far * math.hypot(error, math.sqrt(tau_squared))
    predicted = math.nan if estimator == "equal" else predicted
    q = generalise_q(values, variances, 0.0)
    shrinkage = tau_squared / (variances + tau_squared)
    low, high = profile_q(values, variances, probability)
    return PooledEffects(
        estimate=mean,
        standard_error=error,
        lower=mean - width * error,
        upper=mean + width * error,
        p_value=float(2 * reference.sf(abs(mean) / error)),
        prediction_lower=mean - predicted,
        prediction_upper=mean + predicted,
        tau_squared=tau_squared,
        tau_squared_lower=low,
        tau_squared_upper=high,
        i_squared=_find_i_squared(estimator, tau_squared, variances, q),
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
        cautions=(
            *[WIDENED] * widened,
            *_list_cautions(values, variances, estimator, width * error, probability),
        ),
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
    estimator : {"reml", "ml", "dl", "pm", "eb", "sj", "he", "hs", "equal"}
        Of tau-squared.
    interval : {"knapp_hartung", "knapp_hartung_truncated", "normal"}
        Kind of the confidence limits.
    probability : float
        Of all limits.

    Returns
    -------
    DataFrame
        One row a study that is left out: estimate, standard_error, lower, upper, p_value,
        prediction_lower, prediction_upper, tau_squared, i_squared, q, cautions.

    Raises
    ------
    InputError
        If there are fewer than three studies, or as in `pool_effects`.

    Examples
    --------
    >>> leave_one_out([-0.5, -0.1, -0.3], [0.2, 0.2, 0.2])["estimate"].round(2).tolist()
    [-0.2, -0.4, -0.3]
    """
    values, errors, names, faults = _read_studies(estimates, standard_errors, labels, fewest=3)
    raise_faults(SUBJECT, [*faults, *_find_option_faults(estimator, interval, probability)])
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
        row = {column: getattr(pooled, column) for column in _LEFT_OUT_COLUMNS}
        rows.append(row | {"cautions": " ".join(pooled.cautions)})
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


# From q to the factor of the variance, and whether the quantiles are those of t.
INTERVALS: Mapping[str, Callable[[float], tuple[float, bool]]] = {
    "knapp_hartung": lambda q: (q, True),
    "knapp_hartung_truncated": lambda q: (max(1.0, q), True),
    "normal": lambda _: (1.0, False),
}


# From the number of studies to the degrees of freedom of the prediction interval.
PREDICTIONS: Mapping[str, int] = {"as_interval": 0, "t_k_minus_1": 1, "t_k_minus_2": 2}


def _find_quantile(prediction: str, n_studies: int, probability: float, width: float) -> float:
    """Return the quantile of the prediction interval."""
    from scipy.stats import t

    # Higgins, Thompson and Spiegelhalter (2009) take t with k - 2, Viechtbauer's metafor k - 1.
    fewer = PREDICTIONS[prediction]
    return float(t.ppf((1 + probability) / 2, n_studies - fewer)) if fewer else width


def _find_i_squared(estimator: str, tau_squared: float, variances: Array, q: float) -> float:
    """Return I-squared; of equal effects what Q says of it (Higgins and Thompson 2002, eq. 10)."""
    if estimator == "equal":
        return max(0.0, 1 - (len(variances) - 1) / q) if q > 0 else 0.0
    return tau_squared / (tau_squared + find_typical_variance(variances))


def inflate(interval: str, q: float) -> tuple[float, bool]:
    """Return the factor of the variance, and whether it was widened to 1."""
    factor, by_t = INTERVALS[interval](q)
    if by_t and factor < AGREES_BY_LUCK**2:
        return 1.0, True
    return factor, False


def _list_cautions(
    values: Array, variances: Array, estimator: str, half_width: float, probability: float
) -> list[str]:
    from scipy.stats import norm

    cautions = []
    if estimator in LIKELIHOODS:
        peaks = find_peaks(values, variances, restricted=estimator == "reml")
        if len(peaks) > 1:
            places = " and ".join(f"{place:.3g}" for place, _ in peaks)
            cautions.append(
                f"The likelihood of tau-squared has {len(peaks)} peaks, at {places}: the highest "
                "is taken. A study far from the others decides between them."
            )
    known = float(norm.ppf((1 + probability) / 2)) / math.sqrt((1 / variances).sum())
    if half_width < known * (1 - TIED):
        cautions.append(
            f"The interval is {half_width / known:.2f} times as wide as what was known of the "
            "studies allows if their true effects are the same: they agree more than their "
            'standard errors let expect. interval="knapp_hartung_truncated" does not count that '
            "as precision."
        )
    return cautions


def read_effects(
    estimates: object, standard_errors: object, fewest: int = 2
) -> tuple[Array, Array, list[Fault]]:
    """Read estimates and their errors, for what takes no names."""
    values, errors, _, faults = _read_studies(estimates, standard_errors, None, fewest)
    return values, errors, faults


def _find_option_faults(estimator: object, interval: object, probability: object) -> list[Fault]:
    return [
        *find_choice_faults("estimator", estimator, ESTIMATORS),
        *find_choice_faults("interval", interval, INTERVALS),
        *find_number_faults("probability", probability, above=0, below=1),
    ]


def _find_prediction_faults(prediction: object, n_studies: int) -> list[Fault]:
    faults = find_choice_faults("prediction", prediction, PREDICTIONS)
    if faults or n_studies > PREDICTIONS[str(prediction)]:
        return faults
    return [Fault("prediction", "3 studies or more for t_k_minus_2", str(n_studies))]


def _read_studies(
    estimates: object, standard_errors: object, labels: object, fewest: int = 2
) -> tuple[Array, Array, tuple[str, ...], list[Fault]]:
    columns, faults = {}, []
    for where, column in (("estimates", estimates), ("standard_errors", standard_errors)):
        columns[where], found = read_column(where, column)
        faults += found
    values, errors = columns.values()
    names, found = read_labels(labels, values.size)
    faults += found
    if not faults and not values.size == errors.size == len(names):
        shapes = " and ".join(name_shapes(columns))
        expected = "one estimate, standard error and label for each study"
        found_text = f"shapes {shapes}, {len(names)} labels"
        faults.append(Fault("estimates, standard_errors, labels", expected, found_text))
    if not faults and values.size < fewest:
        faults.append(Fault("estimates", f"{fewest} studies or more", str(values.size)))
    return values, errors, names, [*faults, *_find_cell_faults(values, errors)]


def _find_cell_faults(values: Array, errors: Array) -> list[Fault]:
    faults = []
    finite = np.isfinite(values), np.isfinite(errors) & (errors > 0)
    with np.errstate(invalid="ignore"):
        large = np.abs(values) > LARGEST, (errors > LARGEST) | (errors < 1 / LARGEST)
    limits = f"numbers up to {LARGEST:g}", f"numbers from {1 / LARGEST:g} to {LARGEST:g}"
    for where, expected, wrong in (
        ("estimates", "finite numbers", ~finite[0]),
        ("standard_errors", "finite numbers above 0", ~finite[1]),
        ("estimates", limits[0], finite[0] & large[0]),
        ("standard_errors", limits[1], finite[1] & large[1]),
    ):
        rows = np.flatnonzero(wrong)
        if rows.size:
            faults.append(Fault(where, expected, f"{rows.size} other, {name_rows(rows.tolist())}"))
    return faults
