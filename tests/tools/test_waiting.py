"""Every tool while another migration has Awa's lock: it holds nothing, and reads only once the lock is its own."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from awa_infra.bundles.writing import write
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.model import DesiredState, Release
from devtools.java_tools import LIQUIBASES
from tests.support.bundles import render
from tests.support.servers import Database
from tests.tools.bundle_tools import CUSTOM, script
from tests.tools.runners import NUMBERED, Result, flyway_tool, liquibase_tool, psql

WAITING = """
    SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'
"""
HELD = """
    SELECT a.query, l.relation::regclass::text AS relation, l.mode
      FROM pg_locks l
      JOIN pg_class c ON c.oid = l.relation
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE n.nspname = 'awa' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
WANTED = """
    awa.schema_version, awa.storage_transition_state, awa.queue_ring_state, awa.lease_ring_state, awa.claim_ring_state,
    awa.queue_ring_slots, awa.runtime_instances
"""
"""Tables that migrations take for themselves."""

MADE = """
    SELECT n.nspname,
           (SELECT json_agg(c.oid || c.relname || c.xmin::text ORDER BY c.oid)::text FROM pg_class c
             WHERE c.relnamespace = n.oid) AS relations,
           (SELECT json_agg(p.oid || p.proname || p.xmin::text ORDER BY p.oid)::text FROM pg_proc p
             WHERE p.pronamespace = n.oid) AS functions
      FROM pg_namespace n
     WHERE n.nspname IN ('awa', 'acme_jobs', 'beta')
"""
"""Everything that a migration could have made or replaced, with the transaction that did."""

HANG = 120.0


@dataclass(frozen=True)
class Way:
    """A format, and how its README says to run it."""

    name: str
    form: str
    run: Callable[[Database, Path], Result]

    def __str__(self) -> str:
        return self.name


def flyway(database: Database, bundle: Path) -> Result:
    return flyway_tool(bundle).run(database.url, "migrate")


def liquibase(version: str) -> Callable[[Database, Path], Result]:
    def run(database: Database, bundle: Path) -> Result:
        script(database, bundle / "prerequisite.sql")
        return liquibase_tool(bundle, version).run(database.url, "update")

    return run


WAYS = (
    Way("psql", "psql", lambda database, bundle: psql(database.url, bundle / "apply.sql")),
    Way("flyway", "flyway", flyway),
    *(Way(f"liquibase-{version}", "liquibase", liquibase(version)) for version in LIQUIBASES),
    *(Way(t.name, t.name, lambda database, bundle, up=t.up: up(database.url, bundle)) for t in NUMBERED),  # type: ignore[misc]
)


def shown(output: str) -> list[str]:
    """Return what a person reads, without what a tool puts before each line."""
    return [re.sub(r"^(psql:\S+: )?((ERROR|FAILED|Error)[:\s]+)*", "", line.strip()) for line in output.splitlines()]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_tool_that_waits_holds_nothing_and_sees_what_was_done_meanwhile(
    way: Way, awa_database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(way.form, DesiredState(release, release.schema_version, CUSTOM)), bundle)
    results: list[Result] = []
    with psycopg.connect(awa_database.url, autocommit=True) as migrator:
        migrator.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK_KEY])
        run = threading.Thread(target=lambda: results.append(way.run(awa_database, bundle)))
        run.start()
        deadline = time.monotonic() + HANG
        while not awa_database.rows(WAITING):
            assert run.is_alive(), results[0].output
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [row for _ in range(10) for row in awa_database.rows(HELD)] == []
        with migrator.transaction():
            migrator.execute("SET LOCAL lock_timeout = '2s'")
            migrator.execute(f"LOCK TABLE {WANTED} IN ACCESS EXCLUSIVE MODE".encode())
            migrator.execute("DELETE FROM awa.claim_ring_state")
            migrator.execute("INSERT INTO awa.schema_version VALUES (99, 'newer')")
            # Waiting goes on while these are locked; nobody stands behind them either.
            time.sleep(0.5)
            assert {row["relation"] for row in awa_database.rows(HELD + " AND NOT l.granted")} == set()
        before = awa_database.rows(MADE)
        migrator.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK_KEY])
    run.join()
    [done] = results
    assert done.status != 0
    lines = shown(done.output)
    where = f"in database {awa_database.name}"
    newer = f"Schema awa {where} is at version 99, newer than the 40 that Awa {release.name} knows. [newer-schema]"
    lost = f"Rows of Awa's state are missing {where}: awa.claim_ring_state (0 of 1 rows). [state-rows-missing]"
    for message in (newer, lost):
        assert message in lines, done.output
        assert lines[lines.index(message) + 1].startswith("Hint: "), done.output
    assert not re.search(r"\S.* Hint: ", done.output), done.output
    assert awa_database.rows(MADE) == before
