from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from awa_infra.database import ahead as module
from awa_infra.database.ahead import DEFAULT, VARIABLE, WAITING, ReadsAhead
from awa_infra.database.connection import open_connection
from awa_infra.database.databases import look_for_database
from awa_infra.database.kept import alone, pool
from awa_infra.database.listed import listed
from awa_infra.database.target import Target
from awa_infra.errors import ConfigurationError, ConnectionFailedError, DatabaseMissingError
from awa_infra.planning.new_database import DatabaseOptions as Options
from tests.support.servers import Database, TestServer

GUARD = 60.0
"""Seconds after which a test hangs."""


@pytest.fixture
def reads() -> Iterator[ReadsAhead]:
    """Give reads ahead of their own."""
    found = ReadsAhead()
    found.allow()
    yield found
    with found.paused():
        pass


@pytest.fixture
def of_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadsAhead]:
    """Give those of this process, as a provider has them."""
    monkeypatch.setattr(module.ahead, "_allowed", True)
    yield module.ahead
    module.ahead.forget()


class Gate:
    """Work that is held until it is let through."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.through = threading.Event()
        self._entered = threading.Semaphore(0)

    def work(self, name: str) -> Callable[[], str]:
        def run() -> str:
            self.begun.append(name)
            self._entered.release()
            assert self.through.wait(GUARD)
            return f"what {name} holds, {self.begun.count(name)}"

        return run

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self._entered.acquire(timeout=GUARD)


def test_as_many_as_there_are_threads_run_at_the_same_time(reads: ReadsAhead) -> None:
    gate = Gate()
    for number in range(10):
        reads.foresee(f"place {number}", "all", gate.work(str(number)))
    gate.wait_for(DEFAULT)
    assert reads.running == DEFAULT == len(gate.begun)
    gate.through.set()
    assert [reads.take(f"place {n}", "all") for n in range(DEFAULT)] == [f"what {n} holds, 1" for n in range(DEFAULT)]


def test_what_was_read_answers_one_question(reads: ReadsAhead) -> None:
    gate = Gate()
    gate.through.set()
    reads.foresee("here", "all", gate.work("a"))
    gate.wait_for(1)
    assert reads.take("here", "all") == "what a holds, 1"
    assert reads.take("here", "all") is None


def test_what_has_not_begun_is_left_to_the_question(reads: ReadsAhead) -> None:
    gate = Gate()
    for number in range(DEFAULT + 1):
        reads.foresee(f"place {number}", "all", gate.work(str(number)))
    gate.wait_for(DEFAULT)
    assert reads.take(f"place {DEFAULT}", "all") is None
    gate.through.set()
    assert len(gate.begun) == DEFAULT


def test_what_is_old_is_read_again(reads: ReadsAhead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 0.0)
    reads.foresee("here", "all", lambda: "something")
    while reads.running or not reads._begun:
        threading.Event().wait(0.01)
    assert reads.take("here", "all") is None


def test_fewer_are_read_ahead_after_one_was_read_in_vain(reads: ReadsAhead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 0.0)
    gate = Gate()
    gate.through.set()
    reads.foresee("place 0", "all", gate.work("0"))
    gate.wait_for(1)
    assert reads.take("place 0", "all") is None
    monkeypatch.setattr(module, "FRESH", GUARD)
    for number in range(1, WAITING):
        reads.foresee(f"place {number}", "all", gate.work(str(number)))
    gate.wait_for(WAITING // 2)
    assert not gate._entered.acquire(timeout=0.2)


def test_another_question_gets_no_answer_and_ends_what_was_foreseen(reads: ReadsAhead) -> None:
    gate = Gate()
    for number in range(10):
        reads.foresee(f"place {number}", "as role a", gate.work(str(number)))
    gate.wait_for(DEFAULT)
    assert reads.take("place 0", "as role b") is None
    gate.through.set()
    with reads.paused():
        assert len(gate.begun) == DEFAULT


def test_a_read_that_fails_says_nothing(reads: ReadsAhead) -> None:
    def fail() -> str:
        raise RuntimeError("secret")

    reads.foresee("here", "all", fail)
    reads.foresee("there", "all", lambda: "something")
    assert reads.take("here", "all") is None


def test_nobody_reads_far_ahead_of_the_questions(reads: ReadsAhead) -> None:
    gate = Gate()
    gate.through.set()
    for number in range(2 * WAITING):
        reads.foresee(f"place {number}", "all", gate.work(str(number)))
    gate.wait_for(WAITING)
    assert not gate._entered.acquire(timeout=0.2)
    assert reads.take("place 0", "all") == "what 0 holds, 1"
    gate.wait_for(1)


def test_old_reads_that_nobody_asked_for_make_room(reads: ReadsAhead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 0.0)
    gate = Gate()
    gate.through.set()
    for number in range(2 * WAITING):
        reads.foresee(f"place {number}", "all", gate.work(str(number)))
    gate.wait_for(2 * WAITING)


def test_what_writes_waits_and_everything_is_read_anew(reads: ReadsAhead) -> None:
    gate, written = Gate(), threading.Event()
    for number in range(DEFAULT + 1):
        reads.foresee(f"place {number}", "all", gate.work(str(number)))
    gate.wait_for(DEFAULT)

    def write() -> None:
        with reads.paused():
            assert reads.running == 0
            assert len(gate.begun) == DEFAULT
            written.set()

    with ThreadPoolExecutor(1) as other:
        writing = other.submit(write)
        assert not written.wait(0.1)
        gate.through.set()
        writing.result(GUARD)
    gate.wait_for(DEFAULT + 1)
    assert reads.take("place 0", "all") == "what 0 holds, 2"


def test_a_question_does_not_get_what_was_read_before_a_write(reads: ReadsAhead) -> None:
    gate = Gate()
    reads.foresee("here", "all", gate.work("a"))
    gate.wait_for(1)
    with ThreadPoolExecutor(2) as others:
        asking = others.submit(reads.take, "here", "all")
        while reads._begun:
            threading.Event().wait(0.01)
        writing = others.submit(lambda: reads.paused().__enter__())
        while not reads.writes:
            threading.Event().wait(0.01)
        gate.through.set()
        assert asking.result(GUARD) is None
        writing.result(GUARD)


def test_nothing_is_read_ahead_outside_of_providers() -> None:
    reads, gate = ReadsAhead(), Gate()
    reads.foresee("here", "all", gate.work("a"))
    assert reads.take("here", "all") is None
    assert gate.begun == []


def test_zero_switches_it_off(reads: ReadsAhead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    gate = Gate()
    reads.foresee("here", "all", gate.work("a"))
    assert reads.take("here", "all") is None
    assert gate.begun == []


@pytest.mark.parametrize("given", ["many", "-1", "17", "²"])
def test_a_variable_that_is_no_number_is_refused(
    reads: ReadsAhead, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ConfigurationError, match="AWA_INFRA_READ_AHEAD is no number from 0 to 16"):
        reads.foresee("here", "all", lambda: "something")


# Since Python 3.12 a fork of a process with threads is warned of.
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_process_has_no_reads_of_its_parent(of_process: ReadsAhead) -> None:
    gate = Gate()
    of_process.foresee("here", "all", gate.work("a"))
    gate.wait_for(1)
    child = os.fork()
    if child == 0:  # pragma: no cover  another process
        status = 1
        try:
            if of_process.take("here", "all") is None and of_process.running == 0:
                of_process.foresee("there", "all", lambda: "of the child")
                while not of_process._begun:
                    threading.Event().wait(0.01)
                status = 0 if of_process.take("there", "all") == "of the child" else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    gate.through.set()
    assert of_process.take("here", "all") == "what a holds, 1"


@pytest.fixture
def limited(database: Database) -> Iterator[str]:
    """Give the connection string of a role that may have one connection."""
    role = f"awa_infra_ahead_{os.getpid()}"
    database.rows(f"CREATE ROLE {role} LOGIN PASSWORD 'one' CONNECTION LIMIT 1")
    yield Target.of(database.url).with_login(role, "one")
    pool.close_idle()
    database.rows(f"DROP ROLE {role}")


def test_a_login_that_is_refused_waits_for_the_reads_ahead(of_process: ReadsAhead, limited: str) -> None:
    gate = Gate()

    def hold() -> str:
        connection = open_connection(limited)
        try:
            return gate.work("a")()
        finally:
            connection.close()

    of_process.foresee("here", "all", hold)
    gate.wait_for(1)
    threading.Timer(0.2, gate.through.set).start()
    open_connection(limited).close()
    of_process.foresee("there", "all", gate.work("b"))
    assert of_process.take("there", "all") is None
    assert gate.begun == ["a"], "nothing is read ahead where logins are few"


def test_a_refused_login_of_a_read_ahead_is_the_last_one(of_process: ReadsAhead, limited: str) -> None:
    failed: list[Exception] = []

    def login() -> None:
        try:
            open_connection(limited)
        except ConnectionFailedError as exc:
            failed.append(exc)
            raise

    with_one = open_connection(limited)
    of_process.foresee("here", "all", login)
    while not failed or of_process.running:
        threading.Event().wait(0.01)
    with_one.close()
    gate = Gate()
    of_process.foresee("there", "all", gate.work("b"))
    assert gate.begun == []


def test_a_missing_database_is_no_reason_to_wait(of_process: ReadsAhead, server: TestServer) -> None:
    gate = Gate()
    of_process.foresee("here", "all", gate.work("a"))
    gate.wait_for(1)
    with pytest.raises(DatabaseMissingError):
        open_connection(Target.of(server.url).with_database("awa_infra_test_nowhere"))
    gate.through.set()
    assert of_process.take("here", "all") == "what a holds, 1"


def test_a_look_for_one_database_lists_the_others_once(
    of_process: ReadsAhead, server: TestServer, database: Database
) -> None:
    assert of_process.allowed
    assert look_for_database(server.url, "awa_infra_test_nowhere", Options()).found is False
    assert not listed.take(server.url, "awa_infra_test_nowhere")
    assert listed.take(server.url, database.name)
    assert not listed.take(server.url, database.name)
    assert listed.take(server.url, "postgres")


def test_a_list_of_databases_is_of_no_use_after_a_write(of_process: ReadsAhead, server: TestServer) -> None:
    assert of_process.allowed
    look_for_database(server.url, "x", Options())
    with alone():
        assert not listed.take(server.url, "postgres")
        look_for_database(server.url, "x", Options())
    assert not listed.take(server.url, "postgres")


def test_no_list_is_kept_outside_of_providers(server: TestServer) -> None:
    look_for_database(server.url, "x", Options())
    assert not listed.take(server.url, "postgres")
