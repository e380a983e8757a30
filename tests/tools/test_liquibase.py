from __future__ import annotations

import time

from awa_infra.model import Release
from tests.support.servers import Database
from tests.support.tools import awa, dump_schema
from tests.tools.bundle_tools import CUSTOM, LOCK_HOLDERS, SCHEMAS, Tool, finish, ran, script, unverified

HISTORY = "SELECT exectype, count(*) FROM awa_migrations.databasechangelog GROUP BY exectype ORDER BY 1"
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
    liquibase: Tool, database: Database, release: Release
) -> None:
    stopped_at = 30
    for migration in release.migrations:
        if migration.version <= stopped_at:
            database.rows("SET client_min_messages = warning;" + migration.sql)
    script(database, liquibase.bundle / "prerequisite.sql")
    running = liquibase.start(database.url, "update")
    try:
        deadline = time.monotonic() + 60
        while database.rows(LOCK_HOLDERS) == [{"holders": 0}]:
            assert running.poll() is None, finish(running).output
            assert time.monotonic() < deadline
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
    released = liquibase.run(database.url, "release-locks")
    assert released.status == 0, released.output
    done = liquibase.run(database.url, "update")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
