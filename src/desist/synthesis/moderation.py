"""How effects of several studies differ with what the studies are: meta-regression."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from desist._types import Floats
from desist.arguments import describe, find_choice_faults, find_probability_faults
from desist.errors import Fault, name_rows, raise_faults
from desist.synthesis._moderators import expand_moderators
from desist.synthesis._moments import WITH_MODERATORS, Weighted, estimate_tau_squared, fit_weighted
from desist.synthesis._robust import ROBUST, correct_for_clusters
from desist.synthesis.pooling import INTERVALS, WIDENED, inflate, read_effects

SUBJECT = "meta-regression"


@dataclass(frozen=True, eq=False, repr=False)
class ModeratedEffects:
    """A meta-regression.

    Attributes
    ----------
    table : DataFrame
        One row a coefficient: estimate, standard_error, statistic, degrees_of_freedom (infinite
        for normal quantiles), p_value, lower, upper.
    tau_squared : float
        Variance of the true effects that the moderators leave.
    q, q_p_value : float
        Cochran's Q of the residuals and its p-value.
    estimator, interval : str
        What was asked for.
    robust : str
        "" or the kind of cluster-robust errors.
    n_studies : int
        Estimates.
    cautions : tuple of str
        What the reader of the numbers has to know, in sentences; empty when nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from desist.synthesis import regress_effects
    >>> months = pd.DataFrame({"months": [6, 12, 18, 24, 30]})
    >>> found = regress_effects([-0.5, -0.3, -0.2, -0.2, 0], [0.1] * 5, months, "months")
    >>> found.n_studies, found.table.index.tolist()
    (5, ['intercept', 'months'])
    """

    table: pd.DataFrame
    tau_squared: float
    q: float
    q_p_value: float
    estimator: str
    interval: str
    robust: str
    n_studies: int
    cautions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the coefficients and their limits."""
        rows = [
            f"{name} {row['estimate']:.3g} ({row['lower']:.3g} to {row['upper']:.3g})"
            for name, row in self.table.iterrows()
        ]
        cautions = "".join(f"\nCaution: {caution}" for caution in self.cautions)
        return f"<Meta-regression of {self.n_studies} studies: {'; '.join(rows)}>{cautions}"


def regress_effects(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    moderators: pd.DataFrame | None = None,
    formula: str | None = None,
    *,
    estimator: str = "reml",
    interval: str = "knapp_hartung",
    clusters: Sequence[object] | None = None,
    robust: str = "CR2",
    probability: float = 0.95,
) -> ModeratedEffects:
    r"""Regress the effects of studies on moderators, with random effects.

    .. math:: y_i \sim N(x_i^\top \beta, s_i^2 + \tau^2)

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`.
    moderators : DataFrame, optional
        One row a study.
    formula : str, optional
        Such as "C(design) + follow_up"; without one, the mean alone.
    estimator : {"reml", "ml", "dl", "pm", "equal"}
        Of tau-squared.
    interval : {"knapp_hartung", "knapp_hartung_truncated", "normal"}
        Kind of the limits without clusters.
    clusters : sequence, optional
        Which programme each estimate is of: errors are then robust to their dependence.
    robust : {"CR2", "CR1"}
        Bias-reduced with Satterthwaite's degrees of freedom, or with the factor
        :math:`m / (m - p)` and :math:`m - p` of them, for m clusters.
    probability : float
        Of the limits.

    Returns
    -------
    ModeratedEffects
        Coefficients with their limits.

    Raises
    ------
    InputError
        If columns, formula or settings are wrong; every fault is listed.

    References
    ----------
    Knapp, G. and Hartung, J. (2003). Improved tests for a random effects meta-regression.
    Statistics in Medicine 22, 2693-2710. Pustejovsky, J. E. and Tipton, E. (2018). Small-sample
    methods for cluster-robust variance estimation. Journal of Business and Economic Statistics
    36, 672-683.

    Examples
    --------
    >>> import pandas as pd
    >>> months = pd.DataFrame({"months": [6, 12, 18, 24, 30]})
    >>> found = regress_effects([-0.5, -0.3, -0.2, -0.2, 0], [0.1] * 5, months, "months")
    >>> round(float(found.table.loc["months", "estimate"]), 3)
    0.018
    """
    from scipy.stats import chi2

    faults = find_choice_faults("estimator", estimator, WITH_MODERATORS)
    faults += find_choice_faults("interval", interval, INTERVALS)
    faults += find_choice_faults("robust", robust, ROBUST)
    faults += find_probability_faults(probability)
    values, errors, faults_of_columns = read_effects(estimates, standard_errors)
    faults += faults_of_columns + _find_table_faults(moderators, formula, clusters, len(values))
    raise_faults(SUBJECT, faults)
    names, columns = _make_columns(moderators, formula, len(values))
    variances = errors**2
    tau_squared = estimate_tau_squared(values, variances, columns, estimator)
    found = fit_weighted(values, variances, columns, tau_squared)
    is_widened = False
    if clusters is None:
        covariance, freedom, is_widened = _take_model(found, interval)
    else:
        groups = pd.factorize(pd.Series(list(clusters)))[0]
        covariance, freedom = correct_for_clusters(columns, found, groups, robust)
    q = fit_weighted(values, variances, columns, 0.0).squares
    return ModeratedEffects(
        table=_tabulate(names, found.coefficients, covariance, freedom, probability),
        tau_squared=tau_squared,
        q=q,
        q_p_value=float(chi2.sf(q, len(values) - len(names))),
        estimator=estimator,
        interval=interval,
        robust="" if clusters is None else robust,
        n_studies=len(values),
        cautions=(WIDENED,) if is_widened else (),
    )


def _take_model(found: Weighted, interval: str) -> tuple[Floats, Floats, bool]:
    """Return covariance and degrees of freedom by the model, and whether the former is widened."""
    n_coefficients = len(found.coefficients)
    left = len(found.weights) - n_coefficients
    factor, is_widened = inflate(interval, found.squares / left)
    freedom = np.inf if interval == "normal" else left
    return found.covariance * factor, np.full(n_coefficients, float(freedom)), is_widened


def _tabulate(
    names: Sequence[str],
    coefficients: Floats,
    covariance: Floats,
    freedom: Floats,
    probability: float,
) -> pd.DataFrame:
    from scipy.stats import norm, t

    errors = np.sqrt(np.diag(covariance))
    known = np.isinf(freedom)
    finite = np.where(known, 1.0, freedom)
    tail = (1 + probability) / 2
    width = np.where(known, norm.ppf(tail), t.ppf(tail, finite)) * errors
    statistic = coefficients / errors
    p_value = 2 * np.where(known, norm.sf(abs(statistic)), t.sf(abs(statistic), finite))
    table = {
        "estimate": coefficients,
        "standard_error": errors,
        "statistic": statistic,
        "degrees_of_freedom": freedom,
        "p_value": p_value,
        "lower": coefficients - width,
        "upper": coefficients + width,
    }
    return pd.DataFrame(table, index=pd.Index(names, name="coefficient"))


def _make_columns(
    moderators: pd.DataFrame | None, formula: str | None, n_studies: int
) -> tuple[list[str], Floats]:
    ones = np.ones((n_studies, 1))
    if moderators is None or formula is None:
        return ["intercept"], ones
    names, columns = expand_moderators(formula, moderators)
    if n_studies <= len(names) + 1:
        expected = f"more studies than {len(names) + 1} coefficients"
        raise_faults(SUBJECT, [Fault("formula", expected, str(n_studies))])
    both = np.hstack([ones, columns])
    if np.linalg.matrix_rank(both) < both.shape[1]:
        expected = "moderators that do not follow from each other"
        raise_faults(SUBJECT, [Fault("formula", expected, "columns that do", "leave one out")])
    return ["intercept", *names], both


def _find_table_faults(
    moderators: object, formula: object, clusters: object, n_studies: int
) -> list[Fault]:
    faults = []
    if (moderators is None) != (formula is None):
        found = "one of them"
        faults.append(Fault("moderators, formula", "both, or neither", found))
    if moderators is not None:
        is_table = isinstance(moderators, pd.DataFrame) and len(moderators) == n_studies
        if not is_table:
            found = describe(moderators)
            faults.append(Fault("moderators", f"a table of {n_studies} rows", found))
    return faults if clusters is None else faults + _find_cluster_faults(clusters, n_studies)


def _find_cluster_faults(clusters: Any, n_studies: int) -> list[Fault]:
    is_list = hasattr(clusters, "__len__") and not isinstance(clusters, str | bytes | Mapping | Set)
    if not is_list or len(clusters) != n_studies:
        expected = f"a list of {n_studies}, one for each estimate"
        return [Fault("clusters", expected, describe(clusters))]
    rows = np.flatnonzero(pd.Series(list(clusters), dtype=object).isna())
    if not rows.size:
        return []
    found = f"{rows.size} without one, {name_rows(rows.tolist())}"
    advice = "give an estimate that stands alone a name of its own"
    return [Fault("clusters", "the programme of every estimate", found, advice)]
