"""What a verification costs, in pages of the catalog that it reads: unlike seconds they are the same every time."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from awa_infra import sqltext
from awa_infra.database.apply import apply
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.servers import Database, TestServer

FEW, MANY = 2, 10
STRANGERS = 1500


def pages(database: Database, *schemas: str) -> int:
    """Return how many pages the query of all parts reads."""
    parts = [sqltext.load(f"fingerprint/{name}.sql") for name in sqltext.names("fingerprint")]
    parts += [
        sqltext.render(f"fingerprint/state/{name}.sql", private="[]")
        for name in ("weak_roles", "denied", "publications")
    ]
    query = sqltext.render("fingerprint/state/scope.sql", schemas=json.dumps(schemas)) + "\nUNION ALL\n".join(parts)
    with psycopg.connect(database.url) as connection:
        connection.execute(sqltext.load("fingerprint/state/settings.sql").encode())
        # The first run fills the caches of this session with what the functions look up.
        connection.execute(query.encode())
        row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query}".encode()).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


@pytest.fixture(scope="module")
def grown(server: TestServer, awa_template: Database, release: Release) -> Iterator[tuple[Database, Database]]:
    """Give a database with a few custom schemas, and its copy with many of them and tables of others."""

    def add(database: Database, numbers: range) -> None:
        for number in numbers:
            wanted = QueueStorage(f"acme_{number}", Shape(4, 2, 2))
            apply(database.url, DesiredState(release, None, (wanted,)))

    few = server.create(awa_template.name)
    add(few, range(FEW))
    many = server.create(few.name)
    add(many, range(FEW, MANY))
    many.rows(
        f"""
        CREATE SCHEMA others;
        DO $$ BEGIN
            FOR i IN 1..{STRANGERS} LOOP EXECUTE format('CREATE TABLE others.t%s (id bigint PRIMARY KEY)', i); END LOOP;
        END $$
        """
    )
    yield few, many
    server.drop(many)
    server.drop(few)


def test_a_schema_costs_the_same_beside_others_that_nobody_analysed(grown: tuple[Database, Database]) -> None:
    few, many = grown
    assert pages(many, "acme_0") < 1.2 * pages(few, "acme_0")


def test_all_schemas_cost_what_each_of_them_costs(grown: tuple[Database, Database]) -> None:
    _few, many = grown
    one = pages(many, "acme_0")
    assert pages(many, *(f"acme_{number}" for number in range(MANY))) < 1.2 * MANY * one
