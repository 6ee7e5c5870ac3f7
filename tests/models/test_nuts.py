"""NUTS by every way that a model of people takes to it; what it finds is in `test_long_runs`."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from desist.effects import estimate_effects, estimate_effects_by_group
from desist.errors import InputError
from desist.inference.engines import Laplace, Nuts
from desist.models.fit import fit_model
from desist.models.priors import HalfStudentT, Priors
from desist.models.rate import RateModel

from .studies import make_cohort, weigh

pytestmark = pytest.mark.nuts


def test_the_sampler_finds_the_posterior_that_laplace_finds(people):
    cohort = make_cohort(**people)
    design = weigh(cohort, people["weight"])
    sampled = fit_model(RateModel(), cohort, design, inference=Nuts(draws=2500), seed=1)
    approximated = fit_model(RateModel(), cohort, design, inference=Laplace(draws=20000), seed=2)
    assert sampled.diagnostics.engine == "nuts"
    for arm in (0, 1):
        expected, found = sampled.predict(arm)["rate"], approximated.predict(arm)["rate"]
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
    assert fitted.diagnostics.engine == "nuts"
    assert fitted.diagnostics.reason == "nested has 4 groups, 5 are needed"
    intercepts = fitted.posterior["posterior"]["prison_intercept"]
    assert intercepts.dims == ("chain", "draw", "prison")
    means = intercepts.mean(("chain", "draw")).to_numpy()
    assert list(np.argsort(means)) == [0, 1, 2, 3]


@pytest.fixture(scope="module")
def pairs():
    """Three hundred pairs, alike within and far apart between; log odds ratio -1."""
    rng = np.random.default_rng(8)
    sets = np.tile(np.arange(300), 2)
    treated = np.repeat([1, 0], 300)
    log_odds = 2.0 * rng.standard_normal(300)[sets] - 1.0 * treated
    cohort = make_cohort(
        treated=treated, reoffended=(rng.random(600) < expit(log_odds)).astype(int)
    )
    return cohort, replace(weigh(cohort), sets=sets)


def test_matched_sets_have_intercepts_and_share_one_effect(pairs):
    cohort, design = pairs
    priors = Priors(group_intercept=HalfStudentT(1.0))
    fit = fit_model(RateModel(groups=("matched_set",), priors=priors), cohort, design, seed=1)
    effect, spread = fit.draws["treatment"], fit.draws["matched_set_intercept_sd"]
    assert abs(effect.mean() + 1.0) < 2 * effect.std()
    assert abs(spread.mean() - 2.0) < 2 * spread.std()
    assert "matched_set_treatment" not in fit.draws
    # standardised over the participants it is the plain difference of the pairs
    hits = cohort.people["reoffended"].to_numpy()
    plain = hits[:300].mean() - hits[300:].mean()
    (rate,) = estimate_effects(fit)
    assert rate.estimate == pytest.approx(plain, abs=0.02)
    # the outcomes of a set are those of two people
    assert fit.group_sizes == fit.group_reoffenders == {}
    with pytest.raises(InputError, match="none: the model has no groups"):
        estimate_effects_by_group(fit, "matched_set")
