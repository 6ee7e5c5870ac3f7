"""What must not change a posterior: the scale of weights, the order and names of people."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desist.inference.engines import Laplace
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh

MODELS = [
    RateModel(covariates="age"),
    FrequencyModel(covariates="age"),
    SurvivalModel(covariates="age"),
    ProcessModel(covariates="age"),
]


def predict(model, people, weights):
    cohort, engine = make_cohort(**people), Laplace(draws=2000)
    fitted = fit_model(model, cohort, weigh(cohort, weights), inference=engine, seed=1)
    return np.array([value for arm in (0, 1) for value in fitted.predict(arm).values()])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    of_treated=st.floats(1e-3, 1e3),
    of_comparison=st.floats(1e-3, 1e3),
    seed=st.integers(0, 2**16),
    n_more=st.integers(1, 40),
)
def test_only_the_people_and_their_relative_weights_matter(
    people, model, of_treated, of_comparison, seed, n_more
):
    rng = np.random.default_rng(seed)
    original = predict(model, people, people["weight"])
    # people of weight zero are added, all are shuffled, and each arm's weights are multiplied
    extra = rng.integers(0, 400, n_more)
    order = rng.permutation(400 + n_more)
    crowd = {name: np.append(values, values[extra])[order] for name, values in people.items()}
    weights = np.append(people["weight"], np.zeros(n_more))[order]
    weights *= np.where(crowd["treated"] == 1, of_treated, of_comparison)
    changed = predict(model, crowd, weights)
    np.testing.assert_allclose(changed, original, rtol=2e-5)
