import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.errors import InputError
from desist.estimands import Measure
from desist.sample import build_sample
from desist.sensitivity.robustness import (
    adjust_for,
    benchmark,
    find_robustness,
    robustness_value,
)

FOLDER = Path(__file__).parents[1] / "reference" / "sensitivity"
REFERENCE = json.loads((FOLDER / "sensitivity.json").read_text())
PUBLISHED = json.loads((FOLDER / "published.json").read_text())["sensitivity"]
LALONDE = pd.read_csv(FOLDER.parent / "lalonde.csv")
RACES = pd.get_dummies(LALONDE["race"], drop_first=True)
PLAIN = ["age", "educ", "married", "nodegree", "re74", "re75"]
COVARIATES = pd.concat([LALONDE[PLAIN], RACES], axis=1).astype(float)


def bench(outcome, names):
    return benchmark(
        outcome.to_numpy(float),
        LALONDE["treat"].to_numpy(float),
        COVARIATES.to_numpy(),
        list(COVARIATES),
        benchmarks=names,
    )


@pytest.mark.parametrize(
    ("key", "outcome"),
    [("sensemakr_re78", LALONDE["re78"]), ("sensemakr_emp78", LALONDE["re78"] > 0)],
)
def test_values_and_benchmarks_meet_the_r_package_sensemakr(key, outcome):
    (stats,), bounds = REFERENCE[key]["stats"], REFERENCE[key]["bounds"]
    names = {row["bound_label"].split()[1] for row in bounds}
    found = bench(outcome, names)
    assert found.estimate == pytest.approx(stats["estimate"], rel=1e-6)
    assert found.standard_error == pytest.approx(stats["se"], rel=1e-6)
    assert found.df == stats["dof"]
    t = found.estimate / found.standard_error
    assert t == pytest.approx(stats["t_statistic"], rel=1e-6)
    odds = found.partial_r2 / (1 - found.partial_r2)  # the partial f2 of Cohen
    assert odds == pytest.approx(stats["f2yd.x"], rel=1e-6)
    assert stats["treatment"] == "treat"
    assert found.partial_r2 == pytest.approx(stats["r2yd.x"], abs=1e-6)
    assert found.value == pytest.approx(stats["rv_q"], abs=1e-6)
    assert found.value_of_limit == pytest.approx(stats["rv_qa"], abs=1e-6)
    table = found.table.set_index(["benchmark", "times"])
    for row in bounds:
        times, name = row["bound_label"].split("x ")
        got = table.loc[(name, int(times))]
        wanted = [row[key] for key in ("r2dz.x", "r2yz.dx", "adjusted_estimate", "adjusted_se")]
        wanted += [row["adjusted_lower_CI"], row["adjusted_upper_CI"]]
        assert got.tolist() == pytest.approx(wanted, rel=1e-6, abs=1e-9)
        assert got["estimate"] / got["standard_error"] == pytest.approx(row["adjusted_t"], rel=1e-6)


def test_adjusted_estimates_on_a_grid_meet_sensemakr():
    (stats,) = REFERENCE["sensemakr_re78"]["stats"]
    for row in REFERENCE["sensemakr_adjusted_grid"]:
        found = adjust_for(
            stats["estimate"], stats["se"], stats["dof"], row["r2dz.x"], row["r2yz.dx"]
        )
        assert found == pytest.approx((row["adj_est"], row["adj_se"]), rel=1e-6)
        assert found[0] / found[1] == pytest.approx(row["adj_t"], rel=1e-6)


def test_darfur_as_published_within_what_its_rounding_leaves_open():
    row = PUBLISHED["robustness_value_darfur"]
    half = 0.0005
    weak, strong = (
        find_robustness(
            row["estimate"] - sign * half, row["standard_error"] + sign * half, row["df"]
        )
        for sign in (1, -1)
    )
    assert weak.value - half < row["rv"] < strong.value + half
    assert weak.value_of_limit - half < row["rv_alpha_0.05"] < strong.value_of_limit + half
    assert weak.partial_r2 - half < row["partial_r2"] < strong.partial_r2 + half


def test_a_variable_as_strong_as_the_robustness_value_leaves_nothing():
    found = find_robustness(0.1, 0.03, 200)
    assert adjust_for(0.1, 0.03, 200, found.value, found.value)[0] == pytest.approx(0, abs=1e-12)
    less = adjust_for(-0.1, 0.03, 200, found.value / 2, found.value)[0]
    assert -0.1 < less < 0


def test_the_interval_that_includes_nothing_needs_nothing():
    assert find_robustness(0.01, 0.03, 200).value_of_limit == 0
    assert "without any such thing" in find_robustness(0.01, 0.03, 200).sentence


@pytest.fixture(scope="module")
def sample():
    cohort = ds.simulate_cohort(150, 900, rng=8, rate_ratio=0.3).cohort
    return build_sample(cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching()))


@pytest.mark.parametrize("measure", ["rate", "frequency", "rmst"])
def test_the_scale_of_the_weights_changes_nothing(sample, measure):
    from dataclasses import replace

    design = replace(sample.design, weights=10 * sample.design.weights)
    again = robustness_value(build_sample(sample.cohort, design), measure)
    found = robustness_value(sample, measure)
    assert found.value == pytest.approx(again.value, rel=1e-9)
    assert found.measure is Measure(measure)
    assert set(found.table["benchmark"]) == {"age", "copas"}


def test_a_rate_is_said_to_be_taken_by_a_linear_model(sample):
    assert "by a linear model of the probability" in robustness_value(sample).sentence
    assert "linear" not in robustness_value(sample, "frequency").sentence


def test_faults_are_named(sample):
    with pytest.raises(InputError, match="benchmarks: expected columns of the formula: age, copas"):
        robustness_value(sample, benchmarks=["height"])
    with pytest.raises(InputError, match="measure: expected one of rate, frequency, rmst"):
        robustness_value(sample, "hazard_ratio")
    with pytest.raises(InputError) as error:
        robustness_value(sample, multiples=[0], probability=95)
    assert len(error.value.faults) == 2


def test_a_benchmark_that_nothing_can_be_so_many_times_as_strong_as_has_no_figures():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200, 1))
    treated = (x[:, 0] + 0.5 * rng.normal(size=200) > 0).astype(float)
    found = benchmark(x[:, 0] + rng.normal(size=200), treated, x, ["x"], benchmarks=["x"])
    assert found.table["estimate"].isna().tolist()[-1]
