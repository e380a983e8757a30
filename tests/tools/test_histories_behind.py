"""Databases that are further than the history of a tool, or than Awa's own rows, say: nothing runs a second time."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from awa_infra.bundles.existing import read
from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from tests.support.bundles import render
from tests.support.servers import Database
from tests.support.tools import awa, dump_schema
from tests.tools.bundle_tools import unverified
from tests.tools.runners import (
    RUNNERS,
    Result,
    Runner,
    Tool,
    dbmate_alone,
    flyway_tool,
    goose_alone,
    liquibase_tool,
    prepared,
    psql,
    sqitch,
)

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


BEFORE = 30
"""Where the tool's history ends, while another program brings the database to the newest version."""

BRINGS_BACK = (RUNNERS["goose"], RUNNERS["golang-migrate"], RUNNERS["dbmate"], RUNNERS["sqitch"], RUNNERS["flyway"])
"""The tools that believe nothing but their own history."""


def restart_flyway(database: Database, version: int) -> None:
    """Forget Flyway's history, as the hint says."""
    assert database.rows("SELECT max(version) AS v FROM awa.schema_version") == [{"v": version}]
    database.rows("DROP TABLE awa_migrations.flyway_schema_history")


@pytest.mark.parametrize("tool", BRINGS_BACK, ids=str)
def test_a_tool_runs_no_migration_that_another_program_has_run_since_and_its_own_way_takes_over(
    tool: Runner, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, BEFORE)), bundle)
    done = tool.up(database.url, bundle)
    assert done.status == 0, done.output
    awa("migrate", url=database.url)
    before = dump_schema(database.url, "awa")
    write(package(tool.name, DesiredState(release, release.schema_version), existing=read(bundle)).files, bundle)
    refused = tool.up(database.url, bundle)
    assert refused.status != 0
    assert f"is at version {release.schema_version}, but" in refused.output
    assert f"ends at version {BEFORE}. [not-adopted]" in refused.output
    assert dump_schema(database.url, "awa") == before

    if tool.name == "flyway":
        assert "DROP TABLE awa_migrations.flyway_schema_history" in refused.output
        restart_flyway(database, release.schema_version)
    adopted = tool.adopt(database.url, bundle)
    assert adopted.status == 0, adopted.output
    done = tool.up(database.url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(database.url, "awa") == before
    assert unverified(database, bundle, least=1) == []


@pytest.mark.parametrize("baseline", [1, 39])
def test_flyway_refuses_a_baseline_below_the_version_of_the_database(
    baseline: int, flyway: Tool, awa_database: Database, release: Release
) -> None:
    # Without -baselineVersion it is 1.
    words = [] if baseline == 1 else [f"-baselineVersion={baseline}"]
    done = flyway.run(awa_database.url, *words, "baseline")
    assert done.status == 0, done.output
    before = dump_schema(awa_database.url, "awa")
    refused = flyway.run(awa_database.url, "migrate")
    assert refused.status != 0
    assert f"Flyway's baseline is version {baseline}, but schema awa" in refused.output
    assert f"-baselineVersion={release.schema_version} baseline" in refused.output
    assert "[not-adopted]" in refused.output
    assert dump_schema(awa_database.url, "awa") == before


def test_flyway_runs_again_what_it_had_committed_and_not_noted(
    database: Database, release: Release, tmp_path: Path
) -> None:
    flyway = flyway_tool(tmp_path)
    newest = "version::int = (SELECT max(version::int) FROM awa_migrations.flyway_schema_history)"
    # Version 8 does not exist, so 9 is the step after 7.
    for target in (9, release.schema_version):
        write(package("flyway", DesiredState(release, target), existing=read(tmp_path)).files, tmp_path)
        done = flyway.run(database.url, "migrate")
        assert done.status == 0, done.output
        database.rows(f"DELETE FROM awa_migrations.flyway_schema_history WHERE {newest}")
    done = flyway.run(database.url, "migrate")
    assert done.status == 0, done.output
    assert unverified(database, tmp_path, least=1) == []
    # A killed Flyway never leaves two.
    for _ in range(2):
        database.rows(f"DELETE FROM awa_migrations.flyway_schema_history WHERE {newest}")
    refused = flyway.run(database.url, "migrate")
    assert refused.status != 0
    assert "but Flyway's history ends at version 38. [not-adopted]" in refused.output


def test_flyway_repair_of_a_folder_that_lost_files_brings_nothing_back(
    database: Database, release: Release, tmp_path: Path
) -> None:
    write(render("flyway", DesiredState(release, release.schema_version)), tmp_path / "whole")
    write(render("flyway", DesiredState(release, BEFORE)), tmp_path / "short")
    whole, short = flyway_tool(tmp_path / "whole"), flyway_tool(tmp_path / "short")
    assert whole.run(database.url, "migrate").status == 0
    # Repair takes everything out of the history that the folder does not have.
    done = short.run(database.url, "repair")
    assert done.status == 0, done.output
    refused = whole.run(database.url, "migrate")
    assert refused.status != 0
    assert f"ends at version {BEFORE}. [not-adopted]" in refused.output


def test_sqitch_killed_before_it_noted_a_change_says_which_one_to_record(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("sqitch", DesiredState(release, release.schema_version)), bundle)
    change = "031000_awa_v031"
    assert sqitch(database.url, bundle, "deploy", "--to", change).status == 0
    last = f"(SELECT change_id FROM awa_migrations.changes WHERE change = '{change}')"
    for table in ("dependencies", "changes"):
        database.rows(f"DELETE FROM awa_migrations.{table} WHERE change_id = {last}")
    before = dump_schema(database.url, "awa")
    killed = sqitch(database.url, bundle)
    assert killed.status != 0
    assert "but the history of sqitch ends at version 30. [not-adopted]" in killed.output
    assert f"sqitch deploy --log-only --to {change}" in killed.output
    assert dump_schema(database.url, "awa") == before
    assert sqitch(database.url, bundle, "deploy", "--log-only", "--to", change).status == 0
    done = sqitch(database.url, bundle)
    assert done.status == 0, done.output
    assert unverified(database, bundle, least=1) == []


def test_flyway_in_one_transaction_goes_on_from_a_baseline(
    flyway: Tool, database: Database, release: Release, tmp_path: Path
) -> None:
    write(render("flyway", DesiredState(release, BEFORE)), tmp_path / "short")
    assert flyway_tool(tmp_path / "short").run(database.url, "migrate").status == 0
    database.rows("DROP TABLE awa_migrations.flyway_schema_history")
    assert flyway.run(database.url, f"-baselineVersion={BEFORE}", "baseline").status == 0
    done = flyway.run(database.url, "-group=true", "migrate")
    assert done.status == 0, done.output
    assert unverified(database, flyway.bundle) == []


WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'PgSleep' AND backend_type = 'client backend'
"""


@pytest.mark.parametrize(("form", "alone"), [("goose", goose_alone), ("dbmate", dbmate_alone)])
def test_of_two_runs_at_once_the_second_one_runs_no_file_again(
    form: str, alone: Callable[..., Result], database: Database, release: Release, tmp_path: Path
) -> None:
    write(render(form, DesiredState(release, BEFORE)), tmp_path)
    done = RUNNERS[form].up(database.url, tmp_path)
    assert done.status == 0, done.output
    write(package(form, DesiredState(release, release.schema_version), existing=read(tmp_path)).files, tmp_path)
    assert prepared(database.url, tmp_path).status == 0
    with ThreadPoolExecutor(2) as runs, psycopg.connect(database.url, autocommit=True) as holder:
        # Both read the history before they wait for the lock.
        holder.execute("SELECT pg_advisory_lock(4708303813013489490)")
        both = [runs.submit(alone, database.url, tmp_path) for _ in range(2)]
        deadline = time.monotonic() + 60
        while database.rows(WAITING) != [{"count": 2}]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        holder.execute("SELECT pg_advisory_unlock(4708303813013489490)")
        results = [run.result() for run in both]
    refused = [done for done in results if done.status]
    assert refused
    for done in refused:
        # Where they take turns, each meets a file of the other one.
        assert "already, and this file is for one below version" in done.output
        assert "[not-adopted]" in done.output
    done = RUNNERS[form].up(database.url, tmp_path)
    assert done.status == 0, done.output
    assert unverified(database, tmp_path, least=1) == []
    if form == "goose":
        # It has no unique key.
        twice = "SELECT version_id FROM awa_migrations.goose_db_version GROUP BY version_id HAVING count(*) > 1"
        assert database.rows(twice) == []
