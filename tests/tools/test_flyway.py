from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from awa_infra.bundles.formats.flyway import ALONE_KEY
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from tests.support.bundles import render
from tests.support.schemas import EARLY
from tests.support.servers import Database
from tests.support.tools import awa, dump_schema
from tests.tools.bundle_tools import CUSTOM, PASSWORD, SCHEMAS, ran, unverified, wait_for_the_lock, with_crlf
from tests.tools.runners import Tool, finish

HISTORY = "SELECT type, count(*) FROM awa_migrations.flyway_schema_history WHERE success GROUP BY type"


def test_a_flyway_bundle_brings_an_empty_database_to_the_schema_of_awa_migrate(
    flyway: Tool, database: Database, release: Release, schema_of_awa: str
) -> None:
    first = flyway.run(database.url, "migrate")
    assert first.status == 0, first.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, flyway.bundle) == []
    # Ten thousand notices would hide the one line that matters.
    assert len(first.output.splitlines()) < 3 * len(release.migrations)

    assert ran(database, flyway) == {"applied"}

    before = database.transition()
    assert (before["state"], before["marker"]) == ("canonical", None)
    second = flyway.run(database.url, "migrate")
    assert second.status == 0, second.output
    assert "No migration necessary" in second.output
    assert database.transition() == before


def test_flyway_stops_before_anything_and_names_every_condition(flyway: Tool, awa_database: Database) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    awa_database.rows("CREATE TABLE public.app (); CREATE SCHEMA beta; CREATE TABLE beta.app ()")
    before = dump_schema(awa_database.url, "awa", "beta")
    done = flyway.run(awa_database.url, "migrate")
    assert done.status != 0
    for code in ("newer-schema", "queue-storage-foreign", "not-adopted"):
        assert f"[{code}]" in done.output
    assert f"Schema awa in database {awa_database.name} is at version 99" in done.output
    assert "Nothing was run." in done.output
    assert dump_schema(awa_database.url, "awa", "beta") == before


def test_flyway_takes_over_a_database_of_awa_migrate_after_one_baseline(
    flyway: Tool, awa_database: Database, release: Release, schema_of_awa: str
) -> None:
    refused = flyway.run(awa_database.url, "migrate")
    assert refused.status != 0
    assert "[not-adopted]" in refused.output
    assert f"flyway -baselineVersion={release.schema_version} baseline" in refused.output

    for version in (release.schema_version + 1, release.schema_version):
        awa_database.rows("DROP TABLE awa_migrations.flyway_schema_history")
        baseline = flyway.run(awa_database.url, f"-baselineVersion={version}", "baseline")
        assert baseline.status == 0, baseline.output
        if version > release.schema_version:
            # Whoever has not looked tells Flyway of a version that was never run.
            refused = flyway.run(awa_database.url, "migrate")
            assert refused.status != 0
            assert f"Flyway's baseline is version {version}, but schema awa" in refused.output
            assert f"-baselineVersion={release.schema_version} baseline" in refused.output
    done = flyway.run(awa_database.url, "migrate")
    assert done.status == 0, done.output
    assert awa_database.rows(HISTORY + " ORDER BY 1") == [
        {"type": "BASELINE", "count": 1},
        {"type": "SQL", "count": len(release.patches) + len(CUSTOM)},
    ]
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa
    assert ran(awa_database, flyway) == {"adopted", "applied"}


def test_awa_migrate_waits_until_flyway_of_an_unprivileged_role_is_done(
    flyway: Tool, plain_database: Database, release: Release
) -> None:
    running = flyway.start(plain_database.url, "migrate")
    try:
        wait_for_the_lock(plain_database, running)
        awa("migrate", url=plain_database.url)
        counted = {row["type"]: row["count"] for row in plain_database.rows(HISTORY)}
    finally:
        done = finish(running)
    assert done.status == 0, done.output
    assert counted["SQL"] == len(release.migrations) + len(release.patches) + len(CUSTOM)
    assert PASSWORD not in done.output
    assert unverified(plain_database, flyway.bundle) == []


def test_flyway_in_another_folder_fails_rather_than_find_nothing_to_do(flyway: Tool, database: Database) -> None:
    elsewhere = Tool(flyway.command, flyway.variables, flyway.bundle.parent)
    done = elsewhere.run(database.url, f"-configFiles={flyway.bundle / 'flyway.toml'}", "migrate")
    assert done.status != 0
    assert "Failed to find filesystem location" in done.output


def test_flyway_with_the_classic_settings_and_all_files_in_one_transaction(
    flyway: Tool, database: Database, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(flyway.bundle, bundle)
    (bundle / "flyway.toml").unlink()
    tool = replace(flyway, bundle=bundle)
    done = tool.run(database.url, "-configFiles=classic.conf", "-group=true", "migrate")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert ran(database, flyway) == {"applied"}


@pytest.fixture
def early(flyway: Tool, release: Release, tmp_path: Path) -> Tool:
    """Return Flyway with a bundle that ends before what takes long."""
    write(render("flyway", DesiredState(release, EARLY)), tmp_path / "early")
    return replace(flyway, bundle=tmp_path / "early")


def test_a_checkout_that_converted_line_ends_is_nothing_to_flyway(
    early: Tool, database: Database, tmp_path: Path
) -> None:
    first = early.run(database.url, "migrate")
    assert first.status == 0, first.output
    again = replace(early, bundle=with_crlf(early.bundle, tmp_path / "bundle")).run(database.url, "migrate")
    assert again.status == 0, again.output
    assert "No migration necessary" in again.output


def test_two_flyways_at_once_do_everything_once(
    early: Tool, database: Database, applied: Callable[[DesiredState], Database], release: Release
) -> None:
    both = [early.start(database.url, "migrate") for _ in range(2)]
    for done in [finish(process) for process in both]:
        assert done.status == 0, done.output
    assert dump_schema(database.url, "awa") == dump_schema(applied(DesiredState(release, EARLY)).url, "awa")


@pytest.mark.parametrize("schema_is_there", [False, True])
def test_a_second_flyway_waits_before_it_takes_flyways_own_lock(
    flyway: Tool, database: Database, *, schema_is_there: bool
) -> None:
    # Flyway gives its lock back after each file; with it in hand the second one would stand in the way of the first.
    # Where its schema is there Flyway asks at another time.
    database.rows("CREATE SCHEMA awa_migrations" if schema_is_there else "SELECT")
    with psycopg.connect(database.url, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [ALONE_KEY])
        second = flyway.start(database.url, "migrate")
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'awa-infra flyway' AND wait_event = 'PgSleep'"
        )
        while not database.rows(waiting):
            assert second.poll() is None, finish(second).output
        assert database.rows("SELECT to_regclass('awa_migrations.flyway_schema_history') AS begun") == [{"begun": None}]
    wait_for_the_lock(database, second)
    # From there to its end it is the one that others wait for.
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = {}"
    assert database.rows(held.format(ALONE_KEY % 2**32)) == [{"count": 1}]
    done = finish(second)
    assert done.status == 0, done.output
    assert ran(database, flyway) == {"applied"}


def test_flyway_that_was_killed_goes_on_where_it_stopped(flyway: Tool, database: Database, schema_of_awa: str) -> None:
    killed = flyway.start(database.url, "migrate")
    # Version 2: all from there on can be run again. Killed before it notes version 1, Flyway asks for a baseline.
    progress = "SELECT to_regclass('awa.runtime_instances') IS NOT NULL AS begun"
    while not database.rows(progress)[0]["begun"]:
        assert killed.poll() is None, finish(killed).output
    killed.kill()
    finish(killed)
    done = flyway.run(database.url, "migrate")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
