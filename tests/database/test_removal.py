"""Removal of a custom queue-storage schema: what objects to it, and what is left afterwards."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psycopg
import pytest

from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.database.removal import read_removal, remove
from awa_infra.errors import BlockedError, CommitUnknownError, ConnectionFailedError, LockTimeoutError
from awa_infra.model import DesiredState, Policy, QueueStorage, Release, Shape, Step
from awa_infra.planning.gates import special_queries
from devtools import postgres
from tests.support.people import people
from tests.support.proxy import LossyProxy
from tests.support.servers import Database, TestServer
from tests.support.worker import PATIENCE

SMALL = Shape(4, 2, 2)


@pytest.fixture(scope="module")
def two_schemas(server: TestServer, awa_template: Database, release: Release) -> Iterator[Database]:
    """Give a database with two small custom schemas, to be copied."""
    made = server.create(awa_template.name)
    apply(made.url, DesiredState(release, None, (QueueStorage("acme", SMALL), QueueStorage("beta", SMALL))))
    yield made
    server.drop(made)


@pytest.fixture
def acme(server: TestServer, two_schemas: Database) -> Iterator[Database]:
    """Give a copy of it."""
    made = server.create(two_schemas.name)
    yield made
    server.drop(made)


def objections(database: Database, schema: str = "acme", *, force: bool = False) -> dict[str, str]:
    return {gate.code: gate.message for gate in read_removal(database.url, schema, force=force)[1].gates}


def test_an_empty_schema_is_dropped_and_the_others_stay_as_they_are(acme: Database, release: Release) -> None:
    report = remove(acme.url, "acme")
    assert [s.schema for s in report.after.substrates] == ["awa", "beta"]
    assert acme.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'acme'") == []
    assert verify(acme.url, release)[1].drift == ()
    assert not remove(acme.url, "acme").changed


FOREIGN = {
    "a table": "CREATE TABLE acme.mine (n int)",
    "a copy of finished jobs": "CREATE TABLE acme.done_entries_2025 AS SELECT * FROM acme.done_entries",
    "two copies": "CREATE TABLE acme.lease_claims_77 AS SELECT * FROM acme.lease_claims; "
        "CREATE TABLE acme.lease_claims_20260101 (LIKE acme.lease_claims INCLUDING ALL)",
    "a partition beyond all slots": "CREATE TABLE acme.leases_9 PARTITION OF acme.leases FOR VALUES IN (9)",
    "a sequence": "CREATE SEQUENCE acme.mine",
    "a function": "CREATE FUNCTION acme.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "an enumeration": "CREATE TYPE acme.mine AS ENUM ('a')",
    "a composite type": "CREATE TYPE acme.mine AS (n int)",
    "a view elsewhere": "CREATE VIEW public.mine AS SELECT count(*) FROM acme.ready_entries",
    "a materialized view elsewhere": "CREATE MATERIALIZED VIEW public.mine AS SELECT count(*) FROM acme.terminal_jobs",
    "a default elsewhere": "CREATE TABLE public.mine (n bigint DEFAULT nextval('acme.job_id_seq'))",
    "a child elsewhere": "CREATE TABLE public.mine () INHERITS (acme.attempt_state)",
    "a column of its type elsewhere": "CREATE TABLE public.mine (entry acme.dlq_entries)",
    "a function of its type elsewhere":
        "CREATE FUNCTION public.mine(e acme.dlq_entries) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a trigger elsewhere": "CREATE TABLE public.mine (n int); CREATE TRIGGER t BEFORE INSERT ON public.mine "
        "FOR EACH ROW EXECUTE FUNCTION acme.queue_enqueue_head_sequence_sync()",
    "a foreign key elsewhere":
        "CREATE TABLE public.mine (queue text, priority smallint, "
        "FOREIGN KEY (queue, priority) REFERENCES acme.queue_lanes (queue, priority))",
    "a foreign key inside":
        "ALTER TABLE acme.dlq_entries ADD CONSTRAINT mine FOREIGN KEY (queue, priority) REFERENCES acme.queue_lanes",
    "an index": "CREATE INDEX mine ON acme.dlq_entries (queue)",
    "an index on a partition": "CREATE INDEX mine ON acme.leases_0 (queue)",
    "a constraint": "ALTER TABLE acme.dlq_entries ADD CONSTRAINT mine CHECK (priority > 0) NOT VALID",
    "a trigger": "CREATE TRIGGER mine BEFORE INSERT ON acme.dlq_entries "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "a column": "ALTER TABLE acme.dlq_entries ADD COLUMN mine text",
    "a rule": "CREATE RULE mine AS ON INSERT TO acme.dlq_entries DO ALSO NOTIFY mine",
    "a policy": "CREATE POLICY mine ON acme.dlq_entries USING (true)",
    "a collation": 'CREATE COLLATION acme.mine FROM pg_catalog."C"',
    "an operator": "CREATE FUNCTION public.of_mine(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true'; "
        "CREATE OPERATOR acme.==== (leftarg = text, rightarg = text, function = public.of_mine)",
    "an operator family": "CREATE OPERATOR FAMILY acme.mine USING btree",
    "a text search configuration": "CREATE TEXT SEARCH CONFIGURATION acme.mine (COPY = pg_catalog.simple)",
    "a conversion": "CREATE CONVERSION acme.mine FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    "statistics": "CREATE STATISTICS acme.mine ON queue, priority FROM acme.dlq_entries",
    "a publication of a table": "CREATE PUBLICATION mine FOR TABLE acme.dlq_entries",
    "a domain": "CREATE DOMAIN acme.mine AS text",
    "a view": "CREATE VIEW acme.mine AS SELECT 1 AS n",
    "an aggregate": "CREATE AGGREGATE acme.mine (int) (sfunc = int4pl, stype = int)",
}  # fmt: skip


@pytest.mark.parametrize("made", FOREIGN)
def test_what_awa_did_not_make_is_never_dropped_along(acme: Database, made: str) -> None:
    for statement in FOREIGN[made].split("; "):
        acme.rows(statement)
    # Each object is named once, by the gate about names or by the one about kinds.
    [gate] = read_removal(acme.url, "acme", force=True)[1].gates
    assert gate.code == "removal-foreign-objects"
    assert re.search("mine|====|_2025|_20260101, .*_77|_9", gate.message)
    assert objections(acme, "beta") == {}


ENQUEUE = (
    "INSERT INTO acme.deferred_jobs (job_id, kind, queue, state, priority, run_at) "
    "VALUES (1, 'email', 'emails', 'scheduled', 2, now())"
)
SEEN_NOW = (
    "INSERT INTO awa.runtime_instances (instance_id, hostname, pid, version, started_at, last_seen_at, "
    "snapshot_interval_ms, healthy, postgres_connected, poll_loop_alive, heartbeat_alive, maintenance_alive, "
    "shutting_down, leader) SELECT gen_random_uuid(), 'here', 7, '0.6.9', now(), now(), 10000, "
    "true, true, true, true, true, false, false"
)


def refused(database: Database, code: str, *, force: bool = False, role: str | None = None) -> str:
    """Return what the only gate says, which must stop a removal too and leave everything as it was."""
    (gate,) = read_removal(database.url, "acme", force=force, role=role)[1].gates
    assert gate.code == code
    with pytest.raises(BlockedError) as caught:
        remove(database.url, "acme", force=force, role=role)
    assert caught.value.code == code
    return gate.message


def stands(database: Database) -> bool:
    return read_state(database.url).substrate("acme") is not None


@pytest.mark.parametrize("schema", ["awa", "public", "pg_catalog"])
def test_what_is_no_custom_schema_is_refused_whatever_is_asked(acme: Database, schema: str) -> None:
    with pytest.raises(BlockedError) as caught:
        remove(acme.url, schema, force=True)
    assert caught.value.code == "removal-protected"


def test_the_schema_that_jobs_go_to_stays(acme: Database) -> None:
    activate(acme.url, "acme")
    message = refused(acme, "removal-active", force=True)
    assert message == f"Awa's storage state is active and names schema acme of database {acme.name}."
    assert remove(acme.url, "beta").changed


def test_the_schema_that_is_prepared_stays_until_that_is_aborted(acme: Database) -> None:
    acme.rows("""SELECT awa.storage_prepare('queue_storage', '{"schema": "acme"}')""")
    assert "prepared" in refused(acme, "removal-active", force=True)
    acme.rows("SELECT awa.storage_abort()")
    assert remove(acme.url, "acme").changed


def test_a_worker_that_was_seen_lately_objects(acme: Database) -> None:
    acme.rows(SEEN_NOW)
    message = refused(acme, "removal-live-runtimes", force=True)
    assert re.search(r"runtime here \(pid 7, Awa 0\.6\.9\) was seen \d+ s ago", message)
    acme.rows("UPDATE awa.runtime_instances SET last_seen_at = now() - interval '91 s'")
    assert remove(acme.url, "acme").changed


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT pg_advisory_lock(4708303813012965710)", "holds the lock of the maintenance leader"),
        ('LISTEN "awa:emails"', "listens for jobs"),
    ],
)
def test_a_session_that_gives_a_worker_away_objects(acme: Database, statement: str, words: str) -> None:
    with psycopg.connect(acme.url, autocommit=True) as session:
        session.execute(statement.encode())
        message = refused(acme, "removal-live-runtimes", force=True)
        assert f"session {session.info.backend_pid} (user postgres) {words}" in message
    assert remove(acme.url, "acme").changed


def test_who_may_not_drop_is_reported_and_takes_no_lock(server: TestServer, acme: Database) -> None:
    with people(server, acme) as staff:
        reader = staff.name("runtime")
        acme.rows(f"CREATE ROLE {reader} LOGIN")
        login = staff.login("runtime")
        # What cannot be seen is not taken for gone.
        assert refused(login, "removal-unrecognised") == (
            f"Schema acme exists in database {acme.name} and holds objects, but role {reader} cannot see queue "
            "storage in it."
        )
        for schema in ("awa", "acme"):
            acme.rows(f"GRANT USAGE ON SCHEMA {schema} TO {reader}")
            acme.rows(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}")
            acme.rows(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {reader}")
        message = refused(login, "removal-not-owner")
        assert message == f"Role {reader} may not drop schema acme, which belongs to postgres."
        assert stands(acme)


def test_a_damaged_schema_is_not_taken_for_gone(acme: Database) -> None:
    acme.rows("DROP FUNCTION acme.claim_ready_runtime")
    refused(acme, "removal-unrecognised", force=True)
    acme.rows("DROP SCHEMA beta CASCADE")
    acme.rows("CREATE SCHEMA beta")
    assert read_removal(acme.url, "beta")[1].empty


def test_the_owner_drops_for_whoever_may_act_as_it(server: TestServer, database: Database, release: Release) -> None:
    with people(server, database, superuser=False) as hired:
        staff = hired.with_schemas("acme")
        desired = DesiredState(release, 40, (QueueStorage("acme", SMALL),), roles=staff.roles)
        apply(staff.administrator.url, desired)
        migrator = staff.login("migrator")
        assert remove(migrator.url, "acme", role=staff.roles.owner).changed
        # Declared still, so there again: with all privileges.
        assert apply(staff.administrator.url, desired).changed
        assert not apply(staff.administrator.url, desired).changed


def test_a_job_that_comes_in_at_the_last_moment_is_seen(acme: Database) -> None:
    with psycopg.connect(acme.url) as producer:
        producer.execute(ENQUEUE.encode())
        result: list[BlockedError] = []

        def attempt() -> None:
            with pytest.raises(BlockedError) as caught:
                remove(acme.url, "acme")
            result.append(caught.value)

        removing = threading.Thread(target=attempt)
        removing.start()
        wait_for_a_waiting_session(acme)
        producer.commit()
        removing.join()
    (error,) = result
    assert error.code == "removal-live-jobs"
    assert "1 scheduled or to be retried" in error.message
    assert stands(acme)


def test_who_enqueues_during_a_removal_waits_and_is_reported(acme: Database) -> None:
    result: list[BaseException] = []

    def enqueue() -> None:
        with psycopg.connect(acme.url) as producer, pytest.raises(psycopg.Error) as caught:
            producer.execute(ENQUEUE.encode())
        result.append(caught.value)

    producing = threading.Thread(target=enqueue)

    def come_in_between(_number: int, _total: int, _step: Step) -> None:
        producing.start()
        wait_for_a_waiting_session(acme)

    assert remove(acme.url, "acme", options=ApplyOptions(progress=come_in_between)).changed
    producing.join()
    (error,) = result
    assert isinstance(error, psycopg.errors.UndefinedTable)


def wait_for_a_waiting_session(database: Database) -> None:
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + PATIENCE
    while not database.rows(waiting):
        assert time.monotonic() < deadline, "nobody waits"


def test_a_lock_that_is_not_free_leaves_everything(acme: Database) -> None:
    with psycopg.connect(acme.url, application_name="the reader") as reader:
        reader.execute("SELECT count(*) FROM acme.ready_entries")
        with pytest.raises(LockTimeoutError):
            remove(acme.url, "acme", options=ApplyOptions(table_lock=0.2, attempts=2))
    assert stands(acme)
    assert remove(acme.url, "acme").changed


def test_a_removal_that_is_refused_takes_no_lock(acme: Database) -> None:
    acme.rows("CREATE TABLE acme.mine (n int)")
    with psycopg.connect(acme.url) as reader:
        reader.execute("SELECT count(*) FROM acme.ready_entries")
        with pytest.raises(BlockedError):
            remove(acme.url, "acme", options=ApplyOptions(table_lock=0.2, attempts=1))


def test_a_schema_that_no_lock_table_has_room_for_is_refused(acme: Database) -> None:
    (query,) = [q for q in special_queries("removal", "acme", lock_objects=10**6) if q.code == "removal-lock-table"]
    (row,) = acme.rows(query.sql)
    assert row["message"].startswith("Dropping schema acme locks about 1000000 objects in one transaction")
    assert "Raise max_locks_per_transaction to " in row["hint"]


def test_a_schema_of_64_slots_is_dropped_with_the_lock_table_of_a_new_server(release: Release) -> None:
    settings = {"fsync": "off", "max_connections": "100", "max_locks_per_transaction": "64"}
    with tempfile.TemporaryDirectory(prefix="awa-infra-locks-") as folder:
        data = Path(folder) / "pg"
        server = postgres.start(data, settings=settings)
        try:
            easy = Policy(allow_many_locks=True)
            apply(server.url, DesiredState(release, 40, (QueueStorage("acme", Shape(64)),), easy))
            assert remove(server.url, "acme").changed
        finally:
            postgres.destroy(data)


def test_an_interruption_leaves_everything(acme: Database) -> None:
    def interrupt(_number: int, _total: int, _step: Step) -> None:
        acme.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'awa-infra'")

    with pytest.raises(ConnectionFailedError, match=r"terminating connection|server closed the connection"):
        remove(acme.url, "acme", options=ApplyOptions(progress=interrupt))
    assert stands(acme)
    assert remove(acme.url, "acme").changed


@pytest.mark.parametrize("lose", ["answer", "question"])
def test_after_a_lost_commit_the_next_run_finds_out(acme: Database, lose: Literal["answer", "question"]) -> None:
    with LossyProxy(acme.url, lose) as proxy, pytest.raises(CommitUnknownError):
        remove(proxy.url, "acme")
    assert remove(acme.url, "acme").changed == (lose == "question")


def test_all_blocking_gates_are_reported_at_once(acme: Database) -> None:
    acme.rows("CREATE TABLE acme.mine (n int)")
    acme.rows("SELECT awa.storage_prepare('queue_storage', '{\"schema\": \"acme\"}')")
    with pytest.raises(BlockedError) as caught:
        remove(acme.url, "acme")
    assert sorted(objections(acme)) == ["removal-active", "removal-foreign-objects"]
    assert len(caught.value.details) == 2
