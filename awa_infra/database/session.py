"""How every transaction begins: isolation level, access, and the settings of ``sql/session/settings.sql``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import Cursor, errors, sql
from psycopg.rows import DictRow

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.planning.session import begin, keep_query, session_query

BEGIN_WRITE = begin(write=True)
"""Begins a transaction that writes. A standby refuses it with SQLSTATE 0A000."""

BEGIN_READ = begin(write=False)
"""Begins a transaction that only reads."""

END = b"ROLLBACK"
"""Ends a transaction that only read."""

_LOCK_TIMEOUT = "lock_timeout"


def lock_timeout(seconds: float) -> dict[str, str]:
    """Return the settings of a transaction that waits that long for each table lock; 0 waits for ever."""
    return {_LOCK_TIMEOUT: f"{round(seconds * 1000)}ms" if seconds else "0"}


READ_WAIT = 10.0
"""Seconds that a query which only reads waits for a table lock. Nothing but ``AccessExclusive`` keeps readers waiting,
and a healthy migration holds that for less on tables that are read here (docs/reference/benchmark.md)."""

READ_SETTINGS = lock_timeout(READ_WAIT)
"""Settings of a transaction that only reads."""


def with_role(settings: Mapping[str, str], role: str | None) -> dict[str, str]:
    """Return the settings with which a transaction acts as another role, so that the role owns what is made."""
    return {**settings, **({"role": role} if role else {})}


def apply_settings(connection: Connection, settings: Mapping[str, str]) -> None:
    """Send what a transaction runs under; inside a pipeline it costs no round trip.

    Args:
        connection: inside a transaction.
        settings: ``lock_timeout``, and whatever else is to be set for the transaction, such as ``role``.
    """
    connection.execute(session_query(settings[_LOCK_TIMEOUT]).encode())
    more = {name: value for name, value in settings.items() if name != _LOCK_TIMEOUT}
    if more:
        each = [sql.SQL("pg_catalog.set_config({}, {}, true)").format(name, value) for name, value in more.items()]
        connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(each)))


def stay_while_idle(connection: Connection) -> None:
    """Keep a role's ``idle_session_timeout`` from ending a connection that waits outside of any transaction.

    Nothing is set where there is none, so that a pooler's sessions stay as they are.
    """
    connection.execute(sqltext.load("session/stay.sql").encode())


@contextmanager
def read_transaction(connection: Connection) -> Iterator[None]:
    """Run a few statements in a transaction that only reads.

    Args:
        connection: in autocommit, outside of a transaction.
    """
    with connection.pipeline():
        connection.execute(BEGIN_READ.encode())
        apply_settings(connection, READ_SETTINGS)
    try:
        yield
    finally:
        with suppress(psycopg.Error):
            connection.rollback()


@contextmanager
def session(connection: Connection, seconds: float) -> Iterator[None]:
    """Run statements that cannot be in a transaction, such as CREATE DATABASE, under the same settings.

    They are the session's, so they are taken back: a pooler may give the session to another client.

    Args:
        connection: in autocommit, outside of a transaction.
        seconds: to wait for each lock.
    """
    wait = lock_timeout(seconds)[_LOCK_TIMEOUT]
    with connection.pipeline():
        connection.execute(keep_query(wait).encode())
        connection.execute(session_query(wait, local=False).encode())
    try:
        yield
    finally:
        with suppress(psycopg.Error):
            connection.execute(sqltext.load("session/give_back.sql").encode())


@dataclass(slots=True)
class Question:
    """A question that not every server answers, asked as the last one of a round trip."""

    connection: Connection
    cursor: Cursor[DictRow] | None = None

    def ask(self, query: str) -> None:
        """Ask it."""
        self.connection.execute(b"SAVEPOINT awa_infra_optional")
        self.cursor = self.connection.execute(query.encode())
        self.connection.execute(b"RELEASE SAVEPOINT awa_infra_optional")

    def value(self, column: str) -> str | None:
        """Return what it answered; ``None`` if it did not, or was not asked."""
        row = self.cursor.fetchone() if self.cursor is not None else None
        return None if row is None else str(row[column])


@contextmanager
def may_fail(connection: Connection) -> Iterator[Question]:
    """Give a question whose failure costs nothing but its answer: a service may not support a function that it has."""
    question = Question(connection)
    try:
        yield question
    except (errors.FeatureNotSupported, errors.InsufficientPrivilege) as exc:
        try:
            connection.execute(b"ROLLBACK TO SAVEPOINT awa_infra_optional")
        except psycopg.Error:
            # Another question failed, before this one.
            raise exc from None
        question.cursor = None
