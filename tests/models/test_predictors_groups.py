"""What groupings a model may have."""

from dataclasses import replace

import numpy as np
import pytest

from desist.cohort.simulate import simulate_cohort
from desist.design.design import Design
from desist.errors import InputError
from desist.estimands import Estimand
from desist.models.predictors import make_predictors
from desist.models.priors import HalfNormal, HalfStudentT
from desist.sample import build_sample

from .studies import make_cohort, weigh


def test_groupings_that_are_not_there_are_named_together():
    cohort = make_cohort(treated=[1, 0], reoffended=[1, 0], prison=["Ash", "Bay"])
    with pytest.raises(InputError) as refusal:
        make_predictors(
            build_sample(cohort, weigh(cohort)), None, ("prisn", "matched_set", "prison")
        )
    assert "expected columns of the cohort, found 'prisn'" in str(refusal.value)
    assert "matched_set: expected a design with matched sets, found one without" in str(
        refusal.value
    )


def test_everybody_who_is_used_needs_a_set():
    cohort = make_cohort(treated=[1, 0, 0], reoffended=[1, 0, 0])
    design = replace(weigh(cohort), sets=np.array([0, 0, -1]))
    with pytest.raises(InputError, match="a set for everybody who is used, found 1 in none"):
        make_predictors(build_sample(cohort, design), None, ("matched_set",))


def test_scales_between_groups_are_printed_as_they_are():
    assert str(HalfNormal(0.5)) == "HalfNormal(0.5)"
    assert str(HalfStudentT(0.5)) == "HalfStudentT(3, 0.5)"


def test_a_person_of_hardly_any_weight_does_not_change_the_units():
    x = np.random.default_rng(1).normal(size=60)
    columns = {"treated": np.tile([1, 0], 30), "reoffended": np.tile([1, 0, 0], 20)}
    weights = np.ones(60)
    weights[1] = 1e-9
    plain = make_cohort(**columns, x=x)
    extreme = make_cohort(**columns, x=np.where(np.arange(60) == 1, 1000.0, x))
    one, other = (
        make_predictors(build_sample(cohort, weigh(cohort, weights)), "x", ()).covariates
        for cohort in (plain, extreme)
    )
    assert other[0, 0] == pytest.approx(one[0, 0], rel=1e-3)


def test_the_design_s_formula_is_read_as_the_design_read_it():
    # truth values add up as numbers, and what is not finite is named
    drug, alcohol = np.tile([True, False], 20), np.tile([True, True, False, False], 10)
    cohort = make_cohort(
        treated=np.repeat([1, 0], 20), reoffended=np.zeros(40), drug=drug, alcohol=alcohol
    )
    design = replace(weigh(cohort), formula="I(drug + alcohol)")
    found = make_predictors(build_sample(cohort, design), "design", ()).covariates[:, 0]
    assert len(np.unique(found.round(9))) == 3
    priors = make_cohort(treated=[1, 1, 0, 0], reoffended=[1, 0, 1, 0], priors=[0, 1, 2, 3])
    design = replace(weigh(priors), formula="np.log(priors)")
    with pytest.raises(InputError, match=r"column np.log\(priors\): expected finite numbers"):
        make_predictors(build_sample(priors, design), "design", ())


def test_people_who_are_not_used_may_lack_a_covariate():
    columns = {"treated": [1, 1, 0, 0, 0], "reoffended": [1, 0, 1, 0, 0]}
    cohort = make_cohort(**columns, age=[20.0, 30.0, 40.0, 50.0, np.nan])
    used = make_predictors(build_sample(cohort, weigh(cohort, [1, 1, 1, 1, 0])), "age", ())
    assert used.covariates[4] == 0.0
    with pytest.raises(InputError, match=r"age: .* 1 missing \(row 5\)"):
        make_predictors(build_sample(cohort, weigh(cohort)), "age", ())


def test_reserved_names_are_refused_where_they_would_be_misread():
    cohort = make_cohort(treated=[1, 0], reoffended=[1, 0], design=["a", "b"], matched_set=[1, 2])
    with pytest.raises(InputError) as refusal:
        make_predictors(build_sample(cohort, weigh(cohort)), "design", ("matched_set",))
    assert "design: expected no column of this name" in str(refusal.value)
    assert "matched_set: expected no column of this name" in str(refusal.value)
    assert make_predictors(build_sample(cohort, weigh(cohort)), None, ()).covariates.shape == (2, 0)
    assert make_predictors(build_sample(cohort, weigh(cohort)), "1", ()).covariates.shape == (2, 0)


def test_predictors_are_made_once_a_sample_and_formula(monkeypatch):
    from desist.models import predictors

    made = []
    expand = predictors.expand_formula

    def count(*arguments):
        made.append(1)
        return expand(*arguments)

    monkeypatch.setattr(predictors, "expand_formula", count)
    cohort = simulate_cohort(40, 120, rng=1, n_groups=3).cohort
    design = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    one, other = build_sample(cohort, design), build_sample(cohort, design)
    assert make_predictors(one, "age", ()) is make_predictors(one, "age", [])
    assert len(made) == 1
    with_groups = make_predictors(one, "age", ("prison",))
    assert list(with_groups.levels) == ["prison"]
    again = make_predictors(other, "age", ())
    np.testing.assert_array_equal(again.covariates, with_groups.covariates)
    assert len(made) == 3
