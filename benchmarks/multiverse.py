"""The multiverse of the prison work programme: how long, the same bits, and the joint test.

    python benchmarks/multiverse.py speed --workers 2     # 200 specifications
    python benchmarks/multiverse.py bits                  # one process, a pool, dask, killed ones
    python benchmarks/multiverse.py joint --studies 500   # size and power of the joint test

``--store FILE`` keeps what ``joint`` has done, so that it can be made in pieces. The hierarchical
specifications (``speed --hierarchical``) group by the level of education, as no prison is recorded.
Prints one JSON object.
"""

import argparse
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_run

import desist as ds
from desist.errors import InputError
from desist.execution import Store, run_tasks
from desist.models.priors import Normal
from desist.sensitivity import Multiverse, Option, joint_test, multiverse

COMPLEX = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)
STANDARD = "age + priors + black + married + felon + property + against_person"
SEED = 2017


def list_choices(*, hierarchical: bool = False, small: bool = False) -> dict[str, list[Option]]:
    tight = ds.Priors(treatment=Normal(0.0, 0.5))
    groups = {"groups": ("educ_level",)} if hierarchical else {}
    horizons = (365.0, 180.0) if hierarchical or small else (365.0, 300.0, 240.0, 180.0, 120.0)
    methods = {
        "radius 0.05": ds.RadiusMatching(0.05),
        "radius 0.2": ds.RadiusMatching(0.2),
        "overlap": ds.OverlapWeights(),
        "entropy": ds.EntropyBalancing(),
        "pairs": ds.NearestMatching(caliper=0.2),
    }
    adjusted = [Option("adjusted", "design"), Option("weights alone", None)]
    return {
        "formula": [Option("complex", COMPLEX), Option("standard", STANDARD, "uncertain")],
        "method": [Option(name, method) for name, method in methods.items()],
        "model": [
            Option("usual priors", ds.RateModel(**groups)),
            Option("tight prior", ds.RateModel(priors=tight, **groups), "uncertain"),
        ],
        "covariates": adjusted[1:] if hierarchical else adjusted,
        "horizon": [
            Option(f"{days:g} days", days, "equivalent" if days == 365 else "not equivalent")
            for days in horizons
        ],
    }


def load() -> ds.Cohort:
    cohort = ds.datasets.recid_cohort()
    people = cohort.people.assign(educ_level=cohort.people["educ"].clip(5, 13).astype(str))
    return ds.Cohort(people, **vars(cohort.roles))


def pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def run_speed(workers: int, *, hierarchical: bool) -> dict[str, Any]:
    start = time.perf_counter()
    with pool(workers) as executor:
        found = multiverse(
            load(), list_choices(hierarchical=hierarchical), seed=SEED, executor=executor, batch=20
        )
    return {
        "specifications": len(found.table),
        "not_made": int((found.table["reason"] != "").sum()),
        "seconds": round(time.perf_counter() - start, 1),
        "seconds_of_processor": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, 1),
        "workers": workers,
        "hierarchical": hierarchical,
        "sentence": found.sentence,
        "influence": found.influence.groupby("dimension")["largest"].max().to_dict(),
    }


def run_small(store: str | None = None, executor: Executor | None = None) -> Multiverse:
    choices = list_choices(small=True)
    return multiverse(load(), choices, seed=SEED, executor=executor, store=store, batch=2)


def run_bits() -> dict[str, Any]:
    alone = run_small()
    found = {"specifications": len(alone.table)}
    with pool(2) as executor:
        found["pool"] = run_small(executor=executor).table.equals(alone.table)
    found["dask"] = run_on_dask(kill=False).table.equals(alone.table)
    found["dask_worker_killed"] = run_on_dask(kill=True).table.equals(alone.table)
    found |= {f"pool_worker_killed_{k}": v for k, v in kill_worker(alone).items()}
    return found | {f"caller_killed_{k}": v for k, v in kill_caller(alone).items()}


def run_on_dask(*, kill: bool) -> Multiverse:
    from distributed import Client, LocalCluster

    settings = {"dashboard_address": None, "memory_limit": 0, "host": "127.0.0.1"}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **settings) as cluster,
        Client(cluster) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        store = str(Path(folder) / "store")
        if kill:
            pids = list(client.run(os.getpid).values())
            _once_kept(store, 10, partial(os.kill, pids[0], signal.SIGKILL))
        return run_small(store, client.get_executor(pure=False))


def kill_worker(alone: Multiverse) -> dict[str, Any]:
    """Kill a worker of a pool half-way; the same call goes on from the store."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "store")
        said = ""
        with pool(2) as executor:
            pids = [executor.submit(os.getpid).result()]
            _once_kept(store, 10, partial(os.kill, pids[0], signal.SIGKILL))
            try:
                run_small(store, executor)
            except InputError as error:
                said = str(error.faults[0])
        kept = count_kept(store)
        with pool(2) as executor:
            again = run_small(store, executor)
        same = again.table.equals(alone.table)
        return {"said": said, "kept": kept, "same_bits": same, "rows": count_kept(store)}


def kill_caller(alone: Multiverse) -> dict[str, Any]:
    """Kill the process that calls half-way, and start it again."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "store")
        command = [sys.executable, __file__, "small", "--store", store]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while count_kept(store) < 10 and process.poll() is None:
            time.sleep(0.2)
        process.kill()
        process.wait()
        before = read_kept(store)
        again = run_small(store)
        after = read_kept(store)
        return {
            "kept": len(before),
            "lost": len(before.keys() - after.keys()),
            "done_twice": sum(after[key] != row for key, row in before.items()),
            "same_bits": again.table.equals(alone.table),
        }


def count_kept(store: str) -> int:
    return len(read_kept(store))


def read_kept(store: str) -> dict[str, tuple[int, str]]:
    """Return each kept result with the number of its row, which changes when it is written."""
    import sqlite3
    from contextlib import closing

    if not Path(store).exists():
        return {}
    with closing(sqlite3.connect(store)) as connection:
        try:
            rows = connection.execute("SELECT task, rowid, result FROM results").fetchall()
        except sqlite3.OperationalError:
            return {}
    return {task: (number, result) for task, number, result in rows}


def _once_kept(store: str, wanted: int, act: Callable[[], None]) -> None:
    import threading

    def watch() -> None:
        while count_kept(store) < wanted:
            time.sleep(0.2)
        act()

    threading.Thread(target=watch, daemon=True).start()


def joint_choices() -> dict[str, list[Option]]:
    return {
        "formula": [
            Option("standard", "age + copas"),
            Option("complex", "age + copas + age_first_sanction + prior_offences"),
        ],
        "method": [
            Option("radius", ds.RadiusMatching(0.2)),
            Option("overlap", ds.OverlapWeights()),
        ],
        "covariates": [Option("adjusted", "design"), Option("weights alone", None)],
    }


def test_one(rate_ratio: float, n_draws: int, seed: int) -> list[float]:
    cohort = ds.simulate_cohort(80, 320, rng=seed, rate_ratio=rate_ratio).cohort
    found = joint_test(cohort, joint_choices(), n_draws=n_draws, seed=seed)
    return found.table["p_value"].tolist()


def run_joint(studies: int, workers: int, n_draws: int, store: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"studies": studies, "draws": n_draws}
    start = time.perf_counter()
    for name, ratio in (("null", 1.0), ("rate_ratio_0.4", 0.4)):
        with pool(workers) as executor:
            work = partial(test_one, ratio, n_draws)
            kept = None if store is None else Store(Path(store), f"joint {ratio} {n_draws}")
            seeds = range(1, studies + 1)
            p = np.array(run_tasks(work, seeds, executor=executor, batch=10, store=kept))
        shares = (p <= 0.05).mean(axis=0)
        names = ("median", "mean", "striking")
        found[name] = {n: round(float(s), 4) for n, s in zip(names, shares, strict=True)}
        found[name]["standard_error"] = round(float(np.sqrt(0.05 * 0.95 / studies)), 4)
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("speed", "bits", "joint", "small"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hierarchical", action="store_true")
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--draws", type=int, default=99)
    parser.add_argument("--store")
    given = parser.parse_args()
    if given.part == "speed":
        found = run_speed(given.workers, hierarchical=given.hierarchical)
    elif given.part == "bits":
        found = run_bits()
    elif given.part == "joint":
        found = run_joint(given.studies, given.workers, given.draws, given.store)
    else:
        found = {"specifications": len(run_small(given.store).table)}
    print(json.dumps({"machine": describe_run(), given.part: found}, indent=2))


if __name__ == "__main__":
    main()
