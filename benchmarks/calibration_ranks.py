"""Simulation-based calibration, to see that a posterior is that of the model it names.

For every model without weights, parameters are drawn from the priors and data from the
likelihood, written here in NumPy and apart from the package; the model is fitted, and the rank
of the true parameter among thinned posterior draws is noted. Over many simulations the ranks
of each parameter and of each effect are uniform if the likelihood, the engine and the
predictions are right (Talts et al. 2018; Modrak et al. 2023 for the effects). Weighted fits
are not for this: a likelihood raised to weights generates no data; see coverage.py.

Prints one JSON object with the counts of the ranks and two p-values of uniformity for each
quantity; a table goes to standard error.

    python benchmarks/calibration_ranks.py --simulations 400 --models rate frequency
"""

import argparse
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run
from numpy.typing import NDArray

import desist as ds
from desist.cohort.court import CUSTODY, TIERS, CourtCounts
from desist.design.design import Design
from desist.effects import estimate_effects
from desist.effects.court import fit_court_outcomes
from desist.execution import run_tasks
from desist.models.families import (
    Exponential,
    FrequencyFamily,
    Hurdle,
    LogLogistic,
    LogNormal,
    MixtureCure,
    NegativeBinomial,
    Pieces,
    Poisson,
    SurvivalFamily,
    Weibull,
    ZeroInflated,
)
from desist.models.fit import Fit, Model, fit_model
from desist.models.predictors import make_predictors
from desist.models.priors import Normal, Priors
from desist.models.severity import CustodyModel, SeverityModel
from desist.sample import build_sample

type Floats = NDArray[np.float64]
type Truth = dict[str, Floats]
type Simulate = Callable[["World", Truth, np.random.Generator], dict[str, Floats]]

N_TREATED, N_COMPARISON = SIZES = 60, 200
FOLLOW_UP = 364.0  # whole weeks
N_RANKS = 100  # among 99 draws
N_BINS = 20
PRIORS = Priors(Normal(-0.3, 0.7), Normal(0.0, 0.7), Normal(0.0, 0.5))
SHAPE = Normal(0.0, 0.4)
LOGISTIC_DEVIATION = math.pi / math.sqrt(3)
CUTS = (91.0, 182.0)
EIGHTHS = (30.0, 60.0, 90.0, 130.0, 180.0, 230.0, 290.0)
STEP = Normal(0.0, 0.5 * math.sqrt(3 / 7))
TREATED_ODDS = "log_odds_inflated_treatment"


@dataclass(frozen=True, eq=False)
class World:
    """The people, the same in all simulations, without their outcomes.

    Attributes
    ----------
    people : DataFrame
        Programme, covariates, days of follow-up.
    treated : ndarray of float, shape (n_people,)
        1 for those who took part.
    covariates : ndarray of float, shape (n_people, 2)
        As the models see them.
    time_at_risk : ndarray of float, shape (n_people,)
        Fraction of the longest follow-up.
    """

    people: pd.DataFrame
    treated: Floats
    covariates: Floats
    time_at_risk: Floats

    def level(self, truth: Truth) -> Floats:
        """Return the linear predictor."""
        level = truth["intercept"] + truth["treatment"] * self.treated
        return np.asarray(level + self.covariates @ truth["covariates"])

    def by_arm(self, truth: Truth, name: str, ratio: str | None = None) -> Floats:
        """Return a parameter of each person's arm, exponentiated."""
        log = truth[name] + truth[ratio or f"{name}_ratio"] * self.treated
        return np.exp(log)

    def censor(self, time: Floats) -> dict[str, Floats]:
        """Turn true times, as fractions of the longest follow-up, into columns."""
        happened = time < self.time_at_risk
        return {
            "reoffended": happened.astype(float),
            "days": np.where(happened, time * FOLLOW_UP, np.nan),
        }


@dataclass(frozen=True)
class Case:
    """A model, its parameters beside the linear predictor, and how it makes data.

    Attributes
    ----------
    model : Model
        With its priors.
    extra : mapping of str to (Normal, int)
        Prior and number of values (0 for a scalar) of each further parameter.
    simulate : callable
        (world, truth, rng) to outcome columns.
    same_follow_up : bool
        Whether everybody is followed for equally long.
    """

    model: Model
    extra: Mapping[str, tuple[Normal, int]]
    simulate: Simulate
    same_follow_up: bool = False


def draw_rate(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    probability = 1 / (1 + np.exp(-world.level(truth)))
    return {"reoffended": (rng.random(len(probability)) < probability).astype(float)}


def draw_frequency(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    shape = world.by_arm(truth, "log_dispersion")
    personal = rng.gamma(shape, 1 / shape)
    mean = np.exp(world.level(truth)) * world.time_at_risk
    return {"offences": rng.poisson(mean * personal).astype(float)}


def draw_inflated(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    never = 1 / (1 + np.exp(-np.log(world.by_arm(truth, "log_odds_inflated", TREATED_ODDS))))
    shape = world.by_arm(truth, "log_dispersion")
    mean = np.exp(world.level(truth)) * world.time_at_risk / (1 - never)
    counts = rng.poisson(mean * rng.gamma(shape, 1 / shape))
    return {"offences": np.where(rng.random(len(never)) < never, 0, counts).astype(float)}


def draw_hurdle(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    from scipy.stats import nbinom

    hazard = np.exp(world.level(truth)) * world.time_at_risk
    mean = hazard * world.by_arm(truth, "log_repeats", "log_repeats_treatment")
    shape = world.by_arm(truth, "log_dispersion")
    none = (shape / (shape + mean)) ** shape
    positive = nbinom.ppf(none + (1 - none) * rng.random(len(mean)), shape, shape / (shape + mean))
    some = rng.random(len(mean)) < -np.expm1(-hazard)
    return {"offences": np.where(some, np.maximum(positive, 1), 0).astype(float)}


def draw_poisson(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    mean = np.exp(world.level(truth)) * world.time_at_risk
    return {"offences": rng.poisson(mean).astype(float)}


def draw_process(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    # Up to s of the horizon s^k m g offences are expected; given their number they fall
    # independently, and whole days are recorded.
    shape, steepness = world.by_arm(truth, "log_dispersion"), np.exp(truth["log_shape"])
    personal = rng.gamma(shape, 1 / shape)
    mean = np.exp(world.level(truth)) * world.time_at_risk**steepness
    offences = rng.poisson(mean * personal)
    first = [
        world.time_at_risk[i] * min(rng.random(n) ** (1 / steepness)) if n else math.inf
        for i, n in enumerate(offences)
    ]
    columns = world.censor(np.array(first))
    return columns | {"offences": offences.astype(float), "days": np.floor(columns["days"])}


def draw_weibull(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    hazard = rng.exponential(size=len(world.treated)) / np.exp(world.level(truth))
    return world.censor(hazard ** (1 / world.by_arm(truth, "log_shape")))


def draw_weeks(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    columns = draw_weibull(world, truth, rng)
    return columns | {"days": 7 * np.ceil(columns["days"] / 7)}


def draw_exponential(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    return world.censor(rng.exponential(size=len(world.treated)) / np.exp(world.level(truth)))


def draw_log_logistic(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    logistic = rng.logistic(size=len(world.treated))
    return world.censor(np.exp((logistic - world.level(truth)) / world.by_arm(truth, "log_shape")))


def draw_log_normal(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    normal = LOGISTIC_DEVIATION * rng.standard_normal(len(world.treated))
    return world.censor(np.exp((normal - world.level(truth)) / world.by_arm(truth, "log_shape")))


def draw_pieces(*cuts: float) -> Simulate:
    def draw(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
        ends = np.array([0.0, *cuts, FOLLOW_UP]) / FOLLOW_UP
        needed = rng.exponential(size=len(world.treated)) / np.exp(world.level(truth))
        time = np.empty(len(needed))
        for arm in (0, 1):
            steps = truth["log_hazard_steps"] + arm * truth["log_hazard_steps_ratio"]
            share = np.exp(np.cumsum([0.0, *steps])) * np.diff(ends)
            reached = np.array([0.0, *np.cumsum(share / share.sum())])
            of_arm = world.treated == arm
            time[of_arm] = np.interp(needed[of_arm], reached, ends, right=math.inf)
        return world.censor(time)

    return draw


def draw_cure(world: World, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    n_people = len(world.treated)
    free = np.exp(-np.exp(world.level(truth)))
    log_odds = truth["log_odds_cured"] + truth["log_odds_cured_treatment"] * world.treated
    cured = free / (1 + np.exp(-log_odds))  # a share of those who are free at the horizon
    hazard = -np.log((free - cured) / (1 - cured))
    time = (rng.exponential(size=n_people) / hazard) ** (1 / world.by_arm(truth, "log_shape"))
    return world.censor(np.where(rng.random(n_people) < cured, math.inf, time))


def survival(family: SurvivalFamily, **settings: Any) -> Model:
    """Return a survival model of a family."""
    return ds.SurvivalModel("age + priors", (), PRIORS, family, **settings)


DISPERSIONS = {"log_dispersion": (Normal(0.0, 0.7), 0), "log_dispersion_ratio": (SHAPE, 0)}
SHAPES = {"log_shape": (SHAPE, 0), "log_shape_ratio": (SHAPE, 0)}
STEPS = {"log_hazard_steps": (SHAPE, 2), "log_hazard_steps_ratio": (SHAPE, 2)}
CURED = {
    "log_odds_cured": (Normal(0.0, 1.0), 0),
    "log_odds_cured_treatment": (Normal(0.0, 0.7), 0),
}
INFLATED = {"log_odds_inflated": (Normal(-0.5, 0.7), 0), TREATED_ODDS: (SHAPE, 0)}
REPEATS = {"log_repeats": (Normal(0.3, 0.5), 0), "log_repeats_treatment": (SHAPE, 0)}


def frequency(family: FrequencyFamily) -> Model:
    """Return a frequency model of a family."""
    return ds.FrequencyModel("age + priors", (), PRIORS, family)


def list_priors(parameters: dict[str, tuple[Normal, int]]) -> dict[str, Normal]:
    """Return the priors of some parameters as the settings of a family."""
    return {name: prior for name, (prior, _) in parameters.items()}


CASES = {
    "rate": Case(ds.RateModel("age + priors", (), PRIORS), {}, draw_rate, same_follow_up=True),
    "frequency": Case(
        frequency(NegativeBinomial(**list_priors(DISPERSIONS))), DISPERSIONS, draw_frequency
    ),
    "survival, weibull": Case(survival(Weibull(SHAPE, SHAPE)), SHAPES, draw_weibull),
    "survival, weibull, weeks": Case(
        survival(Weibull(SHAPE, SHAPE), recorded_in=7.0), SHAPES, draw_weeks
    ),
    "survival, exponential": Case(survival(Exponential()), {}, draw_exponential),
    "survival, log_normal": Case(survival(LogNormal(SHAPE, SHAPE)), SHAPES, draw_log_normal),
    "survival, log_logistic": Case(survival(LogLogistic(SHAPE, SHAPE)), SHAPES, draw_log_logistic),
    "survival, piecewise_exponential": Case(
        survival(Pieces(CUTS, SHAPE, SHAPE)), STEPS, draw_pieces(*CUTS)
    ),
    "survival, mixture_cure": Case(
        survival(MixtureCure(**list_priors(SHAPES | CURED))),
        SHAPES | CURED,
        draw_cure,
    ),
    "process": Case(
        ds.ProcessModel("age + priors", (), PRIORS, Normal(0.0, 0.7), SHAPE, SHAPE),
        DISPERSIONS | {"log_shape": (SHAPE, 0)},
        draw_process,
    ),
    # new cases stand last: their place is part of the seed
    "frequency, zero_inflated": Case(
        frequency(ZeroInflated(**list_priors(DISPERSIONS | INFLATED))),
        DISPERSIONS | INFLATED,
        draw_inflated,
    ),
    "frequency, hurdle": Case(
        frequency(Hurdle(**list_priors(DISPERSIONS | REPEATS))),
        DISPERSIONS | REPEATS,
        draw_hurdle,
    ),
    "frequency, poisson": Case(frequency(Poisson()), {}, draw_poisson),
    # what the default settles for, with cut points that do not hang on the data
    "survival, eight pieces": Case(
        survival(Pieces(EIGHTHS, STEP, STEP)),
        {"log_hazard_steps": (STEP, 7), "log_hazard_steps_ratio": (STEP, 7)},
        draw_pieces(*EIGHTHS),
    ),
}
COURT = {
    "custody": (CustodyModel(), CUSTODY),
    "severity": (SeverityModel(), TIERS),
}


def make_world(*, same_follow_up: bool) -> World:
    """Make the people."""
    rng = np.random.default_rng(2017)
    n_people = N_TREATED + N_COMPARISON
    weeks = rng.integers(26, 53, n_people) if not same_follow_up else np.full(n_people, 52)
    weeks[0] = 52
    people = pd.DataFrame(
        {
            "programme": np.arange(n_people) < N_TREATED,
            "age": rng.normal(33, 9, n_people).round(1),
            "priors": rng.poisson(4, n_people),
            "follow_up": 7.0 * weeks,
        }
    )
    cohort = make_cohort(people.assign(reoffended=1.0))
    predictors = make_predictors(
        build_sample(cohort, make_design(cohort), FOLLOW_UP), "age + priors", ()
    )
    time_at_risk = people["follow_up"].to_numpy() / FOLLOW_UP
    return World(people, predictors.treatment, predictors.covariates, time_at_risk)


def make_cohort(people: pd.DataFrame) -> ds.Cohort:
    """Make a cohort of people with some of the outcomes."""
    roles = {name: name for name in ("reoffended", "offences", "days") if name in people}
    return ds.Cohort(people, treatment="programme", follow_up="follow_up", **roles)


def make_design(cohort: ds.Cohort) -> Design:
    """Give everybody weight 1."""
    return Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)


def draw_truth(case: Case, rng: np.random.Generator) -> Truth:
    """Draw all parameters from the priors that the model was given."""
    priors = case.model.priors
    asked = {
        "intercept": (priors.intercept, 0),
        "treatment": (priors.treatment, 0),
        "covariates": (priors.covariates, 2),
        **case.extra,
    }
    drawn = {
        name: np.asarray(rng.normal(prior.mean, prior.scale, size or None))
        for name, (prior, size) in asked.items()
    }
    # the prior is that of the middle between the arms
    return drawn | {"intercept": drawn["intercept"] - drawn["treatment"] / 2}


def simulate(job: tuple[str, int, str]) -> dict[str, Any] | str:
    """Make one simulation and rank the truth; a refusal is returned by its name."""
    try:
        return simulate_court(job) if job[0] in COURT else simulate_people(job)
    except ds.CannotAnswerError as refusal:
        return f"{type(refusal).__name__}: {str(refusal).splitlines()[0]}"


def simulate_court(job: tuple[str, int, str]) -> dict[str, Any]:
    """Draw the court outcomes of both arms, and rank the true shares and differences."""
    name, number, engine = job
    model, categories = COURT[name]
    rng = np.random.default_rng([2018, list(COURT).index(name), number])
    n = len(categories) - 1
    baseline = rng.normal(model.baseline.mean, model.baseline.scale, n)
    effect = np.full(n, rng.normal(model.treatment.mean, model.treatment.scale))
    if model.is_hierarchical:
        effect += abs(rng.normal(0, model.spread.scale)) * rng.normal(size=n)
    odds = np.exp(np.column_stack([np.stack([baseline + effect, baseline]), [0.0, 0.0]]))
    shares = odds / odds.sum(axis=1, keepdims=True)
    people = rng.multinomial(SIZES, shares).tolist()
    counts = CourtCounts(*people, categories)
    fit = fit_court_outcomes(model, counts, inference=engine, seed=rng)
    ranks = {}
    for place, category in enumerate(categories):
        drawn = fit.draws.sel(category=category)
        for label, draws, true in (
            ("with", drawn["probability"].sel(arm="treated"), shares[0, place]),
            ("without", drawn["probability"].sel(arm="comparison"), shares[1, place]),
            ("difference", drawn["difference"], shares[0, place] - shares[1, place]),
        ):
            chosen = rng.choice(draws.to_numpy().ravel(), N_RANKS - 1, replace=False)
            ranks[f"{category}, {label}"] = int(np.sum(chosen < true))
    return {"ranks": ranks, "engine": fit.diagnostics.engine}


def simulate_people(job: tuple[str, int, str]) -> dict[str, Any]:
    """Draw the people's outcomes, and rank the true parameters and effects."""
    name, number, engine = job
    case = CASES[name]
    rng = np.random.default_rng([2017, list(CASES).index(name), number])
    world = make_world(same_follow_up=case.same_follow_up)
    truth = draw_truth(case, rng)
    cohort = make_cohort(world.people.assign(**case.simulate(world, truth, rng)))
    design = make_design(cohort)
    fit = fit_model(case.model, cohort, design, inference=engine, horizon=FOLLOW_UP, seed=rng)
    return {"ranks": rank(fit, truth, rng), "engine": fit.diagnostics.engine}


def rank(fit: Fit, truth: Truth, rng: np.random.Generator) -> dict[str, int]:
    """Count, for each quantity, the thinned draws below its true value."""
    if set(fit.draws) != set(truth):
        raise ValueError(f"the model has {sorted(fit.draws)}, the simulation {sorted(truth)}")
    known = replace(
        fit, draws={name: value[np.newaxis, np.newaxis] for name, value in truth.items()}
    )
    true, found = list_quantities(known), list_quantities(fit)
    n_draws = next(iter(found.values())).size
    chosen = rng.choice(n_draws, N_RANKS - 1, replace=False)
    return {
        name: int(np.sum(draws.ravel()[chosen] < true[name].item()))
        for name, draws in found.items()
    }


def list_quantities(fit: Fit) -> dict[str, Floats]:
    """Return draws of each parameter and of each effect."""
    quantities = {}
    for name, draws in fit.draws.items():
        flat = draws.reshape(*draws.shape[:2], -1)
        for position in range(flat.shape[2]):
            label = name if draws.ndim == 2 else f"{name}[{position}]"
            quantities[label] = flat[..., position]
    for effect in estimate_effects(fit, calibrated=False):
        quantities[f"effect on {effect.measure}"] = effect.draws.to_numpy()
    return quantities


def summarise(name: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Test the ranks of each quantity for uniformity: chi-squared in bins, and the ECDF."""
    from scipy.stats import chisquare, kstest

    rng = np.random.default_rng(1)
    rows = []
    for quantity in found[0]["ranks"]:
        ranks = np.array([one["ranks"][quantity] for one in found])
        bins = np.bincount(ranks * N_BINS // N_RANKS, minlength=N_BINS)
        spread_out = (ranks + rng.random(len(ranks))) / N_RANKS  # uniform if the ranks are
        rows.append(
            {
                "model": name,
                "quantity": quantity,
                "simulations": len(ranks),
                "mean_rank": round(float((ranks + 0.5).mean() / N_RANKS), 4),
                "p_chi_squared": round(float(chisquare(bins).pvalue), 5),
                "p_ecdf": round(float(kstest(spread_out, "uniform").pvalue), 5),
                "counts": np.bincount(ranks, minlength=N_RANKS).tolist(),
            }
        )
    return rows


def run(models: list[str], simulations: int, engine: str, workers: int) -> dict[str, Any]:
    """Run the simulations on a pool of processes; the same seeds whatever the pool."""
    start, ran = time.perf_counter(), describe_run()
    rows: list[dict[str, Any]] = []
    engines, refused = {}, {}
    with ProcessPoolExecutor(workers) as pool:
        for name in models:
            jobs = [(name, number, engine) for number in range(simulations)]
            batch = max(1, simulations // (8 * workers))
            made = run_tasks(simulate, jobs, executor=pool, batch=batch, progress=name)
            found = [one for one in made if not isinstance(one, str)]
            refused[name] = dict(Counter(one for one in made if isinstance(one, str)))
            engines[name] = dict(Counter(one["engine"] for one in found))
            rows += summarise(name, found)
            table = pd.DataFrame(rows[-len(found[0]["ranks"]) :]).drop(columns="counts")
            print(table.to_string(index=False), engines[name], refused[name], file=sys.stderr)
    p_values = [row[test] for row in rows for test in ("p_chi_squared", "p_ecdf")]
    return {
        "benchmark": "calibration_ranks",
        **ran,
        "seconds": round(time.perf_counter() - start, 1),
        "inference": engine,
        "people": [N_TREATED, N_COMPARISON],
        "ranks": N_RANKS,
        "engines": engines,
        "refused": {name: reasons for name, reasons in refused.items() if reasons},
        "n_tests": len(p_values),
        "smallest_p": min(p_values),
        "smallest_p_bonferroni": min(1.0, round(min(p_values) * len(p_values), 5)),
        "share_of_p_below_5_percent": round(float(np.mean(np.array(p_values) < 0.05)), 4),
        "results": rows,
    }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=[*CASES, *COURT], choices=[*CASES, *COURT])
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--engine", default="auto", choices=["auto", "laplace", "nuts"])
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    result = run(chosen.models, chosen.simulations, chosen.engine, chosen.workers)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
