"""A JVM application that runs the bundle when it starts, with Flyway as a library."""

from __future__ import annotations

import subprocess

import pytest

from awa_infra.model import Release
from tests.support.servers import Database
from tests.support.tools import awa, dump_schema
from tests.tools.bundle_tools import CUSTOM, LOCK_HOLDERS, SCHEMAS, ran, wait_for_the_lock
from tests.tools.runners import Tool, embedded_flyway, finish, said_after

SUCCESSFUL = "SELECT count(*) FROM awa_migrations.flyway_schema_history WHERE success AND type = 'SQL'"

LEFT = """
    SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = d.oid) AS locks,
           (SELECT count(*) FROM pg_stat_activity WHERE datid = d.oid AND pid <> pg_backend_pid()
               AND backend_type = 'client backend') > 0 AS pooled
      FROM pg_database d WHERE d.datname = current_database()
"""
"""Advisory locks of any key, and whether the application is still connected."""


@pytest.fixture(scope="module")
def application(flyway: Tool) -> Tool:
    return embedded_flyway(flyway.bundle)


def start(application: Tool, database: Database, *how: str) -> subprocess.Popen[str]:
    return application.start(database.url, str(application.bundle), *how, stdin=subprocess.PIPE)


def until_migrated(running: subprocess.Popen[str]) -> int:
    """Return the number of files that the application ran; its pool is open then."""
    return int(said_after(running, "migrated: "))


def test_an_application_migrates_on_its_pool_under_the_lock_and_leaves_none_behind(
    application: Tool, flyway: Tool, database: Database, release: Release, schema_of_awa: str
) -> None:
    files = len(release.migrations) + len(release.patches) + len(CUSTOM)
    running = start(application, database, "3")
    try:
        wait_for_the_lock(database, running)
        assert until_migrated(running) == files
        assert database.rows(LEFT) == [{"locks": 0, "pooled": True}]
        awa("migrate", url=database.url)
    finally:
        done = finish(running)
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert ran(database, flyway) == {"applied"}

    again = start(application, database, "3")
    assert until_migrated(again) == 0
    assert finish(again).status == 0


@pytest.mark.parametrize("how", [("3", "flyway.group=true"), ("own",)], ids=["pool", "own"])
def test_awa_migrate_waits_for_the_whole_run_of_an_application(
    application: Tool, database: Database, release: Release, how: tuple[str, ...]
) -> None:
    running = start(application, database, *how)
    try:
        wait_for_the_lock(database, running)
        awa("migrate", url=database.url)
        counted = database.rows(SUCCESSFUL)
        assert until_migrated(running) == len(release.migrations) + len(release.patches) + len(CUSTOM)
        assert database.rows(LEFT)[0]["locks"] == 0
    finally:
        done = finish(running)
    assert done.status == 0, done.output
    assert counted == [{"count": len(release.migrations) + len(release.patches) + len(CUSTOM)}]


def test_a_pool_without_room_for_flyway_is_reported_before_anything_of_awa_is_made(
    application: Tool, database: Database
) -> None:
    done = finish(start(application, database, "1"))
    assert done.status != 0
    assert "Connection is not available" in done.output
    assert "`Connection is not available" in (application.bundle / "README.md").read_text()
    assert database.rows("SELECT to_regnamespace('awa') AS made") == [{"made": None}]
    assert database.rows(LOCK_HOLDERS) == [{"holders": 0}]
