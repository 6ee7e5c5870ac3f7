"""Where a posterior is highest: under flat priors the maximum of the likelihood."""

import numpy as np

from desist.inference.laplace import LogDensity, find_mode


def mode_of(fit):
    """Value of every parameter of a fit at the mode of its posterior."""
    point, _ = find_mode(LogDensity(fit.pymc_model))
    names = [variable.name for variable in fit.pymc_model.free_RVs]
    sizes = [max(1, fit.draws[name][0, 0].size) for name in names]
    return dict(zip(names, np.split(point, np.cumsum(sizes)[:-1]), strict=True))
