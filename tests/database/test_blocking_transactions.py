"""What holds Awa's tables besides ordinary sessions: automatic vacuums and prepared transactions."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra import sqltext
from awa_infra.database.apply import apply
from awa_infra.database.migration_lock import table_holders
from awa_infra.database.observe import read_plan
from awa_infra.model import DesiredState, Release
from devtools import postgres
from tests.database.test_gates import replace_in_gate
from tests.support.servers import Database, TestServer

Desired = Callable[..., DesiredState]
SETTINGS = {
    "fsync": "off",
    "max_prepared_transactions": "10",
    "autovacuum_naptime": "1s",
    "autovacuum_vacuum_cost_delay": "100ms",
}


@pytest.fixture(scope="module")
def own_server() -> Iterator[TestServer]:
    """Give a server that vacuums every second, slowly, and on which transactions can be prepared."""
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-test-"))
    folder.chmod(0o711)
    try:
        yield TestServer(postgres.start(folder / "pg", settings=SETTINGS).url)
    finally:
        postgres.destroy(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def migrated(own_server: TestServer, release: Release) -> Database:
    made = own_server.create()
    apply(made.url, DesiredState(release, release.schema_version))
    made.rows(
        "INSERT INTO awa.jobs (kind, queue, args) SELECT 'k', 'q', to_jsonb(repeat(md5(n::text), 50))"
        " FROM generate_series(1, 3000) AS n"
    )
    return made


@pytest.fixture
def pending(own_server: TestServer, migrated: Database) -> Iterator[Database]:
    """Give a migrated database on which one patch is pending."""
    made = own_server.create(migrated.name)
    made.rows("DROP TABLE awa.admin_dirty_kind_marks")
    yield made
    with psycopg.connect(made.url, autocommit=True) as connection:
        for (gid,) in connection.execute("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"):
            connection.execute(sql.SQL("ROLLBACK PREPARED {}").format(gid))
    own_server.drop(made)


def gates(database: Database, desired: DesiredState) -> list[tuple[str, str, str]]:
    """Return the gates that would block a transaction which is old enough."""
    # What matters is the age of a transaction; nobody wants to wait ten seconds in a test.
    with replace_in_gate("blocking_session", "interval '10 seconds'", "interval '0 seconds'"):
        return [(gate.code, gate.message, gate.hint) for gate in read_plan(database.url, desired)[1].gates]


def vacuum(database: Database, storage: str) -> str:
    """Have a table of Awa vacuumed automatically, and return what the worker says that it does."""
    with psycopg.connect(database.url) as connection:
        connection.execute(b"SET session_replication_role = replica")
        connection.execute(b"UPDATE awa.jobs_hot SET priority = 3")
        connection.execute(f"ALTER TABLE awa.jobs_hot SET ({storage}, autovacuum_vacuum_cost_limit = 1)".encode())
    deadline = time.monotonic() + 120
    while True:
        found = database.rows(
            "SELECT a.query FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.granted"
            " WHERE a.datname = current_database() AND a.backend_type = 'autovacuum worker'"
            " AND l.relation = 'awa.jobs_hot'::regclass"
        )
        if found:
            return str(found[0]["query"])
        assert time.monotonic() < deadline, "no automatic vacuum"
        time.sleep(0.1)


def test_an_automatic_vacuum_does_not_block_since_postgresql_cancels_it(pending: Database, desired: Desired) -> None:
    query = vacuum(pending, "autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0")
    assert "wraparound" not in query
    assert gates(pending, desired()) == []
    assert [step.key for step in apply(pending.url, desired()).applied] == ["patch:wait_free_dirty_marks"]


def test_an_automatic_vacuum_that_prevents_wraparound_blocks(pending: Database, desired: Desired) -> None:
    # As many transactions as the least age that may be set: each block with an exception is one.
    pending.rows("CREATE TABLE public.numbers (n int)")
    pending.rows(
        "DO $$ BEGIN FOR n IN 1..110000 LOOP BEGIN INSERT INTO public.numbers VALUES (n);"
        " EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$"
    )
    query = vacuum(pending, "autovacuum_freeze_max_age = 100000, autovacuum_freeze_min_age = 0")
    assert query.endswith("(to prevent wraparound)")
    [(code, message, hint)] = gates(pending, desired())
    assert code == "blocking-session"
    assert message.startswith("The automatic vacuum ")
    assert "which prevents wraparound and is not cancelled, has held locks on tables of awa" in message
    assert "pg_terminate_backend(" in hint


def prepare(database: Database, gid: str, table: str = "jobs_hot") -> None:
    """Lock a table of Awa in a transaction that is prepared, and that no session has any more."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"BEGIN; LOCK TABLE awa.{table} IN ACCESS EXCLUSIVE MODE".encode())
        connection.execute(f"PREPARE TRANSACTION {gid}".encode())


def test_a_prepared_transaction_blocks_and_the_hint_says_how_to_decide(pending: Database, desired: Desired) -> None:
    prepare(pending, "'it''s mine'")
    [(code, message, hint)] = gates(pending, desired())
    assert code == "blocking-session"
    assert re.fullmatch(
        r"Prepared transaction 'it''s mine' of postgres has held locks on tables of awa for \d+ s\.", message
    )
    assert "COMMIT PREPARED 'it''s mine' or ROLLBACK PREPARED 'it''s mine' in this database as postgres" in hint


@pytest.mark.parametrize("table", ["jobs_hot", "ready_entries_0"])
def test_a_table_that_a_prepared_transaction_locks_is_named_with_it(
    pending: Database, desired: Desired, table: str
) -> None:
    prepare(pending, "'other'", table)
    assert read_plan(pending.url, desired())[1].gates == ()  # not for ten seconds yet
    [line] = table_holders(pending.url)
    assert re.fullmatch(
        r"prepared transaction 'other' \(user postgres\), prepared \d+ s ago; its transaction manager, or else you, "
        r"run COMMIT PREPARED 'other' or ROLLBACK PREPARED 'other'",
        line,
    )


def test_who_watches_a_run_sees_the_prepared_transaction_that_it_waits_for(pending: Database) -> None:
    prepare(pending, "'other'")
    with psycopg.connect(pending.url) as waiting:

        def wait() -> None:
            with pytest.raises(psycopg.errors.QueryCanceled):
                waiting.execute("LOCK TABLE awa.jobs_hot")

        thread = threading.Thread(target=wait)
        thread.start()
        deadline = time.monotonic() + 60
        while not (rows := [r for r in pending.rows(sqltext.load("bundle/watch.sql")) if r["waits_for"] == [0]]):
            assert time.monotonic() < deadline, "nothing waits"
            time.sleep(0.05)
        assert rows[0]["pid"] == waiting.info.backend_pid
        [row] = [r for r in pending.rows(sqltext.load("bundle/watch.sql")) if r["state"] == "prepared"]
        assert (row["pid"], row["query"]) == (0, "COMMIT PREPARED 'other' or ROLLBACK PREPARED 'other'")
        pending.rows(f"SELECT pg_cancel_backend({waiting.info.backend_pid})")
        thread.join(60)
