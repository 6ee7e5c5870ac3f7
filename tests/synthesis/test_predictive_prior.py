"""A prior from other programmes is what they predict, and is flagged where it does not fit."""

import numpy as np
import pytest

from desist.errors import InputError
from desist.models.evidence import EvidencePrior
from desist.models.priors import Normal
from desist.synthesis import EstimateWithError, Study, synthesise
from desist.synthesis.influence import find_influence
from desist.synthesis.planning import predict_conclusions
from desist.synthesis.predictive_prior import effective_sample_size_of_prior, try_prior


@pytest.fixture(scope="module")
def others():
    effects = [-0.5, -0.1, -0.4, -0.2, -0.3, 0.0, -0.6, -0.25]
    return synthesise([Study(f"{n}", EstimateWithError(y, 0.15)) for n, y in enumerate(effects)])


def test_the_prior_is_the_prediction_and_a_vague_part(others):
    prior = others.prior(vague=0.1)
    places = np.linspace(-2.0, 1.5, 15)
    vague = np.exp(-((places / 1.5) ** 2) / 2) / (1.5 * (2 * np.pi) ** 0.5)
    expected = 0.9 * others.prediction.density(places) + 0.1 * vague
    assert prior.density(places) == pytest.approx(expected, rel=0.02, abs=2e-3)
    assert prior.vague == pytest.approx(0.1)
    assert prior.n_programmes == 8
    assert "8 other programmes: -0.29 with a standard deviation of" in str(prior)


def test_a_normal_prior_is_updated_as_normal_priors_are():
    prior = EvidencePrior((1.0, 0.0), (-0.3, 0.0), (0.2, 1.5), "log_odds", 5)
    weights, means, scales = prior.update(0.1, 0.2)
    assert means[0] == pytest.approx(-0.1)
    assert scales[0] == pytest.approx(0.2 / 2**0.5)
    assert weights[0] == pytest.approx(1.0)


def test_data_unlike_the_other_programmes_give_them_up(others):
    prior = others.prior()
    near, far = prior.update(-0.3, 0.2)[0][-1], prior.update(2.0, 0.2)[0][-1]
    assert near < 0.2 < 0.95 < far
    assert prior.find_conflict(-0.3, 0.2) > 0.5
    assert prior.find_conflict(2.0, 0.2) < 0.001


def test_a_prior_is_worth_the_participants_who_would_say_as_much():
    # variance 1/16 against the information 1/4 of a participant whose risk is about a half
    narrow = EvidencePrior((1.0, 0.0), (0.0, 0.0), (0.25, 1.5), "log_odds", 5)
    size = effective_sample_size_of_prior(narrow, comparison_rate=0.5)
    assert size == pytest.approx(64, rel=0.05)
    balanced = effective_sample_size_of_prior(narrow, comparison_rate=0.5, ratio=1.0)
    assert balanced == pytest.approx(128, rel=0.05)


def test_it_gains_where_the_truth_is_like_the_others_and_is_flagged_where_not(others):
    prior = others.prior()
    table = try_prior(prior, [-0.3, 2.0], 0.35, default=Normal(0, 1.5)).set_index(
        ["truth", "prior"]
    )
    score = table["interval_score"]
    assert score[(-0.3, "evidence")] < 0.75 * score[(-0.3, "default")]
    assert table.loc[(-0.3, "evidence"), "coverage"] > 0.95
    assert table.loc[(2.0, "evidence"), "conflict"] > 0.95
    assert score[(2.0, "evidence")] < 1.1 * score[(2.0, "default")]


def test_more_participants_are_less_likely_to_end_inconclusive(others):
    table = predict_conclusions(
        others.prior(), n_treated=40, estimate=-0.3, standard_error=0.35, comparison_rate=0.3
    )
    assert table["inconclusive"].is_monotonic_decreasing
    total = table[["inconclusive", "reduction", "increase"]].sum(axis=1)
    assert total.to_numpy() == pytest.approx(np.ones(3))


def test_the_study_that_does_not_belong_stands_out():
    effects = [*np.linspace(-0.4, 0.0, 57), 3.0]
    found = synthesise([Study(f"{n}", EstimateWithError(y, 0.1)) for n, y in enumerate(effects)])
    table = find_influence(found)
    assert table["stands_out"].sum() == 1
    assert table["stands_out"].iloc[-1]
    assert table["shift"].abs().idxmax() == "57"
    assert table["tau"].iloc[-1] < 0.5 * table["tau"].iloc[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0.5, 0.4), (0.0, 0.0), (1.0, 1.0), "log_odds", 3), "weights: expected numbers of at le"),
        (((1.0,), (0.0, 1.0), (1.0,), "log_odds", 3), "expected one of each a component"),
        (((1.0,), (0.0,), (0.0,), "log_odds", 3), "expected finite means, scales above 0"),
        (((1.0,), (0.0,), (1.0,), "odds", 3), "scale: expected one of log_odds"),
    ],
)
def test_what_is_no_mixture_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        EvidencePrior(*arguments)


def test_a_prior_wants_a_share_for_what_it_does_not_know(others):
    with pytest.raises(InputError, match="vague: expected a number above 0 and below 1, found 0"):
        others.prior(vague=0)
    with pytest.raises(InputError, match="vague_prior: expected a proper prior, found flat"):
        others.prior(vague_prior=Normal(0, float("inf")))
