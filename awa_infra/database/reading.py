"""Connections that only read: bounded, so that a command never waits for ever behind somebody's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from awa_infra.database.connection import LOCK_NOT_AVAILABLE, Connection, connect, translate
from awa_infra.database.lock import table_holders
from awa_infra.database.session import READ_WAIT
from awa_infra.errors import LockTimeoutError


@contextmanager
def reading(url: str, doing: str = "Reading the database") -> Iterator[Connection]:
    """Open a connection on which the caller begins transactions that read, see ``awa_infra.database.session``.

    Args:
        url: connection string; hidden from every message.
        doing: what is being done, to start messages with.

    Raises:
        LockTimeoutError: somebody held a table for longer than ``READ_WAIT``; the message says who.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with connect(url, autocommit=True) as connection:
        try:
            yield connection
        except psycopg.Error as exc:
            error = translate(exc, url, doing)
            if error.sqlstate == LOCK_NOT_AVAILABLE:
                raise LockTimeoutError(
                    f"{doing} failed: a table that has to be read was not free within {READ_WAIT:g} s.",
                    details=table_holders(url, connection.info.backend_pid),
                    hint="Another session holds it exclusively. Wait for it or end it, then run the same again. "
                    "Nothing was changed.",
                    sqlstate=error.sqlstate,
                ) from exc
            raise error from exc
