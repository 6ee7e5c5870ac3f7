"""Tasks come back in order, the same on any executor, and a run that stopped goes on."""

import json
import math
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from desist.errors import InputError
from desist.execution import Store, run_tasks


def add_up(seed):
    """Sum random numbers of one seed."""
    return float(np.random.default_rng(seed).normal(size=1000).sum())


def end_the_process(seed):
    os.kill(os.getpid(), signal.SIGKILL)


def fail_at_three(seed):
    if seed == 3:
        raise ValueError("three")
    return seed


class Immediate(Executor):
    """Does the work at once and remembers how much was on its way."""

    def __init__(self):
        self.handed_out, self.most = [], 0

    def submit(self, work, /, *arguments):
        future = Future()
        future.set_result(work(*arguments))
        self.handed_out.append(arguments[0])
        return future


def test_results_come_in_the_order_of_the_tasks_with_the_same_bits_on_any_executor():
    alone = run_tasks(add_up, range(9), batch=2)
    assert alone == [add_up(seed) for seed in range(9)]
    with ThreadPoolExecutor(3) as threads:
        assert run_tasks(add_up, range(9), executor=threads, batch=4) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        found = run_tasks(math.sqrt, range(9), executor=processes, outstanding=2)
    assert found == [math.sqrt(task) for task in range(9)]


def test_tasks_go_out_in_batches():
    executor = Immediate()
    run_tasks(abs, range(7), executor=executor, batch=3)
    assert executor.handed_out == [[0, 1, 2], [3, 4, 5], [6]]


def test_no_more_batches_are_on_their_way_than_asked_for():
    waiting, most = set(), []

    class Counting(Immediate):
        def submit(self, work, /, *arguments):
            future = super().submit(work, *arguments)
            waiting.add(future)
            most.append(len(waiting))
            result = future.result
            future.result = lambda: (waiting.discard(future), result())[1]
            return future

    assert run_tasks(abs, range(20), executor=Counting(), outstanding=4) == list(range(20))
    assert max(most) == 4


def test_a_run_that_stopped_goes_on_and_does_nothing_twice(tmp_path):
    store = Store(tmp_path / "kept.sqlite", "data 1")
    with pytest.raises(ValueError, match="three"):
        run_tasks(fail_at_three, range(6), store=store)
    assert store.find(range(6)) == {0: 0, 1: 1, 2: 2}
    asked = []
    found = run_tasks(lambda task: asked.append(task) or -task, range(6), store=store)
    assert (asked, found) == ([3, 4, 5], [0, 1, 2, -3, -4, -5])


def test_other_data_find_nothing_in_a_store(tmp_path):
    run_tasks(abs, [1, 2], store=Store(tmp_path / "kept.sqlite", "data 1"))
    assert Store(tmp_path / "kept.sqlite", "data 2").find([1, 2]) == {}


def test_fresh_and_kept_results_are_the_same(tmp_path):
    store = Store(tmp_path / "kept.sqlite", "")
    fresh = run_tasks(lambda task: {"pair": (task, 0.1 + 0.2)}, [1], store=store)
    kept = run_tasks(end_the_process, [1], store=store)
    assert fresh == kept == [{"pair": [1, 0.1 + 0.2]}]


def test_a_store_is_readable_by_its_owner_only_and_holds_no_task(tmp_path):
    store = Store(tmp_path / "kept.sqlite", "")
    run_tasks(len, ["Wilhelmina"], store=store)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert b"Wilhelmina" not in store.path.read_bytes()


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("name,age\n" * 300)
    with pytest.raises(InputError, match="expected a file of kept results, found something else"):
        run_tasks(abs, [1], store=Store(path, ""))
    assert path.read_text() == "name,age\n" * 300
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(InputError, match="found a link; name the file itself"):
        run_tasks(abs, [1], store=Store(link, ""))


def test_a_lost_worker_is_said_in_words():
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(InputError, match="found one that lost a worker; run it again"),
    ):
        run_tasks(os._exit, [1], executor=pool)


def test_a_caller_that_was_killed_goes_on_from_what_was_kept(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from desist.execution import Store, run_tasks

        def work(task):
            if task == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            return task * 2

        print(run_tasks(work, range(8), store=Store(Path(sys.argv[1]), "")))
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path / "kept.sqlite")]
    killed = subprocess.run([*command, "5"], check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "kept.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone() == (5,)
    again = subprocess.run([*command, "-1"], capture_output=True, text=True, check=True)
    assert json.loads(again.stdout) == [0, 2, 4, 6, 8, 10, 12, 14]
