"""What all tests share: no test depends on a clock."""

import gc
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("no_clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no_clock")
gc.set_threshold(500_000)  # nearly all that is made while tests are collected stays


def pytest_collection_finish() -> None:
    """Leave what is imported by now, a million objects, out of every search for garbage."""
    gc.freeze()
    gc.set_threshold(50_000)  # graphs of models are many objects, most of which stay


@pytest.fixture(scope="session", autouse=True)
def keep_compiled_models() -> Iterator[None]:
    """Compile a model once a worker: the tests use more models than a study does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("desist.inference.engines.COMPILED_MODELS_KEPT", 128)
        yield


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


@pytest.fixture(scope="module")
def few_draws() -> Iterator[None]:
    """Draw 1,000 times by default, where nothing is asked of the draws themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("desist.inference.engines.MOST_DRAWS", 1000)
        patch.setattr("desist.inference.engines.FEWEST_BY_DEFAULT", 1000)
        yield


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings out of a page where its words are asked: they take most of its time."""
    monkeypatch.setattr("desist.report._blocks._encode", lambda _draw: "data:image/svg+xml;base64,")
