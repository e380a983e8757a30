from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from awa_infra.database.lock_budget import LockBudget


@contextmanager
def reserved(budget: LockBudget, server: str, count: int) -> Iterator[None]:
    budget.reserve(server, count, 10)
    try:
        yield
    finally:
        budget.release(server, count)


def test_as_many_go_at_once_as_there_is_room_for() -> None:
    budget, at_once, most = LockBudget(), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with reserved(budget, "server", 3):
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.01)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 3


def test_one_that_needs_more_than_there_is_goes_alone() -> None:
    budget = LockBudget()
    with reserved(budget, "server", 99), reserved(budget, "another", 99):
        assert not budget.try_reserve("server", 1, 10)
        waiting = threading.Thread(target=lambda: budget.reserve("server", 1, 10))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_failure_gives_the_room_back() -> None:
    budget = LockBudget()
    with pytest.raises(ValueError, match="x"), reserved(budget, "server", 10):
        raise ValueError("x")
    assert budget.try_reserve("server", 10, 10)
