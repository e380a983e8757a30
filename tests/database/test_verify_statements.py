"""Damages that administrators, restores and tools leave: found, and undone by the statements that verify prints."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair, verify
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from awa_infra.naming import quote
from tests.database.test_structure_script import MORE, as_verify_says, proof
from tests.support.servers import Database, TestServer

SMALL = (QueueStorage("small", Shape(4, 2, 2)),)
SEQUENCE = "queue_enqueue_seq_0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def template(server: TestServer, release: Release) -> Iterator[Database]:
    made = server.create()
    apply(made.url, DesiredState(release, release.schema_version, SMALL))
    made.rows(f"CREATE SEQUENCE small.{SEQUENCE}")
    yield made
    server.drop(made)


@pytest.fixture
def small(server: TestServer, template: Database) -> Iterator[Database]:
    """Give a database with a custom queue-storage schema, which has a lane."""
    made = server.create(template.name)
    yield made
    server.drop(made)


DAMAGES = {
    "a lane whose sessions keep numbers": (f"ALTER SEQUENCE small.{SEQUENCE} CACHE 20", f"sequence {SEQUENCE}"),
    "a lane that leaves numbers out": (f"ALTER SEQUENCE small.{SEQUENCE} INCREMENT 10", f"sequence {SEQUENCE}"),
    "a lane that begins again": (f"ALTER SEQUENCE small.{SEQUENCE} MAXVALUE 99 CYCLE", f"sequence {SEQUENCE}"),
    "a sequence that ends early": ("ALTER SEQUENCE small.job_id_seq AS integer", "sequence job_id_seq"),
    "a partition elsewhere": (
        "CREATE TABLE public.other PARTITION OF small.leases DEFAULT",
        "inheritance leases.other",
    ),
    "a partition that moved": ("ALTER TABLE small.leases_1 SET SCHEMA public", "inheritance leases.leases_1"),
    "a partition that was detached": ("ALTER TABLE small.leases DETACH PARTITION small.leases_1", "partition leases_1"),
    "a detachment that was interrupted": (
        "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'small.leases_1'::regclass",
        "partition leases_1",
    ),
    "a child": ("CREATE TABLE public.child () INHERITS (small.dlq_entries)", "inheritance dlq_entries.child"),
    "a parent": (
        "CREATE TABLE public.parent (queue text NOT NULL); ALTER TABLE awa.queue_meta INHERIT public.parent",
        "inheritance queue_meta.parent",
    ),
    "a table without WAL": ("ALTER TABLE small.dlq_entries SET UNLOGGED", "relation dlq_entries"),
    "partitions without autovacuum": (
        (
            "ALTER TABLE small.leases_0 SET (autovacuum_enabled = off);"
            "ALTER TABLE small.leases_1 SET (autovacuum_enabled = off)"
        ),
        "storage leases_*",
    ),
    "a table without autovacuum": (
        "ALTER TABLE small.dlq_entries SET (autovacuum_enabled = off)",
        "storage dlq_entries",
    ),
    "a lost default": ("ALTER TABLE awa.jobs_hot ALTER id DROP DEFAULT", "column jobs_hot.id"),
    "a lost NOT NULL": ("ALTER TABLE small.deferred_jobs ALTER queue DROP NOT NULL", "column deferred_jobs.queue"),
    "a lost check": (
        "ALTER TABLE small.queue_ring_state DROP CONSTRAINT queue_ring_state_singleton_check",
        "constraint queue_ring_state.queue_ring_state_singleton_check",
    ),
    "a primary key that waits": (
        (
            "ALTER TABLE awa.queue_meta DROP CONSTRAINT queue_meta_pkey, "
            "ADD CONSTRAINT queue_meta_pkey PRIMARY KEY (queue) DEFERRABLE"
        ),
        "constraint queue_meta.queue_meta_pkey",
    ),
    "an invalid primary key": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'awa.queue_meta_pkey'::regclass",
        "index queue_meta_pkey",
    ),
    "invalid indexes of partitions": (
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (SELECT inhrelid FROM pg_inherits "
            "WHERE inhparent = 'small.leases_pkey'::regclass)"
        ),
        "index leases_*.leases_pkey",
    ),
    "what CONCURRENTLY left": (
        (
            "CREATE INDEX mine_ccnew ON small.dlq_entries (kind); "
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'small.mine_ccnew'::regclass"
        ),
        "index mine_ccnew",
    ),
    "a foreign key that is off": (
        "ALTER TABLE awa.batch_operation_items DISABLE TRIGGER ALL",
        "trigger batch_operation_items.batch_operation_items_operation_id_fkey",
    ),
    "a foreign trigger": (
        (
            "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
            "CREATE TRIGGER mine BEFORE INSERT ON small.leases_0 FOR EACH ROW EXECUTE FUNCTION public.f()"
        ),
        "trigger leases_0.mine",
    ),
}
ONLY_FROM = {
    15: {
        "a sequence without WAL": ("ALTER SEQUENCE small.job_id_seq SET UNLOGGED", "sequence job_id_seq"),
        "a lane without WAL": (f"ALTER SEQUENCE small.{SEQUENCE} SET UNLOGGED", f"sequence {SEQUENCE}"),
    },
    18: {
        "a NOT NULL that old rows may violate": (
            "ALTER TABLE small.deferred_jobs ALTER queue DROP NOT NULL, ADD CONSTRAINT nn NOT NULL queue NOT VALID",
            "constraint deferred_jobs.nn",
        ),
    },
}
EVERY = DAMAGES | {name: damage for damages in ONLY_FROM.values() for name, damage in damages.items()}


@pytest.mark.parametrize("name", EVERY)
def test_the_statements_of_a_finding_put_the_object_back(small: Database, release: Release, name: str) -> None:
    damage, wrong = EVERY[name]
    server = int(small.rows("SHOW server_version_num")[0]["server_version_num"]) // 10000
    if any(server < major and name in damages for major, damages in ONLY_FROM.items()):
        pytest.skip(f"PostgreSQL {server} does not know {name}")
    small.rows(damage)
    [finding] = verify(small.url, release)[1].drift
    assert f"{finding.part} {finding.object}" == wrong
    assert finding.step is None
    said = {MORE.sub("", row["what"]) for row in proof(small, release, SMALL) if row["ok"] is False}
    assert {what for what in said if not what.endswith(": structure")} == as_verify_says(small, release)
    for statement in finding.sql:
        small.rows(statement)
    assert verify(small.url, release)[1].healthy
    assert all(row["ok"] for row in proof(small, release, SMALL))


def test_what_a_dba_may_choose_is_no_drift(small: Database, release: Release) -> None:
    for choice in (
        "GRANT SELECT ON ALL TABLES IN SCHEMA small TO pg_monitor",
        "COMMENT ON TABLE small.leases IS 'mine'",
        "ALTER TABLE small.dlq_entries ALTER queue SET STATISTICS 1000",
        "ALTER TABLE small.dlq_entries SET (toast.autovacuum_vacuum_threshold = 1000)",
        "ALTER TABLE small.dlq_entries ALTER queue SET STORAGE EXTERNAL",
        "ALTER TABLE small.dlq_entries REPLICA IDENTITY FULL",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA small GRANT SELECT ON TABLES TO pg_monitor",
        "CREATE STATISTICS public.mine ON queue, kind FROM small.dlq_entries",
        "CREATE TABLE public.jobs_hot (id int)",
        "CREATE VIEW public.mine AS SELECT * FROM awa.jobs",
        "CREATE PUBLICATION mine FOR TABLE small.queue_ring_state",
    ):
        small.rows(choice)
    assert verify(small.url, release)[1].healthy
    assert all(row["ok"] for row in proof(small, release, SMALL))
    small.rows("DROP PUBLICATION mine")


def test_a_repair_does_not_make_a_partition_that_is_elsewhere(small: Database, release: Release) -> None:
    small.rows("ALTER TABLE small.leases_1 SET SCHEMA public; DROP INDEX small.idx_small_dlq_queue_time")
    report, after = repair(small.url, release)
    assert report.applied == ()
    moved = next(f for f in after.drift if f.part == "inheritance")
    assert [f.repair for f in after.drift if f is not moved] == ["Repair the other findings first."]
    small.rows(moved.sql[0])
    report, after = repair(small.url, release)
    assert [step.key for step in report.applied] == ["install:small"]
    assert after.healthy


def test_a_column_with_rows_that_violate_it_stays_as_it_is(small: Database, release: Release) -> None:
    small.rows("ALTER TABLE awa.queue_meta ALTER enqueue_shards DROP NOT NULL")
    small.rows("INSERT INTO awa.queue_meta (queue, enqueue_shards) VALUES ('q', NULL)")
    [finding] = verify(small.url, release)[1].drift
    with pytest.raises(psycopg.errors.NotNullViolation):
        small.rows(finding.sql[0])


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("small.queue_ring_state", "queue_ring_state_pkey"),
        ("small.claim_ring_slots", "claim_ring_slots_pkey"),
        ("awa.storage_transition_state", "storage_transition_state_pkey"),
    ],
)
def test_a_row_of_awas_state_that_is_there_twice_stops_no_command(
    small: Database, release: Release, table: str, key: str
) -> None:
    small.rows(f"ALTER TABLE {table} DROP CONSTRAINT {key}; INSERT INTO {table} SELECT * FROM {table}")
    [finding] = verify(small.url, release)[1].drift
    schema, _, name = table.partition(".")
    assert finding.object == f"{name}.{key}"
    assert finding.sql[0].startswith(
        f"ALTER TABLE {quote(schema)}.{quote(name)} ADD CONSTRAINT {quote(key)} PRIMARY KEY"
    )
    assert not all(row["ok"] for row in proof(small, release, SMALL))
