"""What a fit offers whatever its columns are called, whoever made it and wherever it goes."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.effects import estimate_effects, estimate_effects_by_group, estimate_survival
from desist.inference.diagnostics import Diagnostics
from desist.inference.engines import Laplace
from desist.models.families import Pieces
from desist.models.fit import fit_model
from desist.models.fitted import TAKEN, name_levels
from desist.models.frequency import FrequencyModel
from desist.models.predictors import MATCHED_SET
from desist.models.prior_predictive import sample_prior
from desist.models.priors import HalfNormal, Priors
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh

NARROW = Priors(group_intercept=HalfNormal(0.1), group_treatment=HalfNormal(0.1))
ENGINE = Laplace(draws=1000)  # the scale of so narrow a hierarchy suits it
MODELS = {
    "rate": RateModel(),
    "frequency": FrequencyModel(),
    "zero_inflated": FrequencyModel(family="zero_inflated"),
    "hurdle": FrequencyModel(family="hurdle"),
    "survival": SurvivalModel(),
    "pieces": SurvivalModel(family=Pieces((91.0,))),
    "weeks": SurvivalModel(recorded_in=400.0),
    "cure": SurvivalModel(family="mixture_cure"),
    "process": ProcessModel(),
}
NAMES = [
    "group", "weight", "treatment", "time", "chain", "draw", "covariate", "covariates", "x",
    "intercept", "outcome", "sample", "prison/wing", "log_shape", "log_odds_cured", "a b", "1", "é",
    "treatment_sd", "/", "..", "matched set", "offences",
]  # fmt: skip


def draw_from_prior(build, data, *, rng, **_):
    """An engine that is quick, for what has nothing to do with the data."""
    import pymc as pm

    built = build(data)
    variables = [*built.free_RVs, *built.deterministics]
    drawn = pm.draw(variables, draws=40, random_seed=rng, mode="FAST_COMPILE")
    draws = {
        variable.name: values.reshape(4, 10, *values.shape[1:])
        for variable, values in zip(variables, drawn, strict=True)
    }
    return draws, Diagnostics("laplace", khat=0.1)


def fit_groups(people, names, inference="laplace"):
    letters = np.array(list("ABCD"))[np.arange(400) % 4]
    columns = {"took": people["treated"], "again": people["reoffended"], "age": people["age"]}
    columns |= {name: np.roll(letters, shift) for shift, name in enumerate(names)}
    cohort = Cohort(pd.DataFrame(columns), treatment="took", reoffended="again", groups=names)
    model = RateModel(covariates="age", priors=NARROW)
    return fit_model(model, cohort, weigh(cohort), inference=inference)


def require_effects_of(fit, name, path):
    called = fit.group_variables[name]
    assert fit.posterior["posterior"][f"{called}_treatment"].dims == ("chain", "draw", called)
    assert list(fit.posterior["posterior"][called].to_numpy()) == list("ABCD")
    assert set(estimate_effects_by_group(fit, name)) == set("ABCD")
    fit.posterior.to_netcdf(path)
    assert fit.pymc_model.coords[called] == tuple("ABCD")
    assert "Fit of the rate model" in repr(pickle.loads(pickle.dumps(fit)))  # noqa: S301


@pytest.mark.parametrize("name", NAMES)
def test_any_column_can_be_a_grouping(people, name, tmp_path, monkeypatch):
    monkeypatch.setattr("desist.models.fit.draw_posterior", draw_from_prior)
    require_effects_of(fit_groups(people, [name]), name, tmp_path / "draws.nc")


def test_a_grouping_called_as_the_dimension_of_covariates_is_fitted(people, tmp_path):
    fit = fit_groups(people, ["covariate"], Laplace())
    require_effects_of(fit, "covariate", tmp_path / "draws.nc")


def test_groupings_whose_names_meet_are_kept_apart(people, monkeypatch):
    monkeypatch.setattr("desist.models.fit.draw_posterior", draw_from_prior)
    names = ["a b", "a_b", "a/b", "a_b_intercept"]
    fit = fit_groups(people, names)
    assert len(set(fit.group_variables.values())) == 4
    draws = [fit.draws[f"{fit.group_variables[name]}_intercept"] for name in names]
    assert not any(np.allclose(draws[0], other) for other in draws[1:])
    for name in names:
        assert list(estimate_effects_by_group(fit, name)) == list("ABCD")


def test_a_grouping_that_harms_nothing_keeps_its_name():
    levels = dict.fromkeys(("prison", "wing_2", MATCHED_SET), ("A", "B"))
    assert name_levels(levels) == levels


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_name_that_a_model_uses_is_out_of_the_reach_of_groupings(people, model):
    columns = {name: values for name, values in people.items() if name != "weight"}
    cohort = make_cohort(**columns)
    built = fit_model(model, cohort, weigh(cohort), inference=Laplace(draws=1000)).pymc_model
    own = {name for name in built.named_vars if not name.startswith("log_")}
    assert own <= TAKEN


@pytest.mark.parametrize("look", ["pymc_model", "posterior", "group_variables"])
def test_a_fit_that_was_looked_at_still_travels(people, look):
    cohort = make_cohort(**{name: people[name] for name in ("treated", "age", "reoffended")})
    fit = fit_model(RateModel("age"), cohort, weigh(cohort), inference=ENGINE)
    before = pickle.dumps(fit)
    getattr(fit, look)
    assert pickle.dumps(fit) == before
    again = pickle.loads(before)  # noqa: S301
    for other in (again, copy.copy(fit), copy.deepcopy(fit)):
        assert np.array_equal(other.predict(1)["rate"], fit.predict(1)["rate"])
        assert {v.name for v in other.pymc_model.free_RVs} == {
            v.name for v in fit.pymc_model.free_RVs
        }


@pytest.mark.parametrize("name", MODELS)
def test_the_model_of_a_fit_has_one_observation_a_person(people, name):
    weights = people["weight"] * (np.arange(400) % 5 > 0)  # some are not used
    columns = {name: values for name, values in people.items() if name != "weight"}
    cohort = make_cohort(**columns)
    fit = fit_model(MODELS[name], cohort, weigh(cohort, weights), inference=Laplace(draws=1000))
    by_person, collapsed = fit.pymc_model, fit.collapsed_model
    point = by_person.initial_point()
    quick = {"sum": False, "mode": "FAST_COMPILE"}
    rows = by_person.compile_logp([by_person["outcome"]], **quick)(point)[0]
    assert rows.shape == (320,)
    assert len(fit.data["weight"]) < 320
    # the same likelihood, person by person
    together = collapsed.compile_logp([collapsed["outcome"]], mode="FAST_COMPILE")(point)
    assert rows.sum() == pytest.approx(float(together), rel=1e-9)


def test_leave_one_out_counts_people():
    import arviz as az
    import pymc as pm

    rng = np.random.default_rng(0)
    treated = np.arange(200) < 40
    cohort = make_cohort(
        treated=treated.astype(int), age=rng.normal(35, 8, 200), reoffended=rng.integers(0, 2, 200)
    )
    for covariates in (None, "age"):
        fit = fit_model(RateModel(covariates), cohort, weigh(cohort), inference=ENGINE)
        with fit.pymc_model:
            tree = pm.compute_log_likelihood(fit.posterior, progressbar=False)
        assert az.loo(tree).n_data_points == 200


def make_studies(n_studies):
    studies = []
    for number in range(n_studies):
        rng = np.random.default_rng(number)
        n = 150 + 20 * number
        offences = rng.poisson(0.4 + 0.1 * number, n)
        cohort = make_cohort(
            treated=(np.arange(n) < 50).astype(int),
            age=rng.normal(35, 8, n),
            reoffended=(offences > 0).astype(int),
            offences=offences,
            days=np.where(offences > 0, rng.integers(0, 365, n), np.nan),
        )
        studies.append((cohort, weigh(cohort, rng.gamma(2.0, 0.5, n))))
    return studies


def test_fits_in_threads_are_those_of_one_after_the_other():
    studies = make_studies(8)
    engines = {
        RateModel("age"): Laplace(draws=4000, sandwich=True),
        FrequencyModel("age"): Laplace(draws=4000),
        SurvivalModel(): Laplace(draws=4000),
    }

    def answer(number):
        found = []
        for model, engine in engines.items():
            fit = fit_model(model, *studies[number], inference=engine, seed=1)
            found += [effect.draws.to_numpy() for effect in estimate_effects(fit)]
            if model.name == "survival":
                found.append(estimate_survival(fit, [91.0]).table.to_numpy())
            else:
                prior = sample_prior(fit, n_draws=10, seed=number)
                found.append(prior.draws["treatment"])
        return found

    alone = [answer(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(answer, range(8)))
    for one, other in zip(alone, together, strict=True):
        assert all(np.array_equal(first, second) for first, second in zip(one, other, strict=True))
