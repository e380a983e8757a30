"""Let the migrations of this process into one database one after the other, in the order in which they came.

Awa's migration lock lets one in at a time anyway, but it is polled: of many that poll, most see it taken at every look,
and ``lock_wait`` is over before they had a turn. So those of one process wait for each other here, and only a wait for
other programs counts towards ``lock_wait``.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection
from awa_infra.database.session import stay_while_idle

_POLL = 0.5
"""Seconds between two checks whether everything was cancelled."""

_REPORTED = 1.0
"""Seconds after which a wait is reported."""


@dataclass(slots=True, eq=False)
class _Line:
    """Those that want the lock of one database.

    Attributes:
        turns: the first one has its turn.
        others: seconds that first ones have waited for other programs.
        since: when the first one began to wait for another program; ``None`` if it does not.
    """

    turns: deque[Turn] = field(default_factory=deque)
    others: float = 0.0
    since: float | None = None

    def waited(self) -> float:
        """Return the seconds that first ones have waited for other programs until now."""
        return self.others + (0.0 if self.since is None else time.monotonic() - self.since)


@dataclass(slots=True, eq=False)
class Turn:
    """One migration that wants the lock.

    Attributes:
        queued: seconds that it waited for its turn.
        waited: how many of them another program had the lock.
    """

    _line: _Line
    queued: float = 0.0
    waited: float = 0.0

    @contextmanager
    def waiting_for_others(self) -> Iterator[None]:
        """Count a wait for another program for all that wait behind this one, too."""
        line = self._line
        if line.turns[0] is not self or line.since is not None:
            yield
            return
        line.since = time.monotonic()
        try:
            yield
        finally:
            line.others, line.since = line.waited(), None


class MigrationQueue:
    """The migrations of one process, by database."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, database: str, wait: float, on_wait: Callable[[], None] = lambda: None) -> Iterator[Turn]:
        """Wait until all that came before are done.

        There is no bound for that: each of them has its own for every wait, and what runs is ended by the server.

        Args:
            database: which one, with its server.
            wait: seconds to wait for other programs; when they are over it goes on without its turn, and finds the
                lock taken.
            on_wait: called once when it waits.

        Raises:
            CancelledError: everything in this process was cancelled meanwhile.
        """
        with self._changed:
            line = self._lines.setdefault(database, _Line())
            turn = Turn(line)
            line.turns.append(turn)
        try:
            self._await(turn, wait, on_wait)
            yield turn
        finally:
            with self._changed:
                line.turns.remove(turn)
                if not line.turns:
                    del self._lines[database]
                self._changed.notify_all()

    def _await(self, turn: Turn, wait: float, on_wait: Callable[[], None]) -> None:
        line, began, reported = turn._line, time.monotonic(), False  # noqa: SLF001  of this module
        before = line.waited()
        while True:
            with self._changed:
                turn.queued, turn.waited = time.monotonic() - began, line.waited() - before
                if line.turns[0] is turn or (turn.waited and turn.waited >= wait):
                    return
                self._changed.wait(_POLL if line.since is None else min(_POLL, wait - turn.waited))
            running.refuse_if_cancelled()
            if not reported and time.monotonic() - began >= _REPORTED:
                on_wait()
                reported = True


PROCESS_QUEUE = MigrationQueue()
"""The queue of this process."""


@contextmanager
def turn_of(connection: Connection, wait: float, on_wait: Callable[[str], None]) -> Iterator[Turn]:
    """Wait for the turn of a connection.

    Raises:
        CancelledError: everything in this process was cancelled meanwhile.
    """
    info = connection.info

    def waits() -> None:
        stay_while_idle(connection)
        on_wait(f"Waiting for other migrations of this program in database {info.dbname}.")

    with PROCESS_QUEUE.turn(f"{info.host}:{info.port}/{info.dbname}", wait, waits) as turn:
        yield turn
