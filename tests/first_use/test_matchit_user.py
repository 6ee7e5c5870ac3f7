"""Somebody who knows MatchIt, WeightIt and cobalt does on lalonde what they do in R."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import desist as ds

REFERENCE = Path(__file__).parents[1] / "reference"
FORMULA = "age + educ + race + married + nodegree + re74 + re75"
NUMBERS = ("age", "educ", "married", "nodegree", "re74", "re75")


def read(name):
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


MATCHIT, WEIGHTIT = read("match/matchit_results.json"), read("weights/weightit_results.json")


@pytest.fixture(scope="module")
def people():
    return ds.datasets.lalonde()


@pytest.fixture(scope="module")
def cohort(people):
    return ds.Cohort(people, treatment="treat", person="id")


def match(cohort, method, **settings):
    return ds.build_design(cohort, FORMULA, method=method, **settings)


@pytest.mark.parametrize(
    ("call", "method"),
    [
        ("nearest_default", ds.NearestMatching()),
        ("nearest_k3", ds.NearestMatching(ratio=3)),
        ("nearest_replace", ds.NearestMatching(scale="score", replacement=True)),
        ("full_att", ds.FullMatching()),
        ("subclass6", ds.Subclassification(n_subclasses=6)),
    ],
)
def test_as_many_people_are_matched_and_are_worth_as_much(call, method, cohort):
    theirs, ours = MATCHIT[call], match(cohort, method)
    assert ours.n_treated == theirs["n_treated_matched"]
    assert ours.n_comparison == theirs["n_control_matched"]
    worth = ours.effective_sample_size_comparison
    # ties of the score make several full matchings as good as each other
    close = 0.05 if call == "full_att" else 1e-6
    assert worth == pytest.approx(theirs["ess_control"], rel=close)


@pytest.mark.parametrize("call", ["nearest_default", "nearest_k3"])
def test_the_balance_is_that_of_summary(call, cohort):
    ratio = 3 if call == "nearest_k3" else 1
    table = match(cohort, ds.NearestMatching(ratio=ratio)).balance.table.set_index("covariate")
    for side, column in (("summary_all", "smd_before"), ("summary_matched", "smd_after")):
        rows = {row["variable"]: row["Std. Mean Diff."] for row in MATCHIT[call][side]}
        for name in NUMBERS:
            assert table.loc[name, column] == pytest.approx(rows[name], abs=1e-6), name


def test_the_scores_are_those_of_glm(cohort):
    ours = match(cohort, ds.NearestMatching()).scores.scores
    with (REFERENCE / "match" / "ps_glm.csv").open(encoding="utf-8") as file:
        theirs = [float(row["ps"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "method", "settings"),
    [
        ("glm_att", ds.InverseProbability(), {"estimand": "ATT"}),
        ("ebal_att", ds.EntropyBalancing(), {}),
    ],
)
def test_the_effect_on_earnings_and_its_error_are_those_of_weightit(
    call, method, settings, cohort, people
):
    design = match(cohort, method, **settings)
    matrix, faults = ds.design.make_matrix(ds.design.read_formula(FORMULA, people, {})[0], people)
    assert faults == []
    fit = ds.checks.fit_weighted(
        people["re78"],
        people["treat"],
        design.weights,
        equations=design.arose.equations(matrix, design.treated, design.weights),
    )
    theirs = WEIGHTIT[call]["lm_re78_asympt"]
    np.testing.assert_allclose(fit.coefficients, theirs["estimate"], rtol=1e-6)
    np.testing.assert_allclose(fit.standard_errors, theirs["se"], rtol=1e-6)


def test_a_love_plot_takes_one_line_before_any_outcome_is_read(cohort):
    design = match(cohort, ds.NearestMatching())
    assert ds.plots.love_plot(design.balance).axes


def test_an_option_that_is_written_as_in_r_is_refused_with_the_right_word(cohort):
    with pytest.raises(TypeError, match="replace"):
        ds.NearestMatching(replace=True)
    with pytest.raises(ds.InputError, match="age"):
        ds.build_design(cohort, "aged + educ", method=ds.NearestMatching())
