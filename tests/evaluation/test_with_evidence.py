"""What other programmes showed stands beside the default result, never in its place."""

import numpy as np
import pytest

import desist as ds
from desist.errors import InputError
from desist.estimands import Measure
from desist.models.evidence import EvidencePrior

pytestmark = pytest.mark.usefixtures("few_draws")

ALIKE = EvidencePrior((0.8, 0.2), (-0.5, 0.0), (0.2, 1.5), "log_odds", 20)
UNLIKE = EvidencePrior((0.8, 0.2), (2.5, 0.0), (0.1, 1.5), "log_odds", 20)


@pytest.fixture(scope="module")
def study():
    cohort = ds.simulate_cohort(83, 600, rng=4, n_groups=0).cohort
    return cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))


def evaluate(study, evidence):
    return ds.evaluate(
        *study,
        models=[ds.RateModel(covariates=None)],
        inference=ds.Laplace(draws=1000),
        seed=1,
        evidence=evidence,
    )


@pytest.fixture(scope="module")
def default(study):
    return evaluate(study, None)


def test_the_default_result_stays_as_it_is(study, default):
    found = evaluate(study, ALIKE)
    assert default.evidence is None
    assert found.effects[0].interval == default.effects[0].interval
    assert found.evidence.measure is Measure.RATE
    assert found.evidence.lower < found.evidence.estimate < found.evidence.upper
    width = found.evidence.upper - found.evidence.lower
    assert width < default.effects[0].interval.upper - default.effects[0].interval.lower


def test_a_vague_prior_alone_changes_nothing(study, default):
    same = EvidencePrior((0.0, 1.0), (0.0, 0.0), (1.0, 1.5), "log_odds", 0)
    found = evaluate(study, same).evidence
    assert found.estimate == pytest.approx(default.effects[0].estimate, abs=1e-9)
    assert found.draws == pytest.approx(default.effects[0].draws.size, rel=1e-6)


def test_a_conflict_is_said_without_figures(study):
    found = evaluate(study, UNLIKE)
    assert found.evidence.conflict < 0.05
    said = found.evidence.warning
    assert said.startswith("rate: ")
    assert "other programmes" in said
    assert not any(sign.isdigit() for sign in said)


def test_evidence_on_a_scale_without_a_prior_is_refused(study):
    wrong = EvidencePrior((1.0,), (0.0,), (0.1,), "risk_difference", 3)
    with pytest.raises(InputError, match="evidence: expected a prior on the scale log_odds or"):
        evaluate(study, wrong)
    with pytest.raises(InputError, match=r"evidence: expected a prior such as synthesis\.prior"):
        evaluate(study, "landenberger")


def test_evidence_about_a_measure_that_was_not_asked_for_is_named(study):
    frequency = EvidencePrior((1.0,), (0.0,), (0.1,), "log_rate", 3)
    found = evaluate(study, frequency).evidence
    assert found.warning.endswith("is of the frequency, which there is not.")
    assert np.isnan(found.estimate)


def test_weights_of_draws_follow_the_prior(study, default):
    effect = default.effects[0]
    logs = np.log(effect.odds_ratio.to_numpy().ravel())
    raw = ALIKE.density(logs) / np.exp(-((logs / 1.5) ** 2) / 2)
    expected = raw @ effect.difference.to_numpy().ravel() / raw.sum()
    assert evaluate(study, ALIKE).evidence.estimate == pytest.approx(expected)
