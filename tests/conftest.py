"""What all tests share: no test depends on a clock."""

import gc
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("no_clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no_clock")


def pytest_collection_finish() -> None:
    """Leave what is imported by now, a million objects, out of every search for garbage."""
    gc.freeze()
    gc.set_threshold(50_000)  # graphs of models are many objects, most of which stay


@pytest.fixture
def count_calls() -> Callable[[Callable[[], object]], int]:
    """Count the functions that a piece of work calls: what its time grows with, on any machine."""

    def count(work: Callable[[], object]) -> int:
        work()  # what is made once, at the first call, is not counted
        calls = 0

        def see(_frame: object, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(see)
        try:
            work()
        finally:
            sys.setprofile(before)
        return calls

    return count


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings out of a page where its words are asked: they take most of its time."""
    monkeypatch.setattr(
        "desist.report._blocks._encode", lambda _figure: "data:image/svg+xml;base64,"
    )
