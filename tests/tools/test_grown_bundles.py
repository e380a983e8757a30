"""Bundles of an old release that grow: what databases have run must not change, and the end must be the same."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from devtools.awa_releases import awa_python
from devtools.progress import ToolMissing
from tests.support.bundles import render
from tests.support.servers import Database
from tests.support.tools import dump_schema, missing
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, unverified
from tests.tools.old_releases import EDITED, first, grow
from tests.tools.runners import Tool, psql


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


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_beside_an_older_wheel_leaves_a_bundle_and_its_archive_as_they_are(
    form: str, release: Release, tmp_path: Path
) -> None:
    try:
        wheel = awa_python("0.6.8")
    except ToolMissing as exc:
        missing(str(exc))
    command = [str(Path(sys.executable).with_name("awa-infra")), "package", "--format", form]
    places = (["--out", "bundle"], ["--archive", "bundle.zip"])
    for place in places:
        assert subprocess.run([*command, *place], cwd=tmp_path, check=False).returncode == 0
    before = files_of(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    for place in (*places, ["--out", "bundle", "--check"], ["--out", "new", "--archive", "bundle.zip"]):
        done = subprocess.run(
            [*command, *place], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode not in {0, 1}, done.stdout
        assert f"was written with Awa {release.name}, and Awa 0.6.8 is installed" in done.stderr
    assert files_of(tmp_path) == before
