from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from awa_infra.database import migration_queue
from awa_infra.database.cancellation import Running
from awa_infra.database.migration_queue import MigrationQueue
from awa_infra.errors import CancelledError

QUIET: Callable[[], None] = lambda: None  # noqa: E731


class Migrations:
    """Migrations in threads; each begins when the one before it is in line."""

    def __init__(self, queue: MigrationQueue, wait: float = 60) -> None:
        self.queue, self.wait = queue, wait
        self.done: list[tuple[int, float]] = []
        self._threads: list[threading.Thread] = []

    def begin(self, count: int) -> None:
        for number in range(count):
            thread = threading.Thread(target=self._migrate, args=(number,))
            thread.start()
            self._threads.append(thread)
            time.sleep(0.02)

    def _migrate(self, number: int) -> None:
        with self.queue.turn("jobs", self.wait, QUIET) as turn:
            self.done.append((number, turn.waited))

    def end(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()


def test_migrations_of_one_process_begin_in_the_order_in_which_they_came() -> None:
    queue = MigrationQueue()
    behind = Migrations(queue, wait=0)
    with queue.turn("jobs", 0, QUIET):
        behind.begin(8)
        assert behind.done == []
    behind.end()
    assert behind.done == [(number, 0.0) for number in range(8)]


def test_migrations_of_other_databases_do_not_wait_for_each_other() -> None:
    queue = MigrationQueue()
    with queue.turn("jobs", 60, QUIET), queue.turn("other", 60, QUIET) as turn:
        assert turn.queued < 1


def test_a_wait_for_another_program_is_one_wait_for_all_that_are_in_line() -> None:
    queue = MigrationQueue()
    behind = Migrations(queue, wait=0.3)
    with queue.turn("jobs", 0.3, QUIET) as first:
        behind.begin(4)
        with first.waiting_for_others():
            behind.end()
    assert sorted(number for number, _waited in behind.done) == [0, 1, 2, 3]
    assert all(waited >= 0.2 for _number, waited in behind.done)


def test_what_others_took_before_somebody_came_does_not_count_for_him() -> None:
    queue = MigrationQueue()
    behind = Migrations(queue)
    with queue.turn("jobs", 60, QUIET) as first:
        with first.waiting_for_others():
            time.sleep(0.1)
        behind.begin(1)
        time.sleep(0.1)
    behind.end()
    assert behind.done == [(0, 0.0)]


def test_one_that_failed_lets_the_next_go_on() -> None:
    queue = MigrationQueue()
    with pytest.raises(ValueError, match="x"), queue.turn("jobs", 60, QUIET):
        raise ValueError("x")
    with queue.turn("jobs", 60, QUIET) as turn:
        assert turn.queued < 1


def test_a_migration_that_waits_for_others_of_its_program_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running()
    monkeypatch.setattr(migration_queue, "running", running)
    queue, said = MigrationQueue(), threading.Event()
    refused: list[CancelledError] = []

    def migrate() -> None:
        try:
            with queue.turn("jobs", 60, said.set):
                pass
        except CancelledError as exc:
            refused.append(exc)

    with queue.turn("jobs", 60, QUIET):
        waiting = threading.Thread(target=migrate)
        waiting.start()
        assert said.wait(60)
        running.cancel()
        waiting.join(60)
        assert len(refused) == 1
