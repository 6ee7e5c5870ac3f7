import numpy as np
import pytest

from desist.effects import estimate_effects
from desist.errors import InputError
from desist.models.fit import fit_model
from desist.models.prior_predictive import sample_prior
from desist.models.priors import Normal, Priors
from desist.models.rate import RateModel

from .studies import make_cohort, weigh


@pytest.fixture(scope="module")
def fitted(people):
    cohort = make_cohort(**people)
    return fit_model(RateModel(), cohort, weigh(cohort), inference="laplace")


def test_draws_are_those_of_the_priors_and_not_of_the_data(fitted):
    prior = sample_prior(fitted, n_draws=2000, seed=4)
    assert prior.draws["intercept"].shape == (4, 2000)
    middle = prior.draws["intercept"] + prior.draws["treatment"] / 2
    assert middle.mean() == pytest.approx(0.0, abs=0.12)
    assert middle.std() == pytest.approx(2.5, rel=0.05)
    assert prior.draws["treatment"].std() == pytest.approx(1.5, rel=0.05)
    assert prior.diagnostics.engine == "prior"


def test_the_default_priors_expect_no_effect_and_allow_large_ones(fitted):
    (rate,) = estimate_effects(sample_prior(fitted, n_draws=2000, seed=4))
    assert float(rate.difference.mean()) == pytest.approx(0.0, abs=0.02)
    assert rate.interval.lower < -0.4
    assert rate.interval.upper > 0.4


def test_tighter_priors_expect_smaller_effects(people):
    cohort = make_cohort(**people)
    model = RateModel(priors=Priors(treatment=Normal(0.0, 0.2)))
    tight = fit_model(model, cohort, weigh(cohort), inference="laplace")
    (rate,) = estimate_effects(sample_prior(tight, seed=4))
    assert rate.interval.upper < 0.12


def test_the_same_seed_draws_the_same(fitted):
    first, again = (sample_prior(fitted, n_draws=10, seed=4).draws for _ in range(2))
    assert np.array_equal(first["treatment"], again["treatment"])


def test_nothing_can_be_drawn_from_a_flat_prior(people):
    cohort = make_cohort(**people)
    flat = fit_model(RateModel(priors=Priors.flat()), cohort, weigh(cohort), inference="laplace")
    with pytest.raises(InputError) as caught:
        sample_prior(flat)
    assert str(caught.value) == (
        "prior predictive: 1 fault\n"
        "  - priors: expected proper ones, found a flat one; nothing can be drawn from it"
    )


def test_the_picture_shows_both(fitted):
    from desist.plots import prior_and_posterior

    (prior,) = estimate_effects(sample_prior(fitted, seed=4))
    (posterior,) = estimate_effects(fitted)
    figure = prior_and_posterior(prior, posterior)
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["prior", "posterior"]
    assert figure.axes[0].get_xlabel() == "difference of Reoffending rate (proportion)"
