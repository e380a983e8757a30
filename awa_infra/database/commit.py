"""Commit, and report a lost answer and a wait for a standby as what they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from awa_infra import sqltext
from awa_infra.database.connection import Connection, connect
from awa_infra.database.session import read_transaction
from awa_infra.errors import AwaInfraError, CommitUnknownError

_PATIENCE = 3.0
"""Seconds after which a commit is looked at: by itself it takes milliseconds."""


def commit(connection: Connection, url: str, on_wait: Callable[[str], None], what: str) -> None:
    """Commit what is named; ``on_wait`` is called if that waits for a synchronous standby, as seen from outside.

    Raises:
        CommitUnknownError: the connection was lost, or the wait interrupted, after COMMIT was sent.
    """
    database = connection.info.dbname
    try:
        with _watched(connection.info.backend_pid, url, on_wait):
            connection.commit()
    except (psycopg.OperationalError, KeyboardInterrupt) as exc:
        if isinstance(exc, psycopg.Error) and exc.sqlstate is not None and not exc.sqlstate.startswith(("08", "57P")):
            raise
        raise CommitUnknownError(
            f"The connection was lost while database {database} committed: either {what} is there, or nothing.",
            hint="Run the same command again: it finds out, and finishes if needed.",
        ) from exc


@contextmanager
def _watched(pid: int, url: str, on_wait: Callable[[str], None]) -> Iterator[None]:
    timer = threading.Timer(_PATIENCE, _look, (pid, url, on_wait))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _look(pid: int, url: str, on_wait: Callable[[str], None]) -> None:
    # It only explains a wait, so it must never end one.
    with (
        suppress(AwaInfraError, psycopg.Error),
        connect(url) as connection,
        read_transaction(connection),
    ):
        row = connection.execute(sqltext.render("observe/commit_wait.sql", pid=pid).encode()).fetchone()
        if row:
            on_wait(
                f"The commit waits for a synchronous standby (synchronous_standby_names: {row['standbys']}). It is "
                "done on this server; an administrator who starts the standby, or takes it off that list and reloads "
                "the configuration, ends the wait."
            )
