"""Damages of real databases, each found; what is repaired is as if it had never been damaged."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import awa as awa_sdk
import psycopg
import pytest

from awa_infra.database.fingerprint import repair, verify
from awa_infra.errors import BlockedError, ConnectionFailedError, SqlFailedError
from awa_infra.model import Provenance, Release
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding, FindingKind
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema

_numbers = itertools.count(1)


def install(database: Database, schema: str, *shape: object) -> None:
    values = ", ".join(str(v) for v in shape or (4, 2, 2, True))
    database.rows(f"SELECT awa.install_queue_storage_substrate('{schema}', {values})")
    database.rows(f"SELECT awa.apply_receipt_plane_fillfactor('{schema}')")


@pytest.fixture(scope="session")
def acme_template(server: TestServer, awa_template: Database) -> Iterator[Database]:
    """Give a migrated database with a small custom queue-storage schema."""
    made = server.create(awa_template.name)
    install(made, "acme")
    yield made
    server.drop(made)


@pytest.fixture
def acme(server: TestServer, acme_template: Database) -> Iterator[Database]:
    """Give a copy of it."""
    made = server.create(acme_template.name)
    yield made
    server.drop(made)


@pytest.fixture
def role(server: TestServer) -> Iterator[Callable[[str], str]]:
    """Give a maker of roles, which own nothing any more when the test ends."""
    made: list[str] = []

    def make(options: str = "") -> str:
        name = f"awa_infra_test_{os.getpid()}_r{next(_numbers)}"
        Database("", server.url).rows(f"CREATE ROLE {name} {options}")
        made.append(name)
        return name

    yield make
    for name in made:
        Database("", server.url).rows(f"DROP ROLE IF EXISTS {name}")


def drift(database: Database, release: Release, *schemas: str) -> list[Finding]:
    return list(verify(database.url, release, schemas)[1].drift)


def told(findings: list[Finding]) -> list[tuple[str, str, str, str]]:
    return [(f.kind.value, f.schema, f.part, f.object) for f in findings]


def only(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


def repaired(database: Database, release: Release, *schemas: str) -> tuple[list[str], Examination]:
    report, found = repair(database.url, release, schemas)
    return [step.key for step in report.applied], found


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ("acme_jobs", (16, 8, 8, True)),
        ("small", (4, 2, 2, True)),
        ("wide", (32, 4, 4, False)),
        ("eighteen_chars_abc", (16, 8, 12, True)),
        ("done", (4, 2, 2, True)),
        ("ready", (4, 2, 2, False)),
        ("order", (4, 2, 2, True)),
    ],
)
def test_healthy_schemas_of_any_shape_and_name(
    awa_database: Database, release: Release, schema: str, shape: tuple[object, ...]
) -> None:
    install(awa_database, schema, *shape)
    observed, found = verify(awa_database.url, release)
    assert found.findings == ()
    assert [f.schema for f in found.fingerprints] == ["awa", schema]
    assert all(f.found == f.expected for f in found.fingerprints)
    assert observed.version == 40


def test_a_worker_leaves_lanes_and_no_drift(acme: Database, release: Release) -> None:
    @dataclass
    class Probe:
        n: int

    async def work() -> None:
        client = awa_sdk.AsyncClient(acme.url, max_connections=6)
        seen = asyncio.Event()

        @client.task(Probe, queue="verify_probe")
        async def handle(_job: object) -> None:
            seen.set()

        await client.start([("verify_probe", 1)], queue_storage_schema="acme")
        await client.insert(Probe(n=1), queue="verify_probe")
        await asyncio.wait_for(seen.wait(), 30)
        await client.shutdown(timeout_ms=5000)
        await client.close()

    asyncio.run(work())
    _, found = verify(acme.url, release)
    assert [(f.kind, f.schema, f.code) for f in found.findings] == [
        (FindingKind.RUNTIME_CREATED, "acme", "lane-sequences")
    ]
    assert found.drift == ()


def test_columns_count_by_name(awa_database: Database, release: Release) -> None:
    awa_database.rows(
        "ALTER TABLE awa.cron_jobs DROP COLUMN paused_by; ALTER TABLE awa.cron_jobs ADD COLUMN paused_by text"
    )
    assert drift(awa_database, release) == []


def test_grants_are_no_drift(acme: Database, release: Release, role: Callable[[str], str]) -> None:
    reader = role("")
    acme.rows(
        f"GRANT USAGE ON SCHEMA awa, acme TO {reader}; GRANT SELECT ON ALL TABLES IN SCHEMA awa, acme TO {reader}"
    )
    assert drift(acme, release) == []
    acme.rows(f"DROP OWNED BY {reader}")


def test_a_database_without_awa(database: Database, release: Release) -> None:
    assert only(drift(database, release)).code == "not-migrated"


def test_an_older_database_is_pending_and_not_compared(awa_database: Database, release: Release) -> None:
    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 40")
    assert only(drift(awa_database, release)).code == "pending"


def test_an_older_database_is_never_healthy_whichever_schema_is_named(acme: Database, release: Release) -> None:
    acme.rows("DELETE FROM awa.schema_version WHERE version = 40")
    _, found = verify(acme.url, release, ["acme"])
    assert (found.drift, [f.code for f in found.unknown], found.healthy) == ((), ["not-compared"], False)


def test_a_schema_that_lost_a_ring_table_is_still_verified(acme: Database, release: Release) -> None:
    acme.rows("DROP TABLE acme.queue_ring_state")
    finding = only(drift(acme, release))
    assert (finding.kind, finding.schema, finding.object) == (FindingKind.MISSING, "acme", "queue_ring_state")


def test_a_newer_database_is_not_judged(awa_database: Database, release: Release) -> None:
    awa_database.rows("INSERT INTO awa.schema_version (version, description) VALUES (43, 'x')")
    with pytest.raises(BlockedError) as raised:
        verify(awa_database.url, release)
    assert raised.value.code == "newer-schema"


def test_a_schema_that_is_not_there(awa_database: Database, release: Release) -> None:
    assert only(drift(awa_database, release, "nowhere")).code == "schema-missing"


def test_a_missing_table_is_reported_once_and_not_made_anew(acme: Database, release: Release) -> None:
    acme.rows("DROP TABLE acme.dlq_entries")
    finding = only(drift(acme, release))
    assert (finding.kind, finding.part, finding.object) == (FindingKind.MISSING, "relation", "dlq_entries")
    assert finding.also > 20
    assert not finding.repairable
    assert repaired(acme, release)[0] == []


def test_lost_data_keeps_the_rest_from_being_repaired(acme: Database, release: Release) -> None:
    acme.rows(
        "ALTER TABLE acme.leases DROP COLUMN state;"
        "DROP TRIGGER queue_claim_heads_sequence_sync ON acme.queue_claim_heads"
    )
    assert ("missing", "acme", "column", "leases.state") in told(drift(acme, release))
    with pytest.raises(BlockedError) as raised:
        repair(acme.url, release)
    assert raised.value.code == "repair-would-invent-data"


def test_a_lost_partition_is_made_again(acme: Database, acme_template: Database, release: Release) -> None:
    acme.rows("DROP TABLE acme.ready_entries_2")
    finding = only(drift(acme, release))
    assert (finding.kind, finding.object, finding.repairable) == (FindingKind.MISSING, "ready_entries_2", True)
    assert repaired(acme, release) == (["install:acme"], verify(acme.url, release)[1])
    assert drift(acme, release) == []
    assert dump_schema(acme.url, "acme") == dump_schema(acme_template.url, "acme")


def test_a_dated_copy_of_a_table_is_one_object_too_many_and_no_count_of_slots(acme: Database, release: Release) -> None:
    acme.rows("CREATE TABLE awa.done_entries_20260101 AS SELECT * FROM awa.done_entries")
    acme.rows("CREATE TABLE acme.leases_20260101 AS SELECT * FROM acme.leases")
    _observed, found = verify(acme.url, release)
    assert [(f.kind, f.schema, f.object) for f in found.drift] == [
        (FindingKind.EXTRA, "awa", "done_entries_20260101"),
        (FindingKind.EXTRA, "acme", "leases_20260101"),
    ]
    # Nor is it taken for a slot whose other partitions were lost.
    before = dump_schema(acme.url, "acme")
    repair(acme.url, release)
    assert dump_schema(acme.url, "acme") == before


def test_a_column_too_many_in_a_family_is_reported_once(acme: Database, release: Release) -> None:
    acme.rows("ALTER TABLE acme.leases ADD COLUMN note text")
    finding = only(drift(acme, release))
    assert (finding.kind, finding.object, finding.also) == (FindingKind.EXTRA, "leases.note", 2)


def test_foreign_objects_are_reported_and_left(acme: Database, release: Release) -> None:
    acme.rows("CREATE TABLE awa.mine (a int PRIMARY KEY, b text); CREATE TYPE acme.pair AS (a int, b int)")
    acme.rows("CREATE FUNCTION awa.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE awa.mood AS ENUM ('x')")
    found = drift(acme, release)
    assert sorted(told(found)) == [
        ("extra", "acme", "relation", "pair"),
        ("extra", "awa", "function", "mine()"),
        ("extra", "awa", "relation", "mine"),
        ("extra", "awa", "type", "mood"),
    ]
    assert not any(f.repairable for f in found)
    assert repaired(acme, release)[0] == []


def test_a_changed_function_is_shown_line_by_line_and_put_back(
    awa_database: Database, awa_template: Database, release: Release
) -> None:
    awa_database.rows(
        "CREATE OR REPLACE FUNCTION awa.active_storage_engine() RETURNS text LANGUAGE sql STABLE AS 'SELECT ''mine'''"
    )
    found = drift(awa_database, release)
    body = next(f for f in found if f.part == "body")
    assert body.object == "active_storage_engine()"
    assert "+SELECT 'mine'" in body.diff
    keys, after = repaired(awa_database, release)
    migrations = [f"V{v:03d}" for v in range(2, 41) if v != 8]
    assert keys == ["keep", *migrations, "patch:wait_free_dirty_marks", "put-back"]
    assert after.drift == ()
    assert dump_schema(awa_database.url, "awa") == dump_schema(awa_template.url, "awa")


def test_a_changed_function_of_queue_storage_is_shown_by_way_of_a_healthy_schema(
    acme: Database, acme_template: Database, release: Release
) -> None:
    acme.rows(
        "CREATE OR REPLACE FUNCTION acme.sequence_next_value(p_seq_name text) RETURNS bigint LANGUAGE plpgsql "
        "SET search_path TO 'pg_catalog' AS 'BEGIN RETURN 1; END'"
    )
    finding = only(drift(acme, release))
    assert "'acme', p_seq_name" in "\n".join(finding.diff)
    assert repaired(acme, release)[0] == ["install:acme"]
    assert dump_schema(acme.url) == dump_schema(acme_template.url)


def test_only_version_1_makes_some_functions(awa_database: Database, release: Release) -> None:
    awa_database.rows("CREATE OR REPLACE FUNCTION awa.notify_new_job() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
    finding = only(drift(awa_database, release))
    assert not finding.repairable
    assert finding.diff
    assert "V1" in finding.repair


def test_indexes(acme: Database, acme_template: Database, release: Release) -> None:
    acme.rows("DROP INDEX acme.idx_acme_dlq_queue_time; DROP INDEX acme.idx_acme_leases_0_job")
    acme.rows(
        "DROP INDEX acme.idx_acme_deferred_due; CREATE INDEX idx_acme_deferred_due ON acme.deferred_jobs (run_at)"
    )
    found = {f.object: f for f in drift(acme, release)}
    assert [(name, f.kind.value, f.repairable) for name, f in sorted(found.items())] == [
        ("idx_acme_deferred_due", "changed", False),
        ("idx_acme_dlq_queue_time", "missing", True),
        ("idx_acme_leases_0_job", "missing", True),
    ]
    assert "run_at" in str(found["idx_acme_deferred_due"].found)
    for statement in found["idx_acme_deferred_due"].sql:
        acme.rows(statement)
    assert repaired(acme, release)[1].drift == ()
    assert dump_schema(acme.url) == dump_schema(acme_template.url)


def test_a_changed_constraint_a_disabled_trigger_and_storage(acme: Database, release: Release) -> None:
    acme.rows("ALTER TABLE acme.queue_enqueue_heads DISABLE TRIGGER queue_enqueue_heads_sequence_sync")
    acme.rows("ALTER TABLE acme.queue_terminal_count_deltas DROP CONSTRAINT queue_terminal_count_deltas_nonzero")
    acme.rows("ALTER TABLE acme.leases_1 RESET (fillfactor)")
    acme.rows("ALTER TABLE awa.jobs_hot ALTER COLUMN priority SET DEFAULT 3")
    found = drift(acme, release)
    assert [(f.kind.value, f.part, f.object, f.repairable) for f in found] == [
        ("changed", "column", "jobs_hot.priority", False),
        ("missing", "constraint", "queue_terminal_count_deltas.queue_terminal_count_deltas_nonzero", True),
        ("changed", "storage", "leases_1", True),
        ("changed", "trigger", "queue_enqueue_heads.queue_enqueue_heads_sequence_sync", True),
    ]
    assert [f.object for f in repaired(acme, release)[1].drift] == ["jobs_hot.priority"]


def test_storage_parameters_that_the_bare_installer_leaves_out(awa_database: Database, release: Release) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme', 4, 2, 2)")
    found = drift(awa_database, release)
    assert [(f.part, f.object, f.also) for f in found] == [("storage", "lease_claims_*", 1), ("storage", "leases_*", 1)]
    assert repaired(awa_database, release)[0] == ["fillfactor:acme"]
    assert drift(awa_database, release) == []


def test_the_version_row_without_the_patch(awa_database: Database, awa_template: Database, release: Release) -> None:
    patched = release.patches[0]
    older = release.migrations[4:6]
    awa_database.rows("DROP TABLE awa.admin_dirty_queue_marks, awa.admin_dirty_kind_marks")
    for migration in older:
        awa_database.rows(migration.sql)
    finding = next(f for f in drift(awa_database, release) if f.code == "patch-missing")
    assert finding.object == patched.name
    assert finding.also > 2
    keys, after = repaired(awa_database, release)
    assert f"patch:{patched.name}" in keys
    assert after.drift == ()
    assert dump_schema(awa_database.url, "awa") == dump_schema(awa_template.url, "awa")


def test_a_half_applied_patch(awa_database: Database, awa_template: Database, release: Release) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    finding = only(drift(awa_database, release))
    assert (finding.code, finding.also) == ("patch-missing", 3)
    assert repaired(awa_database, release)[0] == ["patch:wait_free_dirty_marks"]
    assert drift(awa_database, release) == []
    assert dump_schema(awa_database.url, "awa") == dump_schema(awa_template.url, "awa")


def test_missing_middle_rows(awa_database: Database, awa_template: Database, release: Release) -> None:
    rows = "SELECT version, description FROM awa.schema_version ORDER BY version"
    awa_database.rows("DELETE FROM awa.schema_version WHERE version IN (1, 14, 16, 18, 30, 37)")
    finding = only(drift(awa_database, release))
    assert finding.code == "version-rows-missing"
    assert "V1, V14, V16, V18, V30, V37" in finding.message
    assert repaired(awa_database, release)[0] == ["version-rows"]
    assert drift(awa_database, release) == []
    assert awa_database.rows(rows) == awa_template.rows(rows)


def test_rows_that_awa_never_wrote(awa_database: Database, release: Release) -> None:
    awa_database.rows("INSERT INTO awa.schema_version (version, description) VALUES (8, 'x')")
    assert only(drift(awa_database, release)).code == "version-rows-strange"


def activate(database: Database, schema: str) -> None:
    assert database.rows(f"SELECT awa.storage_auto_finalize_if_fresh('{schema}') AS done") == [{"done": True}]


def test_a_lost_marker_is_put_back_without_another_change(acme: Database, release: Release) -> None:
    activate(acme, "acme")
    before = acme.transition()
    acme.rows("DELETE FROM awa.runtime_storage_backends")
    assert only(drift(acme, release)).code == "marker-missing"
    assert repaired(acme, release)[0] == ["marker"]
    assert drift(acme, release) == []
    after = acme.transition()
    assert {**before, "marker": ""} == {**after, "marker": ""}
    assert '"schema_name":"acme"' in after["marker"]


def test_a_lost_marker_is_put_back_beside_a_replay_of_the_migrations(acme: Database, release: Release) -> None:
    activate(acme, "acme")
    acme.rows("DELETE FROM awa.runtime_storage_backends; DROP FUNCTION awa.storage_status()")
    keys, found = repaired(acme, release)
    assert (keys[0], keys[-2:]) == ("keep", ["put-back", "marker"])
    assert found.drift == ()


def test_a_lost_marker_is_not_guessed(acme: Database, release: Release) -> None:
    activate(acme, "acme")
    acme.rows("DELETE FROM awa.runtime_storage_backends; UPDATE awa.storage_transition_state SET details = '{}'")
    assert not only(drift(acme, release)).repairable
    assert repaired(acme, release)[0] == []


def test_nothing_is_activated(acme: Database, release: Release) -> None:
    acme.rows("INSERT INTO awa.runtime_storage_backends (backend, schema_name) VALUES ('queue_storage', 'acme')")
    before = acme.transition()
    assert only(drift(acme, release)).code == "marker-unexpected"
    acme.rows("DROP INDEX acme.idx_acme_dlq_queue_time")
    assert repaired(acme, release)[0] == ["install:acme"]
    assert acme.transition() == before


def test_details_and_marker_disagree(acme: Database, release: Release) -> None:
    activate(acme, "acme")
    acme.rows("UPDATE awa.runtime_storage_backends SET schema_name = 'awa'")
    finding = only(drift(acme, release))
    assert (finding.code, finding.repairable) == ("marker-disagrees", False)


def test_jobs_go_to_a_schema_that_is_not_there(awa_database: Database, release: Release) -> None:
    activate(awa_database, "nonsense")
    assert only(drift(awa_database, release)).code == "active-schema-missing"


def test_index_names_that_postgresql_cut(awa_database: Database, release: Release) -> None:
    name = "a_name_of_twenty_eight_chars"
    install(awa_database, name, 12, 12, 12, "true")
    finding = only(drift(awa_database, release))
    assert finding.code == "index-names-truncated"
    assert " 47 " in finding.message


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("SELECT awa.install_queue_storage_substrate('acme', 6, 2, 2)", "4 queue slots are recorded, but 6 exist"),
        ("UPDATE acme.claim_ring_state SET slot_count = 3", "3 claim slots are recorded, but 2 exist"),
        ("UPDATE awa.lease_ring_state SET slot_count = 4", "4 lease slots are recorded, but 8 exist"),
    ],
)
def test_changed_slot_counts(acme: Database, release: Release, damage: str, message: str) -> None:
    acme.rows(damage)
    found = [f for f in drift(acme, release) if f.code == "slot-counts-changed"]
    assert [f.message for f in found] == [message]


def test_lanes_that_a_runtime_login_owns(acme: Database, release: Release, role: Callable[[str], str]) -> None:
    runtime = role("")
    acme.rows("INSERT INTO acme.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('q', 1, 0)")
    acme.rows(f"GRANT USAGE, CREATE ON SCHEMA acme TO {runtime}")
    [lane] = acme.rows("SELECT seq_name FROM acme.queue_enqueue_heads")
    acme.rows(f"ALTER SEQUENCE acme.{lane['seq_name']} OWNER TO {runtime}")
    finding = only(drift(acme, release))
    assert (finding.code, finding.object, finding.repairable) == ("lane-sequence-owner", runtime, False)
    for statement in finding.sql:
        acme.rows(statement)
    assert drift(acme, release) == []
    acme.rows(f"DROP OWNED BY {runtime}")


def test_objects_of_another_role(acme: Database, release: Release, role: Callable[[str], str]) -> None:
    other = role("")
    acme.rows(
        f"ALTER TABLE awa.cron_jobs OWNER TO {other}; ALTER VIEW acme.terminal_jobs OWNER TO {other};"
        f"ALTER FUNCTION awa.storage_status() OWNER TO {other}; ALTER TYPE awa.job_state OWNER TO {other};"
        f"ALTER SEQUENCE acme.job_id_seq OWNER TO {other}; ALTER TABLE acme.leases OWNER TO {other}"
    )
    found = drift(acme, release)
    assert [(f.code, f.schema, len(f.sql)) for f in found] == [
        ("owner-differs", "awa", 3),
        ("owner-differs", "acme", 3),
    ]
    for statement in (statement for f in found for statement in f.sql):
        acme.rows(statement)
    assert drift(acme, release) == []


def test_sequences_without_update(acme: Database, release: Release, role: Callable[[str], str]) -> None:
    runtime = role("")
    acme.rows(
        f"GRANT USAGE ON SCHEMA awa, acme TO {runtime};"
        f"GRANT INSERT ON ALL TABLES IN SCHEMA acme TO {runtime};"
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA acme TO {runtime}"
    )
    finding = only(drift(acme, release))
    assert (finding.code, finding.object) == ("sequences-without-update", runtime)
    assert " 6 sequences" in finding.message
    for statement in finding.sql:
        acme.rows(statement)
    assert drift(acme, release) == []
    acme.rows(f"DROP OWNED BY {runtime}")


def test_a_lane_without_its_sequence(acme: Database, release: Release) -> None:
    acme.rows("INSERT INTO acme.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('q', 1, 0)")
    [lane] = acme.rows("SELECT seq_name FROM acme.queue_enqueue_heads")
    acme.rows(f"DROP SEQUENCE acme.{lane['seq_name']}")
    finding = only(drift(acme, release))
    assert (finding.code, finding.repairable) == ("lane-sequence-missing", False)


def test_everybody_may_install(awa_database: Database, release: Release) -> None:
    awa_database.rows("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA awa TO public")
    finding = only(drift(awa_database, release))
    assert finding.code == "public-may-install"
    for statement in finding.sql:
        awa_database.rows(statement)
    assert drift(awa_database, release) == []


def test_an_unknown_release_compares_custom_schemas_with_the_default_one(acme: Database, release: Release) -> None:
    unknown = replace(release, name="0.6.99", provenance=Provenance.UNKNOWN)
    _, found = verify(acme.url, unknown)
    assert [(f.code, f.schema) for f in found.findings] == [("release-unknown", "awa"), ("release-unknown", "acme")]
    assert not found.healthy
    assert [f.expected for f in found.fingerprints] == [None, None]
    acme.rows("DROP INDEX acme.idx_acme_dlq_queue_time; CREATE TABLE acme.mine (a int)")
    acme.rows("DELETE FROM awa.schema_version WHERE version = 30")
    found_drift = drift(acme, unknown)
    assert {("missing", "acme", "index", "idx_acme_dlq_queue_time"), ("extra", "acme", "relation", "mine")} < set(
        told(found_drift)
    )
    assert not any(f.repairable for f in found_drift)


def test_a_reader_without_privileges_still_learns_what_the_catalog_tells(
    acme: Database, release: Release, role: Callable[[str], str]
) -> None:
    reader = role("LOGIN PASSWORD 'verify_reader'")
    info = psycopg.conninfo.conninfo_to_dict(acme.url)
    url = psycopg.conninfo.make_conninfo("", **{**info, "user": reader, "password": "verify_reader"})
    with pytest.raises(BlockedError) as raised:
        verify(url, release)
    assert raised.value.code == "history-unreadable"
    acme.rows(f"GRANT USAGE ON SCHEMA awa TO {reader}; GRANT SELECT ON awa.schema_version TO {reader}")
    found = verify(url, release)[1]
    assert [f.code for f in found.drift] == []
    # Its rows of rings and lanes were not looked at, those of awa's routing neither, and no sequence was compared with
    # its rows: that is not healthy.
    assert [(f.code, f.schema, f.object) for f in found.unknown] == [
        ("not-readable", schema, what) for schema in ("awa", "acme") for what in ("rows", "sequences")
    ]
    for statement in (statement for f in found.unknown for statement in f.sql):
        acme.rows(statement)
    assert verify(url, release)[1].healthy
    acme.rows("DROP INDEX awa.idx_awa_dlq_queue_time")
    assert only(list(verify(url, release)[1].drift)).object == "idx_awa_dlq_queue_time"
    with pytest.raises(BlockedError):
        repair(url, release)
    acme.rows(f"DROP OWNED BY {reader}")


def test_an_installer_that_differs_is_not_run(acme: Database, release: Release) -> None:
    acme.rows("DROP INDEX acme.idx_acme_dlq_queue_time")
    acme.rows(
        "CREATE OR REPLACE FUNCTION awa.apply_receipt_plane_fillfactor(p_schema text) RETURNS void LANGUAGE sql AS ''"
    )
    with pytest.raises(BlockedError) as raised:
        repair(acme.url, release, ["acme"])
    assert raised.value.code == "installer-differs"
    assert repaired(acme, release)[1].drift == ()


def test_a_repair_that_fails_leaves_everything(acme: Database, release: Release) -> None:
    acme.rows("DROP INDEX acme.idx_acme_dlq_queue_time; DROP FUNCTION awa.apply_receipt_plane_fillfactor(text)")
    broken = replace(release, migrations=(*release.migrations[:5], replace(release.migrations[5], sql="SELECT 1/0")))
    before = dump_schema(acme.url)
    with pytest.raises(SqlFailedError, match="division by zero"):
        repair(acme.url, replace(broken, migrations=(*broken.migrations, *release.migrations[6:])))
    assert dump_schema(acme.url) == before


def test_a_server_that_is_not_there(release: Release) -> None:
    with pytest.raises(ConnectionFailedError):
        verify("postgresql://user@127.0.0.1:1/db", release)
