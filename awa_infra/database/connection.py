"""Open a connection, and translate psycopg's errors into this project's."""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from awa_infra.database.ahead import ahead
from awa_infra.database.cancellation import running
from awa_infra.database.connect_errors import connection_error, hint_for
from awa_infra.database.target import Target, redact
from awa_infra.errors import (
    AwaInfraError,
    CancelledError,
    ConnectionFailedError,
    DatabaseMissingError,
    LockTimeoutError,
    RoleRefusedError,
    SqlFailedError,
)
from awa_infra.planning.session import begin

CONNECT_TIMEOUT = 10
"""Seconds to wait for a connection unless the connection string says otherwise."""

WATCHED = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "60000"}
"""When a server counts as gone that answers nothing, not even at the level of TCP: after a minute (seconds; the last in
milliseconds). Linux by itself waits for two hours. The server is asked for the same in ``sql/session/settings.sql``."""

GONE = 2.0
"""Seconds to wait at most for the server to end its side of a connection that was closed."""

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"
OUT_OF_MEMORY = "53200"
QUERY_CANCELED = "57014"
ROLE_REFUSED = frozenset({"22023", "42501"})
"""No such role, or not a member of it; also raised for much else, so the place in the server's source counts too."""

_WENT_AWAY = (
    "The server or a pooler in between ended the connection, and its log says why; what was not committed is rolled "
    "back. Run again."
)
_LITERAL = re.compile(r"'(?:[^']|'')*'?")
_CONTEXT_LINES = 6
_CONTEXT_WIDTH = 200

ROLLED_BACK = "The transaction was rolled back."

Connection = psycopg.Connection[DictRow]

# Without a handler Python prints psycopg's warnings on the terminal, such as "error ignored terminating <Pipeline>".
logging.getLogger("psycopg").addHandler(logging.NullHandler())


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Open a connection in autocommit: what is to be one transaction begins one.

    Raises:
        AwaInfraError: see :func:`open_connection`.
    """
    connection = open_connection(url)
    running.add(connection)
    try:
        yield connection
    finally:
        running.remove(connection)
        close(connection)


def open_connection(url: str) -> Connection:
    """Return a new connection in autocommit, which the caller closes.

    Raises:
        ConfigurationError: the URL is not a connection string.
        CancelledError: everything in this process was cancelled.
        DatabaseMissingError: the server proves that the database does not exist.
        ConnectionFailedError: anything else that keeps the connection from opening.
    """
    try:
        return _login(url)
    except DatabaseMissingError:
        raise
    except ConnectionFailedError:
        # A role, a database or the server may have too many of those of reads ahead.
        if not ahead.give_way():
            raise
    return _login(url)


def _login(url: str) -> Connection:
    running.refuse_if_cancelled()
    known = Target.of(url)
    target = known.connection_string(connect_timeout=str(CONNECT_TIMEOUT), application_name="awa-infra", **WATCHED)
    try:
        return psycopg.connect(target, autocommit=True, row_factory=dict_row, prepare_threshold=None)
    except (psycopg.Error, UnicodeError) as exc:
        raise connection_error(exc, url, lambda name: _exists(known, name)) from exc


def close(connection: Connection) -> None:
    """Close a connection, and wait until the server's side has ended too, which it does on its own.

    Only then a role that is limited to one connection can open another. A duplicate handle of the socket detects the
    end.
    """
    with suppress(psycopg.Error, OSError):
        if connection.closed or connection.info.transaction_status == TransactionStatus.ACTIVE:
            # The server does not listen before its statement is over.
            connection.close()
            return
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as ear:
            connection.close()
            ear.settimeout(GONE)
            while ear.recv(4096):
                pass


@contextmanager
def translated(url: str, doing: str, left: str = ROLLED_BACK) -> Iterator[None]:
    """Translate whatever psycopg raises inside into one of this project's errors.

    Args:
        url: hidden from every message.
        doing: what was being done, to start the message with.
        left: what was left behind, for where the server gives no hint of its own.
    """
    try:
        yield
    except psycopg.Error as exc:
        raise translate(exc, url, doing, left) from exc


def translate(exc: psycopg.Error, url: str, doing: str, left: str = ROLLED_BACK) -> AwaInfraError:
    """Return this project's error for one of psycopg's, SQLSTATE kept, secrets hidden."""
    state = exc.sqlstate
    # Without an answer of the server libpq adds what it supposes.
    first_line = (str(exc).strip().splitlines() or [type(exc).__name__])[0].removeprefix("consuming input failed: ")
    text = exc.diag.message_primary or first_line
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
            hint=hint or hint_for(text, _WENT_AWAY),
            sqlstate=state,
        )
    if state in ROLE_REFUSED and exc.diag.source_function == "call_string_check_hook":
        return RoleRefusedError(
            message,
            hint="Name a role that exists, and that is granted to the login (GRANT role TO login, since PostgreSQL 16 "
            "WITH SET TRUE), or leave --role out.",
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
    return SqlFailedError(message, hint=hint or left, details=_context(exc, url), sqlstate=state)


def _exists(target: Target, name: str) -> bool | None:
    """Ask the server, in a database that every server has, for a database; ``None`` if it does not answer."""
    for other in ("postgres", "template1"):
        with suppress(psycopg.Error):
            elsewhere = Target.of(target.with_database(other))
            where = elsewhere.connection_string(connect_timeout=str(CONNECT_TIMEOUT), **WATCHED)
            with psycopg.connect(where, autocommit=True) as connection:
                # No default of the role or of that database may affect this query.
                connection.execute(begin(write=False).encode())
                found = connection.execute("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", (name,))
                return found.fetchone() is not None
    return None


def _context(exc: psycopg.Error, url: str) -> tuple[str, ...]:
    """Return where in functions, such as those of a trigger, an error arose; values in their statements are hidden."""
    text = _LITERAL.sub("'...'", redact(exc.diag.context or "", url))
    lines = [" ".join(line.split())[:_CONTEXT_WIDTH] for line in text.splitlines() if line.strip()]
    return tuple(f"context: {line}" for line in lines[:_CONTEXT_LINES])
