"""Is it right? How often 95 % intervals cover the effect that cohorts were made with.

Each cell simulates cohorts with a known effect, makes a design, fits every model, and counts
for every measure and method how often the interval covers the effect on the people whom the
design is about. Beside the posterior stand the tests of the Justice Data Lab and mistakes
that are common elsewhere. Prints one JSON object; a table goes to standard error.

    python benchmarks/coverage.py --replicates 200 --cells like_the_report twelve_sites=50
"""

import argparse
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run
from numpy.typing import NDArray
from tqdm import tqdm

import desist as ds
from desist.checks.people.weighted import weighted_difference
from desist.checks.people.welch import welch
from desist.cohort.outcomes import Outcomes, read_outcomes
from desist.design.design import Design, draw_designs
from desist.design.weighting.by_score import InverseProbability
from desist.estimands import Estimand, Measure
from desist.models.predictors import FROM_DESIGN, target_weights

type Found = tuple[Measure, str, tuple[float, float, float]]
type Column = NDArray[Any]

# Other ethnicities differ from white in nothing here; as a level of three people in a hundred
# it would at times have no participant at all, and the score no estimate.
FORMULA = "age + copas + I(ethnicity == 'black') + I(ethnicity == 'asian')"
RIVAL_DRAWS = 200
COHORTS_WITH_DRAWN_DESIGNS = 50  # 200 designs a cohort take longer than all the rest


@dataclass(frozen=True)
class Cell:
    """A kind of study.

    Attributes
    ----------
    people : dict
        Arguments of `simulate_cohort`.
    method : Method or None
        Of the design; None compares everybody with weight 1.
    estimand : Estimand
        Asked for.
    covariates : str
        Of the outcome models: by default those of the design, as in `evaluate`.
    """

    people: dict[str, Any] = field(default_factory=dict)
    method: Any = field(default_factory=ds.RadiusMatching)
    estimand: Estimand = Estimand.ATT
    covariates: str = FROM_DESIGN


CELLS = {
    "like_the_report": Cell(),
    "no_effect": Cell({"rate_ratio": 1.0}),
    "effective_size_30": Cell({"n_comparison": 120}),
    "thirteen_reoffenders": Cell({"n_treated": 45, "rate_ratio": 1.0}),
    "ipw_ate": Cell({"confounding": 0.3}, InverseProbability(), Estimand.ATE),
    "twelve_sites": Cell(
        {
            "n_treated": 60,
            "n_comparison": 60,
            "n_groups": 12,
            "group_sd": 0.5,
            "confounding": 0.0,
            "rate_ratio": 0.6,
        },
        None,
    ),
    "wrong_form": Cell(covariates="age"),
}


def replicate(job: tuple[str, int]) -> list[dict[str, Any]] | str:
    """Evaluate one simulated cohort; a refusal of the package is returned by its name."""
    name, seed = job
    cell = CELLS[name]
    simulated = ds.simulate_cohort(rng=seed, **({"n_groups": 0} | cell.people))
    cohort = simulated.cohort
    try:
        design = make_design(cell, cohort)
        found = [
            *posteriors(cell, cohort, design, seed),
            *checks(cohort, design),
            *rivals(cohort, design, seed),
        ]
    except ds.CannotAnswerError as refusal:
        return f"{type(refusal).__name__}: {str(refusal).splitlines()[0][:60]}"
    truth = simulated.means_of(target_weights(design))
    size = design.effective_sample_size_comparison
    return [
        {"cell": name, "measure": str(measure), "method": method, "ess": size}
        | judge(truth[measure].difference, *limits)
        for measure, method, limits in found
    ]


def make_design(cell: Cell, cohort: ds.Cohort) -> Design:
    """Make the design of a cell."""
    if cell.method is None:
        return Design(np.ones(cohort.n_people), cohort.treated, cell.estimand)
    return ds.build_design(cohort, FORMULA, method=cell.method, estimand=cell.estimand)


def posteriors(cell: Cell, cohort: ds.Cohort, design: Design, seed: int) -> Iterator[Found]:
    """Fit every model and yield the posterior mean and interval of each difference."""
    for kind in (ds.RateModel, ds.FrequencyModel, ds.SurvivalModel):
        fit = ds.fit_model(kind(covariates=cell.covariates), cohort, design, seed=seed)
        for effect in ds.estimate_effects(fit):
            if effect.difference is not None:
                limits = (float(effect.draws.mean()), effect.interval.lower, effect.interval.upper)
                yield effect.measure, "posterior", limits
                if (alone := effect.correction) is not None:
                    before = (alone.contrast, alone.lower, alone.upper)
                    yield effect.measure, "posterior, model alone", before
    if cell.method is not None:
        fit = ds.fit_model(
            ds.RateModel(covariates=cell.covariates),
            cohort,
            design,
            inference=ds.Laplace(sandwich=True),
            seed=seed,
        )
        rate = ds.estimate_effects(fit)[0]
        limits = (float(rate.draws.mean()), rate.interval.lower, rate.interval.upper)
        yield Measure.RATE, "posterior, sandwich", limits


def checks(cohort: ds.Cohort, design: Design) -> Iterator[Found]:
    """Yield Welch on raw numbers, as the Justice Data Lab has it, and HC3 on the weights."""
    for measure, outcome, who in outcome_columns(read_outcomes(cohort)):
        data = (outcome[who], design.treated[who], design.weights[who])
        for name, test in (("welch", welch), ("weighted difference, HC3", weighted_difference)):
            finding = test(*data)
            if not math.isnan(finding.lower):
                yield measure, name, (finding.estimate, finding.lower, finding.upper)


def outcome_columns(outcomes: Outcomes) -> Iterator[tuple[Measure, Column, Column]]:
    """Yield each measure with its outcome and the people whom it is about."""
    everybody = np.ones(len(outcomes.time_at_risk), dtype=bool)
    yield Measure.RATE, outcomes.reoffended, everybody
    yield Measure.FREQUENCY, outcomes.offences, everybody
    yield Measure.RMST, outcomes.days, everybody  # nobody is lost before the horizon
    yield Measure.TIME_AMONG_REOFFENDERS, outcomes.days, outcomes.reoffended


def rivals(cohort: ds.Cohort, design: Design, seed: int) -> Iterator[Found]:
    """Yield what common mistakes make of the rate."""
    rng = np.random.default_rng(seed)
    reoffended = read_outcomes(cohort).reoffended.astype(float)
    arms = (design.treated, ~design.treated)

    # weights as frequency weights: a Beta posterior from sums of raw weights
    draws = [
        rng.beta(
            0.5 + design.weights[arm] @ reoffended[arm],
            0.5 + design.weights[arm] @ (1 - reoffended[arm]),
            4000,
        )
        for arm in arms
    ]
    yield Measure.RATE, "weights as frequencies", spread(draws[0] - draws[1])

    # the plain bootstrap of the people, their weights kept
    means = []
    for arm in arms:
        weights, outcome = design.weights[arm], reoffended[arm]
        times = rng.multinomial(len(weights), np.full(len(weights), 1 / len(weights)), 1000)
        means.append((times * weights) @ outcome / (times @ weights))
    yield Measure.RATE, "plain bootstrap", spread((means[0] - means[1])[np.isfinite(means[0])])

    # outcomes fixed, only the scores drawn: CausalPy's inverse-propensity posterior
    if design.scores is not None and seed < COHORTS_WITH_DRAWN_DESIGNS:
        drawn = [
            np.average(reoffended[arms[0]], weights=one.weights[arms[0]])
            - np.average(reoffended[arms[1]], weights=one.weights[arms[1]])
            for one in draw_designs(cohort, design, n_draws=RIVAL_DRAWS, rng=rng)
        ]
        yield Measure.RATE, "scores drawn, outcomes fixed", spread(np.array(drawn))


def spread(draws: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean and the 95 % limits of draws."""
    lower, upper = np.quantile(draws, [0.025, 0.975])
    return float(draws.mean()), float(lower), float(upper)


def judge(truth: float, estimate: float, lower: float, upper: float) -> dict[str, Any]:
    """Say whether an interval covers the truth, and whether it excludes no difference."""
    return {
        "covered": lower <= truth <= upper,
        "excludes_zero": lower > 0 or upper < 0,
        "width": upper - lower,
        "error": estimate - truth,
        "truth": truth,
    }


def summarise(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Average the replicates of each cell, measure and method, with Monte Carlo errors."""
    grouped = pd.DataFrame(rows).groupby(["cell", "measure", "method"], sort=False)
    table = grouped[["covered", "excludes_zero", "width", "error", "truth", "ess"]].mean()
    table.columns = ["coverage", "excludes_zero", "mean_width", "bias", "mean_truth", "mean_ess"]
    table.insert(0, "replicates", grouped.size())
    variance = table["coverage"] * (1 - table["coverage"])
    error = np.sqrt(np.maximum(variance, 1 / table["replicates"]) / table["replicates"])
    table.insert(2, "monte_carlo_error", error)
    return table.reset_index()


def run(cells: dict[str, int], workers: int) -> dict[str, Any]:
    """Run the cells on a pool of processes; the same seeds whatever the pool."""
    jobs = [(cell, seed) for cell, replicates in cells.items() for seed in range(replicates)]
    rows: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    start, ran = time.perf_counter(), describe_run()
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(replicate, jobs, chunksize=4)
        for job, found in zip(jobs, tqdm(results, total=len(jobs), disable=None), strict=True):
            if isinstance(found, str):
                refused[f"{job[0]}: {found}"] += 1
            else:
                rows += found
    table = summarise(rows)
    print(table.drop(columns=["mean_truth"]).to_string(index=False), file=sys.stderr)
    return {
        "benchmark": "coverage",
        **ran,
        "seconds": round(time.perf_counter() - start, 1),
        "replicates": cells,
        "refused": dict(refused),
        "results": json.loads(table.to_json(orient="records", double_precision=6)),
    }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument(
        "--cells",
        nargs="+",
        default=["like_the_report"],
        metavar="CELL[=REPLICATES]",
        help=f"of {', '.join(CELLS)}; with a number, so many replicates of that one",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    asked = [cell.partition("=") for cell in arguments.cells]
    unknown = [name for name, _, _ in asked if name not in CELLS]
    if unknown:
        parser.error(f"no such cell: {', '.join(unknown)}")
    cells = {name: int(number or arguments.replicates) for name, _, number in asked}
    print(json.dumps(run(cells, arguments.workers), indent=1))


if __name__ == "__main__":
    main()
