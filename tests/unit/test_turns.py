from __future__ import annotations

import threading
import time

import pytest

from awa_infra.database.turns import Turns


def test_as_many_go_at_once_as_there_is_room_for() -> None:
    turns, at_once, most = Turns(), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with turns.taken("server", 3, 10):
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
    with turns.taken("server", 99, 10), turns.taken("another", 99, 10):
        waiting = threading.Thread(target=lambda: turns.taken("server", 1, 10).__enter__())
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_failure_gives_the_room_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="x"), turns.taken("server", 10, 10):
        raise ValueError("x")
    with turns.taken("server", 10, 10):
        pass
