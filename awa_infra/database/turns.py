"""Many databases of one server at once, without filling its lock table.

Every migration locks more than a thousand objects until its transaction ends, and all databases of a server share one
lock table: with default settings there is room for a few at a time. An engine that makes twenty databases in one
process would fill it, so those that find no room wait for one another here.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection

_POLL = 0.5
"""Seconds between two looks at whether everything was cancelled."""


class Turns:
    """How much of which server's lock table this process uses."""

    def __init__(self) -> None:
        self._used: defaultdict[str, int] = defaultdict(int)
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, server: str, places: int, room: int) -> Iterator[None]:
        """Wait until there is room, or until nobody else of this process uses any, and keep it for the block.

        Args:
            server: its address.
            places: how many objects are going to be locked.
            room: how many the lock table is sized for.

        Raises:
            CancelledError: everything was cancelled meanwhile.
        """
        with self._changed:
            while self._used[server] and self._used[server] + places > room:
                running.refuse_if_cancelled()
                self._changed.wait(_POLL)
            self._used[server] += places
        try:
            yield
        finally:
            with self._changed:
                self._used[server] -= places
                self._changed.notify_all()


_turns = Turns()


@contextmanager
def in_turn(connection: Connection, places: int) -> Iterator[None]:
    """Wait for one's turn on the server of a connection, if it is going to lock anything."""
    row = connection.execute(sqltext.load("observe/lock_room.sql").encode()).fetchone() or {}
    with _turns.taken(f"{connection.info.host}:{connection.info.port}", places, int(row["room"])):
        yield
