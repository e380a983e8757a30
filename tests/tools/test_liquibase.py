from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from awa_infra.bundles.writing import write
from awa_infra.database.fingerprint import verify
from awa_infra.model import DesiredState, Release
from devtools.java_tools import LIQUIBASES
from tests.support.bundles import render
from tests.support.schemas import EARLY
from tests.support.servers import Database
from tests.support.tools import awa, dump_everything, dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, ran, script, unverified, wait_for_the_lock, with_crlf
from tests.tools.runners import Result, Tool, finish, liquibase_tool, psql

HISTORY = "SELECT exectype, count(*) FROM awa_migrations.databasechangelog GROUP BY exectype ORDER BY 1"
CHECKSUMS = "SELECT id, md5sum FROM awa_migrations.databasechangelog ORDER BY id"
IN_PUBLIC = "SELECT count(*) FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')"
AT_ONCE = ("--changelog-lock-wait-time-in-minutes=0", "--changelog-lock-poll-rate=1")
EVERY_TIME = 3
"""The changesets that lock, check and unlock."""


def test_a_liquibase_bundle_brings_an_empty_database_to_the_schema_of_awa_migrate(
    liquibase: Tool, database: Database, release: Release, schema_of_awa: str
) -> None:
    script(database, liquibase.bundle / "prerequisite.sql")
    first = liquibase.run(database.url, "update")
    assert first.status == 0, first.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, liquibase.bundle) == []
    assert len(first.output.splitlines()) < 3 * len(release.migrations)
    tags = database.rows("SELECT tag FROM awa_migrations.databasechangelog WHERE tag IS NOT NULL")
    assert {row["tag"] for row in tags} == {f"awa-v{migration.version:03d}" for migration in release.migrations}

    assert ran(database, liquibase) == {"applied"}

    before = database.transition()
    assert (before["state"], before["marker"]) == ("canonical", None)
    second = liquibase.run(database.url, "update")
    assert second.status == 0, second.output
    assert "upstream" not in second.output
    assert f"Run:                          {EVERY_TIME}" in second.output
    assert database.transition() == before


def test_liquibase_adopts_a_database_of_awa_migrate_and_obeys_the_conditions(
    liquibase: Tool, awa_database: Database, release: Release, schema_of_awa: str
) -> None:
    script(awa_database, liquibase.bundle / "prerequisite.sql")
    shown = liquibase.run(awa_database.url, "update-sql")
    assert shown.status == 0, shown.output
    # It asks the database, too, what is there already.
    assert "CREATE TYPE awa.job_state" not in shown.output
    done = liquibase.run(awa_database.url, "update")
    assert done.status == 0, done.output
    tags = len(release.migrations)
    assert awa_database.rows(HISTORY) == [
        {"exectype": "EXECUTED", "count": EVERY_TIME + tags + len(release.patches) + len(CUSTOM)},
        {"exectype": "MARK_RAN", "count": len(release.migrations)},
    ]
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa

    assert ran(awa_database, liquibase) == {"adopted", "applied"}

    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    awa_database.rows("UPDATE beta.queue_ring_state SET slot_count = 5")
    refused = liquibase.run(awa_database.url, "update")
    assert refused.status != 0
    assert "[newer-schema]" in refused.output
    assert "[queue-storage-shape]" in refused.output
    assert "Nothing was run." in refused.output
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa


def test_liquibase_goes_on_where_a_migration_stopped_and_awa_migrate_waits_for_it(
    liquibase: Tool, applied: Callable[[DesiredState], Database], release: Release
) -> None:
    stopped_at = 30
    database = applied(DesiredState(release, stopped_at))
    script(database, liquibase.bundle / "prerequisite.sql")
    running = liquibase.start(database.url, "update")
    try:
        wait_for_the_lock(database, running)
        awa("migrate", url=database.url)
        counted = {row["exectype"]: row["count"] for row in database.rows(HISTORY)}
    finally:
        done = finish(running)
    assert done.status == 0, done.output
    marked = sum(migration.version <= stopped_at for migration in release.migrations)
    assert counted["MARK_RAN"] == marked
    assert counted["EXECUTED"] >= len(release.migrations) - marked + len(release.patches) + len(CUSTOM)
    assert unverified(database, liquibase.bundle) == []


def test_liquibase_that_was_killed_goes_on_after_its_lock_is_released(
    liquibase: Tool, database: Database, schema_of_awa: str
) -> None:
    script(database, liquibase.bundle / "prerequisite.sql")
    killed = liquibase.start(database.url, "update")
    while not database.rows("SELECT to_regclass('awa.cron_jobs') IS NOT NULL AS begun")[0]["begun"]:
        assert killed.poll() is None, finish(killed).output
    killed.kill()
    finish(killed)
    waiting = liquibase.run(database.url, *AT_ONCE, "update")
    assert waiting.status != 0
    assert "Could not acquire change log lock" in waiting.output
    readme = (liquibase.bundle / "README.md").read_text()
    assert "`Could not acquire change log lock`" in readme
    assert "`liquibase release-locks`" in readme
    released = liquibase.run(database.url, "release-locks")
    assert released.status == 0, released.output
    done = liquibase.run(database.url, "update")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


def test_what_liquibase_shows_and_checks_changes_nothing_and_can_be_run_by_psql(
    liquibase: Tool, plain_database: Database, tmp_path: Path
) -> None:
    # As a role that may not even look into schema public.
    script(plain_database, liquibase.bundle / "prerequisite.sql")
    empty = dump_everything(plain_database.url)
    shown = liquibase.start(plain_database.url, "--output-file=" + str(tmp_path / "update.sql"), "update-sql")
    done = finish(shown)
    assert done.status == 0, done.output
    assert dump_everything(plain_database.url) == empty

    # Its statements are to be run as they are, and the history that they write is the tool's own.
    run = psql(plain_database.url, tmp_path / "update.sql", "-q", "-1")
    assert run.status == 0, run.output
    assert unverified(plain_database, liquibase.bundle) == []
    assert ran(plain_database, liquibase) == {"applied"}
    assert plain_database.rows(IN_PUBLIC) == [{"count": 0}]

    before = dump_everything(plain_database.url)
    status = liquibase.run(plain_database.url, "status")
    assert status.status == 0, status.output
    assert f"{EVERY_TIME} changesets have not been applied" in status.output
    validate = liquibase.run(plain_database.url, "validate")
    assert validate.status == 0, validate.output
    assert "No validation errors found" in validate.output
    assert dump_everything(plain_database.url) == before


def test_two_liquibases_at_once_do_everything_once(
    liquibase: Tool, database: Database, applied: Callable[[DesiredState], Database], release: Release, tmp_path: Path
) -> None:
    write(render("liquibase", DesiredState(release, EARLY)), tmp_path / "early")
    liquibase = replace(liquibase, bundle=tmp_path / "early")
    script(database, liquibase.bundle / "prerequisite.sql")
    both = [liquibase.start(database.url, "--changelog-lock-poll-rate=1", "update") for _ in range(2)]
    done = [finish(process) for process in both]
    assert 0 in {result.status for result in done}, done[0].output + done[1].output
    for result in done:
        if result.status != 0:
            # Both found that Liquibase's own table was missing, and both made it: the server says so in two ways.
            said = ('relation "databasechangelog', "pg_type_typname_nsp_index")
            assert any(words in result.output for words in said), result.output
            again = liquibase.run(database.url, "update")
            assert again.status == 0, again.output
    assert dump_schema(database.url, "awa") == dump_schema(applied(DesiredState(release, EARLY)).url, "awa")
    twice = "SELECT id FROM awa_migrations.databasechangelog GROUP BY id HAVING count(*) > 1"
    assert database.rows(twice) == []


def test_a_checkout_that_converted_line_ends_is_the_same_bundle_to_liquibase(
    liquibase_bundle: Path, database: Database, release: Release, tmp_path: Path
) -> None:
    script(database, liquibase_bundle / "prerequisite.sql")
    newer = liquibase_tool(liquibase_bundle, LIQUIBASES[1])
    done = replace(newer, bundle=with_crlf(liquibase_bundle, tmp_path / "bundle")).run(database.url, "update")
    assert done.status == 0, done.output
    assert unverified(database, liquibase_bundle) == []
    assert verify(database.url, release)[1].drift == ()
    before = database.rows(CHECKSUMS)
    assert_nothing_but_the_checks(newer.run(database.url, "update"))
    assert database.rows(CHECKSUMS) == before


def test_a_database_of_an_older_liquibase_is_valid_for_a_newer_one_without_repair(
    liquibase_bundle: Path, database: Database
) -> None:
    older, newer = (liquibase_tool(liquibase_bundle, version) for version in LIQUIBASES)
    script(database, liquibase_bundle / "prerequisite.sql")
    done = older.run(database.url, "update")
    assert done.status == 0, done.output
    before = database.rows(CHECKSUMS)
    # The number before the colon is the way in which they are calculated: that of both.
    assert {row["md5sum"].partition(":")[0] for row in before} == {"9"}
    validate = newer.run(database.url, "validate")
    assert validate.status == 0, validate.output
    assert_nothing_but_the_checks(newer.run(database.url, "update"))
    assert database.rows(CHECKSUMS) == before


def assert_nothing_but_the_checks(done: Result) -> None:
    assert done.status == 0, done.output
    assert f"Run:                          {EVERY_TIME}" in done.output
