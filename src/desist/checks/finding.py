"""What a formula finds: numbers without a label, and how they come from a standard error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtr, ndtri, stdtr, stdtrit

NAN = math.nan
LARGEST_POWER = 709.0  # of e in a double


@dataclass(frozen=True)
class Finding:
    """What one formula finds: numbers without a label.

    Every formula of this floor that works from a table (means, counts) gives one, so
    that somebody with a table and no data can use it.

    Attributes
    ----------
    estimate : float
        The contrast, participants against comparison.
    lower, upper : float
        Confidence limits; nan where the method has none.
    p_value : float
        Two-sided, against no difference; nan where the method has none.
    probability : float
        Nominal coverage of the interval.
    standard_error : float
        Of the estimate (of its logarithm when it is a ratio); nan where the method
        does not go through one.
    df : float
        Degrees of freedom of the t distribution used; infinite for the normal.

    Examples
    --------
    >>> from desist.checks.finding import Finding
    >>> Finding(estimate=-0.12, lower=-0.20, upper=-0.04, p_value=0.004).excludes_null
    True
    """

    estimate: float
    lower: float = NAN
    upper: float = NAN
    p_value: float = NAN
    probability: float = 0.95
    standard_error: float = NAN
    df: float = math.inf

    @property
    def has_verdict(self) -> bool:
        """Whether there is an estimate, and a p-value or an interval to judge it by."""
        return has_verdict(self.estimate, self.lower, self.upper, self.p_value)

    @property
    def excludes_null(self) -> bool:
        """Whether p lies below 1 minus the probability of the interval."""
        return self.p_value < 1 - self.probability


def from_standard_error(
    estimate: float, standard_error: float, df: float = math.inf, probability: float = 0.95
) -> Finding:
    """Turn an estimate and its standard error into interval and p."""
    if not standard_error > 0:
        return Finding(estimate, probability=probability)
    level, distance = (1 + probability) / 2, -abs(estimate) / standard_error
    quantile = ndtri(level) if math.isinf(df) else stdtrit(df, level)
    p_value = 2 * float(ndtr(distance) if math.isinf(df) else stdtr(df, distance))
    half_width = float(quantile) * standard_error
    return Finding(
        estimate,
        estimate - half_width,
        estimate + half_width,
        p_value,
        probability,
        standard_error,
        df,
    )


def satterthwaite(variances: Sequence[float], sizes: Sequence[float]) -> float:
    """Return the degrees of freedom of a sum of variances."""
    # Satterthwaite, F. E. (1946). Biometrics Bulletin 2, 110-114.
    parts = [v**2 / max(n - 1, 1e-9) for v, n in zip(variances, sizes, strict=True)]
    return max(sum(variances) ** 2 / sum(parts), 1.0) if sum(parts) > 0 else 1.0


def exponentiate(found: Finding) -> Finding:
    """Carry a finding from the logarithm of a ratio to the ratio."""
    return Finding(
        raise_e(found.estimate),
        raise_e(found.lower),
        raise_e(found.upper),
        found.p_value,
        found.probability,
        found.standard_error,
        found.df,
    )


def raise_e(power: float) -> float:
    """Return e to a power; infinite where a double cannot hold it."""
    return math.inf if power > LARGEST_POWER else math.exp(power)


def has_verdict(estimate: float, lower: float, upper: float, p_value: float) -> bool:
    """Tell whether numbers can judge a difference: an estimate, with a p-value or an interval."""
    has_interval = not (math.isnan(lower) or math.isnan(upper))
    return not math.isnan(estimate) and (has_interval or not math.isnan(p_value))
