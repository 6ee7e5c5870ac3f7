"""Is it robust? Thousands of odd formulas, settings files, tables and saved evaluations.

2,000 formulas, 500 settings files, 500 tables and 100 netCDF files, each made from one seed and its
number, so that a case can be run again by itself. Asked of each:

- an answer, or an error of the package's own family, and no other exception;
- no more than ten seconds of the processor, and no crash of Python;
- no file written where the case was refused, and none at any time by a formula;
- nothing that was planted about one person (`fuzz_cases.SECRETS`) in messages, causes of errors,
  warnings, printed results or reports;
- no evaluation loaded that holds numbers which are none.

The cases run in a process of their own, which is started again where one of them ends it. Prints
one JSON object; the number of each failure is the case's, for `--only`:

    uv run python benchmarks/fuzz.py
    uv run python benchmarks/fuzz.py --share 0.05
    uv run python benchmarks/fuzz.py --kinds formulas --only 117
"""

import argparse
import contextlib
import io
import json
import logging
import math
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import fuzz_cases as cases
import numpy as np
from machine import describe_run

import desist as ds
from desist.errors import DesistError
from desist.sample import build_sample

COUNTS = {"formulas": 2000, "settings": 500, "tables": 500, "netcdf": 100}
MOST_SECONDS = 10  # of the processor, for one case
MOST_WAIT = 90.0  # seconds by the clock, after which a case's process is ended
MOST_MEMORY = 8 * 2**30
EVERY_FIT, EVERY_RUN = 100, 25  # one formula in so many is fitted, one file or table evaluated
MOST_EXAMPLES = 3


class HangError(BaseException):
    """A case took too much of the processor; no handler of errors may take it for one."""


@dataclass
class Outcome:
    """What became of one case."""

    result: str = "answered"
    failures: list[str] = field(default_factory=list)
    shown: str = ""  # the case, shortened
    said: list[str] = field(default_factory=list, repr=False)


def main() -> None:
    """Run the cases and print the object."""
    parser = argparse.ArgumentParser(description="Is it robust?")
    parser.add_argument("--share", type=float, default=1.0, help="of the cases, from the first")
    parser.add_argument("--kinds", nargs="+", choices=COUNTS, default=list(COUNTS))
    parser.add_argument("--seed", type=int, default=2017)
    parser.add_argument("--only", type=int, help="one case by number, with what it said")
    asked = parser.parse_args()
    if asked.only is not None:
        print(json.dumps(run_alone(asked.kinds[0], asked.seed, asked.only), indent=2))
        return
    start, ran = time.perf_counter(), describe_run()
    found = {}
    for kind in asked.kinds:
        n_cases = max(1, math.ceil(COUNTS[kind] * asked.share))
        found[kind] = summarise(run_kind(kind, asked.seed, n_cases))
    failures = sum(sum(kind["failures"].values()) for kind in found.values())
    seconds = round(time.perf_counter() - start, 1)
    ran |= {"seed": asked.seed, "seconds": seconds}
    print(json.dumps({"failures": failures} | found | ran, indent=2))


def run_alone(kind: str, seed: int, number: int) -> dict[str, Any]:
    """Run one case in this process."""
    with scratch():
        found = run_case(kind, seed, number)
    return {"case": found.shown, "result": found.result, "failures": found.failures} | {
        "said": [text[:2000] for text in found.said]
    }


def run_kind(kind: str, seed: int, n_cases: int) -> list[Outcome]:
    """Run all cases of a kind, in a process that is started again when a case ends it."""
    found: list[Outcome] = []
    while len(found) < n_cases:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, kind, seed, len(found), n_cases))
        process.start()
        theirs.close()
        try:
            while len(found) < n_cases:
                if not ours.poll(MOST_WAIT):
                    found.append(Outcome("ended", ["hang: ended from outside"]))
                    process.kill()
                    break
                found.append(ours.recv())
        except EOFError:
            process.join()
            found.append(Outcome("ended", [f"crash: exit code {process.exitcode}"]))
        process.join(MOST_WAIT if len(found) == n_cases else 0)
        process.kill()
        process.join()
    return found


def work(connection: Connection, kind: str, seed: int, first: int, n_cases: int) -> None:
    """Run cases in order and send what became of each."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with scratch():
        for number in range(first, n_cases):
            found = run_case(kind, seed, number)
            found.said = []
            connection.send(found)


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Work in an empty folder, so that what is written is found."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def run_case(kind: str, seed: int, number: int) -> Outcome:
    """Run one case and judge it."""
    rng = np.random.default_rng([seed, list(COUNTS).index(kind), number])
    prepare(kind, number)  # what all cases share is compiled and read outside the time limit
    found = Outcome()
    with listen(found.said), limit():
        try:
            RUNNERS[kind](rng, number, found)
        except DesistError as error:
            found.result = "refused"
            found.said += list_messages(error)
        except HangError:
            found.result = "failed"
            found.failures.append(f"hang: over {MOST_SECONDS} s of the processor")
        except Exception as error:  # noqa: BLE001 - any other is what is looked for
            found.result = "failed"
            found.said += list_messages(error)
            found.failures.append(f"raw: {type(error).__name__} at {find_place(error)}")
    judge(found)
    return found


@contextlib.contextmanager
def limit() -> Iterator[None]:
    """Raise `HangError` after so many seconds of the processor."""

    def stop(_signal: int, _frame: object) -> None:
        raise HangError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS, 1.0)
    try:
        yield
    except HangError:
        signal.setitimer(signal.ITIMER_PROF, 0)
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextlib.contextmanager
def listen(said: list[str]) -> Iterator[None]:
    """Collect what is printed, logged and warned of."""
    printed = io.StringIO()
    handler = logging.StreamHandler(printed)
    logging.getLogger().addHandler(handler)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            warnings.simplefilter("always")
            yield
    finally:
        logging.getLogger().removeHandler(handler)
        said += [printed.getvalue(), *(str(warning.message) for warning in warned)]


def judge(found: Outcome) -> None:
    """Add what was said and written to the failures of a case, and clear the folder."""
    text = "\n".join(found.said)
    if any(secret in text for secret in cases.SECRETS):
        places = [secret for secret in cases.SECRETS if secret in text]
        found.failures.append(f"leak: {LEAKS[places[0]]}")
    written = [path for path in Path().rglob("*") if path.is_file() and path.parts[0] != "given"]
    if written and (found.result == "refused" or any(p.parts[0] == "written" for p in written)):
        found.failures.append("written: a file, though refused or by a formula")
    for path in written:
        content = path.read_bytes().decode("utf-8", "replace")
        if any(secret in content for secret in cases.SECRETS):
            found.failures.append(f"leak: into {path.name}")
    for path in Path().iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


LEAKS = dict.fromkeys(cases.SECRETS, "a number of one person") | {
    "XQZ-": "an identifier",
    cases.RARE_LEVEL: "a level of one person",
    "qvarkel": "a free text",
}


def list_messages(error: BaseException) -> list[str]:
    """List the message of an error and of what a traceback would show as its causes."""
    said = []
    step: BaseException | None = error
    while step is not None:
        said += [str(step), *getattr(step, "__notes__", [])]
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return said


def find_place(error: BaseException) -> str:
    """Find the last line of the package that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/desist/" in frame.filename]
    if not ours:
        return "the benchmark"
    return f"{ours[-1].filename.rpartition('/desist/')[2]}:{ours[-1].name}"


@cache
def sound_people() -> Any:
    """Return the people that every case starts from."""
    return cases.make_people()


@cache
def sound_cohort() -> Any:
    """Return their cohort."""
    return ds.Cohort(sound_people(), **cases.ROLES)


@cache
def sound_design() -> Any:
    """Return a design of theirs."""
    return ds.build_design(sound_cohort(), "age + C(sex)", method=ds.RadiusMatching(caliper=0.1))


@cache
def sound_evaluation() -> bytes:
    """Return an evaluation of theirs, as a file."""
    model = ds.RateModel(covariates="age")
    found = ds.evaluate(
        sound_cohort(), sound_design(), models=(model,), inference="laplace", seed=1
    )
    path = Path("saved.nc")
    ds.save_evaluation(found, path)
    content = path.read_bytes()
    path.unlink()
    return content


def prepare(kind: str, number: int) -> None:
    """Make what the cases of a kind share."""
    sound_design()
    is_long = number % EVERY_RUN == 0 or (kind == "formulas" and number % EVERY_FIT == 0)
    if kind == "netcdf" or (is_long and kind != "formulas"):
        sound_evaluation()


def run_formula(rng: np.random.Generator, number: int, found: Outcome) -> None:
    """Build a design, or the predictors of a model, by a formula."""
    from desist.models.predictors import make_predictors

    formula = cases.make_formula(rng)
    found.shown = repr(formula)[:100]
    if number % EVERY_FIT == 0:
        model = ds.RateModel(covariates=formula)
        fit = ds.fit_model(model, sound_cohort(), sound_design(), inference="laplace", seed=1)
        found.said += [repr(fit), repr(ds.estimate_effects(fit))]
    elif number % 3 == 0:
        predictors = make_predictors(build_sample(sound_cohort(), sound_design()), formula, ())
        found.said.append(repr(predictors) if len(repr(predictors)) < 10_000 else "")
    else:
        made = ds.build_design(sound_cohort(), formula, method=ds.RadiusMatching(caliper=0.1))
        found.said += describe_design(made)


def describe_design(made: Any) -> list[str]:
    """Return what a user would print of a design."""
    table = "" if made.balance is None else made.balance.table.to_string()
    return [repr(made), repr(made.balance), table]


def run_settings(rng: np.random.Generator, number: int, found: Outcome) -> None:
    """Run a study from its settings file, as the command line does."""
    from click.testing import CliRunner

    from desist.cli.commands import commands

    text = cases.make_settings(rng)
    found.shown = repr(text)[-100:]
    given = Path("given")
    given.mkdir()
    people = sound_people().drop(columns=["offences", "note"])
    if number % EVERY_RUN:
        people["reoffended"] = 0  # a study that ends where its models would be fitted
    people.to_csv(given / "people.csv", index=False)
    (given / "study.toml").write_text(text, encoding="utf-8", errors="replace")
    done = CliRunner().invoke(commands, ["evaluate", str(given / "study.toml"), "--out", "out"])
    found.said.append(done.output)
    if isinstance(done.exception, SystemExit):
        found.result = "answered" if done.exit_code == 0 else "refused"
    elif done.exception is not None:
        raise done.exception


def run_table(rng: np.random.Generator, number: int, found: Outcome) -> None:
    """Read a table, design, and evaluate some."""
    table: Any = cases.make_table(rng, sound_people())
    found.shown = ", ".join(map(str, table.dtypes.astype(str)))[:100]
    if rng.random() < 0.3:
        given = Path("given")
        given.mkdir()
        path = given / "people.csv"
        table.to_csv(path, index=False, errors="replace")
        cases.spoil_text(rng, path)
        table = path
    cohort = ds.Cohort(table, **cases.ROLES)
    found.said += [repr(cohort), repr(getattr(cohort, "flow", ""))]
    formula = "age + C(area) + income + C(sex)" if rng.random() < 0.5 else "age + C(sex)"
    made = ds.build_design(cohort, formula, method=ds.RadiusMatching(caliper=0.2))
    found.said += describe_design(made)
    if number % EVERY_RUN == 0:
        models = (ds.RateModel(covariates="age"),)
        result = ds.evaluate(cohort, made, models=models, inference="laplace", seed=1)
        found.said.append(repr(result))


def run_saved(rng: np.random.Generator, number: int, found: Outcome) -> None:
    """Load a saved evaluation that was spoilt."""
    given = Path("given")
    given.mkdir()
    path = given / f"{number}.nc"
    path.write_bytes(sound_evaluation())
    found.shown = cases.spoil_saved(rng, path)
    loaded = ds.load_evaluation(path)
    found.said += [repr(loaded), repr(loaded.measures)]
    numbers = [
        getattr(row, name) for row in loaded.measures for name in ("difference", "lower", "upper")
    ]
    if not all(isinstance(value, float) and math.isfinite(value) for value in numbers):
        found.failures.append("accepted: an effect that is no number")


RUNNERS: dict[str, Callable[[np.random.Generator, int, Outcome], None]] = {
    "formulas": run_formula,
    "settings": run_settings,
    "tables": run_table,
    "netcdf": run_saved,
}


def summarise(found: list[Outcome]) -> dict[str, Any]:
    """Count results and failures, with a few cases of each failure."""
    failures: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    for number, outcome in enumerate(found):
        for failure in set(outcome.failures):
            failures[failure] += 1
            if len(examples[failure]) < MOST_EXAMPLES:
                examples[failure].append(f"{number}: {outcome.shown}")
    return {
        "cases": len(found),
        "results": dict(Counter(outcome.result for outcome in found)),
        "failures": dict(failures.most_common()),
        "examples": dict(examples),
    }


if __name__ == "__main__":
    main()
