"""NUTS and Laplace from the same model: the only tests that compile for NUTS."""

import numpy as np
import pytest

from desist.inference.engines import Laplace, Nuts
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

from .conftest import make_cohort, weigh

pytestmark = pytest.mark.nuts


@pytest.mark.parametrize(
    ("model", "quantity"),
    [
        (RateModel(), "rate"),
        (FrequencyModel(), "frequency"),
        (SurvivalModel(), "rmst"),
    ],
)
def test_both_engines_find_the_same_posterior(people, model, quantity):
    cohort = make_cohort(**people)
    design = weigh(cohort, people["weight"])
    sampled = fit_model(model, cohort, design, inference=Nuts(draws=2500), seed=1)
    approximated = fit_model(model, cohort, design, inference=Laplace(draws=5000), seed=2)
    assert sampled.diagnostics.engine == "nuts"
    for arm in (0, 1):
        expected, found = sampled.predict(arm)[quantity], approximated.predict(arm)[quantity]
        assert found.mean() == pytest.approx(expected.mean(), abs=0.05 * expected.std())
        assert found.std() == pytest.approx(expected.std(), rel=0.05)


def test_groups_share_what_they_know(people):
    prisons = np.arange(400) % 4
    rng = np.random.default_rng(6)
    reoffended = (rng.random(400) < np.array([0.1, 0.3, 0.5, 0.7])[prisons]).astype(int)
    cohort = make_cohort(
        treated=people["treated"],
        reoffended=reoffended,
        prison=np.array(["Ash", "Bay", "Cole", "Dean"])[prisons],
    )
    fitted = fit_model(RateModel(), cohort, weigh(cohort), inference="auto", seed=1)
    assert fitted.diagnostics.engine == "nuts"  # a hierarchy has no bell-shaped posterior
    intercepts = fitted.posterior["posterior"]["prison_intercept"]
    assert intercepts.dims == ("chain", "draw", "prison")
    means = intercepts.mean(("chain", "draw")).to_numpy()
    assert list(np.argsort(means)) == [0, 1, 2, 3]
