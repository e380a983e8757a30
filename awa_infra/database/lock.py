"""Awa's migration lock: the one that ``awa migrate`` takes too, so that the two cannot interleave."""

from __future__ import annotations

import time

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.errors import LockTimeoutError

MIGRATION_LOCK_KEY = 4708303813013489490
"""``AWA_MIGR`` in ASCII, as Awa's runner takes it (Awa 0.6.9, ``pg_advisory_lock``)."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


def take_migration_lock(connection: Connection, wait: float) -> None:
    """Take the lock for the rest of the transaction, waiting at most ``wait`` seconds.

    It is polled: a blocked wait could not be bounded apart from ``lock_timeout``, and a transaction-scoped
    lock cannot be stranded by a pooler or a killed client.

    Raises:
        LockTimeoutError: somebody else kept it; the message says who.
    """
    deadline = time.monotonic() + wait
    pause = _FIRST_PAUSE
    while True:
        row = connection.execute(f"SELECT pg_try_advisory_xact_lock({MIGRATION_LOCK_KEY}) AS taken").fetchone()
        if row and row["taken"]:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockTimeoutError(
                f"Awa's migration lock in database {connection.info.dbname} was not free within {wait:g} s; "
                f"{_holder(connection)}.",
                hint="Another migration is running. Wait for it, or raise --lock-wait. Nothing was changed.",
            )
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _holder(connection: Connection) -> str:
    row = connection.execute(sqltext.load("observe/lock_holder.sql").encode()).fetchone()
    if row is None:
        return "its holder has just gone"
    program = f", program {row['application_name']}" if row["application_name"] else ""
    since = f", in a transaction for {row['seconds']} s" if row["seconds"] is not None else ""
    return f"it is held by pid {row['pid']} (user {row['user']}{program}{since})"
