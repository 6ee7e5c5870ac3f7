import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.design.design import Design
from desist.errors import InputError
from desist.estimands import Estimand, Measure

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module")
def recid():
    cohort = ds.datasets.recid_cohort()
    formula = "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married"
    design = ds.build_design(cohort, formula, method=ds.RadiusMatching())
    return cohort, design, ds.evaluate(cohort, design, inference="laplace", seed=1)


def test_posterior_and_checks_stand_side_by_side(recid):
    _, _, evaluation = recid
    rate = evaluation.table.query("measure == 'rate'")
    assert rate.iloc[0]["method"] == "posterior"
    assert {"welch", "weighted_difference_hc3"} <= set(rate["method"])
    assert list(evaluation.table.columns) == [
        "measure",
        "unit",
        "method",
        "scale",
        "estimate",
        "lower",
        "upper",
        "p_value",
        "probability_of_benefit",
        "applicable",
        "agrees",
        "agreement",
        "reason",
    ]


def test_without_covariates_the_posterior_agrees_with_the_weighted_difference(recid):
    cohort, design, evaluation = recid
    alone = ds.RateModel(covariates=None)
    fit = ds.fit_model(alone, cohort, design, inference="laplace", seed=1)
    (posterior,) = ds.estimate_effects(fit)
    rows = evaluation.table.query("measure == 'rate'").set_index("method")
    robust = rows.loc["weighted_difference_hc3"]
    error = (robust["upper"] - robust["lower"]) / 3.92
    assert posterior.estimate == pytest.approx(robust["estimate"], abs=0.2 * error)


def test_by_default_the_outcome_models_adjust_for_the_covariates_of_the_design(recid):
    cohort, design, evaluation = recid
    named = ds.RateModel(covariates=design.formula)
    fit = ds.fit_model(named, cohort, design, inference=ds.Laplace(draws=16000), seed=9)
    (expected,) = ds.estimate_effects(fit)
    found, spread = evaluation.effects[0], float(expected.draws.std())
    assert found.estimate == pytest.approx(expected.estimate, abs=0.05 * spread)
    assert evaluation.settings["models"][0]["covariates"] == "design"
    by_itself = ds.fit_model(ds.RateModel(), cohort, design, inference="laplace")
    assert by_itself.covariate_names == fit.covariate_names
    alone = ds.evaluate(cohort, design, covariates=None, inference="laplace", seed=1)
    assert alone.settings["models"][0]["covariates"] is None
    assert abs(alone.effects[0].estimate - found.estimate) > 0.1 * spread


def test_a_covariate_that_is_the_same_for_everybody_compared_is_left_out_and_named():
    people = ds.simulate_cohort(60, 200, rng=4, n_groups=0).cohort.people
    last = np.arange(260) == 259
    people = people.assign(wing=np.where(last, "B", "A"), floor=np.where(last, 2, 1))
    roles = {name: name for name in ("reoffended", "offences", "days")}
    cohort = ds.Cohort(people, treatment="programme", person="id", follow_up=365, **roles)
    weights = np.where(people["wing"] == "A", 1.0, 0.0)
    design = Design(weights, cohort.treated, Estimand.ATT, formula="age + wing + floor")
    evaluation = ds.evaluate(cohort, design, inference="laplace", seed=1)
    expected = (
        "The outcome models leave out a level of wing, floor: the same for everybody who is "
        "compared."
    )
    assert expected in evaluation.warnings
    for covariate in ("wing", "floor"):  # asked for by name it is a mistake
        with pytest.raises(InputError, match=f"{covariate}: expected values that differ"):
            ds.evaluate(cohort, design, covariates=f"age + {covariate}", inference="laplace")


def test_a_measure_that_cannot_be_had_is_named_with_the_reason(recid):
    _, _, evaluation = recid
    assert evaluation.unavailable == {Measure.FREQUENCY: "the cohort has no column of offences"}


def test_dropped_participants_rename_the_estimand_and_are_counted(recid):
    _, design, evaluation = recid
    assert evaluation.estimand is Estimand.MATCHED_ATT
    assert evaluation.design["n_treated_dropped"] == design.n_treated_dropped > 0
    assert any("had no suitable comparison person" in warning for warning in evaluation.warnings)


def test_participants_have_on_average_what_was_observed_of_them(recid):
    cohort, design, evaluation = recid
    people = cohort.people[cohort.treated & (design.weights > 0)]
    reoffended, days = people[cohort.reoffended] == 1, people[cohort.days]
    found = {effect.measure: float(effect.treated.mean()) for effect in evaluation.effects[:-1]}
    assert found[Measure.RATE] == pytest.approx(reoffended.mean(), abs=1e-9)
    assert found[Measure.TIME_AMONG_REOFFENDERS] == pytest.approx(days[reoffended].mean(), abs=1e-6)
    # a product of two corrected averages, right but for their covariance
    free = days.where(reoffended, evaluation.horizon).mean()
    assert found[Measure.RMST] == pytest.approx(free, abs=0.02)


def test_draws_have_chains_and_draws_for_every_measure(recid):
    _, _, evaluation = recid
    assert evaluation.draws["rate_difference"].dims == ("chain", "draw")
    assert evaluation.draws.sizes["chain"] == 1  # independent draws are no chains
    difference = evaluation.draws["rate_treated"] - evaluation.draws["rate_comparison"]
    assert np.allclose(difference, evaluation.draws["rate_difference"])


def test_nothing_about_a_person_is_in_the_repr_or_the_settings(recid):
    cohort, _, evaluation = recid
    shown = repr(evaluation) + repr(evaluation.settings) + repr(cohort)
    assert "1445" in repr(cohort)
    assert "441" not in shown  # the age in months of the first man


def test_a_design_of_other_people_is_refused(recid):
    cohort, _, _ = recid
    other = ds.Cohort(pd.DataFrame({"t": [1, 0], "x": [1.0, 2.0]}), treatment="t")
    design = ds.build_design(other, None, method=ds.GivenWeights("x"))
    with pytest.raises(InputError) as caught:
        ds.evaluate(cohort, design)
    assert str(caught.value) == (
        "sample: 1 fault\n"
        "  - design: expected one of this cohort, found another one (2 people, the "
        "cohort has 1445); build the design again from the cohort that it is used for"
    )


def test_scaling_all_weights_changes_nothing_anywhere():
    rng = np.random.default_rng(9)
    n = 300
    offences = rng.poisson(rng.gamma(0.4, 2.0, n))
    people = pd.DataFrame(
        {
            "programme": (np.arange(n) < 60).astype(int),
            "reoffended": (offences > 0).astype(int),
            "offences": offences,
            "days": np.where(offences > 0, rng.integers(0, 365, n), np.nan),
            "weight": rng.gamma(2.0, 0.5, n),
        }
    )
    tables = []
    for factor in (1.0, 10.0):
        cohort = ds.Cohort(
            people.assign(weight=factor * people["weight"]),
            treatment="programme",
            reoffended="reoffended",
            offences="offences",
            days="days",
        )
        design = ds.build_design(cohort, None, method=ds.GivenWeights("weight"))
        tables.append(ds.evaluate(cohort, design, inference="laplace", seed=4).table)
    numbers = ["estimate", "lower", "upper", "p_value"]
    np.testing.assert_allclose(tables[0][numbers], tables[1][numbers], rtol=1e-6)
    assert tables[0]["applicable"].equals(tables[1]["applicable"])


def simulate(seed, n_treated=60, n_comparison=400):
    return ds.simulate_cohort(n_treated, n_comparison, rng=seed, n_groups=0).cohort


def weigh_equally(cohort, weights=None):
    weights = np.ones(cohort.n_people) if weights is None else weights
    return Design(weights, cohort.treated, Estimand.ATT)


def test_evaluations_of_two_programmes_with_one_seed_are_independent():
    first, second = (
        ds.evaluate(cohort, weigh_equally(cohort), inference="laplace").draws["rate_difference"]
        for cohort in (simulate(1), simulate(2))
    )
    assert abs(np.corrcoef(first.to_numpy().ravel(), second.to_numpy().ravel())[0, 1]) < 0.06


def test_within_a_shorter_horizon_checks_and_posterior_are_about_the_same_people():
    cohort = simulate(3)
    found = ds.evaluate(cohort, weigh_equally(cohort), inference="laplace", horizon=90.0)
    days = cohort.people["days"].to_numpy()
    within = np.where(np.isnan(days), False, days <= 90)
    raw = within[cohort.treated].mean() - within[~cohort.treated].mean()
    welch = next(c for c in found.checks if (c.measure, c.check) == (Measure.RATE, "welch"))
    assert welch.estimate == pytest.approx(raw)
    among = next(row for row in found.measures if row.measure is Measure.TIME_AMONG_REOFFENDERS)
    assert among.n_treated == within[cohort.treated].sum()
    assert found.unavailable[Measure.FREQUENCY] == (
        "offences are counted over the whole follow-up and cannot be cut to the horizon"
    )
    frequency = [check for check in found.checks if check.measure is Measure.FREQUENCY]
    assert not any(check.applicable for check in frequency)


def test_people_of_weight_zero_do_not_stretch_the_horizon():
    people = simulate(4).people.assign(followed=365.0)
    last = people.index[-1]
    for column, value in {"followed": 730.0, "reoffended": False, "days": np.nan}.items():
        people.loc[last, column] = value
    roles = {"treatment": "programme", "reoffended": "reoffended", "days": "days"}
    cohort = ds.Cohort(people, follow_up="followed", **roles)
    design = weigh_equally(cohort, np.where(np.arange(cohort.n_people) == last, 0.0, 1.0))
    found = ds.evaluate(cohort, design, inference="laplace")
    assert found.settings["horizon"] == 365.0
    with pytest.raises(InputError) as caught:
        ds.evaluate(cohort, design, horizon=730.0)
    assert str(caught.value) == (
        "sample: 1 fault\n"
        "  - horizon: expected days above 0 and up to 365, which some of each arm were followed "
        "for, found 730"
    )


def test_two_models_for_one_measure_are_refused():
    cohort = simulate(5)
    models = (ds.RateModel(), ds.ProcessModel())
    with pytest.raises(InputError, match="expected one for each measure, found two for rate"):
        ds.evaluate(cohort, weigh_equally(cohort), models=models, inference="laplace")


@pytest.mark.parametrize("calibrated", [None, 1, "yes"])
def test_whether_averages_are_corrected_is_true_or_false(calibrated):
    cohort = simulate(5)
    with pytest.raises(InputError, match="calibrated: expected True or False, found"):
        ds.evaluate(cohort, weigh_equally(cohort), calibrated=calibrated)


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    cohort = simulate(5)
    with pytest.raises(InputError) as caught:
        ds.evaluate(cohort, weigh_equally(cohort), seed=seed)
    assert str(caught.value) == (
        f"evaluation: 1 fault\n  - seed: expected a whole number of at least 0, found {seed!r}"
    )


def test_a_design_of_people_who_have_changed_since_is_refused():
    cohort = simulate(6)
    design = ds.build_design(cohort, "age", method=ds.InverseProbability())
    older = ds.Cohort(cohort.people.assign(age=cohort.people["age"] + 1), **cohort.settings())
    with pytest.raises(InputError, match="expected one of this cohort, found one of people whose"):
        ds.evaluate(older, design)


def test_a_handful_of_participants_is_named_in_the_warnings():
    cohort = simulate(7, n_treated=12)
    found = ds.evaluate(cohort, weigh_equally(cohort), inference="laplace")
    assert "Only 12 participants are compared; the results rest on them." in found.warnings


def test_the_descriptive_measure_is_not_called_an_effect(recid):
    _, _, evaluation = recid
    assert "<Description of Time to first reoffence among reoffenders (days)" in repr(evaluation)
