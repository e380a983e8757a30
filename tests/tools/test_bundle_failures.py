"""Bundles that have grown, tools that were killed, schemas that were dropped: what the README says then, done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from awa_infra.bundles.existing import read
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape
from tests.support.bundles import render
from tests.support.schemas import EARLY
from tests.support.servers import Database
from tests.support.tools import dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, unverified
from tests.tools.runners import (
    NUMBERED,
    Runner,
    Tool,
    adopt,
    adopt_with_sqitch,
    alembic,
    flyway_tool,
    golang_migrate,
    goose,
    liquibase_tool,
    psql,
    sqitch,
)
from tests.tools.test_numbered_bundles import every_tool

ACME = QueueStorage("acme_jobs", Shape(4, 2, 2), (Queue("emails", priorities=(1,)),))


def grow(form: str, release: Release, folder: Path, *wanted: QueueStorage, target: int = 40) -> None:
    """Package into a folder, whatever is there."""
    write(package(form, DesiredState(release, target, wanted), existing=read(folder)).files, folder)


@every_tool
def test_a_grown_bundle_takes_over_a_newer_database_and_brings_all_its_schemas(
    tool: Runner, awa_database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    grow(tool.name, release, bundle, *CUSTOM, target=39)
    grow(tool.name, release, bundle, *CUSTOM)
    adopted = tool.adopt(awa_database.url, bundle)
    assert adopted.status == 0, adopted.output
    done = tool.up(awa_database.url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa
    assert unverified(awa_database, bundle) == []


@every_tool
def test_a_schema_that_was_dropped_and_is_declared_again_is_made_again(
    tool: Runner, awa_database: Database, release: Release, tmp_path: Path
) -> None:
    database, bundle = awa_database, tmp_path / "bundle"
    grow(tool.name, release, bundle, ACME)
    assert tool.adopt(database.url, bundle).status == 0
    assert tool.up(database.url, bundle).status == 0
    database.rows("DROP SCHEMA acme_jobs CASCADE")
    # sqitch has nothing to deploy, and so asks nothing.
    expected = "Nothing to deploy" if tool.name == "sqitch" else "[schema-gone]"
    assert expected in tool.up(database.url, bundle).output
    grow(tool.name, release, bundle)
    grow(tool.name, release, bundle, ACME)
    assert len(unverified(database, bundle)) == 2
    done = tool.up(database.url, bundle)
    assert done.status == 0, done.output
    assert unverified(database, bundle) == []


@pytest.mark.parametrize("form", ["flyway", "liquibase"])
def test_flyway_and_liquibase_make_a_schema_again_that_was_dropped_and_is_declared_again(
    form: str, awa_database: Database, release: Release, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database, bundle = awa_database, tmp_path / "bundle"
    grow(form, release, bundle, ACME)
    if form == "flyway":
        flyway: Tool = request.getfixturevalue("flyway")
        tool, word = replace(flyway, bundle=bundle), "migrate"
        baseline = tool.run(database.url, f"-baselineVersion={release.schema_version}", "baseline")
        assert baseline.status == 0, baseline.output
    else:
        tool, word = liquibase_tool(bundle), "update"
        assert psql(database.url, bundle / "prerequisite.sql").status == 0
    done = tool.run(database.url, word)
    assert done.status == 0, done.output
    database.rows("DROP SCHEMA acme_jobs CASCADE")
    gone = tool.run(database.url, word)
    assert gone.status != 0
    assert "[schema-gone]" in gone.output
    grow(form, release, bundle)
    grow(form, release, bundle, ACME)
    assert unverified(database, bundle) == [
        "queue storage acme_jobs: queue/lease/claim slots, receipts",
        "lanes in acme_jobs",
    ]
    for _ in range(2):
        done = tool.run(database.url, word)
        assert done.status == 0, done.output
        assert unverified(database, bundle) == []


def test_golang_migrate_goes_on_after_a_failure_in_its_first_file_and_after_a_lost_answer(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("golang-migrate", DesiredState(release, EARLY)), bundle)
    first = bundle / "migrations" / "001000_awa_v001.up.sql"
    right = first.read_bytes()
    first.write_bytes(right + b"\n;SELECT 1/0;")
    failed = golang_migrate(database.url, bundle)
    assert failed.status != 0
    first.write_bytes(right)
    assert "Dirty database version" in golang_migrate(database.url, bundle).output
    assert adopt(database.url, bundle).status == 0
    assert golang_migrate(database.url, bundle, "goto", "1000").status == 0
    # Killed after the file had committed and before that was noted.
    database.rows("UPDATE awa_migrations.schema_migrations SET dirty = true")
    assert adopt(database.url, bundle).status == 0
    done = golang_migrate(database.url, bundle)
    assert done.status == 0, done.output
    assert unverified(database, bundle) == []
    # "down" takes the numbers away and nothing else.
    assert golang_migrate(database.url, bundle, "down", "-all").status == 0
    assert adopt(database.url, bundle).status == 0
    assert golang_migrate(database.url, bundle).status == 0


def test_sqitch_goes_on_after_it_was_killed_before_it_noted_a_change(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("sqitch", DesiredState(release, EARLY)), bundle)
    assert sqitch(database.url, bundle, "deploy", "--to", "001000_awa_v001").status == 0
    database.rows("DELETE FROM awa_migrations.events; DELETE FROM awa_migrations.changes")
    killed = sqitch(database.url, bundle).output
    assert "[not-adopted]" in killed
    assert "--to 001000_awa_v001" in killed
    assert adopt_with_sqitch(database.url, bundle).status == 0
    done = sqitch(database.url, bundle)
    assert done.status == 0, done.output


def test_goose_goes_on_after_its_rows_were_taken_away(database: Database, release: Release, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    write(render("goose", DesiredState(release, EARLY)), bundle)
    assert goose(database.url, bundle).status == 0
    assert goose(database.url, bundle, "reset").status == 0
    assert adopt(database.url, bundle).status == 0
    done = goose(database.url, bundle)
    assert done.status == 0, done.output


def test_psql_that_has_committed_says_so_whatever_the_look_at_the_end_finds(
    database: Database, release: Release, tmp_path: Path
) -> None:
    write(render("psql", DesiredState(release, EARLY)), tmp_path / "bundle")
    (tmp_path / "bundle" / "verify.sql").write_text("SELECT 1/0;", encoding="utf-8")
    done = psql(database.url, tmp_path / "bundle" / "apply.sql")
    assert "division by zero" in done.output
    assert done.status == 0
    assert database.rows("SELECT max(version) AS v FROM awa.schema_version") == [{"v": EARLY}]


def test_the_look_at_the_end_has_timeouts_of_its_own(awa_database: Database, release: Release, tmp_path: Path) -> None:
    write(render("psql", DesiredState(release, 40)), tmp_path / "bundle")
    url = f"{awa_database.url}?options=-c%20statement_timeout%3D1000"
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("LOCK TABLE awa.schema_version IN ACCESS EXCLUSIVE MODE")
        waited = psql(url, tmp_path / "bundle" / "verify.sql")
    assert "canceling statement due to lock timeout" in waited.output


def test_what_alembic_refuses_is_said_in_a_few_lines(awa_database: Database, release: Release, tmp_path: Path) -> None:
    write(render("alembic", DesiredState(release, 40)), tmp_path / "bundle")
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    refused = alembic(awa_database.url, tmp_path / "bundle")
    assert refused.status != 0
    assert "[newer-schema]" in refused.output
    assert "Traceback" not in refused.output
    assert len(refused.output.splitlines()) < 10


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:hush@[::1/db", "AWA_DATABASE_URL cannot be read"),
        ("mysql://u:hush@a:1,b:2/db", "Set AWA_DATABASE_URL, for example"),
        ("postgresql+asyncpg://u:hush@a/db", "Set AWA_DATABASE_URL, for example"),
        ("postgresql+psycopg2://u:hush@a/db", "Install psycopg2 beside Alembic"),
    ],
)
def test_alembic_says_what_is_wrong_with_its_address_and_never_the_password(
    url: str, said: str, release: Release, tmp_path: Path
) -> None:
    write(render("alembic", DesiredState(release, 40)), tmp_path / "bundle")
    refused = alembic(url, tmp_path / "bundle")
    assert refused.status != 0
    assert said in refused.output
    assert "hush" not in refused.output
    assert "Traceback" not in refused.output


READ_ONLY = "ALTER DATABASE {} SET default_transaction_read_only = on"


@pytest.mark.parametrize("form", [tool.name for tool in NUMBERED if tool.name != "alembic"])
def test_a_read_only_database_is_reported_before_anything_fails(
    form: str, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, 40)), bundle)
    database.rows(READ_ONLY.format(database.name))
    [tool] = [tool for tool in NUMBERED if tool.name == form]
    done = tool.up(database.url, bundle)
    assert done.status != 0
    assert "[read-only]" in done.output


@pytest.mark.parametrize("form", ["alembic", "psql"])
def test_a_bundle_that_begins_its_own_transaction_writes_whatever_the_default_is(
    form: str, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, EARLY)), bundle)
    database.rows(READ_ONLY.format(database.name))
    done = alembic(database.url, bundle) if form == "alembic" else psql(database.url, bundle / "apply.sql")
    assert done.status == 0, done.output
    assert database.rows("SELECT max(version) AS version FROM awa.schema_version") == [{"version": EARLY}]


def test_flyway_and_liquibase_tell_a_read_only_database(
    flyway: Tool, liquibase_bundle: Path, database: Database
) -> None:
    database.rows(READ_ONLY.format(database.name))
    done = flyway.run(database.url, "migrate")
    assert done.status != 0
    assert "[read-only]" in done.output
    first = psql(database.url, liquibase_bundle / "prerequisite.sql")
    assert first.status != 0
    assert "[read-only]" in first.output


def test_a_bundle_with_nothing_to_do_asks_nothing_that_only_matters_then(
    awa_database: Database, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("goose", DesiredState(release, 40)), bundle)
    for one in (awa_database, database):
        one.rows(READ_ONLY.format(one.name))
    assert "[read-only]" not in psql(awa_database.url, bundle / "preflight.sql").output
    assert "[read-only]" in psql(database.url, bundle / "preflight.sql").output


@pytest.mark.parametrize("run", [sqitch, alembic, None], ids=["sqitch", "alembic", "psql"])
def test_a_client_encoding_from_the_environment_damages_nothing(
    run: object,
    database: Database,
    release: Release,
    schema_of_awa: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = "psql" if run is None else "sqitch" if run is sqitch else "alembic"
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, 40, CUSTOM)), bundle)
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    done = run(database.url, bundle) if callable(run) else psql(database.url, bundle / "apply.sql")
    monkeypatch.delenv("PGCLIENTENCODING")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_database_of_another_encoding_is_refused(
    form: str, encoding: str, database: Database, release: Release, tmp_path: Path
) -> None:
    other = replace(database, name=f"{database.name}_{encoding.lower()}", url=f"{database.url}_{encoding.lower()}")
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, 40)), bundle)
    with psycopg.connect(database.url, autocommit=True) as connection:
        text = f"CREATE DATABASE {other.name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(text.encode())
    try:
        if form == "psql":
            done = psql(other.url, bundle / "apply.sql")
        elif form == "flyway":
            done = flyway_tool(bundle).run(other.url, "migrate")
        elif form == "liquibase":
            done = psql(other.url, bundle / "prerequisite.sql")
            # Nor where the schema of its tables is there from before.
            other.rows("CREATE SCHEMA awa_migrations")
            later = liquibase_tool(bundle).run(other.url, "update")
            assert later.status != 0
            assert "[database-encoding]" in later.output
            other.rows("DROP SCHEMA awa_migrations CASCADE")
        else:
            [tool] = [tool for tool in NUMBERED if tool.name == form]
            done = tool.up(other.url, bundle)
        assert done.status != 0
        assert "[database-encoding]" in done.output
        assert other.rows("SELECT nspname FROM pg_namespace WHERE nspname ^@ 'awa'") == []
    finally:
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {other.name} WITH (FORCE)".encode())


def test_what_is_not_there_is_no_error_of_the_look_at_the_end(
    database: Database, awa_database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("goose", DesiredState(release, 40, (ACME, CUSTOM[1]))), bundle)
    version, recorded = "schema awa: version", "schema awa: versions recorded"
    patch, lanes = "schema awa: patch wait_free_dirty_marks", "lanes in acme_jobs"
    slots = [f"queue storage {name}: queue/lease/claim slots, receipts" for name in ("acme_jobs", "beta")]
    assert unverified(database, bundle) == [version, patch, *slots, lanes]
    awa_database.rows("DELETE FROM awa.schema_version")
    assert unverified(awa_database, bundle) == [version, recorded, *slots, lanes]


@pytest.mark.parametrize("form", ["psql", "goose"])
def test_a_bundle_does_not_skip_a_schema_that_lost_a_ring_table(
    form: str, applied: Callable[[DesiredState], Database], release: Release, tmp_path: Path
) -> None:
    database = applied(DesiredState(release, 40, (QueueStorage("acme", Shape(4, 2, 2)),)))
    database.rows("DROP TABLE acme.lease_ring_state; DELETE FROM awa.schema_version WHERE version = 40")
    before = dump_schema(database.url)
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, 40)), bundle)
    done = psql(database.url, bundle / ("apply.sql" if form == "psql" else "preflight.sql"))
    assert done.status != 0
    assert "acme" in done.output
    assert "[queue-storage-damaged]" in done.output
    assert dump_schema(database.url) == before
