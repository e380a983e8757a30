"""Create a database. It can't be part of a transaction, so it is a step of its own that can be run again."""

from __future__ import annotations

from psycopg import errors, sql

from awa_infra.database.connection import Connection, connect, translated

_EXISTS = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = %s) AS found"


def database_exists(server_url: str, name: str) -> bool:
    """Whether the server has a database of that name.

    Args:
        server_url: connection string of any database of the server, for example ``postgres``.
        name: the database to look for.

    Raises:
        ConnectionFailedError: the server could not be asked.
    """
    with (
        connect(server_url, autocommit=True) as connection,
        translated(server_url, "Looking for the database"),
    ):
        return _exists(connection, name)


def ensure_database(server_url: str, name: str) -> bool:
    """Create the database unless it is there. Nothing is ever changed about one that is.

    Returns:
        Whether it was created by this call.

    Raises:
        SqlFailedError: the role may not create databases, or the server refused.
        ConnectionFailedError: the server could not be reached.
    """
    with (
        connect(server_url, autocommit=True) as connection,
        translated(server_url, f"Creating database {name}"),
    ):
        if _exists(connection, name):
            return False
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return False  # somebody else was faster, which is as good
        return True


def _exists(connection: Connection, name: str) -> bool:
    row = connection.execute(_EXISTS, (name,)).fetchone()
    return bool(row and row["found"])
