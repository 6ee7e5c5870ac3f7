from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist.checks.people import bootstrap
from desist.checks.people.bootstrap import bca_bootstrap, redo_design
from desist.checks.people.weighted import weighted_difference
from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.weighting.by_score import InverseProbability
from desist.design.weighting.given import GivenWeights
from desist.errors import CannotAnswerError
from desist.estimands import Measure


@pytest.fixture(scope="module")
def cohort():
    rng = np.random.default_rng(3)
    age = rng.normal(35, 8, 400)
    treated = rng.random(400) < 1 / (1 + np.exp(-(age - 40) / 8))
    offences = rng.poisson(np.exp(-0.5 - (age - 35) / 20))
    people = pd.DataFrame(
        {
            "id": np.arange(400),
            "age": age,
            "programme": treated.astype(int),
            "reoffended": (offences > 0).astype(int),
            "offences": offences,
            "w": 1.0,
        }
    )
    return Cohort(
        people, treatment="programme", person="id", reoffended="reoffended", offences="offences"
    )


def test_bca_limits_are_near_those_of_scipy():
    rng = np.random.default_rng(8)
    one, other = rng.exponential(2.0, 25), rng.exponential(1.0, 60)
    expected = stats.bootstrap(
        (one, other),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        n_resamples=9999,
        method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval
    found = bca_bootstrap(np.concatenate([one, other]), np.arange(85) < 25, n_resamples=9999, rng=2)
    # Student's t and n / (n - 1) widen ours, by 8% for so few people
    widening = (found.upper - found.lower) / (expected.high - expected.low)
    assert 1.03 < widening < 1.13
    assert (found.lower + found.upper) == pytest.approx(expected.low + expected.high, abs=0.25)


def test_bca_of_a_symmetric_outcome_is_near_the_robust_interval(uneven):
    data = (uneven["days"], uneven["treated"], uneven["weights"])
    robust = weighted_difference(*data, kind="HC0")
    found = bca_bootstrap(*data, n_resamples=4999, rng=1)
    assert found.standard_error == pytest.approx(robust.standard_error, rel=0.08)


def test_p_of_bca_is_where_its_limit_meets_zero(uneven):
    data = (uneven["days"], uneven["treated"], uneven["weights"])
    p_value = bca_bootstrap(*data, n_resamples=4999, rng=1).p_value
    at = bca_bootstrap(*data, n_resamples=4999, rng=1, probability=1 - p_value)
    assert min(abs(at.lower), abs(at.upper)) < 1.5


def test_bca_needs_a_few_people_that_vary():
    with pytest.raises(CannotAnswerError, match="needs 5 people in each arm"):
        bca_bootstrap([1, 2, 3, 4, 5, 6, 7], [1, 1, 0, 0, 0, 0, 0])
    with pytest.raises(CannotAnswerError, match="every resample is the same"):
        bca_bootstrap([1.0] * 5 + [2.0] * 5, [1] * 5 + [0] * 5)


@pytest.mark.parametrize("method", [RadiusMatching(caliper=0.2), InverseProbability()])
def test_redone_design_has_an_error_near_the_robust_one(cohort, method):
    design = build_design(cohort, "age", method=method)
    found = redo_design(cohort, design, n_resamples=60, rng=1)
    assert set(found) == {Measure.RATE, Measure.FREQUENCY}
    robust = weighted_difference(cohort.people["reoffended"], design.treated, design.weights)
    assert found[Measure.RATE].estimate == pytest.approx(robust.estimate)
    ratio = found[Measure.RATE].standard_error / robust.standard_error
    assert 0.6 < ratio < 1.4


def test_resamples_are_the_same_on_any_executor(cohort):
    design = build_design(cohort, "age", method=InverseProbability())
    alone = redo_design(cohort, design, n_resamples=10, rng=4)
    with ThreadPoolExecutor(2) as executor:
        shared = redo_design(cohort, design, n_resamples=10, rng=4, executor=executor)
    assert alone[Measure.RATE].standard_error == shared[Measure.RATE].standard_error


def test_bootstrap_after_nearest_neighbour_matching_is_refused(cohort):
    design = build_design(cohort, "age", method=NearestMatching())
    with pytest.raises(CannotAnswerError, match="not valid after matching with a fixed number"):
        redo_design(cohort, design, n_resamples=10)


def test_weights_from_elsewhere_cannot_be_made_again(cohort):
    design = build_design(cohort, None, method=GivenWeights("w"))
    with pytest.raises(CannotAnswerError, match="weights from elsewhere"):
        redo_design(cohort, design, n_resamples=10)


def test_resamples_taken_a_few_at_a_time_are_the_same(uneven, monkeypatch):
    data = (uneven["days"], uneven["treated"], uneven["weights"])
    at_once = bca_bootstrap(*data, n_resamples=199, rng=4)
    monkeypatch.setattr(bootstrap, "LARGEST_BLOCK", 1)  # one resample after the other
    assert bca_bootstrap(*data, n_resamples=199, rng=4) == at_once


@pytest.fixture
def rare() -> pd.DataFrame:
    """Eighty people of whom two are in a place of their own."""
    place = np.where(np.arange(80) < 78, "Send", "Downview")
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"t": np.arange(80) % 2, "age": rng.normal(size=80), "place": place, "y": [0, 1, 1, 0] * 20}
    )


def test_resamples_without_a_rare_level_have_no_design(rare):
    cohort = Cohort(rare, treatment="t", reoffended="y")
    design = build_design(cohort, "age + place", method=InverseProbability())
    with pytest.raises(CannotAnswerError, match="of 60 resamples have no design: little overlap, "):
        redo_design(cohort, design, n_resamples=60, rng=1)


def test_a_group_of_whom_nobody_is_drawn_spoils_no_resample(rare):
    found = {}
    for dtype in ("str", "category"):
        people = rare.astype({"place": dtype})
        cohort = Cohort(people, treatment="t", reoffended="y", groups=["place"])
        design = build_design(cohort, "age", method=InverseProbability())
        found[dtype] = redo_design(cohort, design, n_resamples=60, rng=1)[Measure.RATE]
    assert found["str"] == found["category"]
    assert found["str"].lower < found["str"].upper
