"""How far a long run has come: on a terminal, once two seconds have passed, silent when piped."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Any, Protocol

SECONDS_BEFORE = 2.0  # what takes less is not told of
SECONDS_BETWEEN = 1.0  # from one showing of the elapsed time to the next


class Bar(AbstractContextManager["Bar"], Protocol):
    """What a run tells of its steps; what was shown is taken away at the end."""

    def update(self, n: int = 1) -> Any:
        """Tell that so many more steps are done."""


def show_progress(words: str, total: int, *, done: int = 0) -> Bar:
    """Show how many of some steps are done, with the elapsed time; nothing without words."""
    if not words or not _is_watched():
        return _Silent()
    from tqdm import tqdm

    bar: Bar = tqdm(
        total=total,
        initial=done,
        desc=words,
        delay=SECONDS_BEFORE,
        leave=False,
        dynamic_ncols=True,
        bar_format="{desc}: {n_fmt} of {total_fmt} |{bar}| {elapsed} elapsed",
    )
    return bar


def follow[Item](items: Iterable[Item], words: str, total: int) -> Iterator[Item]:
    """Go through some items and show how far that has come."""
    with show_progress(words, total) as bar:
        for item in items:
            yield item
            bar.update()


@contextmanager
def show_elapsed(words: str) -> Iterator[None]:
    """Show how long a run has taken, second by second; the bars of its steps stand below."""
    if not _is_watched():
        yield
        return
    from tqdm import tqdm

    done = Event()
    # the delay keeps the line away at the start; `_tick` shows it without waiting for an update
    clock = tqdm(
        desc=words, delay=SECONDS_BEFORE, leave=False, bar_format="{desc}: {elapsed} elapsed"
    )
    ticking = Thread(target=_tick, args=(clock, done), daemon=True)
    ticking.start()
    try:
        yield
    finally:
        done.set()
        ticking.join()
        clock.close()


def _tick(clock: Any, done: Event) -> None:
    if not done.wait(SECONDS_BEFORE):
        clock.refresh()
    while not done.wait(SECONDS_BETWEEN):
        clock.refresh()


class _Silent(AbstractContextManager[Bar]):
    """Tells nothing."""

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, n: int = 1) -> None:
        pass


def _is_watched() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
