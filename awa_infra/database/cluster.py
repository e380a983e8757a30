"""One lock for the roles of a whole server, which all its databases share."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import psycopg

from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection, connect
from awa_infra.database.session import stay_while_idle
from awa_infra.database.target import Target
from awa_infra.errors import AwaInfraError

ROLES_LOCK_KEY = 4708303813097770067
"""``AWA_ROLS`` in ASCII. An advisory lock belongs to one database, so all take it in the same one."""

MEETING_PLACE = "postgres"
"""The database in which it is taken; every server has it, unless it was dropped."""

_PAUSE = 0.2
"""Seconds between two tries."""


class RolesLock:
    """Lets one database of a server at a time make roles.

    PostgreSQL's own locks keep roles consistent without it, but fail all but one of the transactions that make or
    change the same role at once (SQLSTATE XX000, 23505, 42710). So it is waited for, but not required: where it cannot
    be had, as by a login that may not connect to ``postgres``, the retries of the steps are enough for a few databases.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack = ExitStack()
        self.asked = False

    def close(self) -> None:
        """Give it back, if it was taken."""
        self._stack.close()

    def take(self, wait: float, on_wait: Callable[[str], None]) -> None:
        """Take it, or go on without it after ``wait`` seconds; ``on_wait`` is called once if it is not free.

        Raises:
            CancelledError: everything in this process was cancelled.
        """
        self.asked = True
        try:
            connection = self._stack.enter_context(connect(Target.of(self._url).with_database(MEETING_PLACE)))
            stay_while_idle(connection)
            if _taken(connection):
                return
            on_wait("Waiting for another database of this server, whose roles are being made.")
            deadline = time.monotonic() + wait
            while time.monotonic() < deadline and not _taken(connection):
                running.pause(_PAUSE)
        except (AwaInfraError, psycopg.Error):
            running.refuse_if_cancelled()


def _taken(connection: Connection) -> bool:
    row = connection.execute(f"SELECT pg_catalog.pg_try_advisory_lock({ROLES_LOCK_KEY}) AS taken").fetchone()
    return bool(row and row["taken"])
