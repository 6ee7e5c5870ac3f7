"""Do small studies show larger effects? Egger, Begg, trim-and-fill, PET and PEESE."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from desist._types import Floats
from desist.arguments import find_choice_faults, find_number_faults
from desist.errors import CannotAnswerError, raise_faults
from desist.synthesis._heterogeneity import ESTIMATORS
from desist.synthesis.moderation import regress_effects
from desist.synthesis.pooling import PooledEffects, pool_effects, read_effects

SUBJECT = "small studies"
FEWEST = 10
MOST_ROUNDS = 100


@dataclass(frozen=True)
class SmallStudyTest:
    """Whether the estimates of small studies differ from those of large ones.

    Attributes
    ----------
    statistic, p_value : float
        Of the test.
    limit : float
        Estimate of a study without any error (Egger); NaN for rank correlation.
    method : str
        "egger" or "begg".

    Examples
    --------
    >>> from desist.synthesis import check_funnel
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.1, -0.1, -0.2, -0.2, -0.3, -0.3, -0.4, -0.5, -0.5, -0.7]
    >>> found = check_funnel(effects, errors)
    >>> found.method, round(found.limit, 2)
    ('egger', 0.06)
    """

    statistic: float
    p_value: float
    limit: float
    method: str


@dataclass(frozen=True, eq=False, repr=False)
class TrimmedAndFilled:
    """What would be pooled if the funnel were made symmetrical.

    Attributes
    ----------
    naive, filled : PooledEffects
        Without and with the studies that were filled in.
    n_filled : int
        How many.
    side : {"left", "right"}
        On which side of the mean they stand.

    Examples
    --------
    >>> from desist.synthesis import trim_and_fill
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.1, -0.1, -0.2, -0.2, -0.3, -0.3, -0.4, -0.5, -0.5, -0.7]
    >>> found = trim_and_fill(effects, errors)
    >>> found.n_filled, found.side
    (4, 'right')
    """

    naive: PooledEffects
    filled: PooledEffects
    n_filled: int
    side: str

    def __repr__(self) -> str:
        """Return both estimates side by side."""
        return (
            f"<Trim and fill: {self.naive.estimate:.3g} as published, {self.filled.estimate:.3g} "
            f"with {self.n_filled} filled in on the {self.side}>"
        )


def check_funnel(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    method: str = "egger",
    estimator: str = "reml",
) -> SmallStudyTest:
    """Test whether the funnel of estimates against their errors leans.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`; ten or more.
    method : {"egger", "begg"}
        Regression on the standard error with random effects, or Kendall's rank correlation of
        the standardised estimates with their variances.
    estimator : {"reml", "ml", "dl", "pm", "equal"}
        Of tau-squared, for the regression.

    Returns
    -------
    SmallStudyTest
        Statistic and p-value.

    Raises
    ------
    InputError
        If the columns or the settings are wrong.
    CannotAnswerError
        If there are fewer than ten studies.

    References
    ----------
    Egger, M. et al. (1997). Bias in meta-analysis detected by a simple, graphical test. BMJ 315,
    629-634. Begg, C. B. and Mazumdar, M. (1994). Operating characteristics of a rank correlation
    test for publication bias. Biometrics 50, 1088-1101.

    Examples
    --------
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.1, -0.1, -0.2, -0.2, -0.3, -0.3, -0.4, -0.5, -0.5, -0.7]
    >>> check_funnel(effects, errors).p_value < 0.05
    True
    """
    values, errors = _read(estimates, standard_errors, "method", method, ("egger", "begg"))
    require_enough(len(values), "A test of the funnel")
    if method == "begg":
        return _rank(values, errors)
    table = regress_effects(
        values,
        errors,
        pd.DataFrame({"standard_error": errors}),
        "standard_error",
        estimator=estimator,
        interval="normal",
    ).table
    statistic, p_value = table.loc["standard_error", ["statistic", "p_value"]].to_numpy(float)
    return SmallStudyTest(
        float(statistic),
        float(p_value),
        float(table["estimate"].iloc[0]),
        method,
    )


def trim_and_fill(
    estimates: ArrayLike, standard_errors: ArrayLike, *, estimator: str = "reml"
) -> TrimmedAndFilled:
    """Fill in the studies that a symmetrical funnel would have.

    A picture of how far the answer would move, not an estimate of it: the studies that are
    filled in exist nowhere.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`; ten or more.
    estimator : {"reml", "ml", "dl", "pm", "eb", "sj", "he", "hs", "equal"}
        Of tau-squared.

    Returns
    -------
    TrimmedAndFilled
        The naive and the filled result.

    Raises
    ------
    InputError
        If the columns or the settings are wrong.
    CannotAnswerError
        If there are fewer than ten studies.

    References
    ----------
    Duval, S. and Tweedie, R. (2000). Trim and fill: a simple funnel-plot-based method of testing
    and adjusting for publication bias in meta-analysis. Biometrics 56, 455-463; the estimator L0.

    Examples
    --------
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.1, -0.1, -0.2, -0.2, -0.3, -0.3, -0.4, -0.5, -0.5, -0.7]
    >>> trim_and_fill(effects, errors).n_filled > 0
    True
    """
    values, errors = _read(estimates, standard_errors, "estimator", estimator, ESTIMATORS)
    require_enough(len(values), "Trim and fill")
    naive = pool_effects(values, errors, estimator=estimator, interval="normal")
    slope = np.polyfit(errors, values, 1, w=1 / errors)[0]
    # studies are missing where the funnel thins out: against the lean of the small ones
    side = "left" if slope > 0 else "right"
    turned = values if side == "left" else -values
    n_filled, centre = _count_missing(turned, errors, estimator)
    order = np.argsort(turned, kind="stable")[::-1][:n_filled]
    filled = np.r_[turned, 2 * centre - turned[order]]
    if side == "right":
        filled = -filled
    both = pool_effects(
        filled, np.r_[errors, errors[order]], estimator=estimator, interval="normal"
    )
    return TrimmedAndFilled(naive, both, n_filled, side)


def adjust_by_precision(
    estimates: ArrayLike, standard_errors: ArrayLike, *, alpha: float = 0.1
) -> dict[str, object]:
    """Extrapolate to a study without error: PET and PEESE, the one that PET's test chooses.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (n_studies,)
        As in `pool_effects`; ten or more.
    alpha : float
        Two-sided level at which PET's intercept decides for PEESE.

    Returns
    -------
    dict of str to object
        "naive" (equal effects), "pet" and "peese", each (estimate, lower, upper); "chosen".

    Raises
    ------
    InputError
        If the columns or the level are wrong; every fault is listed.
    CannotAnswerError
        If there are fewer than ten studies.

    References
    ----------
    Stanley, T. D. and Doucouliagos, H. (2014). Meta-regression approximations to reduce
    publication selection bias. Research Synthesis Methods 5, 60-78.

    Examples
    --------
    >>> errors = [0.1, 0.12, 0.15, 0.2, 0.22, 0.25, 0.3, 0.35, 0.4, 0.5]
    >>> effects = [-0.1, -0.1, -0.2, -0.2, -0.3, -0.3, -0.4, -0.5, -0.5, -0.7]
    >>> adjust_by_precision(effects, errors)["chosen"]
    'peese'
    """
    values, errors, faults = read_effects(estimates, standard_errors)
    raise_faults(SUBJECT, [*faults, *find_number_faults("alpha", alpha, above=0, below=1)])
    require_enough(len(values), "An extrapolation to a study without error")
    found: dict[str, object] = {}
    decides = math.nan
    for name, power in (("naive", 0), ("pet", 1), ("peese", 2)):
        columns = pd.DataFrame({"error": errors**power}) if power else None
        row = regress_effects(
            values, errors, columns, "error" if power else None, estimator="equal"
        ).table.iloc[0]
        found[name] = (float(row["estimate"]), float(row["lower"]), float(row["upper"]))
        decides = float(row["p_value"]) if name == "pet" else decides
    return found | {"chosen": "peese" if decides < alpha else "pet"}


def require_enough(n_studies: int, what: str) -> None:
    """Refuse what fewer than ten studies cannot answer."""
    # Sterne et al. (2011), BMJ 343, d4002: with fewer, chance and bias look alike.
    if n_studies < FEWEST:
        message = (
            f"{what} needs {FEWEST} studies or more, there are {n_studies}: with fewer, its power "
            "is too low to tell a leaning funnel from chance. A selection model with a prior, "
            "synthesise(..., selection=StepSelection()), says what they can say."
        )
        raise CannotAnswerError(message)


def _rank(values: Floats, errors: Floats) -> SmallStudyTest:
    from scipy.stats import kendalltau

    weights = errors**-2
    mean = weights @ values / weights.sum()
    # of the variance of an estimate less that of the mean: of the weights of all others, for the
    # difference cancels where one study has nearly all the weight
    others = np.array([np.delete(weights, row).sum() for row in range(len(weights))])
    standardised = (values - mean) / np.sqrt(others / weights / weights.sum())
    tied = len(set(standardised)) < len(values) or len(set(errors)) < len(values)
    found = kendalltau(standardised, errors**2, method="asymptotic" if tied else "exact")
    return SmallStudyTest(float(found.statistic), float(found.pvalue), math.nan, "begg")


def _count_missing(turned: Floats, errors: Floats, estimator: str) -> tuple[int, float]:
    """Trim from the right until the number of missing studies stays; return it and the mean."""
    order = np.argsort(turned, kind="stable")
    values, kept_errors = turned[order], errors[order]
    n = len(values)
    missing, centre = 0, 0.0
    for _ in range(MOST_ROUNDS):
        kept = slice(0, n - missing)
        centre = pool_effects(values[kept], kept_errors[kept], estimator=estimator).estimate
        away = values - centre
        ranks = pd.Series(np.abs(away)).rank(method="first").to_numpy()
        above = float(ranks[away > 0].sum())
        # Duval and Tweedie (2000), the estimator L0
        again = max(0, round((4 * above - n * (n + 1)) / (2 * n - 1)))
        if again == missing:
            break
        missing = min(again, n - 2)
    return missing, centre


def _read(
    estimates: object, standard_errors: object, where: str, word: object, words: object
) -> tuple[Floats, Floats]:
    values, errors, faults = read_effects(estimates, standard_errors)
    faults += find_choice_faults(where, word, words)  # type: ignore[arg-type]
    raise_faults(SUBJECT, faults)
    return values, errors
