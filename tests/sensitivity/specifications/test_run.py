from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.effects import estimate_effects
from desist.errors import CannotAnswerError, InputError
from desist.execution import Store
from desist.sample import build_sample
from desist.sensitivity.specifications import _work
from desist.sensitivity.specifications._work import mark_data
from desist.sensitivity.specifications.choices import Option
from desist.sensitivity.specifications.joint import _judge, joint_test
from desist.sensitivity.specifications.record import measure_influence
from desist.sensitivity.specifications.run import multiverse

CHOICES = {
    "formula": [Option("standard", "age"), Option("complex", "age + copas")],
    "method": [
        Option("overlap", ds.OverlapWeights(), "not equivalent"),
        Option("odds", ds.InverseProbability()),
        Option("narrow", ds.RadiusMatching(1e-12), "uncertain"),
    ],
    "covariates": [Option("weights alone", None)],
    "horizon": [
        Option("a year", 365.0),
        Option("half a year", 182.0, "not equivalent"),
        Option("too long", 400.0, "not equivalent"),
    ],
}


@pytest.fixture(scope="module")
def cohort():
    return ds.simulate_cohort(150, 500, rng=5, rate_ratio=0.4, frequency=1.5, n_groups=0).cohort


@pytest.fixture(scope="module")
def found(cohort):
    return multiverse(cohort, CHOICES, inference="laplace", seed=1)


def test_a_design_and_its_balance_are_made_once_for_all_specifications_that_share_it(
    cohort, monkeypatch
):
    made = []

    def count(name, function):
        def counted(*arguments):
            made.append(name)
            return function(*arguments)

        return counted

    for name in ("build_of", "_find_worst"):
        monkeypatch.setattr(_work, name, count(name, getattr(_work, name)))
    shared = {
        "formula": CHOICES["formula"],
        "method": [Option("radius", ds.RadiusMatching(0.31))],
        "covariates": [Option("weights alone", None)],
        "horizon": CHOICES["horizon"][:2],
    }
    table = multiverse(cohort, shared, inference="laplace", seed=1).table
    assert len(table) == 4
    assert made == ["build_of", "_find_worst"] * 2
    assert table.groupby("formula")["worst_smd"].nunique().tolist() == [1, 1]


def test_the_oldest_design_is_forgotten_when_many_are_kept():
    kept = OrderedDict()
    for number in range(_work.DESIGNS_KEPT + 2):
        assert _work._keep(kept, (str(number),), lambda made=number: made) == number
    assert len(kept) == _work.DESIGNS_KEPT
    assert ("0",) not in kept
    assert _work._keep(kept, ("5",), lambda: "made again") == 5


def row_of(table, **names):
    for name, value in names.items():
        table = table[table[name] == value]
    (row,) = table.to_dict("records")
    return row


def test_a_specification_is_the_evaluation_of_its_options(cohort, found):
    row = row_of(found.table, formula="complex", method="odds", horizon="a year")
    design = ds.build_design(cohort, "age + copas", method=ds.InverseProbability())
    fit = ds.fit_model(
        ds.RateModel(covariates=None, groups=()),
        build_sample(cohort, design),
        inference="laplace",
        seed=9,
    )
    (effect,) = estimate_effects(fit)
    assert row["estimate"] == pytest.approx(effect.estimate, abs=0.003)
    assert row["estimand"] == "ATT"
    assert row["effective_comparison"] == pytest.approx(design.effective_sample_size_comparison)


def test_what_cannot_be_made_stays_with_the_reason(found):
    row = row_of(found.table, formula="complex", method="odds", horizon="too long")
    assert "horizon: expected days above 0 and up to" in row["reason"]
    assert row["question"] == ""
    assert np.isnan(row["estimate"])
    assert "could not be made" in found.sentence


def test_no_two_questions_share_a_curve(found):
    assert len(found.curves) >= 4
    for question, rows in found.curves.items():
        assert len(set(rows["estimand"])) == 1
        assert len(set(rows["horizon"])) == 1 or "horizon" not in question
        assert rows["estimate"].is_monotonic_increasing
    assert not any("overlap" in rows["method"].to_numpy() and "odds" in rows["method"].to_numpy()
                   for rows in found.curves.values())  # fmt: skip


def test_designs_that_miss_the_balance_limit_are_marked(cohort, found):
    assert found.table["is_balanced"].any()
    strict = multiverse(cohort, CHOICES, inference="laplace", seed=1, balance_limit=1e-9)
    assert strict.table["is_balanced"].sum() < found.table["is_balanced"].sum()
    assert (strict.table["estimate"].dropna() == found.table["estimate"].dropna()).all()


def test_a_design_does_not_pass_by_leaving_out_what_it_does_not_balance(cohort, found):
    one = {name: CHOICES[name][:1] for name in ("formula", "covariates", "horizon")}
    one["method"] = CHOICES["method"][1:2]
    alone = multiverse(cohort, one, inference="laplace", seed=1).table["worst_smd"].iloc[0]
    beside = row_of(found.table, formula="standard", method="odds", horizon="a year")["worst_smd"]
    assert alone < 0.05
    assert beside > 3 * alone


def test_influence_compares_what_differs_in_one_choice_only_by_hand():
    table = pd.DataFrame(
        {
            "formula": ["a", "b", "a", "b"],
            "method": ["x", "x", "y", "y"],
            "question": ["q"] * 4,
            "estimate": [0.0, 1.0, 4.0, 2.0],
            "reason": [""] * 4,
            "is_balanced": [True] * 4,
        }
    )
    rows = measure_influence(table, ("formula", "method")).set_index("dimension")
    assert rows.loc["formula", ["pairs", "mean", "largest"]].tolist() == [2, -0.5, 2.0]
    assert rows.loc["method", ["pairs", "mean", "largest"]].tolist() == [2, 2.5, 4.0]


def test_adding_a_choice_leaves_the_numbers_of_the_others_as_they_are(cohort, found):
    fewer = CHOICES | {"horizon": CHOICES["horizon"][:1]}
    alone = multiverse(cohort, fewer, inference="laplace", seed=1)
    kept = found.table[found.table["horizon"] == "a year"]
    assert alone.table["estimate"].tolist() == pytest.approx(kept["estimate"].tolist(), nan_ok=True)


def test_threads_and_a_store_give_the_same_bits(cohort, found, tmp_path):
    store = tmp_path / "store"
    with ThreadPoolExecutor(2) as threads:
        again = multiverse(
            cohort, CHOICES, inference="laplace", seed=1, executor=threads, store=store
        )
    assert again.table.equals(found.table)
    kept = len(Store(store, mark_data(cohort)).find([]))
    assert kept == 0
    assert multiverse(cohort, CHOICES, inference="laplace", seed=1, store=store).table.equals(
        found.table
    )


@pytest.mark.slow
def test_a_pool_of_new_processes_gives_the_same_bits(cohort, found):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        again = multiverse(cohort, CHOICES, inference="laplace", seed=1, executor=pool)
    assert again.table.equals(found.table)


@pytest.mark.slow
def test_a_local_cluster_of_dask_gives_the_same_bits(cohort, found):
    distributed = pytest.importorskip("distributed")
    settings = {"dashboard_address": None, "memory_limit": 0, "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, **settings
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor(pure=False)
        again = multiverse(cohort, CHOICES, inference="laplace", seed=1, executor=executor)
    assert again.table.equals(found.table)


def test_other_people_are_not_found_in_the_store(cohort):
    other = ds.simulate_cohort(150, 500, rng=6, rate_ratio=0.4, frequency=1.5, n_groups=0).cohort
    assert mark_data(cohort) != mark_data(other)
    assert mark_data(cohort) == mark_data(
        ds.simulate_cohort(150, 500, rng=5, rate_ratio=0.4, frequency=1.5, n_groups=0).cohort
    )


def test_every_fault_is_listed(cohort):
    with pytest.raises(InputError) as error:
        multiverse(cohort, {}, probability=95, seed=-1, batch=0, balance_limit=0)
    assert len(error.value.faults) == 6


def test_the_joint_test_finds_a_programme_that_does_something(cohort):
    few = {name: CHOICES[name] for name in ("formula", "covariates")}
    few["method"] = [CHOICES["method"][1]]
    found = joint_test(cohort, few, n_draws=99, seed=2)
    assert found.n_specifications == 2
    assert found.p_value <= 0.05
    assert "would together differ from nothing by as much" in found.sentence


def test_the_joint_p_counts_the_observed_draw_by_hand():
    drawn = np.array([[0.0, 0.0], [1.0, 1.0], [-0.9, -0.9], [0.5, 0.5]])
    found = _judge(np.array([2.0, 2.0]), drawn, ds.Measure.RATE)
    assert found.p_value == pytest.approx(1 / 5)
    with pytest.raises(CannotAnswerError, match="hardly a draw"):
        _judge(np.array([2.0]), np.full((4, 1), np.nan), ds.Measure.RATE)


def test_the_joint_test_does_not_ask_other_questions(cohort):
    only = {name: [Option("one", option[0].value, "not equivalent")] for name, option in
            CHOICES.items() if name != "horizon"}  # fmt: skip
    with pytest.raises(CannotAnswerError, match="marked as not equivalent"):
        joint_test(cohort, only, n_draws=19)
