"""An evaluation keeps its records: one measure whole, the fits, the horizon, the prognosis."""

import pickle

import numpy as np
import pytest

import desist as ds
from desist.checks.check import Check
from desist.design.design import Design
from desist.errors import InputError
from desist.estimands import Measure, Scale
from desist.evaluation.record import compare_check
from desist.models.fit import Fit

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module")
def study():
    cohort = ds.simulate_cohort(60, 300, rng=9, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.InverseProbability(), estimand="ATT")
    return cohort, design


@pytest.fixture(scope="module")
def evaluation(study):
    models = [ds.RateModel(), ds.SurvivalModel()]
    return ds.evaluate(*study, models=models, inference="laplace", seed=3)


def test_a_measure_is_had_whole_by_its_word_or_its_member(evaluation):
    result = evaluation["rate"]
    assert result.measure is Measure.RATE
    assert result.effect is evaluation[Measure.RATE].effect is evaluation.effects[0]
    assert repr(result.row) == repr(evaluation.measures[0])
    assert result.unavailable is None
    assert {check.measure for check in result.checks} == {Measure.RATE}
    assert len(result.checks) == sum(c.measure is Measure.RATE for c in evaluation.checks)
    verdicts = {check.agrees for check in result.checks} - {None}
    expected = {(True,): "agree", (False,): "differ", (False, True): "mixed"}
    assert result.agreement == expected[tuple(sorted(verdicts))]
    assert "checks agree" in repr(result)
    assert "\n" not in repr(result)


def test_a_measure_that_cannot_be_had_says_why(evaluation):
    result = evaluation["frequency"]
    assert (result.effect, result.row) == (None, None)
    assert result.unavailable == "no model for it was asked for"
    assert result.unavailable in repr(result)


def test_a_word_that_is_no_measure_is_refused_with_those_that_are(evaluation):
    with pytest.raises(InputError, match="expected one of rate, frequency, rmst"):
        evaluation["odds"]


def test_fits_horizon_and_prognosis_are_kept_and_only_the_horizon_is_saved(evaluation, tmp_path):
    assert [fit.model.name for fit in evaluation.fits] == ["rate", "survival"]
    assert all(isinstance(fit, Fit) for fit in evaluation.fits)
    assert evaluation.horizon == 365.0
    assert evaluation.prognostic.score.word
    path = ds.save_evaluation(evaluation, tmp_path / "evaluation.nc")
    assert b"copas" in path.read_bytes()
    loaded = ds.load_evaluation(path)
    assert loaded.horizon == 365.0
    assert (loaded.fits, loaded.prognostic) == ((), None)
    assert repr(loaded["rate"].row) == repr(evaluation["rate"].row)
    assert pickle.loads(pickle.dumps(evaluation)).horizon == 365.0  # noqa: S301


def test_the_prognosis_has_no_level_that_few_people_have(study):
    people = study[0].people
    place = people.groupby("programme").cumcount()  # 3 participants, 5 others
    rare = place < np.where(people["programme"] == 1, 3, 5)
    people = people.assign(wing=np.where(rare, "B", "A"))
    roles = {name: name for name in ("reoffended", "days")}
    cohort = ds.Cohort(people, treatment="programme", person="id", follow_up=365, **roles)
    design = ds.build_design(cohort, "age + C(wing)", method=ds.RadiusMatching(2.0))
    found = ds.evaluate(cohort, design, models=[ds.RateModel()], inference="laplace", seed=1)
    assert not any("wing" in name for name in found.prognostic.table["covariate"])


def test_the_probability_is_that_of_every_posterior_interval_and_of_no_check(study):
    cohort, design = study
    given = {"models": [ds.RateModel()], "inference": "laplace", "seed": 3}
    wide, narrow = (ds.evaluate(cohort, design, probability=p, **given) for p in (0.95, 0.5))
    lower, upper = np.quantile(wide["rate"].effect.draws, [0.25, 0.75], method="hazen")
    assert narrow["rate"].row.lower == pytest.approx(lower)
    assert narrow["rate"].row.upper == pytest.approx(upper)
    assert narrow["rate"].effect.probability == 0.5
    # a check of 95% is held against the posterior's 95%
    assert [c.agrees for c in narrow.checks] == [c.agrees for c in wide.checks]
    with pytest.raises(InputError, match="probability: expected a number above 0 and below 1"):
        ds.evaluate(cohort, design, probability=95)


def test_a_design_without_a_formula_gives_models_no_covariates(study):
    cohort, _ = study
    even = Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)
    fit = ds.fit_model(ds.RateModel(), cohort, even, inference="laplace")
    assert fit.covariate_names == ()
    assert ds.fit_model(ds.RateModel(), *study, inference="laplace").covariate_names == (
        "age",
        "copas",
    )


@pytest.mark.parametrize("probability", [0.95, 0.9])
def test_a_check_is_held_against_the_posterior_at_its_own_probability(evaluation, probability):
    effect = evaluation["rate"].effect
    made = next(check for check in evaluation["rate"].checks if check.agrees is not None)
    kept = {name: value for name, value in vars(made).items() if not name.startswith("agree")}
    kept |= {"scale": Scale.DIFFERENCE, "check": "weighted_difference_hc3"}
    limits = np.quantile(
        effect.draws, [(1 - probability) / 2, (1 + probability) / 2], method="hazen"
    )
    # an interval that only just misses that of the posterior has nothing in common with it
    apart = Check(
        **kept | {"probability": probability, "lower": limits[1] + 1e-9, "upper": limits[1] + 0.1}
    )
    assert compare_check(apart, effect).agreement != "agrees"
    alike = Check(**kept | {"probability": probability, "lower": limits[0], "upper": limits[1]})
    assert compare_check(alike, effect).agrees
