"""Which database a connection string leads to."""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.database.reading import read
from awa_infra.database.session import may_fail, read_transaction
from awa_infra.database.target import Target
from awa_infra.model import DatabaseIdentity, ObservedState, Place


def place(url: str, observed: ObservedState) -> Place:
    """Return in which database something was observed; of the URL that led there only the server's address is taken."""
    return Place(_where(url, observed.database), observed.oid, observed.system)


def address(url: str) -> str:
    """Return what :class:`awa_infra.model.Place` says of where a connection string leads to, without connecting."""
    return _where(url, Target.of(url).address()[1])


def _where(url: str, database: str) -> str:
    return f"{database} at {Target.of(url).address()[0]}"


def read_place(url: str) -> Place:
    """Return which database a connection string leads to.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    found = read_identity(url)
    return Place(_where(url, found.name), found.oid, found.system)


def read_identity(url: str) -> DatabaseIdentity:
    """Return which database a connection string leads to, by the query of a look without the rest of it.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """

    def work(connection: Connection) -> DatabaseIdentity:
        with read_transaction(connection), may_fail(connection) as system:
            row = connection.execute(sqltext.load("observe/identity.sql").encode()).fetchone() or {}
            if row["may_ask"]:
                system.ask(sqltext.load("observe/system.sql"))
        return DatabaseIdentity(row["name"], row["oid"], system.value("system"))

    return read(url, work)
