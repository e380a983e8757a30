from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import AwaInfraError, CommitUnknownError, ConnectionFailedError, LockTimeoutError, SqlFailedError
from awa_infra.model import DesiredState, Policy, QueueStorage, Release, Step, Transaction
from devtools import postgres
from tests.support.faults import (
    BEHIND,
    PATIENCE,
    STEPS,
    apply_many_at_once,
    kill_before,
    start_before,
    terminate_before,
)
from tests.support.proxy import LossyProxy
from tests.support.schemas import ACME
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema

Desired = Callable[..., DesiredState]

EVERY = bool(os.environ.get("AWA_INFRA_MATRIX"))
BOUNDARIES = range(1, STEPS + 1) if EVERY else (1, 2, 22, 23, 36, 40, 41)
"""Steps before which something happens; all of them in the matrix."""

_SESSIONS = "SELECT FROM pg_stat_activity WHERE application_name = 'awa-infra' AND datname = current_database()"


@pytest.fixture(scope="module")
def complete(server: TestServer, release: Release) -> str:
    """Return what a database looks like that nothing happened to."""
    made = server.create()
    apply(made.url, DesiredState(release, 40, (ACME,)))
    text = dump_schema(made.url)
    server.drop(made)
    return text


@pytest.fixture
def behind(applied: Callable[[DesiredState], Database], desired: Desired) -> Database:
    """Give a database that is some versions behind."""
    return applied(desired(target=BEHIND))


@pytest.fixture(params=BOUNDARIES)
def boundary(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def start(boundary: int) -> int:
    """Return the version that the database of a test is at."""
    return 0 if EVERY else start_before(boundary)


@pytest.fixture
def begun(database: Database, applied: Callable[[DesiredState], Database], desired: Desired, start: int) -> Database:
    return applied(desired(target=start)) if start else database


def is_as_it_was(begun: Database, start: int) -> None:
    found = read_state(begun.url)
    assert (found.schema_exists, found.version) == (start > 0, start)
    assert found.substrate(ACME.schema) is None


def test_kill_9_before_any_step_leaves_the_database_as_it_was(begun: Database, boundary: int, start: int) -> None:
    kill_before(begun.url, boundary, Transaction.WHOLE)
    is_as_it_was(begun, start)


def test_a_backend_that_is_terminated_before_any_step_leaves_the_database_as_it_was(
    begun: Database, desired: Desired, boundary: int, start: int
) -> None:
    terminate_before(begun.url, begun.url, boundary, desired(ACME))
    is_as_it_was(begun, start)


def test_kill_9_while_a_statement_runs_frees_every_lock_within_seconds_not_when_the_statement_ends(
    database: Database,
) -> None:
    # Any long statement would do, such as a migration that rewrites a large table.
    database.rows(
        "CREATE FUNCTION public.slow() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(300); END$$"
    )
    database.rows("CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slow()")
    command = [str(Path(sys.executable).with_name("awa-infra")), "apply"]
    with subprocess.Popen(command, env={**os.environ, "DATABASE_URL": database.url}) as process:
        reached(lambda: bool(database.rows(f"{_SESSIONS} AND wait_event = 'PgSleep'")))
        process.kill()
    began = time.monotonic()
    reached(lambda: not database.rows(_SESSIONS))
    assert time.monotonic() - began < 60
    assert not database.rows(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM "
        "pg_database WHERE datname = current_database())"
    )
    assert not read_state(database.url).schema_exists


def reached(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_after_an_interruption_the_next_run_converges(behind: Database, desired: Desired, complete: str) -> None:
    def interrupt(_number: int, _total: int, step: Step) -> None:
        if step.key == "V039":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(behind.url, desired(ACME), options=ApplyOptions(progress=interrupt))
    assert read_state(behind.url).version == BEHIND
    assert apply(behind.url, desired(ACME)).changed
    assert dump_schema(behind.url) == complete
    assert not apply(behind.url, desired(ACME)).changed


@pytest.mark.parametrize("lose", ["answer", "question"])
def test_a_lost_commit_is_reported_and_the_next_run_finds_out(
    behind: Database, desired: Desired, complete: str, lose: Literal["answer", "question"]
) -> None:
    with LossyProxy(behind.url, lose) as proxy, pytest.raises(CommitUnknownError) as caught:
        apply(proxy.url, desired(ACME))
    assert "either all of it is there, or nothing" in caught.value.message
    assert apply(behind.url, desired(ACME)).changed == (lose == "question")
    assert dump_schema(behind.url) == complete


def test_a_server_that_crashes_in_the_middle_comes_back_empty(desired: Desired) -> None:
    with tempfile.TemporaryDirectory(prefix="awa-infra-crash-") as folder:
        data = Path(folder) / "pg"
        first = postgres.start(data, settings={"fsync": "off"})

        def crash(number: int, _total: int, _step: Step) -> None:
            if number == 25:
                postgres.stop(data, "immediate")

        try:
            with pytest.raises(ConnectionFailedError):
                apply(
                    first.url,
                    desired(),
                    options=ApplyOptions(progress=crash),
                )
            again = postgres.start(data, settings={"fsync": "off"})
            assert not read_state(again.url).schema_exists
            assert apply(again.url, desired()).after.version == 40
        finally:
            postgres.destroy(data)


def test_a_table_lock_that_is_not_free_names_who_holds_it(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    with psycopg.connect(awa_database.url, application_name="the reader") as holder:
        holder.execute("LOCK TABLE awa.admin_dirty_queues IN ACCESS EXCLUSIVE MODE")
        pid = holder.info.backend_pid
        with pytest.raises(LockTimeoutError) as caught:
            apply(awa_database.url, desired(), options=ApplyOptions(table_lock=0.2, attempts=1))
    assert caught.value.sqlstate == "55P03"
    assert "Step patch:wait_free_dirty_marks failed: canceling statement due to lock timeout" in caught.value.message
    assert f"pid {pid} (user postgres, program the reader, in a transaction for " in caught.value.details[0]
    assert "LOCK TABLE awa.admin_dirty_queues" in caught.value.details[0]


def test_a_lock_timeout_is_tried_again_as_a_whole(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    told: list[tuple[int, str]] = []
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("LOCK TABLE awa.admin_dirty_queues IN ACCESS EXCLUSIVE MODE")

        def let_go(attempt: int, error: AwaInfraError, _pause: float) -> None:
            told.append((attempt, error.code))
            holder.rollback()

        report = apply(awa_database.url, desired(), options=ApplyOptions(table_try=0.2, on_retry=let_go))
    assert told == [(1, "lock-timeout")]
    assert report.attempts == 2
    assert report.after.patches == {"wait_free_dirty_marks"}


def waits_for_a_lock(database: Database, pid: int) -> None:
    """Return as soon as a session of the database waits for a lock."""
    question = f"SELECT pid FROM pg_stat_activity WHERE pid = {pid} AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 60
    while not database.rows(question):
        assert time.monotonic() < deadline, f"session {pid} does not wait for a lock"
        time.sleep(0.02)


@contextmanager
def deadlock_partner(database: Database) -> Iterator[tuple[psycopg.Connection[Any], Callable[[int, int, Step], None]]]:
    """Give a session that locks two tables in the order opposite to that of an apply, and when it is to do so.

    It never finds the deadlock itself, so that the apply is always the one that PostgreSQL cancels.
    """
    with psycopg.connect(database.url, application_name="the worker") as partner:
        partner.execute("SET deadlock_timeout = '1h'")
        partner.execute("LOCK TABLE awa.admin_dirty_queues IN ACCESS EXCLUSIVE MODE")
        waiting = threading.Thread(
            target=partner.execute, args=("LOCK TABLE awa.schema_version IN ACCESS EXCLUSIVE MODE",)
        )

        def lock_the_other_table(_number: int, _total: int, step: Step) -> None:
            # The apply has read the version rows by now: it holds the lock that the partner then wants.
            if step.key == "patch:wait_free_dirty_marks" and waiting.ident is None:
                waiting.start()
                waits_for_a_lock(database, partner.info.backend_pid)

        yield partner, lock_the_other_table
        partner.rollback()
        waiting.join(60)


def test_a_deadlock_is_tried_again_as_a_whole(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    told: list[tuple[int, str | None]] = []
    with deadlock_partner(awa_database) as (partner, lock_the_other_table):

        def let_go(attempt: int, error: AwaInfraError, _pause: float) -> None:
            told.append((attempt, error.sqlstate))
            partner.rollback()

        # A short try ends before the server looks for a deadlock.
        waits = ApplyOptions(table_try=30)
        report = apply(
            awa_database.url, desired(), options=replace(waits, progress=lock_the_other_table, on_retry=let_go)
        )
    assert told == [(1, "40P01")]
    assert report.attempts == 2
    assert report.after.patches == {"wait_free_dirty_marks"}


def test_a_deadlock_on_the_last_attempt_says_who_was_in_it_and_leaves_everything(
    awa_database: Database, desired: Desired
) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    before = dump_schema(awa_database.url)
    with deadlock_partner(awa_database) as (partner, lock_the_other_table):
        waits = ApplyOptions(attempts=1, table_try=30)
        with pytest.raises(SqlFailedError) as caught:
            apply(awa_database.url, desired(), options=replace(waits, progress=lock_the_other_table))
        pid = partner.info.backend_pid
    assert "Step patch:wait_free_dirty_marks failed: deadlock detected" in caught.value.message
    assert f"pid {pid} (user postgres, program the worker, in a transaction for " in caught.value.details[0]
    assert "LOCK TABLE awa.schema_version" in caught.value.details[0]
    assert "locks the same tables in another order" in caught.value.hint
    assert dump_schema(awa_database.url) == before


def test_a_full_lock_table_is_explained_and_leaves_nothing(desired: Desired) -> None:
    settings = {"fsync": "off", "max_locks_per_transaction": "10", "max_connections": "20"}
    with tempfile.TemporaryDirectory(prefix="awa-infra-locks-") as folder:
        data = Path(folder) / "pg"
        server = postgres.start(data, settings=settings)
        try:
            easy = replace(desired(QueueStorage("huge")), policy=Policy(allow_many_locks=True))
            with pytest.raises(SqlFailedError, match="out of shared memory") as caught:
                apply(server.url, easy, options=ApplyOptions(attempts=1))
            assert caught.value.sqlstate == "53200"
            assert "max_locks_per_transaction" in caught.value.hint
            assert not read_state(server.url).schema_exists
        finally:
            postgres.destroy(data)


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_rolls_back_and_says_so(awa_database: Database, sent: signal.Signals, status: int) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("LOCK TABLE awa.admin_dirty_queues IN ACCESS EXCLUSIVE MODE")
        # A shell's background jobs, and so perhaps this test, are born deaf to SIGINT.
        hear = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        command = [sys.executable, "-c", f"{hear}; from awa_infra.cli.main import main; main()", "apply"]
        environment = {**os.environ, "DATABASE_URL": awa_database.url, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
            assert running.stderr is not None
            first = running.stderr.readline()
            running.send_signal(sent)
            rest = running.stderr.read()
    assert "patch wait_free_dirty_marks" in first
    assert running.returncode == status
    assert rest == "Interrupted. What was not committed is rolled back; run the command again.\n"
    assert read_state(awa_database.url).patches == frozenset()


@pytest.mark.parametrize("processes", [50 if EVERY else 8])
def test_of_many_processes_at_once_one_applies_and_the_others_find_it_done(behind: Database, processes: int) -> None:
    outputs = apply_many_at_once(behind.url, processes)
    assert sum('"changed": true' in output for output, _errors in outputs) == 1
