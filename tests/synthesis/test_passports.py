"""A passport pools as its people do, and is not written where it would tell of few."""

import json

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.cohort.flow import FlowStep, RecordFlow
from desist.errors import CannotAnswerError, InputError
from desist.sample import build_sample
from desist.synthesis import Passport, Study, TwoArmCounts, read_passport, synthesise
from desist.synthesis.evaluated import make_passport


def people_of(treated_events, n_treated, comparison_events, n_comparison, weights=None):
    """People as counts say, with the weights that are given to the comparison."""
    treated = np.repeat([1, 0], [n_treated, n_comparison])
    reoffended = np.r_[
        np.arange(n_treated) < treated_events, np.arange(n_comparison) < comparison_events
    ].astype(int)
    frame = pd.DataFrame(
        {
            "person": np.arange(len(treated)),
            "programme": treated,
            "reoffended": reoffended,
            "offences": 2 * reoffended,
            "weight": np.r_[np.ones(n_treated), np.ones(n_comparison)]
            if weights is None
            else weights,
        }
    )
    cohort = ds.Cohort(
        frame,
        treatment="programme",
        person="person",
        reoffended="reoffended",
        offences="offences",
        follow_up=365,
    )
    method = ds.GivenWeights("weight")
    return build_sample(cohort, ds.build_design(cohort, None, method=method))


COUNTS = [(13, 83, 140, 500), (0, 60, 30, 300), (25, 90, 80, 200)]


@pytest.fixture(scope="module")
def samples():
    return [people_of(*counts) for counts in COUNTS]


@pytest.mark.parametrize("scale", ["log_odds", "log_risk", "risk_difference"])
def test_pooling_passports_is_pooling_the_people(samples, scale):
    passports = [make_passport(sample, scale=scale) for sample in samples]
    by_passport = synthesise([Study(f"{n}", one) for n, one in enumerate(passports)], scale=scale)
    by_people = synthesise(
        [Study(f"{n}", TwoArmCounts(*counts)) for n, counts in enumerate(COUNTS)], scale=scale
    )
    assert by_passport.mean.mean == pytest.approx(by_people.mean.mean, abs=1e-4)
    assert by_passport.interval == pytest.approx(by_people.interval, abs=1e-3)
    assert by_passport.heterogeneity.median == pytest.approx(
        by_people.heterogeneity.median, abs=1e-3
    )
    assert by_passport.table["shrunken"].to_numpy() == pytest.approx(
        by_people.table["shrunken"].to_numpy(), abs=1e-3
    )


def test_thirteen_and_no_reoffenders_are_pooled_alike(samples):
    for sample, counts in zip(samples[:2], COUNTS[:2], strict=True):
        alone = synthesise([Study("A", make_passport(sample))])
        known = synthesise([Study("A", TwoArmCounts(*counts))])
        assert alone.mean.mean == pytest.approx(known.mean.mean, abs=1e-3)
        assert alone.interval == pytest.approx(known.interval, abs=1e-3)


def test_weights_times_ten_change_nothing():
    weights = np.r_[np.ones(83), np.linspace(0.5, 2, 500)]
    one, ten = (make_passport(people_of(*COUNTS[0], weights=w)) for w in (weights, 10 * weights))
    assert ten.log_likelihoods == pytest.approx(one.log_likelihoods)
    plain = make_passport(people_of(*COUNTS[0]))
    assert one.summarise("log_odds")[1] > plain.summarise("log_odds")[1]


def test_the_frequency_has_the_log_ratio_of_weighted_means(samples):
    passport = make_passport(samples[0], measure="frequency", scale="log_rate")
    estimate, error = passport.summarise("log_rate")
    treated, comparison = 13 / 83, 140 / 500
    assert estimate == pytest.approx(np.log(treated / comparison), abs=1e-6)
    # offences are 2 for each who reoffended: the relative variance is (1 - p) / p
    expected = (1 - treated) / treated / 82 + (1 - comparison) / comparison / 499
    assert error == pytest.approx(expected**0.5, rel=1e-4)


def test_a_passport_is_written_without_people_and_read_again(samples, tmp_path):
    flow = RecordFlow((FlowStep("records", 0, 142, "records"), FlowStep("matched", 59, 83)))
    passport = make_passport(samples[0], title="A programme", flow=flow)
    path = passport.write(tmp_path / "a.json")
    again = read_passport(path)
    assert again == passport
    assert set(json.loads(path.read_text())) == {
        "schema",
        "effects",
        "log_likelihoods",
        "scale",
        "measure",
        "estimand",
        "n_treated",
        "n_comparison",
        "horizon",
        "flow",
        "title",
    }
    assert again.flow == (("records", 142), ("matched", 83))
    with pytest.raises(InputError, match="path: expected a file that is not there yet"):
        passport.write(path)


@pytest.mark.parametrize("counts", [(0, 60, 30, 300), (9, 83, 140, 500), (55, 60, 150, 300)])
def test_a_passport_that_tells_of_few_is_not_written(counts, tmp_path):
    passport = make_passport(people_of(*counts))
    with pytest.raises(CannotAnswerError, match="would tell of fewer than 10 people of an arm"):
        passport.write(tmp_path / "few.json")
    assert not list(tmp_path.iterdir())


def test_a_step_that_left_out_few_is_not_told(samples):
    steps = (
        FlowStep("records", 0, 142, "records"),
        FlowStep("no record", 56, 86),
        FlowStep("not matched", 3, 83),
    )
    assert make_passport(samples[0], flow=RecordFlow(steps)).flow == (
        ("records", 142),
        ("not matched", 83),
    )


def test_a_file_that_is_no_passport_is_refused(tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(InputError, match="expected a file that a passport was written to"):
        read_passport(path)
    path.write_text("{}")
    with pytest.raises(InputError, match="schema: expected desist-passport-1, found None"):
        read_passport(path)


def test_a_grid_that_is_no_likelihood_is_refused():
    with pytest.raises(InputError) as caught:
        Passport((0.0, 1.0), (0.0,), "odds")
    assert len(caught.value.faults) == 2
    rising = tuple(float(x) for x in range(9))
    with pytest.raises(InputError, match="the effects rising"):
        Passport(rising[::-1], rising, "log_odds")


def test_a_passport_speaks_of_its_own_scale_alone(samples):
    with pytest.raises(InputError, match="scale: expected log_odds, found log_risk"):
        synthesise([Study("A", make_passport(samples[0]))], scale="log_risk")


def test_what_is_no_sample_is_refused():
    with pytest.raises(InputError) as caught:
        make_passport("people", measure="days", scale="log_odds")
    assert len(caught.value.faults) == 3
