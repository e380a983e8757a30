from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import read_drift
from awa_infra.database.kept import MOST, Pool, pool
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.database.reading import read
from awa_infra.database.target import Target
from awa_infra.errors import SqlFailedError
from awa_infra.model import DesiredState, QueueStorage, Shape
from tests.support.proxy import Meter, TransactionPooler
from tests.support.servers import Database, TestServer

SMALL = QueueStorage("acme_jobs", Shape(4, 2, 2))
SETTINGS = ("search_path", "enable_hashjoin", "enable_seqscan", "role", "lock_timeout", "TimeZone", "jit")
STATE = "SELECT {}".format(", ".join(f"current_setting('{name}') AS \"{name}\"" for name in SETTINGS))
PID = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """Make this process one that keeps the connections with which it reads."""
    monkeypatch.setattr(pool, "_keeping", True)
    yield pool
    pool.close_idle()


def pid(url: str) -> int:
    return read(url, lambda connection: int((connection.execute(PID).fetchone() or {})["pid"]))


def test_only_a_process_that_asked_for_it_keeps_connections(awa_database: Database) -> None:
    assert pid(awa_database.url) != pid(awa_database.url)


def test_a_pooler_finds_its_sessions_as_they_were(
    kept: Pool, awa_database: Database, desired: Callable[..., DesiredState]
) -> None:
    apply(awa_database.url, desired(SMALL))
    with psycopg.connect(awa_database.url) as connection:
        fresh = connection.execute(STATE).fetchone()
    with TransactionPooler(awa_database.url) as pooler, Meter(pooler.url.partition("?")[0]) as meter:
        for _ in range(3):
            _observed, plan, found = read_drift(meter.url, desired(SMALL, target=None), "acme_jobs")
            assert (plan.steps, found.findings) == ((), ())
        # One session of the pooler after the other.
        with kept.lend(meter.url) as lent:
            left = [tuple((lent.connection.execute(STATE).fetchone() or {}).values()) for _ in range(4)]
        assert meter.logins == 1
    assert set(left) == {fresh}


# Since Python 3.12 a fork of a process with threads is warned of.
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_process_leaves_the_connection_to_its_parent(kept: Pool, awa_database: Database) -> None:
    before = pid(awa_database.url)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  another process
        status = 1
        try:
            os.write(writer, str(pid(awa_database.url)).encode())
            kept.close_idle()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert int(os.read(reader, 100)) != before
    assert pid(awa_database.url) == before
    os.close(reader)
    os.close(writer)


@pytest.mark.usefixtures("kept")
def test_threads_take_turns(awa_database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _n: (pid(awa_database.url), read_state(awa_database.url).version), range(16)))
    assert len(set(found)) == 1


def test_a_read_that_would_wait_too_long_opens_a_connection_of_its_own(
    kept: Pool, awa_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awa_infra.database.kept.QUEUE", 0.1)
    with kept.lend(awa_database.url) as lent, ThreadPoolExecutor(1) as other:
        assert other.submit(pid, awa_database.url).result() != lent.connection.info.backend_pid


@pytest.mark.usefixtures("kept")
def test_a_read_that_fails_leaves_nothing_open(awa_database: Database) -> None:
    before = pid(awa_database.url)
    with pytest.raises(SqlFailedError):
        read(awa_database.url, lambda connection: connection.execute("SELECT 1 / 0"))
    assert awa_database.rows(f"SELECT 1 FROM pg_stat_activity WHERE pid = {before} AND state <> 'idle'") == []
    assert pid(awa_database.url) != before


@pytest.mark.usefixtures("kept")
def test_a_connection_lost_in_the_middle_of_a_read_is_replaced_once(awa_database: Database) -> None:
    first = pid(awa_database.url)
    asked: list[int] = []

    def work(connection: psycopg.Connection[dict[str, object]]) -> int:
        asked.append(connection.info.backend_pid)
        if connection.info.backend_pid == first:
            awa_database.rows(f"SELECT pg_terminate_backend({first}, 10000)")
        row = connection.execute(PID).fetchone()
        return int(str(row["pid"])) if row else 0

    assert read(awa_database.url, work) != first
    assert len(asked) == 2


@pytest.mark.usefixtures("kept")
def test_a_server_that_goes_after_the_last_answer_spoils_nothing(awa_database: Database) -> None:
    def work(connection: psycopg.Connection[dict[str, object]]) -> str:
        connection.execute("BEGIN")
        awa_database.rows(f"SELECT pg_terminate_backend({connection.info.backend_pid}, 10000)")
        return "what was read"

    assert read(awa_database.url, work) == "what was read"
    assert pid(awa_database.url)


@pytest.mark.usefixtures("kept")
def test_what_is_applied_closes_the_idle_connections_first(
    awa_database: Database, desired: Callable[..., DesiredState]
) -> None:
    before = pid(awa_database.url)
    seen: list[object] = []
    query = f"SELECT 1 FROM pg_stat_activity WHERE pid = {before}"
    apply(
        awa_database.url,
        desired(SMALL),
        options=ApplyOptions(progress=lambda *_: seen.extend(awa_database.rows(query))),
    )
    assert seen == []


@pytest.mark.usefixtures("kept")
def test_many_targets_leave_few_connections(awa_database: Database) -> None:
    for number in range(2 * MOST):
        pid(f"{awa_database.url}?application_name=target-{number}")
    (row,) = awa_database.rows("SELECT count(*) AS open FROM pg_stat_activity WHERE application_name ^@ 'target-'")
    assert row["open"] == MOST


@pytest.mark.usefixtures("kept")
def test_a_role_with_one_connection_reads_two_databases_in_turn(server: TestServer, database: Database) -> None:
    role = f"awa_infra_kept_{os.getpid()}"
    database.rows(f"CREATE ROLE {role} LOGIN PASSWORD 'one' CONNECTION LIMIT 1")
    try:
        urls = [Target.of(url).with_login(role, "one") for url in (database.url, server.url)]
        found = [pid(url) for url in (*urls, *urls)]
        assert len(set(found)) == 4
    finally:
        pool.close_idle()
        database.rows(f"DROP ROLE {role}")
