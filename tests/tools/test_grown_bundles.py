"""Bundles of an old release that grow: what databases have run must not change, and the end must be the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra.model import DesiredState, Release
from awa_infra.packaging.bundle import render
from awa_infra.packaging.write import write
from tests.support.servers import Database
from tests.support.tools import dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, Tool, psql, unverified
from tests.tools.old_releases import EDITED, first, grow


def test_a_grown_flyway_bundle_passes_validate_and_ends_in_the_same_schema(
    flyway: Tool, database: Database, old: Release, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    released = first("flyway", old, tmp_path / "bundle")
    tool = replace(flyway, bundle=tmp_path / "bundle")
    done = tool.run(database.url, "migrate")
    assert done.status == 0, done.output
    kept = grow("flyway", release, tool.bundle)
    assert len(kept) == EDITED
    assert {path: (tool.bundle / path).read_bytes() for path in released} == released
    done = tool.run(database.url, "migrate")
    assert done.status == 0, done.output
    assert f"Successfully applied {len(release.patches) + len(CUSTOM)} migrations" in done.output
    done = tool.run(database.url, "validate")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, tool.bundle) == []
    # What it would have been without the lock file.
    fresh = replace(flyway, bundle=tmp_path / "fresh")
    write(render("flyway", DesiredState(release, release.schema_version, CUSTOM)), fresh.bundle)
    done = fresh.run(database.url, "migrate")
    assert done.status != 0
    assert "Migration checksum mismatch for migration version 24" in done.output.replace("024", "24")


def test_a_grown_liquibase_bundle_keeps_its_checksums_and_ends_in_the_same_schema(
    liquibase: Tool, database: Database, old: Release, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    first("liquibase", old, tmp_path / "bundle")
    tool = replace(liquibase, bundle=tmp_path / "bundle")
    assert psql(database.url, tool.bundle / "prerequisite.sql").status == 0
    done = tool.run(database.url, "update")
    assert done.status == 0, done.output
    assert len(grow("liquibase", release, tool.bundle)) == EDITED
    done = tool.run(database.url, "update")
    assert done.status == 0, done.output
    assert "upstream/V" not in done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, tool.bundle) == []


@pytest.mark.parametrize("ran_before", [True, False])
def test_a_grown_psql_bundle_ends_in_the_same_schema_on_old_and_new_databases(
    database: Database, old: Release, release: Release, schema_of_awa: str, tmp_path: Path, *, ran_before: bool
) -> None:
    first("psql", old, tmp_path)
    if ran_before:
        assert psql(database.url, tmp_path / "apply.sql").status == 0
    assert len(grow("psql", release, tmp_path)) == EDITED
    done = psql(database.url, tmp_path / "apply.sql")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, tmp_path) == []
