"""Rows of Awa's state that are gone: a dump restored without its data, a test suite that emptied every table."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from awa_infra.database.activation import read_activation
from awa_infra.database.fingerprint import repair, verify
from awa_infra.database.observe import read_plan
from awa_infra.database.removal import read_removal
from awa_infra.localserver.host import binaries
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.command import Run
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_everything, dump_schema

STATE = """
    SELECT (SELECT json_agg(v.version || v.description ORDER BY v.version) FROM awa.schema_version v)::text AS v,
           (SELECT json_agg(t) FROM (SELECT state, current_engine, prepared_engine, transition_epoch, details::text,
                                            finalized_at FROM awa.storage_transition_state) t)::text AS t,
           (SELECT json_agg(ARRAY[current_slot, generation, slot_count]) FROM awa.queue_ring_state)::text AS q,
           (SELECT json_agg(s ORDER BY slot) FROM awa.queue_ring_slots s)::text AS qs,
           (SELECT json_agg(s ORDER BY slot) FROM awa.lease_ring_slots s)::text AS ls,
           (SELECT json_agg(s ORDER BY slot) FROM awa.claim_ring_slots s)::text AS cs,
           (SELECT json_agg(s ORDER BY slot) FROM acme.claim_ring_slots s)::text AS acme
"""
TRUNCATE = """
    DO $$ BEGIN
        EXECUTE (SELECT 'TRUNCATE ' || string_agg(c.oid::regclass::text, ', ') FROM pg_class c
                  WHERE c.relnamespace IN ('awa'::regnamespace, 'acme'::regnamespace) AND c.relkind IN ('r', 'p'));
    END $$
"""


@pytest.fixture(scope="module")
def acme_template(server: TestServer, awa_template: Database) -> Iterator[Database]:
    made = server.create(awa_template.name)
    made.rows("SELECT awa.install_queue_storage_substrate('acme', 6, 3, 2)")
    made.rows("SELECT awa.apply_receipt_plane_fillfactor('acme')")
    yield made
    server.drop(made)


@pytest.fixture
def acme(server: TestServer, acme_template: Database) -> Iterator[Database]:
    made = server.create(acme_template.name)
    yield made
    server.drop(made)


def codes(database: Database, release: Release) -> list[tuple[str, str, bool]]:
    return [(f.code, f.schema, f.repairable) for f in verify(database.url, release)[1].drift]


@pytest.mark.parametrize("way", ["restored", "truncated"])
def test_a_database_without_any_row_is_reported_by_every_command_and_repaired(
    acme_template: Database, acme: Database, database: Database, release: Release, run: Run, way: str
) -> None:
    subject = acme if way == "truncated" else database
    if way == "truncated":
        acme.rows(TRUNCATE)
    else:
        dump = subprocess.run(
            [str(binaries() / "pg_dump"), "--schema-only", f"--dbname={acme_template.url}"],
            capture_output=True,
            timeout=300,
            check=True,
        )
        psql = [str(binaries() / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--dbname={database.url}"]
        subprocess.run(psql, input=dump.stdout, capture_output=True, timeout=300, check=True)
    assert "version unknown: table awa.schema_version is empty" in run("status", url=subject.url).out
    for command in ("plan", "apply"):
        refused = run(command, url=subject.url)
        assert refused.status == 3
        assert "[empty-history]" in refused.err
        assert "verify --repair" in refused.err
    assert codes(subject, release) == [
        ("version-rows-missing", "awa", True),
        ("state-rows-missing", "awa", True),
        ("state-rows-missing", "awa", True),
        ("state-rows-missing", "acme", True),
    ]
    report, found = repair(subject.url, release)
    assert {step.key for step in report.applied} == {"install:awa", "install:acme", "version-rows", "transition"}
    assert found.healthy
    assert subject.rows(STATE) == acme_template.rows(STATE)
    assert dump_schema(subject.url) == dump_schema(acme_template.url)
    assert run("plan", "--check", url=subject.url).status == 0


def test_an_empty_history_of_another_shape_is_not_guessed(acme: Database, release: Release, run: Run) -> None:
    acme.rows("DELETE FROM awa.schema_version; DROP FUNCTION awa.storage_status()")
    assert ("version-rows-missing", "awa", False) in codes(acme, release)
    out = run("verify", url=acme.url).out
    assert "Restore its rows from a backup" in out
    assert "not migrated" not in run("status", url=acme.url).out
    assert acme.rows("SELECT count(*) AS n FROM awa.schema_version") == [{"n": 0}]


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        ("DELETE FROM acme.queue_ring_state", "acme.queue_ring_state (0 of 1 rows)"),
        ("DELETE FROM acme.claim_ring_state", "acme.claim_ring_state (0 of 1 rows)"),
        ("DELETE FROM acme.lease_ring_slots WHERE slot = 1", "acme.lease_ring_slots (2 of 3 rows)"),
        ("DELETE FROM awa.lease_ring_state", "awa.lease_ring_state (0 of 1 rows)"),
        ("DELETE FROM awa.storage_transition_state", "awa.storage_transition_state"),
    ],
)
def test_each_lost_row_is_found_gated_and_put_back(
    acme: Database, acme_template: Database, release: Release, run: Run, damage: str, table: str
) -> None:
    acme.rows(damage)
    schema = table.partition(".")[0]
    assert codes(acme, release) == [("state-rows-missing", schema, True)]
    status = run("status", url=acme.url)
    assert (status.status, table in status.out) == (0, True)
    desired = DesiredState(release, release.schema_version, (QueueStorage("acme", Shape(6, 3, 2)),))
    assert "state-rows-missing" in [gate.code for gate in read_plan(acme.url, desired)[1].gates]
    assert run("apply", url=acme.url).status == 3
    gates = [gate.code for gate in read_removal(acme.url, "acme")[1].gates]
    assert gates == (["state-rows-missing"] if "acme" in table or "transition" in table else [])
    gates = [gate.code for gate in read_activation(acme.url, schema)[1].gates]
    assert "state-rows-missing" in gates
    assert repair(acme.url, release)[1].healthy
    assert acme.rows(STATE) == acme_template.rows(STATE)


def test_a_ring_that_jobs_rely_on_is_not_made_anew(acme: Database, release: Release) -> None:
    acme.rows("INSERT INTO acme.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('q', 1, 0)")
    acme.rows("DELETE FROM acme.queue_ring_state")
    before = dump_everything(acme.url)
    [finding] = verify(acme.url, release)[1].drift
    assert (finding.code, finding.repairable) == ("state-rows-missing", False)
    assert "queue_enqueue_heads" in finding.repair
    assert repair(acme.url, release)[0].applied == ()
    assert dump_everything(acme.url) == before


def test_a_lost_transition_row_is_not_guessed_where_queue_storage_was_active(acme: Database, release: Release) -> None:
    assert acme.rows("SELECT awa.storage_auto_finalize_if_fresh('acme') AS done") == [{"done": True}]
    acme.rows("DELETE FROM awa.storage_transition_state")
    [finding] = verify(acme.url, release)[1].drift
    assert (finding.code, finding.repairable) == ("state-rows-missing", False)
    assert "the marker names schema acme" in finding.repair
    assert repair(acme.url, release)[0].applied == ()


def test_migrations_do_not_skip_a_schema_that_lost_a_ring_table(acme: Database, release: Release, run: Run) -> None:
    acme.rows("DROP TABLE acme.lease_ring_state")
    assert "its ring tables are missing" in run("status", url=acme.url).out
    assert read_plan(acme.url, DesiredState(release, release.schema_version))[1].empty
    acme.rows("DELETE FROM awa.schema_version WHERE version = 40")
    gates = read_plan(acme.url, DesiredState(release, release.schema_version))[1].gates
    assert [gate.code for gate in gates] == ["queue-storage-damaged"]
