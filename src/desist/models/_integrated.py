"""A model of two arms without covariates, integrated instead of drawn."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist._types import Floats
from desist.estimands import Estimand
from desist.inference.diagnostics import Diagnostics, require_convergence
from desist.inference.engines import lend_density
from desist.inference.laplace import find_mode
from desist.inference.two_arms import Link, place_points, spread_points
from desist.models.fitted import Fit, build_model, drop_empty
from desist.models.predictors import Target, predict_linear
from desist.models.protocol import Model

QUADRATURE = "quadrature"
N_POINTS, N_SPREAD = 20_000, 2**14
EVERYBODY = Target(np.zeros((1, 0)), np.zeros((1, 0), dtype=np.int64), np.ones(1))
AT_ONCE = 50_000


def integrate_rows(
    model: Model,
    rows: Mapping[str, NDArray[Any]],
    link: Link,
    *,
    estimand: Estimand,
    horizon: float,
    people: tuple[int, int],
) -> Fit:
    """Integrate the posterior of two arms; the points of the integral stand where draws would."""
    rows = drop_empty(rows)
    data = drop_empty(model.complete_rows(dict(rows)))
    with lend_density(
        lambda arrays: build_model(model, {}, (), arrays), data, structure=("two arms", model)
    ) as density:
        mode, covariance = find_mode(density)
        # the arms' predictors are linear in the two parameters, however the priors write them
        corners = density.parameters(np.vstack([np.zeros(2), np.eye(2)]), 1)
        arms = np.column_stack(
            [predict_linear(corners, EVERYBODY, {}, arm)[0, :, 0] for arm in (1, 0)]
        )
        offset, slopes = arms[0], (arms[1:] - arms[0]).T
        back = np.linalg.inv(slopes)

        def log_density(predictors: Floats) -> Floats:
            return density.values((predictors - offset) @ back.T, AT_ONCE)

        points = place_points(
            log_density, offset + slopes @ mode, slopes @ covariance @ slopes.T, link, N_POINTS
        )
        draws = density.parameters((points - offset) @ back.T, 1)
    of = (EVERYBODY, estimand, horizon, *people)
    return Fit(model, draws, Diagnostics("quadrature"), data, *of, {}, (), rows=rows, entropy=(0,))


def spread_rows(
    model: Model,
    rows: Mapping[str, NDArray[Any]],
    *,
    estimand: Estimand,
    horizon: float,
    people: tuple[int, int],
    reoffenders: tuple[int, int] | None = None,
) -> Fit:
    """Spread points evenly over the posterior of a few parameters: no seed has a say."""
    rows = drop_empty(rows)
    data = drop_empty(model.complete_rows(dict(rows)))
    with lend_density(
        lambda arrays: build_model(model, {}, (), arrays), data, structure=("two arms", model)
    ) as density:
        mode, covariance = find_mode(density)
        points, khat = spread_points(
            lambda many: density.values(many, AT_ONCE), mode, covariance, N_SPREAD
        )
        draws = density.parameters(points, 1)
    diagnostics = Diagnostics("quadrature", khat=khat)
    require_convergence(diagnostics, model.name)
    of = (EVERYBODY, estimand, horizon, *people)
    return Fit(model, draws, diagnostics, data, *of, {}, (), reoffenders, rows=rows, entropy=(0,))
