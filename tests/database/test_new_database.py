"""What keeps a database from being created is found before, on a real server that then refuses exactly that."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.databases import ensure_database, look_for_database
from awa_infra.database.target import Target
from awa_infra.errors import SqlFailedError
from awa_infra.planning.new_database import DatabaseOptions, new_database_gates
from tests.support.servers import Database, TestServer


@pytest.fixture
def creator(server: TestServer, database: Database) -> Iterator[str]:
    """Give a server URL of a role that may create databases and nothing else, and another role of its name."""
    role = f"creator_of_{database.name}"
    own = (sql.Identifier(role), sql.Identifier(f"other_{role}"))
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD 'own'; CREATE ROLE {}").format(*own))
    yield Target.of(server.url).with_login(role, "own")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE {}; DROP ROLE {}").format(*own))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"owner": "other_creator_of_{name}"}, "database-owner-unusable"),
        ({"owner": "nobody_at_all"}, "database-owner-unusable"),
        ({"template": "{name}"}, "database-template-unusable"),
        ({"template": "no_such_database"}, "database-template-unusable"),
        ({"encoding": "UTF9"}, "database-encoding-unusable"),
        ({"encoding": "SJIS"}, "database-encoding-unusable"),
        ({"encoding": "EUC_JP"}, "database-encoding-unusable"),
    ],
    ids=lambda given: " ".join(given.values()) if isinstance(given, dict) else given,
)
def test_what_is_reported_is_what_postgresql_refuses(
    creator: str, database: Database, options: dict[str, str], code: str
) -> None:
    given = DatabaseOptions(**{key: value.format(name=database.name) for key, value in options.items()})  # type: ignore[arg-type]
    assert found(creator, "to_be_made", given) == [code]
    with pytest.raises(SqlFailedError):
        ensure_database(creator, "to_be_made", given)


def test_nothing_is_reported_of_what_postgresql_makes(creator: str, server: TestServer, database: Database) -> None:
    server.drop(database)
    own = Target.of(creator).parameters["user"]
    for given in (
        DatabaseOptions(),
        DatabaseOptions(owner=own, template="template0", encoding="utf-8"),
    ):
        assert found(creator, database.name, given) == []
        assert ensure_database(creator, database.name, given)
        assert look_for_database(creator, database.name, given).found
        # Its own database is a template for it without any mark.
        assert found(creator, "copy", DatabaseOptions(template=database.name)) == []
        server.drop(database)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} NOCREATEDB").format(sql.Identifier(own)))
    assert found(creator, database.name, DatabaseOptions()) == ["database-not-creatable"]


def found(url: str, name: str, given: DatabaseOptions) -> list[str]:
    seen = look_for_database(url, name, given)
    gates = new_database_gates(seen, name, given)
    return [gate.code for gate in gates]
