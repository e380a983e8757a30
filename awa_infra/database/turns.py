"""Many databases of one server at once, without filling its lock table.

Every migration locks more than a thousand objects until its transaction ends, and all databases of a server share one
lock table: with default settings there is room for a few at a time. An engine that makes twenty databases in one
process would fill it, so those that find no room wait for one another here.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Self

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection
from awa_infra.database.session import stay_while_idle

_POLL = 0.5
"""Seconds between two looks at whether everything was cancelled."""


class Turns:
    """How much of which server's lock table this process uses."""

    def __init__(self) -> None:
        self._used: defaultdict[str, int] = defaultdict(int)
        self._changed = threading.Condition()

    def take(self, server: str, places: int, room: int) -> bool:
        """Take places if there is room, or if nobody else of this process uses any; return whether they were taken.

        Args:
            server: its address.
            places: how many objects are going to be locked.
            room: how many the lock table is sized for.
        """
        with self._changed:
            free = not self._used[server] or self._used[server] + places <= room
            if free:
                self._used[server] += places
            return free

    def wait(self, server: str, places: int, room: int) -> None:
        """Wait until places can be taken, and take them.

        Raises:
            CancelledError: everything was cancelled meanwhile.
        """
        with self._changed:
            while self._used[server] and self._used[server] + places > room:
                running.refuse_if_cancelled()
                self._changed.wait(_POLL)
            self._used[server] += places

    def give_back(self, server: str, places: int) -> None:
        """Give places back to the others."""
        with self._changed:
            self._used[server] -= places
            self._changed.notify_all()


PROCESS = Turns()
"""Of this process."""


class Turn:
    """The places that one transaction has on the server of its connection; given back at the end of the block."""

    def __init__(self, connection: Connection, turns: Turns = PROCESS) -> None:
        self._connection = connection
        self._turns = turns
        self._server = f"{connection.info.host}:{connection.info.port}"
        self._room: int | None = None
        self._places = 0

    def __enter__(self) -> Self:
        """Begin without any place."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Give every place back."""
        self._turns.give_back(self._server, self._places)
        self._places = 0

    def has(self, places: int) -> bool:
        """Take places unless enough are taken already; return whether there was room for them."""
        more = places - self._places
        if more <= 0:
            return True
        taken = self._turns.take(self._server, more, self._capacity())
        if taken:
            self._places = places
        return taken

    def wait(self, places: int) -> None:
        """Wait for places, outside of any transaction: nothing of the database may be held meanwhile.

        Raises:
            CancelledError: everything was cancelled meanwhile.
        """
        self.__exit__()
        stay_while_idle(self._connection)
        self._turns.wait(self._server, places, self._capacity())
        self._places = places

    def _capacity(self) -> int:
        if self._room is None:
            # Asked inside the transaction of the migration, or before its next one.
            row = self._connection.execute(sqltext.load("observe/lock_room.sql").encode()).fetchone() or {}
            self._room = int(row["room"])
        return self._room
