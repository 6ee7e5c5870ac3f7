"""Where work runs: many tasks on any executor, in order, and again from where they stopped.

The one place that knows about executors. Tasks go out in batches, so that those of a batch share
what a process keeps (a compiled model); results come back in the order of the tasks, so that sums
over them have the same bits wherever they were made; linear algebra has one thread a worker. A
store keeps every result that is done, and a run that was interrupted goes on from there.
"""

import hashlib
import json
import os
import sqlite3
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from desist.errors import Fault, InputError
from desist.progress import show_progress

_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class Store:
    """A file that keeps the result of every task that was done.

    Results are JSON text in a table of SQLite, each under a hash of the task, of the data and
    of the version, so that another study, another setting or another release finds nothing
    that is not its own. Nothing is unpickled.

    Attributes
    ----------
    path : Path
        The file; made when it is not there, readable by its owner only.
    mark : str
        What the results depend on besides the task: a hash of the data, the version.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from desist.execution import Store, run_tasks
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder) / "done.db", mark="study 1")
    ...     first = run_tasks(abs, [-2, 3], store=store)
    ...     kept = store.find([-2, 3, -4])
    >>> kept
    {0: 2, 1: 3}
    """

    path: Path
    mark: str

    def find(self, tasks: Sequence[Any]) -> dict[int, Any]:
        """Find the results of tasks that were done before.

        Parameters
        ----------
        tasks : sequence
            Records whose `repr` says all about them.

        Returns
        -------
        dict of int to object
            Position of a task, and its result.

        Raises
        ------
        InputError
            If the file is not a store, or a link.
        """
        with closing(self._open()) as connection:
            kept = dict(connection.execute("SELECT task, result FROM results"))
        keys = {position: self._key(task) for position, task in enumerate(tasks)}
        return {position: json.loads(kept[key]) for position, key in keys.items() if key in kept}

    def keep(self, tasks: Mapping[int, Any], results: Sequence[Any]) -> dict[int, Any]:
        """Keep the results of tasks, all of them or none.

        Parameters
        ----------
        tasks : mapping of int to object
            Position of each task, and the task: a record whose `repr` says all about it.
        results : sequence
            What came of each: numbers, text, lists and mappings of them.

        Returns
        -------
        dict of int to object
            Position of each task, and its result as the store will give it back.
        """
        texts = [json.dumps(result) for result in results]
        rows = zip(map(self._key, tasks.values()), texts, strict=True)
        with closing(self._open()) as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?)", rows)
        return dict(zip(tasks, map(json.loads, texts), strict=True))

    def _key(self, task: Any) -> str:
        return hashlib.sha256(f"{self.mark}\0{task!r}".encode()).hexdigest()

    def _open(self) -> sqlite3.Connection:
        if self.path.is_symlink():
            raise _no_store(self.path, "a link", "name the file itself")
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        connection = sqlite3.connect(self.path)
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS results (task TEXT PRIMARY KEY, result TEXT NOT NULL)"
            )
        except sqlite3.DatabaseError:
            connection.close()
            raise _no_store(self.path, "something else", "name another file") from None
        return connection


def run_tasks[Task, Result](
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    executor: Executor | None = None,
    batch: int = 1,
    outstanding: int = 16,
    progress: str = "",
    store: Store | None = None,
) -> list[Result]:
    """Do the same work for every task, on any executor, and return the results in order.

    Parameters
    ----------
    work : callable
        From a task to its result; travels to other processes, so a function of a module or a
        `functools.partial` of one. Randomness comes from a seed in the task.
    tasks : sequence
        Settings and seeds; with a store, records whose `repr` says all about them.
    executor : concurrent.futures.Executor, optional
        Where the work is done: a process pool, or `client.get_executor(pure=False)` of
        `dask.distributed`; here, one after another, when left out.
    batch : int
        Tasks that go out together and share what a process keeps.
    outstanding : int
        Batches handed out and not yet back, at the most, so that memory stays bounded.
    progress : str
        What is being done, shown on a terminal with the elapsed time once two seconds have
        passed; nothing when empty.
    store : Store, optional
        Keeps each batch as it comes back; what it holds already is not done again. Results
        are then what JSON makes of them, whether fresh or kept: tuples become lists.

    Returns
    -------
    list
        One result a task, in the order of the tasks: the same bits on any executor.

    Raises
    ------
    InputError
        If the workers were lost; with a store, the same call goes on from there.

    Examples
    --------
    >>> run_tasks(abs, [-2, 3, -4], batch=2)
    [2, 3, 4]
    """
    results: dict[int, Any] = {} if store is None else store.find(tasks)
    left = [position for position in range(len(tasks)) if position not in results]
    batches = [left[first : first + batch] for first in range(0, len(left), batch)]
    done = _run_batches(partial(_run_batch, work), tasks, batches, executor, outstanding)
    with show_progress(progress, len(tasks), done=len(results)) as bar:
        for positions, found in zip(batches, done, strict=True):
            if store is None:
                results |= zip(positions, found, strict=True)
            else:
                results |= store.keep({position: tasks[position] for position in positions}, found)
            bar.update(len(positions))
    return [results[position] for position in range(len(tasks))]


def on_one_thread() -> AbstractContextManager[object]:
    """Keep linear algebra on one thread for a while.

    Sums over blocks of people are products of narrow matrices. Threads make them twenty
    times slower when the machine has other work, and change the last digit. The limit is one of
    the whole process: it lasts until the last caller that asked for it has left.

    Returns
    -------
    context manager
        To be used with ``with``.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.execution import on_one_thread
    >>> with on_one_thread():
    ...     product = np.ones((2, 3)) @ np.ones((3, 2))
    >>> float(product.sum())
    12.0
    """
    return _ONE_THREAD


class _OneThread(AbstractContextManager[object]):
    """A limit that several threads of Python ask for, counted."""

    def __init__(self) -> None:
        self._inside = 0
        self._limits: Any = None
        self._libraries: Any = None
        self._n_modules = 0
        self.renew_lock()
        if hasattr(os, "register_at_fork"):  # the thread that holds it is not in a forked process
            os.register_at_fork(after_in_child=self.renew_lock)

    def renew_lock(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._limits is None:
                self._limits = self._find_libraries().limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._lift()

    def _lift(self) -> None:
        """Lift the limit; OpenBLAS lets only the thread that set it, so it may stay for a while."""
        self._limits.restore_original_limits()
        wanted = self._limits.get_original_num_threads()["blas"]
        pools = self._find_libraries().info()
        now = [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]
        if wanted is None or min(now, default=wanted) >= wanted:
            self._limits = None

    def _find_libraries(self) -> Any:
        """Find the libraries with threads, again only when something was imported since."""
        from threadpoolctl import ThreadpoolController

        if self._libraries is None or self._n_modules != len(sys.modules):
            self._libraries, self._n_modules = ThreadpoolController(), len(sys.modules)
        return self._libraries


_ONE_THREAD = _OneThread()


def _run_batch(work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
    with on_one_thread():
        return [work(task) for task in tasks]


def _run_batches(
    work: Callable[[Sequence[Any]], list[Any]],
    tasks: Sequence[Any],
    batches: Sequence[Sequence[int]],
    executor: Executor | None,
    outstanding: int,
) -> Iterator[list[Any]]:
    """Yield the results of each batch in order, with a bounded number of them on their way."""
    if executor is None:
        yield from (work([tasks[position] for position in batch]) for batch in batches)
        return
    waiting: deque[Future[list[Any]]] = deque()
    try:
        for batch in batches:
            waiting.append(executor.submit(work, [tasks[position] for position in batch]))
            if len(waiting) >= outstanding:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenExecutor as error:
        advice = "run it again, with fewer workers if memory ran out; a store keeps what was done"
        found = "one that lost a worker"
        raise InputError("executor", [Fault("executor", "a running one", found, advice)]) from error
    finally:
        for future in waiting:
            future.cancel()


def _no_store(path: Path, found: str, advice: str) -> InputError:
    return InputError("store", [Fault(str(path), "a file of kept results", found, advice)])
