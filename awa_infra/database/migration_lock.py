"""Awa's migration lock: the one that ``awa migrate`` takes too, so that the two cannot interleave."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection, connect
from awa_infra.database.session import BEGIN_WRITE, apply_settings, read_transaction, stay_while_idle
from awa_infra.errors import AwaInfraError, LockTimeoutError

MIGRATION_LOCK_KEY = 4708303813013489490
"""``AWA_MIGR`` in ASCII, as Awa's runner takes it (Awa 0.6.9, ``pg_advisory_lock``)."""

TRY_MIGRATION_LOCK = f"SELECT pg_catalog.pg_try_advisory_xact_lock({MIGRATION_LOCK_KEY}) AS taken"
"""Takes the lock for the rest of the transaction if it is free."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


def wait_for_migration_lock(
    connection: Connection,
    settings: Mapping[str, str],
    wait: float,
    on_wait: Callable[[str], None],
    *,
    waited: float = 0.0,
) -> None:
    """Begin a transaction that has the lock, waiting at most ``wait`` seconds for it.

    It is polled: a blocked wait could not be bounded apart from ``lock_timeout``, and a transaction-scoped
    lock cannot be stranded by a pooler or a killed client. Nothing is held between two tries, not even a snapshot:
    the holder of the lock needs Awa's tables.

    Args:
        connection: in autocommit, outside of a transaction.
        settings: of the transaction, see :func:`awa_infra.database.session.apply_settings`.
        wait: seconds.
        on_wait: called once with who holds the lock.
        waited: how many of the seconds are over already.

    Raises:
        LockTimeoutError: another session kept it; the message names it.
        CancelledError: everything in this process was cancelled.
    """
    deadline = time.monotonic() + wait - waited
    pause, reported = _FIRST_PAUSE, False
    stay_while_idle(connection)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockTimeoutError(
                f"Awa's migration lock in database {connection.info.dbname} was not free within {wait:g} s; "
                f"{_holder(connection)}.",
                hint="Another migration is running. Wait for it, or raise --lock-wait. Nothing was changed.",
            )
        running.pause(min(pause, left))
        if pause == _LONGEST_PAUSE and not reported:
            on_wait(f"Waiting up to {left:.0f} s more for Awa's migration lock; {_holder(connection)}.")
            reported = True
        pause = min(pause * 2, _LONGEST_PAUSE)
        with connection.pipeline():
            connection.execute(BEGIN_WRITE.encode())
            apply_settings(connection, settings)
            answer = connection.execute(TRY_MIGRATION_LOCK.encode())
        row = answer.fetchone()
        if row and row["taken"]:
            return
        connection.rollback()


def table_holders(url: str, own_pid: int = 0, seconds: float = 0.0) -> tuple[str, ...]:
    """Return who holds locks on Awa's tables right now, oldest transaction first; asked on a new connection.

    Args:
        url: connection string.
        own_pid: the server process of the session that waited in vain, to be left out; not needed once that holds none.
        seconds: how long their transactions have to be open already.
    """
    text = sqltext.render("observe/table_holders.sql", own_pid=own_pid, seconds=seconds)
    try:
        with connect(url) as connection, read_transaction(connection):
            rows = connection.execute(text.encode()).fetchall()
    except (AwaInfraError, psycopg.Error):
        return ()  # this only explains another failure
    return tuple(_prepared(row) if row["name"] else _active(row) for row in rows)


def _holder(connection: Connection) -> str:
    with read_transaction(connection):
        row = connection.execute(sqltext.load("observe/lock_holder.sql").encode()).fetchone()
    if row is None:
        return "its holder has just gone"
    return f"it is held by {_session(row)}"


def _active(row: dict[str, Any]) -> str:
    return f"{_session(row)}, {row['state']}, last query: {row['query']}"


def _prepared(row: dict[str, Any]) -> str:
    """Return what a prepared transaction is, and what ends it: it has no session."""
    return (
        f"prepared transaction {row['name']} (user {row['user']}), prepared {row['seconds']} s ago; its transaction "
        f"manager, or else you, run COMMIT PREPARED {row['name']} or ROLLBACK PREPARED {row['name']}"
    )


def _session(row: dict[str, Any]) -> str:
    program = f", program {row['application_name']}" if row["application_name"] else ""
    since = f", in a transaction for {row['seconds']} s" if row["seconds"] is not None else ""
    return f"pid {row['pid']} (user {row['user']}{program}{since})"
