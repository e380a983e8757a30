from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from awa_infra.database.turns import Turns


@contextmanager
def taken(turns: Turns, server: str, places: int) -> Iterator[None]:
    turns.wait(server, places, 10)
    try:
        yield
    finally:
        turns.give_back(server, places)


def test_as_many_go_at_once_as_there_is_room_for() -> None:
    turns, at_once, most = Turns(), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with taken(turns, "server", 3):
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
    turns = Turns()
    with taken(turns, "server", 99), taken(turns, "another", 99):
        assert not turns.take("server", 1, 10)
        waiting = threading.Thread(target=lambda: turns.wait("server", 1, 10))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_failure_gives_the_room_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="x"), taken(turns, "server", 10):
        raise ValueError("x")
    assert turns.take("server", 10, 10)
