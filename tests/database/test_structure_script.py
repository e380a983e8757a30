"""``structure.sql`` of a bundle: a DBA's own proof, which says what ``awa-infra verify`` says."""

from __future__ import annotations

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


def proof(database: Database, release: Release) -> list[dict[str, Any]]:
    """Return every row of the script, run statement by statement as it is."""
    text = structure_script(contents_of(DesiredState(release, release.schema_version, WANTED)))[STRUCTURE_FILE]
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
        "CREATE FUNCTION plain.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE small.dlq_entries",
        "ALTER TABLE awa.queue_meta ADD COLUMN mine int",
        "ALTER TABLE awa.queue_meta DROP CONSTRAINT queue_meta_pkey CASCADE",
        "DROP TABLE awa.ready_entries_3",
        "CREATE OR REPLACE FUNCTION awa.job_id_sequence_guard() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION awa.storage_status()",
        "ALTER TABLE small.done_entries_1 SET (fillfactor = 50)",
        "ALTER TABLE small.leases_0 SET (fillfactor = 61); ALTER TABLE small.leases_1 SET (fillfactor = 61)",
    ],
)
def test_what_differs_is_named_as_verify_names_it(full: Database, release: Release, damage: str) -> None:
    with psycopg.connect(full.url, autocommit=True) as connection:
        connection.execute(damage.encode())
    rows = proof(full, release)
    found = [row["what"] for row in rows if not row["ok"] and not row["what"].endswith(": structure")]
    _observed, seen = verify(full.url, release)
    expected = {f"schema {f.schema}: {KINDS[f.kind]} {f.part} {f.object}" for f in seen.findings if f.kind in KINDS}
    assert {what.partition(", and ")[0] for what in found} == expected
    assert expected
    schemas = {what.split(":")[0] for what in found}
    wrong = {
        row["what"].split(":")[0] for row in proof(full, release) if row["what"].endswith("structure") and not row["ok"]
    }
    assert schemas == wrong


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
        assert [row[-1] for row in rows] == [True] * (1 + len(WANTED))
    finally:
        full.rows(f"DROP ROLE {role}")
