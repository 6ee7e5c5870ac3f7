"""One thread of linear algebra for as long as anybody asks for it."""

import threading

from threadpoolctl import threadpool_info, threadpool_limits

from desist.execution import on_one_thread


def threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_the_limit_lasts_until_the_last_of_the_threads_has_left():
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    entered, may_leave = threading.Event(), threading.Event()

    def stay():
        with on_one_thread():
            entered.set()
            may_leave.wait(60)

    with threadpool_limits(limits=2, user_api="blas"):
        other = threading.Thread(target=stay)
        with on_one_thread():
            other.start()
            assert entered.wait(60)
        assert set(threads()) == {1}  # the other is still at work
        may_leave.set()
        other.join()
        with on_one_thread():  # OpenBLAS lets nobody lift the limit but the thread that set it
            pass
        assert set(threads()) == {2}


def test_libraries_are_looked_for_again_only_after_an_import(monkeypatch):
    import sys
    from types import ModuleType

    import threadpoolctl

    from desist.execution import _OneThread

    looked = []
    found = threadpoolctl.ThreadpoolController

    def look():
        looked.append(1)
        return found()

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", look)
    limit = _OneThread()
    for _ in range(3):
        with limit:
            pass
    assert len(looked) == 1
    monkeypatch.setitem(sys.modules, "imported_since", ModuleType("imported_since"))
    with limit:
        pass
    assert len(looked) == 2
