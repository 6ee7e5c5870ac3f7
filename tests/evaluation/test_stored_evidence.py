"""What stands beside the default result is saved with it, and read as if it came from anybody."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import desist as ds
from desist.errors import InputError
from desist.models.evidence import EvidencePrior

pytestmark = pytest.mark.usefixtures("few_draws")

ALIKE = EvidencePrior((0.8, 0.2), (-0.5, 0.0), (0.2, 1.5), "log_odds", 20)


@pytest.fixture(scope="module")
def evaluation():
    people = ds.simulate_cohort(150, 400, rng=3, confounding=0.0, n_groups=0).cohort
    return ds.evaluate(
        people,
        ds.build_design(people, "age", method=ds.EntropyBalancing()),
        models=[ds.RateModel(covariates=None)],
        inference=ds.Laplace(draws=1000),
        seed=1,
        evidence=ALIKE,
        one_process=True,
    )


@pytest.fixture(scope="module")
def saved(evaluation, tmp_path_factory):
    return ds.save_evaluation(evaluation, tmp_path_factory.mktemp("saved") / "evaluation.nc")


def change(saved, place, alter):
    """Write the file anew with its record altered."""
    with xr.open_dataset(saved, engine="h5netcdf") as opened:
        content = opened.load()
    record = json.loads(str(content["evaluation"].item()))
    alter(record)
    made = content.assign(evaluation=xr.DataArray(json.dumps(record)))
    made.to_netcdf(place, engine="h5netcdf")
    return place


def test_the_result_with_other_programmes_comes_back_as_it_was(evaluation, saved):
    assert ds.load_evaluation(saved).evidence == evaluation.evidence


def test_one_process_comes_back_as_it_was(evaluation, saved):
    before, after = evaluation.one_process, ds.load_evaluation(saved).one_process
    assert repr(after) == repr(before)
    assert after.suffices == before.suffices
    pd.testing.assert_frame_equal(after.check.table, before.check.table)
    pd.testing.assert_frame_equal(after.check.contrasts, before.check.contrasts)
    assert after.check.sentence == before.check.sentence
    for one, other in zip(before.effects, after.effects, strict=True):
        assert repr(one) == repr(other)
        np.testing.assert_array_equal(one.ratio.to_numpy(), other.ratio.to_numpy())
        assert one.interval == other.interval


def test_a_loaded_evaluation_is_saved_as_the_same(saved, tmp_path):
    again = ds.load_evaluation(ds.save_evaluation(ds.load_evaluation(saved), tmp_path / "two.nc"))
    once = ds.load_evaluation(saved)
    assert again.evidence == once.evidence
    assert again.one_process.effects[0].interval == once.one_process.effects[0].interval


def test_a_file_from_before_there_was_either_is_read(saved, tmp_path):
    def alter(record):
        del record["evidence"], record["one_process"], record["digest"]

    with xr.open_dataset(saved, engine="h5netcdf") as opened:
        content = opened.load()
    older = content.drop_vars([name for name in content if str(name).startswith("process_")])
    older.to_netcdf(tmp_path / "older.nc", engine="h5netcdf")
    found = ds.load_evaluation(change(tmp_path / "older.nc", tmp_path / "old.nc", alter))
    assert found.evidence is None
    assert found.one_process is None


def test_a_measure_that_there_was_not_comes_back_without_figures(evaluation, tmp_path):
    missing = replace(evaluation.evidence, estimate=math.nan, warning="rate: too far.")
    other = replace(evaluation, evidence=missing)
    found = ds.load_evaluation(ds.save_evaluation(other, tmp_path / "far.nc")).evidence
    assert not found.is_known
    assert found.warning == "rate: too far."


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda r: r["evidence"].update(conflict=2.0), "evidence: expected"),
        (lambda r: r["evidence"].update(lower=9.0), "evidence: expected limits in their order"),
        (lambda r: r["evidence"].update(draws=-1.0), "evidence: expected"),
        (lambda r: r["evidence"].update(measure="frequency"), "prior: expected one of its m"),
        (
            lambda r: r["evidence"]["prior"].update(scales=[0.0, 1.0]),
            "evidence prior means, scales: expected finite means",
        ),
        (lambda r: r["evidence"]["prior"].update(weights=["a"]), "expected a number"),
        (lambda r: r["evidence"].pop("prior"), "evidence prior: expected a value, found none"),
        (lambda r: r["one_process"]["check"].update(n_draws=0), "one_process, n_draws: expected"),
        (lambda r: r["one_process"]["check"].update(table=[]), "a row for each statistic"),
        (
            lambda r: r["one_process"]["check"]["table"][0].update(arm="both"),
            "one_process, arm: expected",
        ),
        (
            lambda r: r["one_process"]["check"]["table"][0].update(probability=7.0),
            "one_process, statistic: expected",
        ),
        (lambda r: r["one_process"]["effects"].pop(), "draws of a measure that the record"),
        (
            lambda r: r["one_process"]["effects"][0]["diagnostics"].update(rhat_max=2.0),
            "those of a fit that converged",
        ),
    ],
)
def test_what_no_evaluation_would_have_stored_is_refused(saved, tmp_path, alter, said):
    with pytest.raises(InputError, match=said):
        ds.load_evaluation(change(saved, tmp_path / "altered.nc", alter))


def test_draws_of_one_process_that_were_changed_are_noticed(saved, tmp_path):
    with xr.open_dataset(saved, engine="h5netcdf") as opened:
        content = opened.load()
    changed = content.assign(process_rate_ratio=content["process_rate_ratio"] * 1.01)
    changed.to_netcdf(tmp_path / "changed.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="draws: expected those that were saved"):
        ds.load_evaluation(tmp_path / "changed.nc")


def test_a_prior_is_worth_the_participants_who_say_as_much(evaluation):
    # a normal prior with the information that the people themselves have is worth all of them
    found = evaluation.evidence
    effect = evaluation["rate"].effect
    logs = np.log(effect.odds_ratio.to_numpy())
    alone = 1 / float(logs.var()) - 1.5**-2
    expected = ALIKE.expected_information / alone * effect.n_treated
    assert found.worth == pytest.approx(expected)


def test_information_of_a_normal_prior_is_its_precision():
    prior = EvidencePrior((1.0, 0.0), (-0.3, 0.0), (0.25, 1.5), "log_odds", 5)
    assert prior.expected_information == pytest.approx(16, rel=1e-6)
    np.testing.assert_allclose(prior.bend(np.array([-1.0, 0.0, 2.0])), 16.0)


def test_between_components_apart_a_prior_bends_up():
    prior = EvidencePrior((0.5, 0.5), (-1.0, 1.0), (0.3, 0.3), "log_odds", 5)
    step = 1e-4
    for place in (0.0, 0.4, 1.1):
        around = np.log(prior.density(np.array([place - step, place, place + step])))
        by_differences = -float(np.diff(around, 2)[0]) / step**2
        assert prior.bend(np.array([place]))[0] == pytest.approx(by_differences, rel=1e-4)
    assert prior.bend(np.array([0.0]))[0] < 0
