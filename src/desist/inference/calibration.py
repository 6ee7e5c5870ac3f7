"""How much a weighted sample is worth: probability weights brought to a scale.

A likelihood raised to raw probability weights has an interval that depends on the
arbitrary scale of the weights. Here each arm's weights are scaled to add up to the
arm's effective sample size, so that multiplying all weights by ten changes nothing.
"""

import numpy as np
from numpy.typing import NDArray


def effective_sample_size(weights: NDArray[np.float64]) -> float:
    r"""Count the equally weighted people that a weighted sample is worth.

    Parameters
    ----------
    weights : ndarray of float, shape (n_people,)
        Probability weights, none negative; zeros count for nothing.

    Returns
    -------
    float
        :math:`(\sum w)^2 / \sum w^2`, between 1 and the number of people; 0 when all
        weights are zero.

    References
    ----------
    Kish, L. (1965). Survey Sampling, section 11.7. Wiley.

    Examples
    --------
    >>> import numpy as np
    >>> effective_sample_size(np.array([1.0, 1.0, 1.0, 0.0]))
    3.0
    """
    largest = float(np.max(weights, initial=0.0))
    if largest == 0.0:
        return 0.0
    relative = weights / largest  # weights of 1e-200 must not underflow when squared
    return float(relative.sum() ** 2 / np.square(relative).sum())


def scale_weights(
    weights: NDArray[np.float64], treated: NDArray[np.bool_]
) -> NDArray[np.float64]:
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
    """
    scaled = np.zeros(len(weights))
    for arm in (treated, ~treated):
        total = weights[arm].sum()
        if total > 0:
            scaled[arm] = weights[arm] / total * effective_sample_size(weights[arm])
    return scaled
