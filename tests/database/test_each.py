"""A transaction for each migration: what is committed stays, the lock is held throughout, and the end is the same."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.connection import Connection
from awa_infra.database.fingerprint import verify
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions, Progress
from awa_infra.database.session import apply_settings
from awa_infra.errors import AwaInfraError, BlockedError, ConnectionFailedError, LockTimeoutError, SqlFailedError
from awa_infra.model import DesiredState, Policy, Release, Roles, Step, Transaction
from devtools import postgres
from tests.support.faults import STEPS, kill_before, start_before, terminate_before, version_before
from tests.support.proxy import TransactionPooler
from tests.support.schemas import ACME
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema

Desired = Callable[..., DesiredState]

EVERY = bool(os.environ.get("AWA_INFRA_MATRIX"))
BOUNDARIES = range(1, STEPS + 1) if EVERY else (1, 2, 23, 36, 39, 40, 41)
"""Steps before which something happens; all of them in the matrix."""


@pytest.fixture
def each(desired: Desired) -> DesiredState:
    return replace(desired(ACME), transaction=Transaction.EACH)


@pytest.fixture(scope="module")
def complete(server: TestServer, release: Release) -> str:
    """Return what a database looks like that one transaction made."""
    made = server.create()
    apply(made.url, DesiredState(release, 40, (ACME,)))
    text = dump_schema(made.url)
    server.drop(made)
    return text


def is_complete(database: Database, each: DesiredState, complete: str) -> None:
    assert dump_schema(database.url) == complete
    assert verify(database.url, each.release)[1].healthy
    assert not apply(database.url, each).changed
    assert database.rows("SELECT * FROM pg_locks WHERE locktype = 'advisory'") == []


@pytest.fixture(params=BOUNDARIES)
def boundary(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def begun(database: Database, applied: Callable[[DesiredState], Database], desired: Desired, boundary: int) -> Database:
    """Give a database that is at the version from which a test starts."""
    start = 0 if EVERY else start_before(boundary)
    return applied(desired(target=start)) if start else database


def test_after_kill_9_before_any_step_the_committed_ones_are_kept_and_the_next_run_finishes(
    begun: Database, each: DesiredState, complete: str, boundary: int
) -> None:
    kill_before(begun.url, boundary, Transaction.EACH)
    assert read_state(begun.url).version == version_before(boundary)
    assert apply(begun.url, each).changed
    is_complete(begun, each, complete)


def test_after_a_terminated_backend_the_committed_ones_are_kept_and_the_next_run_finishes(
    begun: Database, each: DesiredState, complete: str, boundary: int
) -> None:
    caught = terminate_before(begun.url, begun.url, boundary, each)
    reached = version_before(boundary)
    assert read_state(begun.url).version == reached
    if reached:
        assert f"are kept, schema awa is at version {reached}; the same command continues from there." in str(caught)
    assert apply(begun.url, each).changed
    is_complete(begun, each, complete)


def test_the_migration_lock_is_held_from_the_first_migration_to_the_last(
    database: Database, each: DesiredState
) -> None:
    versions: list[int] = []
    taken: list[bool] = []

    def look(_number: int, _total: int, _step: Step) -> None:
        versions.append(read_state(database.url).version)
        with psycopg.connect(database.url) as other:
            row = other.execute(f"SELECT pg_try_advisory_xact_lock({MIGRATION_LOCK_KEY})".encode()).fetchone()
            taken.append(bool(row and row[0]))

    report = apply(database.url, each, options=ApplyOptions(progress=look))
    assert versions == [version_before(number) for number in range(1, len(report.applied) + 1)]
    assert not any(taken)
    assert database.rows("SELECT * FROM pg_locks WHERE locktype = 'advisory'") == []


def test_a_step_that_fails_names_what_is_kept(database: Database, each: DesiredState, release: Release) -> None:
    broken = replace(release.migrations[-1], sql="SELECT 1 / 0")
    failing = replace(each, release=replace(release, migrations=(*release.migrations[:-1], broken)))
    with pytest.raises(SqlFailedError, match="Step V040 failed: division by zero") as caught:
        apply(database.url, failing)
    assert caught.value.details[-1] == (
        "38 of 40 transactions were committed before and are kept, schema awa is at version 39; the same command "
        "continues from there."
    )
    assert read_state(database.url).version == 39
    assert [step.key for step in apply(database.url, each).applied] == [
        "V040",
        "patch:wait_free_dirty_marks",
        "queue-storage:acme_jobs",
    ]


def test_a_server_that_goes_between_two_migrations_leaves_word_of_what_is_kept(
    database: Database, each: DesiredState, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def begin(connection: Connection, settings: Mapping[str, str]) -> None:
        begun.append(connection.info.backend_pid)
        if len(begun) == 3:
            database.rows(f"SELECT pg_terminate_backend({begun[-1]}, 10000)")
        apply_settings(connection, settings)

    monkeypatch.setattr("awa_infra.database.run.apply_settings", begin)
    with pytest.raises(ConnectionFailedError) as caught:
        apply(database.url, each)
    assert caught.value.details[-1] == (
        "2 of 40 transactions were committed before and are kept, schema awa is at version 2; the same command "
        "continues from there."
    )


@pytest.fixture
def behind(applied: Callable[[DesiredState], Database], desired: Desired) -> Database:
    """Give a database at version 35."""
    return applied(desired(target=35))


def test_a_table_lock_is_tried_again_in_its_own_transaction_alone(behind: Database, desired: Desired) -> None:
    each = replace(desired(), transaction=Transaction.EACH)
    told: list[tuple[int, str]] = []
    with psycopg.connect(behind.url, application_name="the reader") as holder:

        def sit(_number: int, _total: int, step: Step) -> None:
            if step.key == "V037" and not told:
                holder.execute("SELECT count(*) FROM awa.done_entries")

        def let_go(attempt: int, error: AwaInfraError, _pause: float) -> None:
            told.append((attempt, error.details[0]))
            assert read_state(behind.url).version == 36
            holder.rollback()

        report = apply(behind.url, each, options=ApplyOptions(table_try=0.2, progress=sit, on_retry=let_go))
    assert [attempt for attempt, _ in told] == [1]
    assert "program the reader" in told[0][1]
    assert report.attempts == 2
    assert [result.key for result in report.applied] == ["V036", "V037", "V038", "V039", "V040", *PATCH]
    assert report.before.version == 35


PATCH = ("patch:wait_free_dirty_marks",)


def test_a_table_that_is_never_free_ends_the_run_where_it_is(behind: Database, desired: Desired) -> None:
    each = replace(desired(), transaction=Transaction.EACH)
    with psycopg.connect(behind.url, application_name="the reader") as holder:

        def sit(_number: int, _total: int, step: Step) -> None:
            if step.key == "V037":
                holder.execute("SELECT count(*) FROM awa.done_entries")

        with pytest.raises(LockTimeoutError) as caught:
            apply(behind.url, each, options=ApplyOptions(table_lock=1.0, table_try=0.2, progress=sit))
    assert "are kept, schema awa is at version 36" in str(caught.value)
    assert "program the reader" in str(caught.value)
    assert apply(behind.url, each).after.version == 40


def test_roles_and_their_privileges_are_the_same_as_in_one_transaction(server: TestServer, release: Release) -> None:
    whole, each = server.create(), server.create()
    tag = each.name.rpartition("_")[2]
    roles = Roles(f"own_{tag}", f"mig_{tag}", f"run_{tag}", f"obs_{tag}", ("acme_jobs",))
    desired = DesiredState(release, 40, (ACME,), roles=roles, guarded=("awa",))

    def stop_before(boundary: int) -> Progress:
        def stop(number: int, _total: int, _step: Step) -> None:
            if number == boundary:
                raise KeyboardInterrupt

        return stop

    try:
        apply(whole.url, desired)
        wanted = replace(desired, transaction=Transaction.EACH)
        # Each run goes on from where the one before was interrupted, which is later every time.
        for boundary in (1, 2, 3, 4, 20, 12, 8, 3):
            with pytest.raises(KeyboardInterrupt):
                apply(each.url, wanted, options=ApplyOptions(progress=stop_before(boundary)))
        apply(each.url, wanted)
        assert dump_schema(each.url) == dump_schema(whole.url)
        assert not apply(each.url, wanted).changed
    finally:
        for database in (whole, each):
            server.drop(database)
        with psycopg.connect(server.url, autocommit=True) as connection:
            for name in (roles.owner, roles.migrator, roles.runtime, roles.observer):
                connection.execute(f"DROP ROLE IF EXISTS {name}".encode())


def test_a_pooler_in_transaction_mode_is_refused_even_if_it_was_allowed(database: Database, each: DesiredState) -> None:
    allowed = replace(each, policy=Policy(allow_pooler=True))
    with TransactionPooler(database.url) as pooler:
        with pytest.raises(
            BlockedError, match=r"session \d+ has the migration lock, and session \d+ answers"
        ) as caught:
            apply(pooler.url, allowed)
        assert caught.value.code == "pooler"
        assert database.rows("SELECT * FROM pg_locks WHERE locktype = 'advisory'") == []
        assert not read_state(database.url).schema_exists
        with pytest.raises(BlockedError, match="A connection pooler sits between"):
            apply(pooler.url, each)
    assert apply(database.url, each).after.version == 40


def test_an_automatic_vacuum_is_ended_by_a_try_that_waits_for_it(release: Release) -> None:
    settings = {"fsync": "off", "autovacuum_naptime": "1s", "autovacuum_vacuum_cost_delay": "100ms"}
    with tempfile.TemporaryDirectory(prefix="awa-infra-vacuum-") as folder:
        data = Path(folder) / "pg"
        url = postgres.start(data, settings=settings).url
        try:
            apply(url, DesiredState(release, 36))
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "ALTER TABLE awa.queue_claim_heads SET (autovacuum_vacuum_cost_limit = 1, "
                    "autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)"
                )
                connection.execute("SET session_replication_role = replica")
                connection.execute(
                    "INSERT INTO awa.queue_claim_heads (queue, priority, enqueue_shard) "
                    "SELECT 'q' || i, 1, 0 FROM generate_series(1, 20000) AS i"
                )
                connection.execute("DELETE FROM awa.queue_claim_heads")
                vacuum = "SELECT FROM pg_stat_progress_vacuum v WHERE v.relid = 'awa.queue_claim_heads'::regclass"
                deadline = time.monotonic() + 60
                while connection.execute(vacuum).fetchone() is None:
                    assert time.monotonic() < deadline, "no automatic vacuum"
                    time.sleep(0.05)
            tries: list[str] = []
            report = apply(
                url,
                DesiredState(release, 40),
                options=ApplyOptions(
                    table_lock=20, table_try=0.2, on_retry=lambda _attempt, error, _pause: tries.append(error.code)
                ),
            )
            assert report.after.version == 40
            # The first was too short for the server to end the vacuum; the second was not.
            assert tries == ["lock-timeout"]
        finally:
            postgres.destroy(data)
