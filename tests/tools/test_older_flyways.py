"""Older Flyways that the bundle is for. What any version does is tested with the newest one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from awa_infra.model import Release
from tests.support.servers import Database
from tests.support.tools import dump_everything, dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, ran, unverified
from tests.tools.old_releases import EDITED, first, grow
from tests.tools.runners import Tool


def test_an_older_flyway_brings_an_empty_database_along_with_a_bundle_that_grows(
    older_flyway: Tool, database: Database, old: Release, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    tool = replace(older_flyway, bundle=tmp_path / "bundle")
    first("flyway", old, tool.bundle)
    done = tool.run(database.url, "migrate")
    assert done.status == 0, done.output
    assert f"Successfully applied {len(old.migrations)} migrations" in done.output
    assert len(grow("flyway", release, tool.bundle)) == EDITED
    done = tool.run(database.url, "migrate")
    assert done.status == 0, done.output
    assert f"Successfully applied {len(release.patches) + len(CUSTOM)} migrations" in done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, tool.bundle) == []
    assert ran(database, tool) == {"applied"}

    before = dump_everything(database.url)
    again = tool.run(database.url, "migrate", "validate", "info")
    assert again.status == 0, again.output
    assert "No migration necessary" in again.output
    assert "Successfully validated" in again.output
    assert "Pending" not in again.output
    assert dump_everything(database.url) == before


def test_an_older_flyway_stops_before_anything_and_names_every_condition(
    older_flyway: Tool, awa_database: Database
) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    awa_database.rows("CREATE SCHEMA beta; CREATE TABLE beta.app ()")
    before = dump_schema(awa_database.url, "awa", "beta")
    done = older_flyway.run(awa_database.url, "migrate")
    assert done.status != 0
    for code in ("newer-schema", "queue-storage-foreign", "not-adopted"):
        assert f"[{code}]" in done.output
    assert f"Schema awa in database {awa_database.name} is at version 99" in done.output
    assert "Nothing was run." in done.output
    assert dump_schema(awa_database.url, "awa", "beta") == before
