from dataclasses import replace

import numpy as np
import pytest

import desist as ds
from desist.errors import InputError
from desist.inference.engines import Laplace
from desist.models.fit import fit_model
from desist.sample import build_sample
from desist.sensitivity._points import read_points
from desist.sensitivity._reduced import reduce_fit, resample
from desist.sensitivity.left_out import (
    KINDS,
    _Everybody,
    describe,
    leave_one,
    leave_out,
    list_left_out,
    split_terms,
)


@pytest.fixture(scope="module")
def sample():
    cohort = ds.simulate_cohort(60, 300, rng=3, frequency=1.5, n_groups=2).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    return build_sample(cohort, design)


@pytest.fixture(scope="module")
def found(sample):
    return leave_out(sample, kinds=KINDS, heaviest=5, seed=1)


def test_importance_weights_give_what_a_new_fit_gives(sample, found):
    again = leave_out(sample, kinds=("reoffenders", "heavy"), heaviest=5, seed=1, refit=True)
    assert again.table["is_refitted"].all()
    weighted = found.table[found.table["kind"].isin(["reoffenders", "heavy"])]
    trusted = (weighted["khat"] < 0.7).to_numpy()
    assert trusted.sum() > 10
    gap = weighted["moved"].to_numpy() - again.table["moved"].to_numpy()
    assert np.abs(gap[trusted]).max() < 0.1


def test_everybody_of_a_kind_has_a_row(sample, found):
    treated, happened = sample.treated & sample.used, sample.within.reoffended
    counts = found.table["kind"].value_counts()
    assert counts["reoffenders"] == (treated & happened).sum()
    assert counts["participants"] == (treated & ~happened).sum()
    assert counts["heavy"] == 5
    assert counts["groups"] == 2
    assert counts["covariates"] == 2


def test_without_a_reoffender_the_difference_falls_by_hand(sample):
    (one, *_) = list_left_out(sample, ("reoffenders",), 0)
    model = ds.RateModel(covariates=None, groups=())
    fit = fit_model(model, sample, inference=Laplace(draws=2000), seed=2)
    got = leave_one(_Everybody(sample, fit, read_points(fit), ds.Measure.RATE, 2), one)
    left = sample.used.copy()
    left[one.people[0]] = False
    rates = [
        np.average(sample.within.reoffended[left & arm], weights=sample.weights[left & arm])
        for arm in (sample.treated, ~sample.treated)
    ]
    assert got["estimate"] == pytest.approx(rates[0] - rates[1], abs=0.01)


def test_the_rows_of_a_reduced_fit_weigh_what_a_design_without_the_person_weighs(sample):
    fit = fit_model(ds.RateModel(covariates=None, groups=()), sample, inference="laplace")
    left = np.ones(len(sample.weights), dtype=bool)
    left[np.flatnonzero(sample.used & sample.treated)[0]] = False
    reduced = reduce_fit(sample, fit, left)
    design = replace(sample.design, weights=np.where(left, sample.weights, 0.0))
    direct = fit_model(
        ds.RateModel(covariates=None, groups=()),
        build_sample(sample.cohort, design),
        inference="laplace",
    )
    assert sorted(reduced.totals) == pytest.approx(sorted(direct.data["weight"]))


def test_points_have_the_likelihood_of_their_people(sample):
    fit = fit_model(ds.RateModel(covariates=None, groups=()), sample, inference="laplace")
    points = read_points(fit)
    eta = fit.draws["intercept"].ravel()[:, None] + np.outer(
        fit.draws["treatment"].ravel(), fit.data["treated"]
    )
    y = fit.data["reoffended"]
    assert points.log_rows == pytest.approx(y * eta - np.log1p(np.exp(eta)))
    gaps = np.diff(points.log_prior)
    priors, treatment = fit.model.priors, fit.draws["treatment"].ravel()
    middle = fit.draws["intercept"].ravel() + treatment / 2
    prior = -0.5 * (middle / priors.intercept.scale) ** 2
    prior -= 0.5 * (treatment / priors.treatment.scale) ** 2
    assert gaps == pytest.approx(np.diff(prior))


def test_a_parameter_above_nothing_is_carried_to_its_logarithm(sample):
    fit = fit_model(ds.FrequencyModel(covariates=None, groups=()), sample, inference="laplace")
    assert np.isfinite(read_points(fit).log_rows).all()


def test_draws_of_one_weight_stand_as_often_as_they_weigh():
    draws = {"a": np.arange(4.0).reshape(2, 2)}
    drawn = resample(draws, np.array([0.5, 0.0, 0.25, 0.25]))["a"]
    assert sorted(drawn.ravel()) == [0, 0, 2, 3]


def test_a_formula_is_split_outside_brackets():
    assert split_terms("a + b:c + I(d + e) + bs(f, df=3)") == [
        "a",
        "b:c",
        "I(d + e)",
        "bs(f, df=3)",
    ]
    assert split_terms("") == []


def test_the_sentence_counts_nobody_below_ten(found, sample):
    assert "reoffended moves the estimate by at most" in found.sentence
    few = found.table[found.table["kind"] == "heavy"]
    base = {"estimate": 0.0, "lower": -0.1, "upper": 0.1}
    assert "any one of the comparison people of large weight" in describe(
        few, base, ds.Measure.RATE
    )


def test_people_are_named_only_when_asked_for(sample, found):
    assert "person" not in found.table
    named = leave_out(sample, kinds=("heavy",), heaviest=2, name_people=True)
    assert named.table["person"].isin(sample.cohort.people["id"]).all()


def test_what_cannot_be_left_out_says_why(sample):
    design = replace(sample.design, method=None)
    found = leave_out(build_sample(sample.cohort, design), kinds=("covariates",))
    assert (found.table["reason"] == "the design was made by hand and cannot be made again").all()


def test_faults_are_listed(sample):
    with pytest.raises(InputError) as error:
        leave_out(sample, kinds=("everybody",), heaviest=-1, refit=1, seed=0.5)
    assert len(error.value.faults) == 4
