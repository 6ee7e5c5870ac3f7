"""What a weighted arm is worth, whatever is done with it.

Weights are probability weights: only their ratios within an arm mean anything, and multiplying all
of them by ten changes nothing here.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EQUAL_WEIGHTS = 1e-9  # relative spread of the weights of an arm below which they are equal
ROUNDING = 1e-12  # relative size below which a spread is the rounding of a computer


def effective_sample_size(weights: Floats) -> float:
    """Effective sample size of weights (Kish 1965), (sum w)^2 / sum w^2.

    Parameters
    ----------
    weights : ndarray of float
        Of one arm.

    Returns
    -------
    float
        0 when no weight is positive.

    Examples
    --------
    >>> effective_sample_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    largest = weights.max(initial=0.0)
    if largest <= 0:
        return 0.0
    relative = weights / largest  # weights of 1e-200 must not vanish when squared
    return float(relative.sum() ** 2 / np.square(relative).sum())


def scale_weights(weights: Floats, treated: NDArray[np.bool_]) -> Floats:
    """Scale the weights of each arm to add up to its effective sample size.

    Parameters
    ----------
    weights : ndarray of float, shape (n_people,)
        Probability weights; only their ratios within an arm matter.
    treated : ndarray of bool, shape (n_people,)
        The arm of each person.

    Returns
    -------
    ndarray of float, shape (n_people,)
        Scaled weights; an arm without weight stays at zero.

    Examples
    --------
    >>> import numpy as np
    >>> weights, treated = np.array([5.0, 5.0, 1.0, 1.0, 4.0]), np.array([1, 1, 0, 0, 0]) == 1
    >>> scale_weights(weights, treated).round(3)
    array([1.   , 1.   , 0.333, 0.333, 1.333])
    """
    scaled = np.zeros(len(weights))
    for arm in (treated, ~treated):
        total = weights[arm].sum()
        if total > 0:
            scaled[arm] = weights[arm] / total * effective_sample_size(weights[arm])
    return scaled


def weighted_variance(values: Floats, weights: Floats) -> float:
    """Unbiased variance for reliability weights.

    Parameters
    ----------
    values : ndarray of float
        Of one arm.
    weights : ndarray of float
        Summing to 1.

    Returns
    -------
    float
        Missing when one person carries all the weight.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_variance(np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.25, 0.25]))
    2.4
    """
    left = 1 - float(weights @ weights)
    if left <= 0:
        return float("nan")
    counted = values[weights > 0]
    if (counted == counted[0]).all():
        return 0.0
    deviation = values - weights @ values
    return float(weights @ deviation**2) / left


def residuals_about(values: Floats, centre: Floats | float) -> Floats:
    """Return values less their centre, exactly 0 where they differ by rounding only.

    Parameters
    ----------
    values : ndarray of float
        Of one arm.
    centre : ndarray of float or float
        What they are expected to be.

    Returns
    -------
    ndarray of float
        Residuals: those of an arm that does not vary must give no standard error.

    Examples
    --------
    >>> import numpy as np
    >>> residuals_about(np.full(3, 0.1 + 0.2), 0.3)
    array([0., 0., 0.])
    """
    residuals = values - centre
    size = np.abs(values).max(initial=0.0)
    return np.where(np.abs(residuals) <= ROUNDING * size, 0.0, residuals)


def spread_of(weights: Floats) -> float:
    """Return how far apart weights are, as a share of the largest.

    Parameters
    ----------
    weights : ndarray of float, shape (n_people,)
        Positive.

    Returns
    -------
    float
        0 when all are equal, below 1.

    Examples
    --------
    >>> import numpy as np
    >>> spread_of(np.array([1.0, 2.0, 4.0]))
    0.75
    """
    return float(np.ptp(weights) / weights.max()) if weights.size else 0.0


def are_equal(weights: Floats) -> bool:
    """Return whether weights are equal but for rounding.

    Parameters
    ----------
    weights : ndarray of float, shape (n_people,)
        Positive.

    Returns
    -------
    bool
        True for nobody and for one person.

    Examples
    --------
    >>> import numpy as np
    >>> are_equal(np.array([0.3, 0.1 + 0.2])), are_equal(np.array([1.0, 2.0]))
    (True, False)
    """
    return spread_of(weights) <= EQUAL_WEIGHTS
