"""Three people in two prisons: a hierarchical model small enough to be integrated by hand."""

import numpy as np
import pytensor.tensor as pt

from desist.inference.nested_density import GroupedDensity, Grouping

WEIGHT = np.array([1.0, 2.0, 0.5])
COUNTS = np.array([0.0, 3.0, 1.0])
TREATED = np.array([0.0, 1.0, 1.0])
PRISON = np.array([0, 0, 1])
DATA = {"weight": WEIGHT, "treated": TREATED, "group": PRISON[:, np.newaxis]}


def log_likelihood(counts, eta):
    return WEIGHT * (counts * eta - pt.exp(eta))


def make_density():
    import pymc as pm

    with pm.Model() as model:
        eta = pm.Normal("intercept", 0.0, 2.0) + pm.Normal("treatment", 0.0, 0.5) * TREATED
        between = pm.HalfNormal("prison_intercept_sd", 1.0)
        eta = eta + (between * pm.Normal("prison_intercept_standard", shape=2))[PRISON]
        pm.CustomDist("outcome", eta, logp=log_likelihood, observed=COUNTS, signature="(n)->(n)")
    return GroupedDensity(model, (Grouping(0, 2, ("prison_intercept",)),))


def make_shaped_density():
    """Make the same with a parameter that rows know beside their linear predictor."""
    import pymc as pm

    def shaped(counts, eta, log_shape):
        return WEIGHT * (counts * eta - pt.exp(log_shape) * pt.exp(eta))

    with pm.Model() as model:
        eta = pm.Normal("intercept", 0.0, 2.0) + pm.Normal("treatment", 0.0, 0.5) * TREATED
        between = pm.HalfNormal("prison_intercept_sd", 1.0)
        eta = eta + (between * pm.Normal("prison_intercept_standard", shape=2))[PRISON]
        log_shape = pm.Normal("log_shape", 0.0, 0.5)
        pm.CustomDist(
            "outcome", eta, log_shape, logp=shaped, observed=COUNTS, signature="(n),()->(n)"
        )
    return GroupedDensity(model, (Grouping(0, 2, ("prison_intercept",)),))
