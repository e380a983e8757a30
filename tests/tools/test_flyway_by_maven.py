"""A project that runs the bundle with Flyway's plugin for Maven, which reads no flyway.toml."""

from __future__ import annotations

import pytest

from awa_infra.model import Release
from tests.support.servers import Database
from tests.support.tools import dump_everything, dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, ran, unverified
from tests.tools.runners import Tool, flyway_by_maven


@pytest.fixture(scope="module")
def maven(flyway: Tool) -> Tool:
    return flyway_by_maven(flyway.bundle)


def test_maven_brings_an_empty_database_along_and_then_finds_nothing_to_do(
    maven: Tool, database: Database, release: Release, schema_of_awa: str
) -> None:
    done = maven.run(database.url, "flyway:migrate")
    assert done.status == 0, done.output
    files = len(release.migrations) + len(release.patches) + len(CUSTOM)
    assert f"Successfully applied {files} migrations" in done.output
    assert "deprecated" not in done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, maven.bundle) == []
    assert ran(database, maven) == {"applied"}

    before = dump_everything(database.url)
    again = maven.run(database.url, "flyway:migrate", "flyway:validate")
    assert again.status == 0, again.output
    assert "No migration necessary" in again.output
    assert "Successfully validated" in again.output
    assert dump_everything(database.url) == before


def test_maven_stops_before_anything_and_names_the_condition(maven: Tool, awa_database: Database) -> None:
    before = dump_schema(awa_database.url, "awa")
    done = maven.run(awa_database.url, "flyway:migrate")
    assert done.status != 0
    assert "[not-adopted]" in done.output
    assert "Nothing was run." in done.output
    assert dump_schema(awa_database.url, "awa") == before
