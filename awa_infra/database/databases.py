"""Create a database. It cannot be part of a transaction, so it is its own step, which can be run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

from psycopg import errors, sql

from awa_infra import sqltext
from awa_infra.database.ahead import ahead
from awa_infra.database.connection import Connection, connect, translated
from awa_infra.database.kept import alone
from awa_infra.database.listed import listed
from awa_infra.database.reading import read
from awa_infra.database.session import BEGIN_READ, END, READ_SETTINGS, apply_settings, session
from awa_infra.errors import SqlFailedError
from awa_infra.model.desired import LOCK_TIMEOUT, UNLIMITED
from awa_infra.planning.new_database import TEMPLATE, DatabaseLook, DatabaseOptions

_FOUND = """
    SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner, datconnlimit AS connection_limit
      FROM pg_catalog.pg_database WHERE datname = %s
"""


def database_exists(server_url: str, name: str) -> bool:
    """Whether the server of a connection string has a database of that name.

    Raises:
        ConnectionFailedError: the server could not be asked.
    """
    return look_for_database(server_url, name, DatabaseOptions()).found


def look_for_database(server_url: str, name: str, options: DatabaseOptions) -> DatabaseLook:
    """Return whether the server has a database of that name, and what would be in the way of creating it.

    The connection string is that of any database of the server, for example ``postgres``.

    Raises:
        ConnectionFailedError: the server could not be asked.
    """
    text = sqltext.render(
        "observe/new_database.sql",
        name=name,
        owner=options.owner or "",
        template=options.template or TEMPLATE,
        encoding=options.encoding or "",
    )

    def look(connection: Connection) -> DatabaseLook:
        writes, began = ahead.writes, time.monotonic()
        with connection.pipeline():
            connection.execute(BEGIN_READ.encode())
            apply_settings(connection, READ_SETTINGS)
            found = connection.execute(text.encode())
            connection.execute(END)
        row = found.fetchone() or {}
        listed.put(server_url, writes, began, row.pop("databases"))
        return DatabaseLook(**row)

    return read(server_url, look, "Looking for the database")


def ensure_database(
    server_url: str,
    name: str,
    options: DatabaseOptions = DatabaseOptions(),  # noqa: B008  frozen
) -> bool:
    """Create the database unless it is there. Nothing is ever changed about one that is.

    Returns:
        Whether it was created by this call.

    Raises:
        SqlFailedError: the role may not create databases, or the server refused.
        ConnectionFailedError: the server could not be reached.
    """
    left = f"Database {name} was not created. Run the same again."
    with _connected(server_url, f"Creating database {name}", left) as connection:
        if _found(connection, name) is not None:
            return False
        try:
            connection.execute(_create(name, options))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return False  # another session was faster; the result is the same
        return True


def alter_database(server_url: str, name: str, *, owner: str | None, connection_limit: int | None) -> None:
    """Change the settings of an existing database; ``None`` leaves one as it is.

    Raises:
        SqlFailedError: there is no such database, or the role may not.
        ConnectionFailedError: the server could not be reached.
    """
    left = f"Database {name} is as it was before this statement."
    with _connected(server_url, f"Changing database {name}", left) as connection:
        found = _found(connection, name)
        if found is None:
            raise SqlFailedError(f"Database {name} does not exist.", hint="Run the same command again to create it.")
        database = sql.Identifier(name)
        if connection_limit is not None and connection_limit != found["connection_limit"]:
            text = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(database, sql.Literal(connection_limit))
            connection.execute(text)
        if owner is not None and owner != found["owner"]:
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(owner)))


@contextmanager
def _connected(server_url: str, doing: str, left: str) -> Iterator[Connection]:
    """Connect for statements that cannot be in a transaction. No idle connection of ours may be in their way."""
    with (
        alone(),
        connect(server_url) as connection,
        translated(server_url, doing, left),
        session(connection, LOCK_TIMEOUT),
    ):
        yield connection


def _create(name: str, options: DatabaseOptions) -> sql.Composed:
    limit = None if options.connection_limit == UNLIMITED else options.connection_limit
    clauses: tuple[tuple[LiteralString, object, Callable[[Any], sql.Composable]], ...] = (
        ("CREATE DATABASE {}", name, sql.Identifier),
        ("OWNER {}", options.owner, sql.Identifier),
        ("TEMPLATE {}", options.template, sql.Identifier),
        ("ENCODING {}", options.encoding, sql.Literal),
        ("CONNECTION LIMIT {}", limit, sql.Literal),
    )
    given = (sql.SQL(text).format(quoted(value)) for text, value, quoted in clauses if value is not None)
    return sql.SQL(" ").join(given)


def _found(connection: Connection, name: str) -> dict[str, object] | None:
    return connection.execute(_FOUND, (name,)).fetchone()
