"""Densities and gradients as they are compiled here are those of PyMC."""

import numpy as np
import pytensor
import pytest
from pytensor.compile.mode import Mode
from scipy.stats import norm

from desist.inference.laplace import LogDensity
from desist.inference.log_terms import write_log_terms
from desist.inference.nested_density import GroupedDensity
from desist.inference.rows import collapse_rows
from desist.models.fitted import build_model, drop_empty, list_groupings
from desist.models.predictors import make_predictors
from desist.models.protocol import SettlingModel
from desist.models.survival import SurvivalModel
from desist.sample import build_sample
from desist.weights import scale_weights

from .hierarchies import COVARIATES, MODELS, make_study

AS_WRITTEN = Mode(linker="py", optimizer=None)
KINDS = {
    **MODELS,
    "log_normal": SurvivalModel(COVARIATES, family="log_normal"),
    "log_logistic": SurvivalModel(COVARIATES, family="log_logistic"),
    "mixture_cure": SurvivalModel(COVARIATES, family="mixture_cure"),
}


@pytest.fixture(scope="module")
def sample():
    cohort, design = make_study("weighted")
    return build_sample(cohort, design)


def build(model, sample, groups):
    """Build the PyMC model of a sample, as a fit does; return it with its levels."""
    weights = scale_weights(sample.weights, sample.treated)
    if isinstance(model, SettlingModel):
        model = model.settle(sample.recorded, weights, sample.horizon)
    columns = model.read_columns(sample.recorded, sample.horizon)
    predictors = make_predictors(sample, model.covariates, groups)
    rows, totals, _ = collapse_rows(predictors.columns() | columns, weights)
    data = drop_empty(model.complete_rows(drop_empty(rows) | {"weight": totals}))
    return build_model(model, predictors.levels, predictors.covariate_names, data), predictors


def evaluate_by_pymc(model):
    """Compile PyMC's own log density and its gradient, as they are written."""
    outputs = [model.logp(), *pytensor.grad(model.logp(), model.value_vars)]
    run = pytensor.function(model.value_vars, outputs, mode=AS_WRITTEN, on_unused_input="ignore")
    start = model.initial_point()
    sizes = [np.size(value) for value in start.values()]

    def evaluate(point):
        parts = np.split(point, np.cumsum(sizes)[:-1])
        values = [
            part.reshape(np.shape(one)) for part, one in zip(parts, start.values(), strict=True)
        ]
        value, *gradient = run(*values)
        return float(value), np.concatenate([np.ravel(part) for part in gradient])

    return evaluate, sum(sizes)


@pytest.mark.parametrize("kind", list(KINDS))
def test_value_and_gradient_of_every_family_are_those_of_pymc(sample, kind):
    model, _ = build(KINDS[kind], sample, ())
    density, (expected, size) = LogDensity(model), evaluate_by_pymc(model)
    rng = np.random.default_rng(1)
    for scale in (0.0, 0.3, 1.0, 2.5):
        point = scale * rng.standard_normal(size)
        (ours, our_slope), (theirs, their_slope) = (
            density.value_and_gradient(point),
            expected(point),
        )
        assert ours == pytest.approx(theirs, rel=1e-11)
        room = 1e-11 * np.max(np.abs(their_slope))
        np.testing.assert_allclose(our_slope, their_slope, rtol=1e-9, atol=room)


@pytest.mark.parametrize("kind", list(MODELS))
def test_slopes_of_hierarchies_are_those_of_pymc(sample, kind):
    model, predictors = build(KINDS[kind], sample, ("prison",))
    density = GroupedDensity(model, list_groupings(predictors.levels))
    expected, size = evaluate_by_pymc(model)
    point = density.start.copy()
    point[density.plain_places] += 0.2
    found = density.slopes(point, np.zeros(len(density.base(point[np.newaxis])[0])))
    slope = expected(point)[1][density.plain_places]
    room = 1e-11 * np.max(np.abs(slope))
    np.testing.assert_allclose(found.plain, slope, rtol=1e-9, atol=room)
    assert size == len(density.start)


def test_terms_are_told_apart_and_transformed_ones_count_their_stretch():
    import pymc as pm

    with pm.Model() as model:
        mean = pm.Normal("mean", 0.0, 2.0)
        scale = pm.HalfNormal("scale", 1.5)
        each = pm.Normal("each", mean, scale, shape=3)
    terms = write_log_terms(model, [mean, scale, each])
    run = pytensor.function(model.value_vars, terms, mode=AS_WRITTEN, on_unused_input="ignore")
    values = np.array([-1.0, 0.0, 0.5])
    found = run(0.4, np.log(0.7), values)
    half_normal = np.log(2) + norm.logpdf(0.7, scale=1.5)
    np.testing.assert_allclose(found[0], norm.logpdf(0.4, scale=2.0))
    np.testing.assert_allclose(found[1], half_normal + np.log(0.7))
    np.testing.assert_allclose(found[2], norm.logpdf(values, 0.4, 0.7).sum())


def test_a_potential_counts_beside_what_was_observed():
    import pymc as pm

    with pm.Model() as model:
        mean = pm.Normal("mean", 0.0, 2.0)
        pm.Normal("outcome", mean, 1.0, observed=np.array([0.5, 1.5]))
        pm.Potential("report", -2.0 * mean)
    density = LogDensity(model)
    value, gradient = density.value_and_gradient(np.array([0.3]))
    expected = norm.logpdf([0.5, 1.5], 0.3).sum() + norm.logpdf(0.3, scale=2.0) - 0.6
    assert value == pytest.approx(expected)
    np.testing.assert_allclose(gradient, [0.2 + 1.2 - 0.3 / 4 - 2.0])
