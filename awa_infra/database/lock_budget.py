"""Migrate many databases of one server at once without filling its lock table.

A migration locks more than a thousand objects until its transaction ends, and all databases of a server share one lock
table: with PostgreSQL's default settings it has room for a few migrations at a time. A process that makes twenty
databases would fill it, so a migration that finds no room waits here for the others.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from functools import cached_property

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection
from awa_infra.database.session import stay_while_idle

_POLL = 0.5
"""Seconds between two checks whether everything was cancelled."""


class LockBudget:
    """Count how many objects this process locks on each server."""

    def __init__(self) -> None:
        self._used: defaultdict[str, int] = defaultdict(int)
        self._changed = threading.Condition()

    def try_reserve(self, server: str, count: int, capacity: int) -> bool:
        """Reserve locks on so many objects of a server if there is room, or if this process has reserved none.

        Returns whether they were reserved. The capacity is for how many objects the server's lock table is sized.
        """
        with self._changed:
            if self._used[server] and self._used[server] + count > capacity:
                return False
            self._used[server] += count
            return True

    def reserve(self, server: str, count: int, capacity: int) -> None:
        """Wait until locks can be reserved, and reserve them.

        Raises:
            CancelledError: everything was cancelled meanwhile.
        """
        with self._changed:
            while not self.try_reserve(server, count, capacity):
                running.refuse_if_cancelled()
                self._changed.wait(_POLL)

    def release(self, server: str, count: int) -> None:
        """Release reserved locks, and wake those that wait for room."""
        with self._changed:
            self._used[server] -= count
            self._changed.notify_all()


PROCESS_BUDGET = LockBudget()
"""The budget of this process."""


class Reservation:
    """The locks that one transaction has reserved on the server of its connection; released by :meth:`close`."""

    def __init__(self, connection: Connection, budget: LockBudget = PROCESS_BUDGET) -> None:
        self._connection = connection
        self._budget = budget
        self._server = f"{connection.info.host}:{connection.info.port}"
        self._count = 0

    def try_reserve(self, count: int) -> bool:
        """Reserve locks unless enough are reserved already; return whether there was room for them."""
        more = count - self._count
        if more <= 0:
            return True
        reserved = self._budget.try_reserve(self._server, more, self._capacity)
        if reserved:
            self._count = count
        return reserved

    def reserve(self, count: int) -> None:
        """Wait for room, and reserve locks. Call it outside of a transaction: the wait must hold no lock.

        Raises:
            CancelledError: everything was cancelled meanwhile.
        """
        self.close()
        stay_while_idle(self._connection)
        self._budget.reserve(self._server, count, self._capacity)
        self._count = count

    def close(self) -> None:
        """Release every reserved lock."""
        self._budget.release(self._server, self._count)
        self._count = 0

    @cached_property
    def _capacity(self) -> int:
        # Read inside the transaction of the migration, or before its next one.
        row = self._connection.execute(sqltext.load("observe/lock_room.sql").encode()).fetchone() or {}
        return int(row["room"])
