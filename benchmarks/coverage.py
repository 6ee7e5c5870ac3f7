r"""Is it right? How often, and at what width, 95 % intervals hold the effect of simulated studies.

Each cell (`coverage_cells.py`) simulates studies with a known effect, makes a design, fits every
model, and judges every method (`coverage_rivals.py`) by the same studies: bias in standard
deviations of the estimate, coverage, width, one-sided errors, and the interval score of Gneiting
and Raftery (2007, JASA 102, 359-378, section 6.2), width + (2 / alpha) x the distance by which the
truth is missed. Studies that are done are kept in a store and not done again. Prints one JSON
object; a table goes to standard error.

    python benchmarks/coverage.py --cells one_frailty wrong_form=50 --measures rate frequency \
        --store coverage.sqlite
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from coverage_cells import CELLS, EVERY, FORMULA, Cell, Study, draw_study
from coverage_rivals import MODEL_ALONE, POSTERIOR, Found, compare, correct_in_one_step
from machine import describe_run

import desist as ds
from desist.design.design import Design
from desist.effects import estimate_effects
from desist.errors import NotConvergedError
from desist.estimands import Estimand, Measure
from desist.execution import Store, run_tasks
from desist.models.fit import Fit
from desist.models.predictors import target_weights
from desist.sample import Sample, build_sample

MEASURES = (*EVERY, Measure.HAZARD_RATIO)
MODELS: dict[Any, frozenset[Measure]] = {
    ds.RateModel: frozenset({Measure.RATE}),
    ds.FrequencyModel: frozenset({Measure.FREQUENCY}),
    ds.SurvivalModel: frozenset(set(MEASURES) - {Measure.RATE, Measure.FREQUENCY}),
}
# a fifth of the draws that users get, to judge more studies; with groups more where these do not do
LAPLACE = ds.Laplace(draws=1000)
NESTED = (ds.Nested(draws=1500), ds.Nested())
TOGETHER = (MEASURES[:2], MEASURES[2:])  # measures that are judged in one go
MISS = 2 / 0.05  # the price of a unit by which an interval misses the truth
ROOMS = ("cohort", "design", "inference", "models", "effects", "checks")
QUICK = ("one_frailty_null", "more_for_low_risk")  # of a run that names no cell


@dataclass(frozen=True)
class Task:
    """One study to be judged."""

    cell: str
    seed: int
    measures: tuple[str, ...]


def replicate(task: Task) -> dict[str, Any]:
    """Judge every method by one study; a refusal of the package is returned by its name."""
    cell = CELLS[task.cell]
    rng = np.random.default_rng([task.seed, crc32(task.cell.encode())])
    study = draw_study(cell, rng)
    try:
        sample = build_sample(study.cohort, make_design(cell, study.cohort), horizon=365)
        found = list(answer(cell, sample, frozenset(map(Measure, task.measures)), task.seed, rng))
    except ds.CannotAnswerError as refusal:
        return {"refused": f"{type(refusal).__name__}: {str(refusal).splitlines()[0][:60]}"}
    truth = tell_truth(study, sample, task.measures)
    rows = [[str(measure), name, *limits, truth[measure]] for measure, name, limits in found]
    return {"rows": rows}


def make_design(cell: Cell, cohort: ds.Cohort) -> Design:
    """Make the design of a cell."""
    if cell.method is None:
        return Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT, formula=FORMULA)
    return ds.build_design(cohort, FORMULA, method=cell.method, estimand=cell.estimand)


def tell_truth(study: Study, sample: Sample, measures: tuple[str, ...]) -> dict[Measure, float]:
    """Tell the true effects on the people whom the design is about."""
    with_times = bool(MODELS[ds.SurvivalModel] & set(map(Measure, measures)))
    return study.tell(target_weights(sample.design), with_times=with_times)


def answer(
    cell: Cell,
    sample: Sample,
    measures: frozenset[Measure],
    seed: int,
    rng: np.random.Generator,
) -> Iterator[Found]:
    """Yield the answers of every method."""
    for kind, of_kind in MODELS.items():
        is_answerable = kind is not ds.RateModel or sample.followed_alike
        if measures & of_kind and is_answerable:
            yield from fit_and_correct(kind(covariates=cell.covariates), sample, seed, rng)
    table = sample.cohort.covariates
    matrix = table[[name.strip() for name in FORMULA.split("+")]].to_numpy(dtype=float)
    yield from compare(sample, matrix, measures, rng)


def fit_and_correct(
    model: Any, sample: Sample, seed: int, rng: np.random.Generator
) -> Iterator[Found]:
    """Fit a model and yield each effect: by default, of the model alone, corrected in one step."""
    fit = fit_quickly(model, sample, seed)
    for effect in estimate_effects(fit):
        measure, limits = effect.measure, effect.interval
        draws = effect.draws.to_numpy()
        found = (float(draws.mean()), limits.lower, limits.upper)
        alone = effect.correction
        before = None if alone is None else (alone.contrast, alone.lower, alone.upper)
        if measure is Measure.HAZARD_RATIO:  # its sampling distribution is even on the log scale
            found = (float(np.log(draws).mean()), *map(float, np.log(found[1:])))
            before = before and tuple(map(float, np.log(before)))
        yield measure, POSTERIOR, found
        if before is not None:
            yield measure, MODEL_ALONE, before
        if measure in {Measure.RATE, Measure.FREQUENCY}:
            yield measure, "one step, Dirichlet", correct_in_one_step(fit, measure, rng)


def fit_quickly(model: Any, sample: Sample, seed: int) -> Fit:
    """Fit a model with few draws, and with more where few of them tell enough."""
    if not sample.cohort.groups:
        return ds.fit_model(model, sample, inference=LAPLACE, seed=seed)
    few, many = NESTED
    try:
        return ds.fit_model(model, sample, inference=few, seed=seed)
    except NotConvergedError:
        return ds.fit_model(model, sample, inference=many, seed=seed)


def judge(rows: pd.DataFrame) -> pd.DataFrame:
    """Judge each answer by the truth."""
    below = np.maximum(rows["lower"] - rows["truth"], 0)
    above = np.maximum(rows["truth"] - rows["upper"], 0)
    return rows.assign(
        error=rows["estimate"] - rows["truth"],
        width=rows["upper"] - rows["lower"],
        too_high=(below > 0).astype(float),  # the interval lies above the truth
        too_low=(above > 0).astype(float),
        interval_score=rows["upper"] - rows["lower"] + MISS * (below + above),
        excludes_zero=((rows["lower"] > 0) | (rows["upper"] < 0)).astype(float),
    )


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Average the studies of each cell, measure and method, with Monte Carlo errors."""
    grouped = judge(rows).groupby(["cell", "measure", "method"], sort=False)
    table = pd.DataFrame({"replicates": grouped.size()})
    n = table["replicates"]
    means, spreads = grouped.mean(numeric_only=True), grouped.std(numeric_only=True)
    table["bias"] = means["error"]
    table["bias_sd"] = means["error"] / spreads["error"]
    table["bias_sd_error"] = 1 / np.sqrt(n)
    table["coverage"] = 1 - means["too_high"] - means["too_low"]
    variance = np.maximum(table["coverage"] * (1 - table["coverage"]), 1 / n)
    table["coverage_error"] = np.sqrt(variance / n)
    for name in ("width", "too_high", "too_low", "interval_score", "excludes_zero", "truth"):
        table[name] = means[name]
    table["interval_score_error"] = spreads["interval_score"] / np.sqrt(n)
    return table.reset_index()


def hash_sources() -> str:
    """Hash what the numbers depend on: the rooms of the package they come from, and these files."""
    package, here = Path(ds.__file__).parent, Path(__file__).parent
    files = [path for room in ROOMS for path in sorted((package / room).rglob("*.py"))]
    files += [package / "sample.py", package / "weights.py", *sorted(here.glob("coverage*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def list_tasks(cells: dict[str, int], measures: tuple[str, ...]) -> list[Task]:
    """List the studies: counts and times of one study are judged apart, and kept apart."""
    groups = [tuple(str(one) for one in group if one in measures) for group in TOGETHER]
    return [
        Task(name, seed, group)
        for name, many in cells.items()
        for group in groups
        if group
        for seed in range(many)
    ]


def run(
    cells: dict[str, int],
    measures: tuple[str, ...],
    *,
    workers: int = 1,
    store: Store | None = None,
    kept_only: bool = False,
) -> dict[str, Any]:
    """Run the cells on a pool of processes; the same seeds whatever the pool."""
    start, ran = time.perf_counter(), describe_run()
    tasks = list_tasks(cells, measures)
    if kept_only and store is not None:
        tasks = [tasks[position] for position in sorted(store.find(tasks))]
    with ProcessPoolExecutor(workers) as pool:
        results = run_tasks(
            replicate, tasks, executor=pool, batch=4, progress="studies", store=store
        )
    refused: Counter[str] = Counter()
    rows: list[list[Any]] = []
    for task, result in zip(tasks, results, strict=True):
        if "refused" in result:
            refused[f"{task.cell}: {result['refused']}"] += 1
        rows += [[task.cell, *row] for row in result.get("rows", [])]
    names = ["cell", "measure", "method", "estimate", "lower", "upper", "truth"]
    table = summarise(pd.DataFrame(rows, columns=names))
    print(table.round(3).to_string(index=False), file=sys.stderr)
    return {
        "benchmark": "coverage",
        **ran,
        "seconds": round(time.perf_counter() - start, 1),
        "null": [name for name in cells if CELLS[name].is_null],
        "refused": dict(refused),
        "results": json.loads(table.to_json(orient="records", double_precision=6)),
    }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, help="of cells that name no number")
    parser.add_argument(
        "--cells",
        nargs="+",
        default=list(QUICK),
        metavar="CELL[=REPLICATES]",
        help=f"all, or of {', '.join(CELLS)}; with a number, so many replicates of that one",
    )
    parser.add_argument("--measures", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--store", type=Path, help="file that keeps the studies that are done")
    parser.add_argument("--kept", action="store_true", help="tell of what the store has, do none")
    parser.add_argument("--mark", default="", help="of the store, in place of a hash of the code")
    arguments = parser.parse_args()
    asked = [cell.partition("=") for cell in arguments.cells]
    if arguments.cells == ["all"]:
        asked = [(name, "", "") for name in CELLS]
    unknown = [name for name, _, _ in asked if name not in CELLS]
    if unknown:
        parser.error(f"no such cell: {', '.join(unknown)}")
    cells = {
        name: int(number or arguments.replicates or CELLS[name].replicates)
        for name, _, number in asked
    }
    store = arguments.store and Store(arguments.store, arguments.mark or hash_sources())
    found = run(
        cells,
        tuple(arguments.measures),
        workers=arguments.workers,
        store=store,
        kept_only=arguments.kept,
    )
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
