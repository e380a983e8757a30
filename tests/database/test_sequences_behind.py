"""Sequences that a restore or logical replication left behind their rows: named, and moved forward alone."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass

import awa as awa_sdk
import psycopg
import pytest
from psycopg.rows import dict_row

from awa_infra.bundles.package import contents_of
from awa_infra.bundles.structure_script import STRUCTURE_FILE, structure_script
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import read_repair, repair, verify
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from awa_infra.verification.findings import Finding
from tests.support.servers import Database, TestServer

ACME = QueueStorage("acme", Shape(4, 2, 2))
LANE = "SELECT seq_name FROM acme.queue_{}_heads WHERE queue = 'alpha' AND priority = 2"
_numbers = itertools.count(1)


@dataclass
class Order:
    n: int


async def _use(url: str) -> None:
    """Activate queue storage in schema acme, run three jobs of queue beta, and add five to queue alpha."""
    client = awa_sdk.AsyncClient(url, max_connections=6)
    ran: set[int] = set()
    done = asyncio.Event()

    @client.task(Order, queue="beta")
    async def handle(_job: object) -> None:
        ran.add(len(ran))
        if len(ran) == 3:
            done.set()

    await client.start([("beta", 1)], queue_storage_schema="acme")
    for n in range(3):
        await client.insert(Order(n=n), queue="beta")
    for n in range(5):
        await client.insert(Order(n=n), queue="alpha")
    await asyncio.wait_for(done.wait(), 60)
    await client.shutdown(timeout_ms=5000)
    await client.close()


@pytest.fixture(scope="module")
def template(server: TestServer, release: Release) -> Iterator[Database]:
    made = server.create()
    apply(made.url, DesiredState(release, release.schema_version, (ACME,)))
    asyncio.run(_use(made.url))
    yield made
    server.drop(made)


@pytest.fixture
def used(server: TestServer, template: Database) -> Iterator[Database]:
    """Give a database whose active queue storage, in schema acme, has five ready jobs in queue alpha."""
    made = server.create(template.name)
    yield made
    server.drop(made)


@pytest.fixture
def reader(used: Database) -> Iterator[tuple[str, str]]:
    """Give a role that may log in, and a connection string for it."""
    name = f"awa_infra_test_{os.getpid()}_seq{next(_numbers)}"
    used.rows(f"CREATE ROLE {name} LOGIN PASSWORD 'sequences'")
    info = psycopg.conninfo.conninfo_to_dict(used.url)
    yield name, psycopg.conninfo.make_conninfo("", **{**info, "user": name, "password": "sequences"})
    used.rows(f"DROP OWNED BY {name}; DROP ROLE {name}")


def enqueue(database: Database, queue: str = "alpha") -> None:
    async def work() -> None:
        client = awa_sdk.AsyncClient(database.url)
        await client.insert(Order(n=9), queue=queue)
        await client.close()

    asyncio.run(work())


def behind(database: Database, release: Release) -> list[Finding]:
    found = verify(database.url, release)[1]
    assert found.unknown == ()
    return list(found.drift)


def lane(database: Database, kind: str = "enqueue") -> str:
    [row] = database.rows(LANE.format(kind))
    return str(row["seq_name"])


def next_of(database: Database, sequence: str) -> int:
    [row] = database.rows(f"SELECT last_value + is_called::int AS next FROM {sequence}")
    return int(row["next"])


def proof(database: Database, release: Release) -> list[dict[str, object]]:
    """Return what structure.sql of a bundle finds."""
    text = structure_script(contents_of(DesiredState(release, release.schema_version, (ACME,))))[STRUCTURE_FILE]
    with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute(text)
        while cursor.description is None:
            assert cursor.nextset()
        return [row for row in cursor.fetchall() if not row["ok"]]


def test_sequences_in_use_are_healthy(used: Database, release: Release) -> None:
    assert behind(used, release) == []
    assert proof(used, release) == []


def test_a_lane_that_starts_at_1_again_is_named_with_what_corrects_it(used: Database, release: Release) -> None:
    sequence = lane(used)
    used.rows(f"ALTER SEQUENCE acme.{sequence} RESTART")
    with pytest.raises(Exception, match=r"duplicate key|ready_entries"):
        enqueue(used)
    used.rows(f"ALTER SEQUENCE acme.{sequence} RESTART")
    [finding] = behind(used, release)
    assert (finding.code, finding.schema) == ("sequences-behind", "acme")
    assert finding.message == (
        f"1 sequence is behind: {sequence} (queue alpha, priority 2, shard 0) gives 1 next, but ready_entries is at 5"
    )
    assert finding.sql == (
        f"SELECT pg_catalog.setval('acme.{sequence}', greatest(5, last_value)) FROM acme.{sequence};",
    )
    [row] = proof(used, release)
    assert row["what"] == f"schema acme: {finding.message}"
    assert row["expected"] == finding.sql[0]
    used.rows(finding.sql[0])
    assert behind(used, release) == []
    enqueue(used)


def test_repair_moves_a_lane_forward_and_says_so_before(used: Database, release: Release) -> None:
    sequence = lane(used)
    used.rows(f"ALTER SEQUENCE acme.{sequence} RESTART WITH 3")
    _state, _found, plan = read_repair(used.url, release)
    [step] = plan.steps
    assert f"setval('acme.{sequence}', greatest(5, last_value))" in step.sql
    report, found = repair(used.url, release)
    assert [applied.key for applied in report.applied] == ["sequences:acme"]
    assert found.healthy
    assert next_of(used, f"acme.{sequence}") == 6
    enqueue(used)


def test_every_sequence_of_numbers_that_was_used_is_compared_with_its_rows(used: Database, release: Release) -> None:
    called = used.rows(
        "SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = 'acme' AND last_value IS NOT NULL"
        " AND sequencename !~ '^queue_'"
    )
    assert "job_id_seq" in {row["name"] for row in called}
    for row in called:
        used.rows(f"ALTER SEQUENCE acme.{row['name']} RESTART")
    [finding] = behind(used, release)
    assert {f"acme.{row['name']}" for row in called} == {s.split("'")[1] for s in finding.sql}
    repair(used.url, release)
    for row in called:
        assert next_of(used, f"acme.{row['name']}") == row["last_value"] + 1


def test_ids_of_the_canonical_tables_are_compared_too(awa_database: Database, release: Release) -> None:
    awa_database.rows("INSERT INTO awa.jobs (kind, queue) SELECT 'k', 'q' FROM generate_series(1, 4)")
    assert behind(awa_database, release) == []
    awa_database.rows("SELECT setval('awa.jobs_id_seq', 2)")
    [finding] = behind(awa_database, release)
    assert finding.message == "1 sequence is behind: jobs_id_seq gives 3 next, but jobs_hot is at 4"


def test_a_sequence_ahead_of_its_rows_is_normal(used: Database, release: Release) -> None:
    for row in used.rows("SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'acme'"):
        if not row["name"].startswith("queue_claim_seq"):
            used.rows(f"ALTER SEQUENCE acme.{row['name']} RESTART WITH 1000")
    assert behind(used, release) == []


def test_a_sequence_at_the_number_of_the_last_row_is_behind_only_if_it_was_not_used(
    used: Database, release: Release
) -> None:
    sequence = f"acme.{lane(used)}"
    used.rows(f"SELECT setval('{sequence}', 5, true)")
    assert behind(used, release) == []
    used.rows(f"SELECT setval('{sequence}', 6, false)")
    assert behind(used, release) == []
    used.rows(f"SELECT setval('{sequence}', 5, false)")
    assert [f.code for f in behind(used, release)] == ["sequences-behind"]


def test_jobs_that_would_get_a_number_that_claims_have_passed_are_named(used: Database, release: Release) -> None:
    sequence, claims = lane(used), lane(used, "claim")
    used.rows(f"TRUNCATE acme.ready_entries; SELECT setval('acme.{claims}', 5)")
    used.rows(f"ALTER SEQUENCE acme.{sequence} RESTART")
    [finding] = behind(used, release)
    assert finding.message == (
        f"1 sequence is behind: {sequence} (queue alpha, priority 2, shard 0) gives 1 next, "
        "but queue_claim_heads is at 5"
    )


def test_a_role_that_may_not_read_the_rows_is_told_what_was_not_checked(
    used: Database, release: Release, reader: tuple[str, str]
) -> None:
    name, url = reader
    sequence = lane(used)
    used.rows(f"ALTER SEQUENCE acme.{sequence} RESTART")
    used.rows(f"GRANT USAGE ON SCHEMA awa, acme TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA awa, acme TO {name}")
    used.rows(f"REVOKE SELECT ON acme.ready_entries FROM {name}")
    found = verify(url, release)[1]
    assert found.drift == ()
    assert [(f.code, f.schema, f.object) for f in found.unknown] == [
        ("not-readable", "awa", "sequences"),
        ("not-readable", "acme", "rows"),
        ("not-readable", "acme", "sequences"),
    ]
    for statement in (statement for f in found.unknown for statement in f.sql):
        used.rows(statement)
    found = verify(url, release)[1]
    assert (found.unknown, [f.code for f in found.drift]) == ((), ["sequences-behind"])


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE acme.ready_entries RENAME COLUMN lane_seq TO mine",
        "ALTER TABLE acme.queue_enqueue_heads DROP COLUMN priority CASCADE",
        "ALTER TABLE acme.ready_entries DETACH PARTITION acme.ready_entries_0",
        (
            "DROP INDEX acme.idx_acme_ready_0_lane_shard;"
            " ALTER TABLE acme.ready_entries DROP CONSTRAINT ready_entries_pkey"
        ),
        "DROP TABLE acme.lease_claim_batches CASCADE",
        "DROP SEQUENCE acme.job_id_seq CASCADE",
        "UPDATE acme.queue_enqueue_heads SET seq_name = repeat('x', 3000)",
    ],
)
def test_a_damaged_schema_is_reported_as_before(used: Database, release: Release, damage: str) -> None:
    with psycopg.connect(used.url, autocommit=True) as connection:
        connection.execute(b"SET session_replication_role = replica")
        connection.execute(damage.encode())
    assert {f.code for f in behind(used, release)} - {"sequences-behind"}
    assert proof(used, release)


def test_many_lanes_are_one_finding_that_names_a_few(used: Database, release: Release) -> None:
    used.rows(
        "INSERT INTO acme.queue_enqueue_heads (queue, priority) SELECT 'q' || n, 1 FROM generate_series(1, 20) AS n;"
        "INSERT INTO acme.queue_claim_heads (queue, priority) SELECT 'q' || n, 1 FROM generate_series(1, 20) AS n"
    )
    used.rows(
        "INSERT INTO acme.ready_entries SELECT (r).* FROM (SELECT jsonb_populate_record(e, jsonb_build_object("
        "'queue', 'q' || n, 'priority', 1)) AS r FROM acme.ready_entries e, generate_series(1, 20) AS n"
        " WHERE e.queue = 'alpha') made"
    )
    [finding] = behind(used, release)
    assert finding.message.startswith("20 sequences are behind: ")
    assert finding.message.endswith("and 17 more")
    assert len(finding.sql) == 20
    [row] = proof(used, release)
    assert row["what"] == f"schema acme: {finding.message}"
    assert repair(used.url, release)[1].healthy


def test_more_lanes_than_the_server_has_locks_for_are_compared_as_far_as_it_has(
    used: Database, release: Release
) -> None:
    [row] = used.rows(
        "SELECT current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int"
        " + current_setting('max_prepared_transactions')::int) / 4 AS most"
    )
    lanes = row["most"] + 1
    with psycopg.connect(used.url, autocommit=True) as connection:
        # Without their sequences, which would take minutes.
        connection.execute(b"SET session_replication_role = replica")
        for kind in ("enqueue", "claim"):
            connection.execute(
                f"INSERT INTO acme.queue_{kind}_heads (queue, priority, seq_name) SELECT 'q' || n, 1, NULL"
                f" FROM generate_series(1, {lanes}) AS n".encode()
            )
    used.rows(f"ALTER SEQUENCE acme.{lane(used)} RESTART")
    found = verify(used.url, release)[1]
    assert [f.code for f in found.drift] == ["sequences-behind"]
    assert [(f.code, f.schema, f.object) for f in found.unknown] == [("not-compared", "acme", "lanes")]
    assert {row["what"] for row in proof(used, release)} == {
        f"schema acme: {f.message}" for f in found.findings if f.code in {"sequences-behind", "not-compared"}
    }
