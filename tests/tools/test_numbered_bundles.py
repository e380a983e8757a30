"""The tools that know nothing but numbers, each the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra.bundles.checking import applied_files
from awa_infra.bundles.existing import read
from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.database.bundle_history import read_history
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Release
from tests.support.bundles import render
from tests.support.schemas import ACME, EARLY
from tests.support.servers import Database
from tests.support.tools import dump_everything, dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, unverified
from tests.tools.old_releases import EDITED, old_release
from tests.tools.runners import NUMBERED, Runner, alembic, dbmate, sqitch

every_tool = pytest.mark.parametrize("tool", NUMBERED, ids=str)


@every_tool
def test_a_numbered_bundle_brings_an_empty_database_to_the_schema_of_awa_migrate(
    tool: Runner, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, release.schema_version, CUSTOM)), bundle)
    # As many environments have it; SQLAlchemy by itself refuses this scheme.
    url = database.url.replace("postgresql://", "postgres://")
    done = tool.up(url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, bundle) == []
    assert Target.of(database.url).parameters["password"] not in done.output
    existing = read(bundle)
    assert existing is not None
    assert {entry.state for entry in applied_files(existing, read_history(database.url, tool.name))} == {"applied"}

    before = database.transition()
    again = tool.up(database.url, bundle)
    assert again.status == 0, again.output
    assert database.transition() == before
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


@every_tool
def test_a_numbered_bundle_of_an_old_release_grows_and_ends_in_the_same_schema(
    tool: Runner, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    old = old_release()
    write(render(tool.name, DesiredState(old, old.schema_version)), bundle)
    done = tool.up(database.url, bundle)
    assert done.status == 0, done.output
    for wanted in (CUSTOM[:1], CUSTOM):
        grown = package(tool.name, DesiredState(release, release.schema_version, wanted), existing=read(bundle))
        assert len(grown.kept) == EDITED
        write(grown.files, bundle)
        done = tool.up(database.url, bundle)
        assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, bundle) == []


@every_tool
def test_a_numbered_bundle_takes_over_a_database_of_awa_migrate_and_tells_what_objects(
    tool: Runner, awa_database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, release.schema_version, CUSTOM)), bundle)
    adopted = tool.adopt(awa_database.url, bundle)
    assert adopted.status == 0, adopted.output
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    refused = tool.up(awa_database.url, bundle)
    assert refused.status != 0
    assert "[newer-schema]" in refused.output

    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 99")
    done = tool.up(awa_database.url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa


def test_alembic_is_one_transaction_and_refuses_to_write_sql_or_to_go_back(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("alembic", DesiredState(release, release.schema_version, (ACME,))), bundle)
    (bundle / "sql" / "020000_awa_v020.sql").write_text("SELECT 1/0", encoding="utf-8")
    failed = alembic(database.url, bundle)
    assert failed.status != 0
    assert "division by zero" in failed.output
    assert database.rows("SELECT FROM pg_namespace WHERE nspname IN ('awa', 'awa_migrations')") == []
    offline = alembic(database.url, bundle, "upgrade", "head", "--sql")
    assert offline.status != 0
    assert "cannot be written out with --sql" in offline.output


def test_dbmate_goes_neither_back_nor_past_a_file_that_was_lost(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("dbmate", DesiredState(release, EARLY)), bundle)
    lost = bundle / "migrations" / "021000_awa_v021.sql"
    lost.rename(tmp_path / lost.name)
    assert dbmate(database.url, bundle).status == 0
    before = dump_everything(database.url)
    back = dbmate(database.url, bundle, "rollback")
    assert back.status != 0
    assert "Awa has no migrations that go back" in back.output
    (tmp_path / lost.name).rename(lost)
    late = dbmate(database.url, bundle)
    assert late.status != 0
    assert "`021000` is out of order" in late.output
    assert dump_everything(database.url) == before


def test_sqitch_goes_on_where_it_failed_and_never_back(database: Database, release: Release, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    write(render("sqitch", DesiredState(release, EARLY)), bundle)
    broken = bundle / "deploy" / "020000_awa_v020.sql"
    right = broken.read_text(encoding="utf-8")
    broken.write_text(right.replace("\nCOMMIT;", "SELECT 1/0;\nCOMMIT;"), encoding="utf-8")
    failed = sqitch(database.url, bundle)
    assert failed.status != 0
    assert "division by zero" in failed.output
    assert database.rows("SELECT max(version) AS v FROM awa.schema_version") == [{"v": 19}]
    broken.write_text(right, encoding="utf-8")
    assert sqitch(database.url, bundle).status == 0
    before = dump_schema(database.url, "awa")
    back = sqitch(database.url, bundle, "revert", "-y")
    assert back.status != 0
    assert "Awa has no migrations that go back" in back.output
    assert dump_schema(database.url, "awa") == before
    verified = sqitch(database.url, bundle, "verify")
    assert verified.status == 0, verified.output
    database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    verified = sqitch(database.url, bundle, "verify")
    assert verified.status != 0
    assert "schema awa: version: 99 instead of 22" in verified.output
