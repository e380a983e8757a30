"""Connections that only read, with a limit on how long they wait for a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from awa_infra.database.connection import LOCK_NOT_AVAILABLE, Connection, connect, translate
from awa_infra.database.kept import pool
from awa_infra.database.migration_lock import table_holders
from awa_infra.database.session import READ_WAIT
from awa_infra.errors import AwaInfraError, LockTimeoutError

T = TypeVar("T")


def read(url: str, work: Callable[[Connection], T], doing: str = "Reading the database") -> T:
    """Return what a read finds. In a provider it uses the connection of the read before, see ``kept``.

    Args:
        url: connection string; hidden from every message.
        work: begins a transaction as ``awa_infra.database.session`` has it, and returns what it finds; it
            changes nothing, because it is called again where the connection of the read before turns out to be lost.
        doing: what is being done, to start messages with.

    Raises:
        LockTimeoutError: another session locked a table for longer than ``READ_WAIT``; the message names it.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    while True:
        with pool.lend(url) as lent:
            try:
                return work(lent.connection)
            except psycopg.Error as exc:
                if not (lent.again and lent.connection.closed):
                    raise _error(exc, url, doing, lent.connection) from exc


@contextmanager
def reading(url: str, doing: str = "Reading the database") -> Iterator[Connection]:
    """Open a connection on which the caller begins transactions that read, see ``awa_infra.database.session``.

    Args:
        url: connection string; hidden from every message.
        doing: what is being done, to start messages with.

    Raises:
        LockTimeoutError: another session locked a table for longer than ``READ_WAIT``; the message names it.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with connect(url) as connection:
        try:
            yield connection
        except psycopg.Error as exc:
            raise _error(exc, url, doing, connection) from exc


def _error(exc: psycopg.Error, url: str, doing: str, connection: Connection) -> AwaInfraError:
    error = translate(exc, url, doing)
    if error.sqlstate != LOCK_NOT_AVAILABLE:
        return error
    return LockTimeoutError(
        f"{doing} failed: a table that has to be read was not free within {READ_WAIT:g} s.",
        details=table_holders(url, connection.info.backend_pid),
        hint="Another session holds it exclusively. Wait for it or end it, then run the same again. "
        "Nothing was changed.",
        sqlstate=error.sqlstate,
    )
