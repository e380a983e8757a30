"""``structure.sql`` of a bundle: a DBA's own proof, which says what ``awa-infra verify`` says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from awa_infra.bundles.package import contents_of
from awa_infra.bundles.structure_script import STRUCTURE_FILE, structure_script
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from awa_infra.verification.findings import FindingKind
from tests.support.servers import Database, TestServer

WANTED = (
    QueueStorage("small", Shape(4, 2, 2)),
    QueueStorage("plain", Shape(5, 3, 2, receipts=False)),
    QueueStorage("user", Shape(4, 2, 2)),  # a reserved word, which the server quotes
)
MORE = re.compile(r", and [0-9]+ more like it$")
KINDS = {FindingKind.MISSING: "missing", FindingKind.EXTRA: "extra", FindingKind.CHANGED: "changed"}


@pytest.fixture(scope="module")
def template(server: TestServer, release: Release) -> Iterator[Database]:
    made = server.create()
    apply(made.url, DesiredState(release, release.schema_version, WANTED))
    yield made
    server.drop(made)


@pytest.fixture
def full(server: TestServer, template: Database) -> Iterator[Database]:
    made = server.create(template.name)
    yield made
    server.drop(made)


def proof(database: Database, release: Release, wanted: tuple[QueueStorage, ...] = WANTED) -> list[dict[str, Any]]:
    """Return every row of the script, run statement by statement as it is."""
    text = structure_script(contents_of(DesiredState(release, release.schema_version, wanted)))[STRUCTURE_FILE]
    with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute(text)
        while cursor.description is None:
            assert cursor.nextset()
        return cursor.fetchall()


def test_what_a_bundle_made_is_proven_for_every_schema(full: Database, release: Release) -> None:
    rows = proof(full, release)
    assert [row["what"] for row in rows] == [
        f"schema {schema}: structure" for schema in ("awa", "plain", "small", "user")
    ]
    assert all(row["ok"] for row in rows)


@pytest.mark.parametrize(
    "damage",
    [
        "DROP INDEX small.idx_small_dlq_queue_time",
        "ALTER TABLE \"user\".leases ALTER COLUMN queue SET DEFAULT 'x'",
        "CREATE TABLE awa.mine (id int PRIMARY KEY)",
        "CREATE TABLE small.mine (id int); ALTER EXTENSION plpgsql ADD TABLE small.mine",
        "CREATE FUNCTION plain.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE small.dlq_entries",
        "CREATE TABLE small.leases_20250101 (n int); ALTER TABLE small.leases_20250101 OWNER TO pg_monitor",
        "ALTER TABLE awa.queue_meta ADD COLUMN mine int",
        "ALTER TABLE awa.queue_meta DROP CONSTRAINT queue_meta_pkey CASCADE",
        "DROP TABLE awa.ready_entries_3",
        "CREATE OR REPLACE FUNCTION awa.job_id_sequence_guard() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION awa.storage_status()",
        "ALTER TABLE small.done_entries_1 SET (fillfactor = 50)",
        "ALTER TABLE small.leases_0 SET (fillfactor = 61); ALTER TABLE small.leases_1 SET (fillfactor = 61)",
        (
            "UPDATE awa.storage_transition_state SET state = 'active', prepared_engine = 'queue_storage',"
            ' details = \'{"schema": "small"}\'; INSERT INTO awa.runtime_storage_backends (backend, schema_name)'
            " VALUES ('queue_storage', 'small'); DROP TABLE small.queue_ring_state CASCADE"
        ),
    ],
)
def test_what_differs_is_named_as_verify_names_it(full: Database, release: Release, damage: str) -> None:
    with psycopg.connect(full.url, autocommit=True) as connection:
        connection.execute(damage.encode())
    rows = proof(full, release)
    found = [row["what"] for row in rows if not row["ok"] and not row["what"].endswith(": structure")]
    expected = as_verify_says(full, release)
    assert {MORE.sub("", what) for what in found} == expected
    assert expected
    schemas = {what.split(":")[0] for what in found if re.match("schema [a-z]+: (missing|extra|changed) ", what)}
    wrong = {
        row["what"].split(":")[0] for row in proof(full, release) if row["what"].endswith("structure") and not row["ok"]
    }
    assert schemas == wrong


def as_verify_says(database: Database, release: Release) -> set[str]:
    """Return every finding of a verification as the script would name it."""
    _observed, seen = verify(database.url, release)
    return {f"schema {f.schema}: {f.message or f'{KINDS[f.kind]} {f.part} {f.object}'}" for f in seen.drift}


MARKER = "INSERT INTO awa.runtime_storage_backends (backend, schema_name) VALUES ('queue_storage', '{}')"
ACTIVE = """UPDATE awa.storage_transition_state SET state = 'active', details = '{{"schema": "small"}}'"""
QUEUE_STORAGE = ACTIVE.replace("SET", "SET prepared_engine = 'queue_storage',")
STATES = {
    "row-level-security": "ALTER TABLE awa.queue_meta ENABLE ROW LEVEL SECURITY;"
    " ALTER TABLE small.dlq_entries FORCE ROW LEVEL SECURITY",
    "row-level-security of many tables": "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class"
    " WHERE relkind IN ('r', 'p') AND relnamespace = 'small'::regnamespace"
    " LOOP EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t); END LOOP; END $$",
    "owner-differs": "ALTER TABLE small.dlq_entries OWNER TO {role};"
    " ALTER FUNCTION awa.storage_status() OWNER TO {role}; ALTER TYPE awa.job_state OWNER TO {role};"
    " ALTER TABLE awa.queue_meta OWNER TO {role}; ALTER VIEW awa.jobs OWNER TO {role}",
    "privileges-missing": "GRANT INSERT ON awa.jobs_hot, small.ready_entries TO {role};"
    " REVOKE EXECUTE ON FUNCTION awa.storage_status() FROM PUBLIC",
    "public-may-install": "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA awa TO PUBLIC",
    "publication-without-identity": "CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION a FOR ALL TABLES",
    "version-rows-missing": "DELETE FROM awa.schema_version WHERE version IN (1, 2, 3, 7, 9, 12, 13)",
    "version-rows-strange": "INSERT INTO awa.schema_version (version, description) VALUES (8, 'mine')",
    "version-rows empty": "DELETE FROM awa.schema_version",
    "state-rows-missing": "DELETE FROM small.queue_ring_state; DELETE FROM small.lease_ring_slots WHERE slot = 1;"
    " DELETE FROM awa.claim_ring_slots",
    "slots that are no slots": "UPDATE small.queue_ring_slots SET slot = 99 WHERE slot = 2;"
    " UPDATE small.lease_ring_slots SET slot = -1 WHERE slot = 0",
    "transition": "DELETE FROM awa.storage_transition_state",
    "transition-inconsistent": "UPDATE awa.storage_transition_state SET current_engine = 'queue_storage'",
    "marker-unexpected": MARKER.format("awa"),
    "marker-missing": ACTIVE,
    "marker-disagrees": f"{ACTIVE}; {MARKER.format('plain')}",
    "active-schema-missing": f"{QUEUE_STORAGE.replace('small', 'nonsense')}; {MARKER.format('nonsense')}",
    "slot-counts-changed": "UPDATE small.claim_ring_state SET slot_count = 3",
    "slot-counts-changed of awa": "UPDATE awa.lease_ring_state SET slot_count = 4",
    "public-may-write": "GRANT ALL ON ALL TABLES IN SCHEMA awa, small TO PUBLIC;"
    " GRANT CREATE ON SCHEMA small TO PUBLIC",
    "ring-slot-missing": "UPDATE small.queue_ring_state SET current_slot = 9;"
    " UPDATE awa.lease_ring_state SET current_slot = -1; UPDATE plain.claim_ring_state SET current_slot = 1",
    "sequences-exhausted": "SELECT setval('small.job_id_seq', 9223372036854775807),"
    " setval('awa.jobs_id_seq', 4611686018427387905), setval('plain.job_id_seq', 4611686018427387904)",
    "extension-adopted": "ALTER EXTENSION plpgsql ADD TABLE small.dlq_entries;"
    " ALTER EXTENSION plpgsql ADD FUNCTION awa.storage_status(); ALTER EXTENSION plpgsql ADD SCHEMA small",
    "lane-sequence-missing": "INSERT INTO small.queue_enqueue_heads (queue, priority, seq_name)"
    " VALUES ('q', 1, 'queue_enqueue_seq_0123456789abcdef0123456789abcdef')",
    "lane without a name": "INSERT INTO small.queue_enqueue_heads (queue, priority, seq_name)"
    " VALUES ('q', 1, 'queue_enqueue_seq_0123456789abcdef0123456789abcdef'), ('q', 2, NULL)",
}


@pytest.mark.parametrize("damage", STATES.values(), ids=STATES)
def test_rows_owners_and_privileges_are_named_as_verify_names_them(
    full: Database, release: Release, damage: str
) -> None:
    role = f"somebody_{full.name}"
    with psycopg.connect(full.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role}".encode())
        try:
            # Rows of the heads have triggers that make what is to be missing.
            connection.execute(b"SET session_replication_role = replica")
            connection.execute(damage.format(role=role).encode())
            found = {row["what"] for row in proof(full, release) if not row["ok"]}
            expected = as_verify_says(full, release)
        finally:
            connection.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())
    assert found == expected
    assert expected


def test_index_names_that_postgresql_cut_are_compared_as_it_cut_them(awa_database: Database, release: Release) -> None:
    longest = (QueueStorage("name_of_18_letters", Shape(11, 2, 2)),)
    desired = DesiredState(release, release.schema_version, longest)
    apply(awa_database.url, desired)
    assert not apply(awa_database.url, desired).changed
    assert all(row["ok"] for row in proof(awa_database, release, longest))
    cut = "idx_name_of_18_letters_ready_claim_attempt_batches_10_claim_slo"
    awa_database.rows(f"DROP INDEX name_of_18_letters.{cut}")
    found = {row["what"] for row in proof(awa_database, release, longest) if not row["ok"]}
    assert found == {
        f"schema name_of_18_letters: missing index {cut}",
        "schema name_of_18_letters: structure",
    }
    assert as_verify_says(awa_database, release) < found


def test_slots_that_were_added_are_named_beside_what_they_are_made_of(full: Database, release: Release) -> None:
    full.rows("SELECT awa.install_queue_storage_substrate('small', 6, 2, 2)")
    found = {row["what"] for row in proof(full, release) if not row["ok"]}
    [finding] = as_verify_says(full, release)
    assert finding == "schema small: 4 queue slots are recorded, but 6 exist"
    assert {finding, "schema small: extra relation ready_entries_*, and 1 more like it"} < found


def test_a_schema_that_is_gone_is_one_row(full: Database, release: Release) -> None:
    full.rows("DROP SCHEMA small CASCADE")
    wrong = [row for row in proof(full, release) if not row["ok"]]
    assert [(row["what"], row["found"]) for row in wrong] == [("schema small: structure", "there is no such schema")]


def test_any_role_may_run_it_and_it_writes_nothing(full: Database, release: Release) -> None:
    role = f"reader_{full.name}"
    full.rows(f"CREATE ROLE {role}")
    try:
        with psycopg.connect(full.url, options=f"-c role={role} -c default_transaction_read_only=on") as connection:
            text = structure_script(contents_of(DesiredState(release, release.schema_version, WANTED)))[STRUCTURE_FILE]
            cursor = connection.execute(text)
            while cursor.description is None:
                assert cursor.nextset()
            rows = cursor.fetchall()
            assert [row[0] for row in rows if row[-1]] == [
                f"schema {s}: structure" for s in ("awa", "plain", "small", "user")
            ]
            # It may read no row and no sequence, so of those nothing is known.
            unknown = [row for row in rows if not row[-1]]
            assert [row[-1] for row in unknown] == [None] * 8
            assert all(f"role {role} may not read" in row[0] for row in unknown)
    finally:
        full.rows(f"DROP ROLE {role}")
