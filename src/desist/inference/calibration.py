"""How much a weighted sample is worth: probability weights brought to a scale.

A likelihood raised to raw probability weights has an interval that depends on the
arbitrary scale of the weights. Here each arm's weights are scaled to add up to the
arm's effective sample size, so that multiplying all weights by ten changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from desist.design.balance import effective_sample_size


def scale_weights(weights: NDArray[np.float64], treated: NDArray[np.bool_]) -> NDArray[np.float64]:
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
