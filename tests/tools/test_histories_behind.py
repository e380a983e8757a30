"""Databases that are further than the history of a tool, or than Awa's own rows, say: nothing runs a second time."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra.bundles.package import render
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from tests.support.servers import Database
from tests.support.tools import dump_schema
from tests.tools.bundle_tools import unverified
from tests.tools.runners import RUNNERS, liquibase_tool, psql

LOST = 12
"""The version whose row is lost; run again on top of 40 it leaves a second overload of a function of Awa's."""


@pytest.mark.parametrize("form", ["liquibase", "alembic"])
def test_a_version_whose_row_is_lost_is_not_run_again_on_top_of_later_ones(
    form: str, awa_database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, release.schema_version)), bundle)
    awa_database.rows(f"DELETE FROM awa.schema_version WHERE version = {LOST}")
    before = dump_schema(awa_database.url, "awa")
    done = RUNNERS[form].up(awa_database.url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(awa_database.url, "awa") == before
    awa_database.rows("INSERT INTO awa.jobs (kind, args) VALUES ('email', '{}')")
    # The row is still missing, and is reported.
    assert unverified(awa_database, bundle, least=1) == ["schema awa: versions recorded"]


CHECKSUMS = "SELECT id, md5sum FROM awa_migrations.databasechangelog WHERE id LIKE 'awa-v%' ORDER BY id"


def test_liquibase_accepts_what_a_changelog_with_other_preconditions_has_run(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("liquibase", DesiredState(release, release.schema_version)), bundle)
    changelog = bundle / "changelog.yaml"
    now = changelog.read_text(encoding="utf-8")
    # As bundles were released before.
    before = now.replace("WHERE version >= ", "WHERE version = ")
    assert before != now
    changelog.write_text(before, encoding="utf-8")
    assert psql(database.url, bundle / "prerequisite.sql").status == 0
    tool = liquibase_tool(bundle)
    done = tool.run(database.url, "update")
    assert done.status == 0, done.output
    recorded = database.rows(CHECKSUMS)
    changelog.write_text(now, encoding="utf-8")
    done = tool.run(database.url, "update")
    assert done.status == 0, done.output
    assert "upstream" not in done.output
    assert database.rows(CHECKSUMS) == recorded
