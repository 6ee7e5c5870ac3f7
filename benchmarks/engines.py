"""Laplace against NUTS, to see that both engines find the same posterior.

Every model without groups is fitted to every data set that has its outcome, once with each
engine, with so many draws that the Monte Carlo error is far below what is asked: means within
0.05 posterior standard deviations and standard deviations within 5 %, for every parameter and
every effect, or `inference="auto"` refuses Laplace there. The difference of two frequencies is
the exponential of a parameter whose own tails are heavy, and its standard deviation cannot be
measured by sampling: two runs of one engine differ by more than 5 %. Where the Monte Carlo error
of a ratio of standard deviations exceeds 1.25 %, half the distance between the 16 % and the 84 %
quantile stands in for the standard deviation, in the width and as the unit of the mean, which is
then the median; such a quantity is listed as `judged_by_quantiles`. Prints one JSON object; a
table goes to standard error.

    python benchmarks/engines.py --models rate frequency --data rossi few_people
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run
from numpy.typing import NDArray

import desist as ds
from desist.design.design import Design
from desist.effects import estimate_effects
from desist.inference.engines import KHAT_FOR_AUTO, Laplace, Nuts, forget_compiled_models
from desist.models.families import Pieces, SurvivalFamily
from desist.models.fit import Fit, Model, fit_model

type People = tuple[ds.Cohort, Design]

# One formula for all data sets, so that each model is compiled once for all of them.
COVARIATES = "age + priors"
MEAN_WITHIN = 0.05  # posterior standard deviations
SD_WITHIN = 0.05
LARGEST_SD_ERROR = SD_WITHIN / 4


def survival(family: str | SurvivalFamily) -> Model:
    """Return a survival model of a family."""
    return ds.SurvivalModel(COVARIATES, (), family=family)


MODELS: dict[str, Model] = {
    "rate": ds.RateModel(COVARIATES, ()),
    "frequency": ds.FrequencyModel(COVARIATES, ()),
    "frequency, zero_inflated": ds.FrequencyModel(COVARIATES, (), family="zero_inflated"),
    "frequency, hurdle": ds.FrequencyModel(COVARIATES, (), family="hurdle"),
    "frequency, poisson": ds.FrequencyModel(COVARIATES, (), family="poisson"),
    "survival, weibull": survival("weibull"),
    "survival, exponential": survival("exponential"),
    "survival, log_normal": survival("log_normal"),
    "survival, log_logistic": survival("log_logistic"),
    "survival, flexible": survival("flexible"),
    "survival, piecewise_exponential": survival(Pieces((91, 182))),
    "survival, mixture_cure": survival("mixture_cure"),
    "process": ds.ProcessModel(COVARIATES, ()),
}


def like_the_report() -> People:
    """83 participants and 5,514 weighted comparison people."""
    cohort = name_alike(ds.simulate_cohort(rng=2017, n_groups=0).cohort)
    formula = "age + copas + I(ethnicity == 'black') + I(ethnicity == 'asian')"
    return cohort, ds.build_design(cohort, formula, method=ds.RadiusMatching())


def many_offences() -> People:
    """150 and 600 people who offend much, weighted by the odds of taking part."""
    simulated = ds.simulate_cohort(
        150, 600, rng=7, n_groups=0, frequency=6.0, dispersion=1.2, rate_ratio=0.8
    )
    cohort = name_alike(simulated.cohort)
    return cohort, ds.build_design(cohort, "age + copas", method=ds.InverseProbability())


def few_people() -> People:
    """40 and 160 people, all of weight 1."""
    simulated = ds.simulate_cohort(40, 160, rng=3, n_groups=0, confounding=0.0, rate_ratio=0.6)
    cohort = name_alike(simulated.cohort)
    return cohort, compare_everybody(cohort)


def recid() -> People:
    """Return the prison work programme in North Carolina, matched; months, no offences."""
    cohort = name_alike(ds.datasets.recid_cohort())
    formula = "age + tserved + priors + rules + educ + black + alcohol + drugs"
    return cohort, ds.build_design(cohort, formula, method=ds.RadiusMatching())


def rossi() -> People:
    """Return the randomised financial aid in Maryland; weeks, no count of offences."""
    cohort = name_alike(ds.datasets.rossi_cohort())
    return cohort, compare_everybody(cohort)


DATA: dict[str, Callable[[], People]] = {
    "like_the_report": like_the_report,
    "many_offences": many_offences,
    "few_people": few_people,
    "recid": recid,
    "rossi": rossi,
}


def name_alike(cohort: ds.Cohort) -> ds.Cohort:
    """Call the number of earlier convictions the same in every data set."""
    names = {"prior_offences": "priors", "prio": "priors"}
    return ds.Cohort(cohort.people.rename(columns=names), **cohort.settings())


def compare_everybody(cohort: ds.Cohort) -> Design:
    """Make a design in which everybody has weight 1."""
    return Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)


def compare(
    name: str, data: str, people: People, laplace: Laplace, nuts: Nuts
) -> dict[str, Any] | None:
    """Fit one model to one data set with both engines; None where the outcome is missing."""
    row: dict[str, Any] = {"model": name, "data": data}
    start = time.perf_counter()
    try:
        first = fit_model(MODELS[name], *people, inference=Laplace(), seed=1)
        row["khat"] = first.diagnostics.khat
        many = fit_model(MODELS[name], *people, inference=laplace, seed=2)
        row["khat_many_draws"] = many.diagnostics.khat
    except ds.InputError:
        return None
    except ds.CannotAnswerError as refusal:
        row |= {"khat": row.get("khat", math.nan), "refusal": str(refusal).splitlines()[0]}
        many = None
    row["laplace_seconds"] = round(time.perf_counter() - start, 2)
    row["auto_takes_laplace"] = bool(row["khat"] < KHAT_FOR_AUTO)
    start = time.perf_counter()
    try:
        sampled = fit_model(MODELS[name], *people, inference=nuts, seed=3)
    except ds.CannotAnswerError as refusal:
        return row | {"nuts_refusal": str(refusal).splitlines()[0], "agrees": None}
    row["nuts_seconds"] = round(time.perf_counter() - start, 2)
    row["nuts_divergences"] = sampled.diagnostics.divergences
    return row | (judge(many, sampled) if many is not None else {"agrees": None})


def judge(approximated: Fit, sampled: Fit) -> dict[str, Any]:
    """Compare the posteriors of every parameter and every effect."""
    found, expected = dict(list_quantities(approximated)), dict(list_quantities(sampled))
    rows = [contrast(name, found[name], draws) for name, draws in expected.items()]
    far = max(rows, key=lambda row: row["mean_difference"])
    wide = max(rows, key=lambda row: abs(row["sd_ratio"] - 1))
    inside = far["mean_difference"] <= MEAN_WITHIN and abs(wide["sd_ratio"] - 1) <= SD_WITHIN
    by_sd = [row for row in rows if not row["by_quantiles"]]
    return {
        "agrees": bool(inside),
        "mean_difference": far["mean_difference"],
        "mean_difference_of": far["quantity"],
        "sd_ratio": wide["sd_ratio"],
        "sd_ratio_of": wide["quantity"],
        "mean_error": max(row["mean_error"] for row in by_sd),
        "sd_error": max(row["sd_error"] for row in by_sd),
        "judged_by_quantiles": [row["quantity"] for row in rows if row["by_quantiles"]],
        "quantities": rows,
    }


def list_quantities(fit: Fit) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield draws of each parameter and of each effect, shape (chains, draws)."""
    for name, draws in fit.draws.items():
        flat = draws.reshape(*draws.shape[:2], -1)
        for position in range(flat.shape[2]):
            label = name if draws.ndim == 2 else f"{name}[{position}]"
            yield label, flat[..., position]
    for effect in estimate_effects(fit, calibrated=False):
        yield f"effect on {effect.measure}", effect.draws.to_numpy()


def contrast(
    name: str, found: NDArray[np.float64], expected: NDArray[np.float64]
) -> dict[str, Any]:
    """Compare two posteriors of a quantity, with the Monte Carlo errors of the comparison."""
    sd_error = math.hypot(*(error_of(draws, "sd") for draws in (found, expected)))
    by_quantiles = sd_error > LARGEST_SD_ERROR
    middles, spreads = zip(
        *(locate(draws, by_quantiles) for draws in (found, expected)), strict=True
    )
    return {
        "quantity": name,
        "mean_difference": abs(middles[0] - middles[1]) / spreads[1],
        "sd_ratio": spreads[0] / spreads[1],
        "mean_error": math.hypot(*(error_of(draws, "mean") for draws in (found, expected))),
        "sd_error": sd_error,
        "ratio_of_plain_sds": float(found.std() / expected.std()),
        "by_quantiles": by_quantiles,
    }


def locate(draws: NDArray[np.float64], by_quantiles: bool) -> tuple[float, float]:
    """Return a middle and a spread."""
    if not by_quantiles:
        return float(draws.mean()), float(draws.std())
    lower, middle, upper = np.quantile(draws, [0.16, 0.5, 0.84])
    return float(middle), float(upper - lower) / 2


def error_of(draws: NDArray[np.float64], of: str) -> float:
    """Return the Monte Carlo error of a mean or standard deviation, in standard deviations."""
    from arviz_stats.base import array_stats

    return float(array_stats.mcse(draws, method=of)) / float(draws.std())


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare the engines in every case asked for."""
    start, ran = time.perf_counter(), describe_run()
    laplace = Laplace(draws=arguments.laplace_draws)
    nuts = Nuts(draws=arguments.draws, tune=arguments.tune)
    rows = []
    people = {data: DATA[data]() for data in arguments.data}
    for name in arguments.models:
        for data in arguments.data:
            row = compare(name, data, people[data], laplace, nuts)
            if row is not None:
                rows.append(row)
                short = {key: value for key, value in row.items() if key != "quantities"}
                print(json.dumps(short), file=sys.stderr, flush=True)
        forget_compiled_models()
    table = pd.DataFrame(rows).drop(columns="quantities", errors="ignore")
    print(table.to_string(index=False), file=sys.stderr)
    return {
        "benchmark": "engines",
        **ran,
        "seconds": round(time.perf_counter() - start, 1),
        "laplace_draws": laplace.draws,
        "nuts_draws": nuts.chains * nuts.draws,
        "asked": {"mean_difference": MEAN_WITHIN, "sd_ratio": SD_WITHIN, "khat": KHAT_FOR_AUTO},
        "not_shown": [
            f"{row['model']} on {row['data']}"
            for row in rows
            if row["auto_takes_laplace"] and not row["agrees"]
        ],
        "results": [make_plain(row) for row in rows],
    }


def make_plain(row: dict[str, Any]) -> dict[str, Any]:
    """Round numbers, and write what is not finite as null."""

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, 5) if math.isfinite(value) else None
        if isinstance(value, list):
            return [make_plain(item) if isinstance(item, dict) else item for item in value]
        return value

    return {name: plain(value) for name, value in row.items()}


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=list(DATA))
    parser.add_argument("--draws", type=int, default=5000, help="of NUTS, in each of 4 chains")
    parser.add_argument("--tune", type=int, default=1000)
    parser.add_argument("--laplace-draws", type=int, default=40000, help="in all")
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
