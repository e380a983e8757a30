from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import awa as awa_sdk
import psycopg
import pytest
from psycopg import sql

from awa_infra import sqltext
from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair
from awa_infra.database.observe import read_plan
from awa_infra.database.removal import read_removal
from awa_infra.database.target import Target
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, Policy, QueueStorage, Release, Shape, Transaction
from awa_infra.planning.gate_files import gate_file
from awa_infra.planning.gates import LiveFacts, gate_queries
from tests.support.servers import Database
from tests.support.tools import dump_schema
from tests.support.worker import Email

Desired = Callable[..., DesiredState]


def codes(url: str, desired: DesiredState) -> list[str]:
    return sorted(gate.code for gate in read_plan(url, desired)[1].gates)


def test_a_healthy_database_passes_every_gate(awa_database: Database, desired: Desired) -> None:
    assert codes(awa_database.url, desired(QueueStorage("acme_jobs"))) == []


def test_an_empty_database_passes_every_gate(database: Database, desired: Desired) -> None:
    assert codes(database.url, desired(QueueStorage("acme_jobs"))) == []


def test_a_newer_schema_is_refused(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (41, 'newer')")
    assert codes(awa_database.url, desired()) == ["newer-schema"]
    assert codes(awa_database.url, desired(QueueStorage("acme_jobs"), target=None)) == ["newer-schema"]


def test_a_downgrade_is_refused(awa_database: Database, desired: Desired) -> None:
    assert codes(awa_database.url, desired(target=39)) == ["downgrade"]


def test_a_version_beyond_the_release_is_refused(database: Database, desired: Desired) -> None:
    assert codes(database.url, desired(target=41)) == ["target-unknown"]


def test_a_schema_that_lost_a_table_is_not_taken_for_an_old_one(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DROP TABLE awa.queue_state_counts CASCADE")
    assert codes(awa_database.url, desired()) == ["damaged-schema"]
    assert len(awa_database.rows("SELECT * FROM awa.schema_version")) == 39


def test_a_schema_that_lost_its_history_is_refused(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DELETE FROM awa.schema_version")
    assert codes(awa_database.url, desired()) == ["empty-history"]
    awa_database.rows("DROP TABLE awa.schema_version")
    assert codes(awa_database.url, desired()) == ["lost-history"]


@pytest.mark.parametrize("shape", [Shape(32, 8, 8), Shape(16, 4, 8), Shape(16, 8, 4), Shape(receipts=False)], ids=str)
def test_another_shape_of_a_standing_schema_is_refused(awa_database: Database, desired: Desired, shape: Shape) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme_jobs')")
    assert codes(awa_database.url, desired(QueueStorage("acme_jobs", shape))) == ["queue-storage-shape"]


@pytest.mark.parametrize(
    "thing",
    [
        "TABLE shop.orders (id int)",
        "FUNCTION shop.tax() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "TYPE shop.state AS ENUM ('open')",
        "DOMAIN shop.price AS numeric",
        "COLLATION shop.german (locale = 'C')",
        "TEXT SEARCH CONFIGURATION shop.words (COPY = pg_catalog.simple)",
    ],
    ids=lambda thing: str(thing).partition(" shop")[0].lower(),
)
def test_a_schema_with_foreign_objects_is_never_taken_over(
    awa_database: Database, desired: Desired, thing: str
) -> None:
    awa_database.rows(f"CREATE SCHEMA shop; CREATE {thing}")
    assert codes(awa_database.url, desired(QueueStorage("shop"))) == ["queue-storage-foreign"]
    # A removal does not take it for gone either.
    assert [gate.code for gate in read_removal(awa_database.url, "shop")[1].gates] == ["removal-unrecognised"]


def test_an_empty_schema_may_be_prepared_for_queue_storage(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("CREATE SCHEMA shop; ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC")
    awa_database.rows("GRANT USAGE ON SCHEMA shop TO PUBLIC; COMMENT ON SCHEMA shop IS 'for jobs'")
    if int(awa_database.rows("SHOW server_version_num")[0]["server_version_num"]) >= 150000:
        awa_database.rows("CREATE PUBLICATION ours FOR TABLES IN SCHEMA shop")
    assert codes(awa_database.url, desired(QueueStorage("shop"))) == []
    assert read_removal(awa_database.url, "shop")[1].gates == ()


def test_queue_storage_alone_needs_the_canonical_schema(database: Database, desired: Desired) -> None:
    assert codes(database.url, desired(QueueStorage("acme_jobs"), target=None)) == ["canonical-schema-missing"]


def test_a_default_of_read_only_transactions_is_for_others(database: Database, desired: Desired) -> None:
    database.rows(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    assert codes(database.url, desired()) == []
    assert apply(database.url, desired()).after.version == desired().release.schema_version


@pytest.fixture
def stranger(awa_database: Database) -> str:
    """Return the URL of a role that owns nothing in the database."""
    name = f"stranger_of_{awa_database.name}"
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA awa TO {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA awa TO {}").format(sql.Identifier(name)))
    found = Target.of(awa_database.url).parameters
    return f"postgresql://{name}:x@{found['host']}:{found['port']}/{awa_database.name}"


def test_a_role_that_cannot_act_as_the_owner_is_refused_if_something_is_pending(
    awa_database: Database, stranger: str, desired: Desired
) -> None:
    assert codes(stranger, desired()) == []
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    assert codes(stranger, desired()) == ["not-owner"]


def test_what_the_owner_of_the_schema_lacks_is_told_all_at_once(
    awa_database: Database, stranger: str, desired: Desired
) -> None:
    owner = f"owner_of_{awa_database.name}"
    login = Target.of(stranger).parameters["user"]
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme_jobs')")
    awa_database.rows(f"CREATE ROLE {owner}")
    try:
        awa_database.rows(f"ALTER SCHEMA awa OWNER TO {owner}; ALTER TABLE awa.schema_version OWNER TO {owner}")
        awa_database.rows(f"GRANT {owner} TO {login}")
        awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
        expected = ["no-create-privilege", "objects-other-owner", "queue-storage-unusable"]
        assert codes(stranger, desired()) == expected
        (unusable,) = (g for g in read_plan(stranger, desired())[1].gates if g.code == expected[-1])
        assert f"Queue-storage schema acme_jobs belongs to postgres, and the owner of schema awa, {owner}," in (
            unusable.message
        )
    finally:
        awa_database.rows(f"REASSIGN OWNED BY {owner} TO postgres; DROP OWNED BY {owner}; DROP ROLE {owner}")


def test_an_empty_schema_that_somebody_else_made_beforehand_is_refused_with_the_statement_that_hands_it_over(
    awa_database: Database, stranger: str, desired: Desired
) -> None:
    login = Target.of(stranger).parameters["user"]
    awa_database.rows(f"CREATE SCHEMA acme AUTHORIZATION {login}")
    wanted = desired(QueueStorage("acme", Shape(4, 2, 2)))
    (gate,) = read_plan(awa_database.url, wanted)[1].gates
    assert gate.code == "queue-storage-other-owner"
    assert f"belongs to {login}, not to postgres" in gate.message
    awa_database.rows(gate.hint.partition(": ")[2].partition(";")[0])
    assert apply(awa_database.url, wanted).changed
    assert read_plan(awa_database.url, wanted)[1].empty


@pytest.fixture
def pending_patch(awa_database: Database) -> Database:
    """Return a migrated database on which one patch is pending."""
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    return awa_database


def runtime(database: Database, version: str, seconds_ago: int = 5) -> None:
    database.rows(
        "INSERT INTO awa.runtime_instances (instance_id, hostname, pid, version, started_at, last_seen_at,"
        " snapshot_interval_ms, healthy, postgres_connected, poll_loop_alive, heartbeat_alive, maintenance_alive,"
        f" shutting_down, leader, queues) VALUES (gen_random_uuid(), 'worker-7', 42, '{version}', now(),"
        f" now() - interval '{seconds_ago} s', 10000, true, true, true, true, true, false, true, '[]')"
    )


def made_up(release: Release, upto: int) -> DesiredState:
    """Return the wish for an invented release: Awa 0.7 was not released; its migrations only record themselves."""
    last = release.migrations[-1]
    further = tuple(
        replace(
            last, version=v, description=f"made up {v}", sql=f"INSERT INTO awa.schema_version VALUES ({v}, 'made up')"
        )
        for v in range(41, upto + 1)
    )
    return DesiredState(replace(release, name="0.7.0-invented", migrations=(*release.migrations, *further)), upto)


def test_a_session_that_holds_tables_for_long_is_named(pending_patch: Database, desired: Desired) -> None:
    with psycopg.connect(pending_patch.url, application_name="report") as session:
        pid = session.info.backend_pid
        session.execute("SELECT count(*) FROM awa.jobs_hot")
        # What matters is the age of a transaction; nobody wants to wait ten seconds in a test, or be done in as many.
        with replace_in_gate("blocking_session", "interval '10 seconds'", "interval '1 hour'"):
            assert codes(pending_patch.url, desired()) == []
        with replace_in_gate("blocking_session", "interval '10 seconds'", "interval '0 seconds'"):
            (gate,) = read_plan(pending_patch.url, desired())[1].gates
            overruled = replace(desired(), policy=Policy(allow_blocking_sessions=True))
            assert codes(pending_patch.url, overruled) == []
    assert gate.code == "blocking-session"
    assert f"Session {pid} (user postgres, report) has held locks on tables of awa" in gate.message
    assert f"pg_terminate_backend({pid})" in gate.hint


def test_a_plan_that_needs_more_locks_than_the_server_has_is_refused(awa_database: Database, desired: Desired) -> None:
    huge = QueueStorage("huge", Shape(1024, 64, 64))
    (gate,) = read_plan(awa_database.url, desired(huge))[1].gates
    assert gate.code == "lock-table-too-small"
    assert "The plan locks about 63715 objects" in gate.message
    assert "max_locks_per_transaction" in gate.hint
    assert "--transaction each" not in gate.hint
    assert codes(awa_database.url, replace(desired(huge), policy=Policy(allow_many_locks=True))) == []
    # Each of many fits alone.
    many = desired(*(QueueStorage(f"large_{n}", Shape(64, 8, 8)) for n in range(4)))
    (gate,) = read_plan(awa_database.url, many)[1].gates
    assert gate.hint.startswith("Use --transaction each (awa:transaction), which commits every migration")
    assert codes(awa_database.url, replace(many, transaction=Transaction.EACH)) == []


def test_live_runtimes_are_reported_and_do_not_block_awa_0_6(pending_patch: Database, desired: Desired) -> None:
    runtime(pending_patch, "0.6.2")
    runtime(pending_patch, "0.6.9", seconds_ago=91)
    plan = read_plan(pending_patch.url, desired())[1]
    assert plan.gates == ()
    assert [note.code for note in plan.notes] == ["duration", "live-runtime"]
    assert re.fullmatch(
        r"Runtime worker-7 \(pid 42, Awa 0\.6\.2\) is live, seen \d+ s ago, leader\.", plan.notes[1].message
    )


@pytest.mark.parametrize(
    ("version", "expected"), [("0.6.2", []), ("0.6.1", ["runtime-too-old"]), ("devel", ["runtime-too-old"])]
)
def test_version_43_of_an_invented_release_needs_every_live_runtime_at_0_6_2(
    awa_database: Database, release: Release, version: str, expected: list[str]
) -> None:
    awa_database.rows("SELECT awa.storage_auto_finalize_if_fresh('awa')")
    runtime(awa_database, version)
    runtime(awa_database, "0.5.0", seconds_ago=91)
    assert codes(awa_database.url, made_up(release, 43)) == expected
    assert codes(awa_database.url, made_up(release, 42)) == []
    overruled = replace(made_up(release, 43), policy=Policy(allow_live_runtimes=True))
    assert codes(awa_database.url, overruled) == []


def test_an_invented_awa_0_7_needs_a_finished_transition_or_a_database_that_was_never_used(
    awa_database: Database, release: Release
) -> None:
    assert codes(awa_database.url, made_up(release, 41)) == []
    runtime(awa_database, "0.6.9")
    assert codes(awa_database.url, made_up(release, 41)) == ["storage-not-finalized"]
    awa_database.rows("DELETE FROM awa.runtime_instances")
    awa_database.rows("INSERT INTO awa.jobs_hot (kind, queue, args, state) VALUES ('k', 'q', '{}', 'completed')")
    assert codes(awa_database.url, made_up(release, 41)) == ["storage-not-finalized"]


def test_a_pooler_is_recognised_by_the_process_that_answers(pending_patch: Database, desired: Desired) -> None:
    live = LiveFacts(announced_pid=1, lock_objects=0, lock_objects_each=0)
    queries = {q.code: q.sql for q in gate_queries(desired(), live=live)}
    (found,) = pending_patch.rows(queries["pooler"])
    assert "A connection pooler sits between this program and database" in found["message"]
    assert codes(pending_patch.url, desired()) == []


def test_the_window_is_estimated_from_the_rows_and_can_be_limited(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DELETE FROM awa.schema_version WHERE version > 36")
    awa_database.rows(
        "UPDATE pg_class SET reltuples = 1e6"
        " WHERE oid IN ('awa.ready_entries_0'::regclass, 'awa.done_entries_3'::regclass)"
    )
    plan = read_plan(awa_database.url, desired())[1]
    assert [note.code for note in plan.notes] == ["duration", "window"]
    assert "about 2000000 ready and done rows are scanned 3 times, about 126 s" in plan.notes[1].message
    assert re.match(r"About 126\.\d s on this database: 0\.\d+ s for the steps themselves", plan.notes[0].message)
    waiting = r" From V37 until the end, about 126\.\d s, producers, workers and readers of finished jobs wait\.$"
    assert re.search(waiting, plan.notes[0].message)
    limited = replace(desired(), policy=Policy(max_window=60))
    assert codes(awa_database.url, limited) == ["window-too-long"]
    assert codes(awa_database.url, replace(desired(), policy=Policy(max_window=130))) == []
    # A transaction for each migration scans once.
    each = replace(desired(), transaction=Transaction.EACH)
    assert codes(awa_database.url, replace(each, policy=Policy(max_window=40))) == ["window-too-long"]
    assert codes(awa_database.url, replace(each, policy=Policy(max_window=45))) == []


def test_the_time_that_producers_wait_for_counts_for_the_window_without_any_job(
    database: Database, desired: Desired
) -> None:
    apply(database.url, desired(target=11))
    _state, plan = read_plan(database.url, desired())
    held = {step.key: step.locks for step in plan.steps}
    assert held["V012"].startswith("ACCESS EXCLUSIVE on awa.jobs; producers, workers, readers of ready jobs")
    assert held["V017"] == "ACCESS EXCLUSIVE on awa.queue_meta; workers wait"
    assert held["V019"].startswith("ACCESS EXCLUSIVE on awa.jobs; producers, workers, ")
    assert re.search(r" From V12 until the end, about \d\.\d s, producers, workers, ", plan.notes[0].message)
    refused = read_plan(database.url, replace(desired(), policy=Policy(max_window=0)))[1].gates
    assert [gate.code for gate in refused] == ["window-too-long"]
    assert re.match(r"Producers and workers would wait for about [1-9]\.\d s, from V12 until", refused[0].message)
    assert "--transaction each" in refused[0].hint
    assert codes(database.url, replace(desired(), policy=Policy(max_window=0.5))) == ["window-too-long"]
    each = replace(desired(), transaction=Transaction.EACH, policy=Policy(max_window=0.5))
    assert codes(database.url, each) == []
    assert codes(database.url, replace(each, policy=Policy(max_window=0))) == ["window-too-long"]


def test_a_plan_for_an_empty_database_is_within_any_window(database: Database, desired: Desired) -> None:
    plan = read_plan(database.url, replace(desired(), policy=Policy(max_window=0)))[1]
    assert plan.gates == ()
    assert " wait" not in plan.notes[0].message


def test_what_each_way_to_commit_costs_is_noted_when_runtimes_are_alive(database: Database, desired: Desired) -> None:
    apply(database.url, desired(target=11))
    assert [note.code for note in read_plan(database.url, desired())[1].notes] == ["duration"]
    runtime(database, "0.5.7")
    for transaction in Transaction:
        plan = read_plan(database.url, replace(desired(), transaction=transaction))[1]
        (note,) = [note.message for note in plan.notes if note.code == "traffic"]
        whole, each = note.split(" With transaction each, ")
        assert re.match(
            r"1 runtimes are live\. With transaction whole producers, workers, readers of ready jobs and readers of "
            r"finished jobs wait for about [1-9]\.\d s at once, from V12 until the commit",
            whole,
        )
        assert whole.endswith("so restart producers then.")
        assert re.search(r"they wait \d+ times, at most about 0\.\d s at once \(V\d+\)", each)
        assert ("(as chosen)" in whole) == (transaction is Transaction.WHOLE)
        assert ("(as chosen)" in each) == (transaction is Transaction.EACH)


def test_without_statistics_the_window_is_estimated_from_the_size_on_disk(
    awa_database: Database, desired: Desired
) -> None:
    """A database that was restored from a dump has none."""
    activate(awa_database.url, "awa")

    async def fill() -> None:
        client = awa_sdk.AsyncClient(awa_database.url)
        await client.enqueue_many_copy([Email("send", number) for number in range(5000)], queue="emails")
        await client.close()

    asyncio.run(fill())
    awa_database.rows("UPDATE pg_class SET reltuples = -1 WHERE relname ~ '^(ready|done)_entries'")
    awa_database.rows("DELETE FROM awa.schema_version WHERE version > 36")
    awa_database.rows("SELECT pg_stat_reset()")
    (note,) = [n for n in read_plan(awa_database.url, desired())[1].notes if n.code == "window"]
    found = re.match(
        r"Schema awa: about (\d+) ready and done rows \(estimated from the size on disk: there are no statistics\)",
        note.message,
    )
    assert found is not None
    assert 2500 < int(found[1]) < 10_000
    assert codes(awa_database.url, replace(desired(), policy=Policy(max_window=0.01))) == ["window-too-long"]


def test_after_pg_upgrade_rows_that_were_there_before_count_though_new_ones_came(
    awa_database: Database, desired: Desired
) -> None:
    """Up to PostgreSQL 17 the new server has no statistics, and counts live rows from 0."""
    activate(awa_database.url, "awa")
    awa_database.rows("ALTER TABLE awa.jobs_hot SET (autovacuum_enabled = off)")
    more = """
        INSERT INTO awa.jobs_hot (kind, queue, args, state, finalized_at)
        SELECT 'send', 'emails', jsonb_build_object('to', 'someone' || i, 'number', i), 'completed', now()
          FROM generate_series(1, %s) AS i
    """
    awa_database.rows(more % 20000)
    awa_database.rows("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'awa.jobs_hot'::regclass")
    awa_database.rows("SELECT pg_stat_reset()")
    awa_database.rows(more % 5)
    awa_database.rows("DELETE FROM awa.schema_version WHERE version > 36")
    (note,) = [n for n in read_plan(awa_database.url, desired())[1].notes if n.code == "duration"]
    found = re.search(
        r"for about (\d+) jobs \(estimated from the size on disk: there are no statistics\)", note.message
    )
    assert found is not None, note.message
    assert 10_000 < int(found[1]) < 40_000
    awa_database.rows("ANALYZE awa.jobs_hot")
    (note,) = [n for n in read_plan(awa_database.url, desired())[1].notes if n.code == "duration"]
    assert " for about 20005 jobs in schema awa" in note.message


def full(database: Database, *tables: str) -> None:
    """Make the server believe that tables have a million rows each."""
    for table in tables:
        database.rows(f"UPDATE pg_class SET reltuples = 1e6 WHERE oid = '{table}'::regclass")


def test_completing_a_schema_counts_for_the_window_of_that_schema_alone(
    awa_database: Database, desired: Desired
) -> None:
    acme = QueueStorage("acme", Shape(4, 2, 2))
    for schema in ("acme", "other"):
        awa_database.rows(f"SELECT awa.install_queue_storage_substrate('{schema}', 4, 2, 2)")
        full(awa_database, f"{schema}.ready_entries_0")
    full(awa_database, "awa.done_entries_0")
    plan = read_plan(awa_database.url, desired(acme))[1]
    assert [step.key for step in plan.steps] == ["queue-storage:acme"]
    assert [note.code for note in plan.notes] == ["duration", "window"]
    assert plan.notes[1].message == "Schema acme: about 1000000 ready and done rows are scanned 1 times, about 21 s."
    assert codes(awa_database.url, replace(desired(acme), policy=Policy(max_window=20))) == ["window-too-long"]
    assert codes(awa_database.url, replace(desired(acme), policy=Policy(max_window=25))) == []


@pytest.mark.parametrize(
    ("damage", "seconds", "scans"),
    [
        ("DROP INDEX acme.idx_acme_dlq_queue_time", 21, 1_000_000),
        ("DROP FUNCTION awa.storage_status()", 379, 18_000_000),
    ],
)
def test_the_installer_that_a_repair_runs_counts_for_the_window(
    awa_database: Database, release: Release, damage: str, seconds: int, scans: int
) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme', 4, 2, 2)")
    awa_database.rows("SELECT awa.apply_receipt_plane_fillfactor('acme')")
    full(awa_database, "acme.ready_entries_0", "awa.done_entries_0")
    awa_database.rows(damage)
    before = dump_schema(awa_database.url)
    with pytest.raises(BlockedError, match=rf"would wait for about {seconds}\.\d s.* {scans} ready") as caught:
        repair(awa_database.url, release, policy=Policy(max_window=seconds - 1))
    assert caught.value.code == "window-too-long"
    assert dump_schema(awa_database.url) == before
    assert repair(awa_database.url, release, policy=Policy(max_window=seconds + 2))[1].drift == ()


@contextmanager
def replace_in_gate(name: str, old: str, new: str) -> Iterator[None]:
    """Change one gate's text for a while."""
    original = sqltext.load
    changed = original(f"gates/{name}.sql").replace(old, new)
    gate_file.cache_clear()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqltext, "load", lambda path: changed if path == f"gates/{name}.sql" else original(path))
            yield
    finally:
        gate_file.cache_clear()
