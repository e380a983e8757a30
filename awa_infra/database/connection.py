"""Opening a connection, and turning psycopg's errors into this project's, once, at the edge."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import conninfo
from psycopg.rows import DictRow, dict_row

from awa_infra.database.cancellation import running
from awa_infra.database.url import describe, parameters, redact
from awa_infra.errors import (
    AwaInfraError,
    CancelledError,
    ConnectionFailedError,
    DatabaseMissingError,
    LockTimeoutError,
    SqlFailedError,
)

CONNECT_TIMEOUT = 10
"""Seconds to wait for a connection unless the connection string says otherwise."""

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"
INVALID_CATALOG_NAME = "3D000"
OUT_OF_MEMORY = "53200"
QUERY_CANCELED = "57014"

Connection = psycopg.Connection[DictRow]

# Without a handler Python prints psycopg's warnings on the terminal, such as "error ignored terminating <Pipeline>".
logging.getLogger("psycopg").addHandler(logging.NullHandler())


@contextmanager
def connect(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """Open a connection; its transaction is rolled back unless the caller commits.

    Raises:
        ConfigurationError: the URL is not a connection string.
        CancelledError: everything in this process was cancelled.
        DatabaseMissingError: the server proves that the database does not exist.
        ConnectionFailedError: anything else that keeps the connection from opening.
    """
    running.refuse_if_cancelled()
    given = parameters(url)
    defaults = {"connect_timeout": str(CONNECT_TIMEOUT), "application_name": "awa-infra"}
    target = conninfo.make_conninfo(url, **{k: v for k, v in defaults.items() if k not in given})
    try:
        connection: Connection = psycopg.connect(
            target, autocommit=autocommit, row_factory=dict_row, prepare_threshold=None
        )
    except (psycopg.Error, UnicodeError) as exc:
        raise _connection_error(exc, url, given) from exc
    running.add(connection)
    try:
        yield connection
    finally:
        running.remove(connection)
        connection.close()


@contextmanager
def translated(url: str, doing: str) -> Iterator[None]:
    """Translate whatever psycopg raises inside into one of this project's errors.

    Args:
        url: hidden from every message.
        doing: what was being done, to start the message with.
    """
    try:
        yield
    except psycopg.Error as exc:
        raise translate(exc, url, doing) from exc


def translate(exc: psycopg.Error, url: str, doing: str) -> AwaInfraError:
    """Return this project's error for one of psycopg's, SQLSTATE kept, secrets hidden."""
    state = exc.sqlstate
    text = exc.diag.message_primary or str(exc).strip() or type(exc).__name__
    message = redact(f"{doing} failed: {' '.join(text.split())}", url)
    hint = redact(exc.diag.message_hint or "", url)
    if state == QUERY_CANCELED and running.cancelled:
        return CancelledError(
            f"{doing} was cancelled.", hint="It was rolled back. Run the same command again.", sqlstate=state
        )
    if state == LOCK_NOT_AVAILABLE:
        return LockTimeoutError(
            message,
            hint="Another session holds a lock that this needs; find it in pg_locks, or raise --lock-timeout.",
            sqlstate=state,
        )
    if isinstance(exc, psycopg.OperationalError) and (state is None or state.startswith(("08", "57P"))):
        return ConnectionFailedError(
            message,
            hint=hint or "The server went away; what was not committed is rolled back. Run again.",
            sqlstate=state,
        )
    if state == DEADLOCK:
        # The server's own hint sends people to a log that few of them can read.
        hint = (
            "Another session locks the same tables in another order. End what it does, or run again when it is done: "
            "the transaction was rolled back."
        )
    if state == OUT_OF_MEMORY and not hint:
        hint = "If it is shared memory, raise max_locks_per_transaction and restart the server."
    return SqlFailedError(message, hint=hint or "The transaction was rolled back.", sqlstate=state)


def _connection_error(exc: psycopg.Error | UnicodeError, url: str, given: dict[str, str]) -> ConnectionFailedError:
    text = redact(_reason(str(exc)), url)
    where = describe(url)
    # libpq gives no SQLSTATE for a failed login, hence the text; it is only believed in this exact form.
    if f'database "{given.get("dbname", "")}" does not exist' in text:
        return DatabaseMissingError(
            f"Database {given.get('dbname')} does not exist on {where.rpartition('/')[0]}.",
            hint="Create it (resource AwaDatabase, key awa:database, or CREATE DATABASE), or correct the URL.",
            sqlstate=INVALID_CATALOG_NAME,
        )
    return ConnectionFailedError(
        f"Cannot connect to {where}: {text}.",
        hint="Check that the server runs, and host, port, user and password of the database URL.",
        sqlstate=exc.sqlstate if isinstance(exc, psycopg.Error) else None,
    )


def _reason(text: str) -> str:
    """Return what libpq says was wrong, without its repetition of where; the first of several attempts."""
    lines = [line.strip(" -") for line in text.splitlines() if "failed: " in line] or text.strip().splitlines()
    first = lines[0] if lines else "no reason given"
    return first.rpartition("failed: ")[2].removeprefix("FATAL:").strip(" .")
