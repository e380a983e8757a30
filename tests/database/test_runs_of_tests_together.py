"""Several runs of tests on one server: of several roles, at the same time, stopped or killed."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from awa_infra.database import clone_marks, clone_sweep, clones
from awa_infra.database.connection import connect
from awa_infra.database.target import Target
from awa_infra.errors import LockTimeoutError
from awa_infra.localserver import waiting
from awa_infra.localserver.folders import lock
from awa_infra.testing import servers
from awa_infra.testing.databases import Databases
from tests.support.pytest_runs import ours, start
from tests.support.servers import TestServer


@pytest.fixture
def pytest_project(tmp_path: Path) -> Path:
    """Give the folder of a project of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays(server: TestServer) -> Iterator[None]:
    """Drop the templates at the end."""
    yield
    clone_sweep.sweep(server.url, templates=True)


@pytest.fixture
def developers(server: TestServer) -> Iterator[tuple[str, str]]:
    """Give the connection strings of two roles that may create databases; no other test has left any here."""
    clone_sweep.sweep(server.url, templates=True)
    names = [f"dev_{letter}_{os.getpid()}" for letter in "ab"]
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD 'own'".encode())
        first, second = (Target.of(server.url).with_login(name, "own") for name in names)
        yield first, second
        clone_sweep.sweep(server.url, templates=True)
        for name in names:
            connection.execute(f"DROP ROLE {name}".encode())


def left_by(url: str, content: str) -> tuple[str, str]:
    """Return a template and a copy of it that a run left which is gone."""
    with clones.run(url) as gone:
        template = gone.template(content, lambda _url: None)
        return template, gone.clone(template)


def test_what_a_killed_run_of_another_role_left_stays_and_keeps_nobody_from_testing(
    server: TestServer, developers: tuple[str, str]
) -> None:
    mine, other = developers
    template, left = left_by(other, "of another role")
    with clones.run(mine) as run:
        own = run.clone(run.template("of my role", lambda _url: None))
        run.drop(own)
    assert clone_sweep.sweep(mine).others == (left,)
    found = clone_sweep.sweep(mine, templates=True)
    assert set(found.others) == {left, template}
    assert template in found.templates
    assert {left, template} <= ours(server, "awa_")
    assert clone_sweep.sweep(other, templates=True).others == ()
    assert not {left, template} & ours(server, "awa_")


def test_a_member_of_a_role_drops_what_a_killed_run_of_that_role_left(
    server: TestServer, developers: tuple[str, str]
) -> None:
    mine, other = developers
    _, left = left_by(other, "of a role with a member")
    users = [Target.of(url).parameters["user"] for url in (other, mine)]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"GRANT {users[0]} TO {users[1]}".encode())
    with clones.run(mine):
        assert left not in ours(server, clone_marks.CLONE)


def test_a_copy_that_a_superuser_looks_into_keeps_nobody_from_testing(
    server: TestServer, developers: tuple[str, str]
) -> None:
    mine, _ = developers
    _, left = left_by(mine, "that a superuser looks into")
    with connect(Target.of(server.url).with_database(left)), clones.run(mine):
        assert clone_sweep.sweep(mine).others == (left,)
    with clones.run(mine):
        assert left not in ours(server, clone_marks.CLONE)


def test_a_copy_that_a_subscription_uses_keeps_nobody_from_testing(server: TestServer) -> None:
    _, left = left_by(server.url, "with a subscription")
    subscription = "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE)"
    with psycopg.connect(Target.of(server.url).with_database(left), autocommit=True) as connection:
        connection.execute(subscription.encode())
        with clones.run(server.url):
            assert left in clone_sweep.sweep(server.url).in_use
        connection.execute("DROP SUBSCRIPTION s")
    assert left in clone_sweep.sweep(server.url).dropped


def test_a_template_that_a_run_takes_while_others_are_cleaned_up_is_not_dropped(server: TestServer) -> None:
    with clones.run(server.url) as run, psycopg.connect(server.url) as holder, ThreadPoolExecutor() as threads:
        template, left = left_by(server.url, "taken while cleaning")
        holder.execute(f"COMMENT ON DATABASE {left} IS 'held'".encode())
        cleaning = threads.submit(clone_sweep.sweep, server.url, templates=True)
        waits = f"SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%DROP DATABASE%{left}%'"
        with psycopg.connect(server.url, autocommit=True) as watch:
            while not watch.execute(waits.encode()).fetchall():
                assert not cleaning.done()
                time.sleep(0.05)
        assert run.template("taken while cleaning", lambda _url: None) == template
        holder.commit()
        found = cleaning.result(timeout=60)
        assert left in found.dropped
        assert template in found.in_use
        run.drop(run.clone(template))


def lock_of(template: str) -> str:
    """Return both numbers of the advisory lock of a template."""
    return f"{0x41574154}, {int(template.removeprefix(clone_marks.TEMPLATE)[:8], 16) % 2**31}"


def test_a_template_that_was_dropped_while_a_run_waited_for_it_is_made_again(server: TestServer) -> None:
    template, _ = left_by(server.url, "dropped meanwhile")
    made: list[str] = []
    with (
        clones.run(server.url) as run,
        psycopg.connect(server.url, autocommit=True) as cleaner,
        ThreadPoolExecutor() as threads,
    ):
        cleaner.execute(f"SELECT pg_advisory_lock({lock_of(template)})".encode())
        asked = threads.submit(run.template, "dropped meanwhile", made.append)
        time.sleep(0.5)  # by then it has seen the template, and waits for the lock
        assert not asked.done()
        cleaner.execute(f"DROP DATABASE {template}".encode())
        cleaner.execute(b"SELECT pg_advisory_unlock_all()")
        assert asked.result(timeout=60) == template
        assert len(made) == 1
        run.drop(run.clone(template))


def test_a_run_that_is_stopped_with_the_lock_of_a_template_is_reported_with_the_way_to_its_session(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, _ = left_by(server.url, "of a run that is stopped")
    monkeypatch.setattr(waiting, "WAIT", 0.4)
    monkeypatch.setattr(waiting, "SILENT", 0.2)
    reported: list[logging.LogRecord] = []

    def keep(record: logging.LogRecord) -> bool:
        reported.append(record)
        return True

    # Its loggers pass nothing on where the command line or the tools of this project print what they get.
    monkeypatch.setattr(logging.getLogger(waiting.__name__), "filters", [keep])
    with clones.run(server.url) as run, psycopg.connect(server.url, autocommit=True) as stopped:
        stopped.execute(f"SELECT pg_advisory_lock({lock_of(template)})".encode())
        with pytest.raises(LockTimeoutError, match=f"within 0.4 s: template {template}") as caught:
            run.template("of a run that is stopped", lambda _url: None)
        query = re.search(r"SELECT .*? = \d+(?=\. )", caught.value.hint)
        assert query
        with psycopg.connect(server.url) as connection:
            assert [row[0] for row in connection.execute(query[0].encode())] == [stopped.info.backend_pid]
    assert [record.getMessage() for record in reported] == [
        f"waiting for another run, up to 0 s more: template {template}"
    ]


def test_a_run_of_pytest_prints_what_it_waits_for_while_it_waits(server: TestServer, pytest_project: Path) -> None:
    (pytest_project / "test_any.py").write_text("def test_any(awa_database):\n    pass\n")
    with clones.run(server.url) as run, Databases(run).create():
        templates = ours(server, clone_marks.TEMPLATE)
    with psycopg.connect(server.url, autocommit=True) as stopped:
        for name in templates:
            stopped.execute(f"SELECT pg_advisory_lock({lock_of(name)})".encode())
        with start(pytest_project, server) as process:
            assert process.stdout is not None
            seen = ""
            while "waiting for another run" not in seen:
                seen = process.stdout.readline()
                assert seen, "it ended without a word"
            assert re.search(r"awa-infra: .* up to \d+ s more: template awa_template_\w+$", seen)
            stopped.execute(b"SELECT pg_advisory_unlock_all()")
            assert "1 passed" in process.stdout.read()


def test_a_folder_that_another_run_keeps_locked_is_reported_with_the_way_to_that_run(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "lock"
    with (
        lock(path, "the first"),
        pytest.raises(LockTimeoutError, match=r"within 0\.2 s: the second") as caught,
        lock(path, "the second", 0.2),
    ):
        pass
    assert f"lsof '{path}'" in caught.value.hint
    with lock(path, "the third", 0.0):
        pass


def test_a_server_whose_removal_does_not_end_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(servers.FOLDER, str(tmp_path))
    monkeypatch.setattr(waiting, "WAIT", 0.2)
    with (tmp_path / "users").open("a") as removing:
        fcntl.flock(removing, fcntl.LOCK_EX)
        with pytest.raises(LockTimeoutError, match=f"the server of tests in {tmp_path}"), servers.shared_server():
            pass


def test_a_database_that_is_just_being_dropped_is_no_strangers(server: TestServer) -> None:
    template, _ = left_by(server.url, "being dropped")
    with clones.run(server.url) as run, connect(server.url) as admin:
        if admin.info.server_version < 160000:
            pytest.skip("older servers drop in one step, or by minor release")
        # What DROP DATABASE does first, and what stays of one that was interrupted.
        admin.execute(b"UPDATE pg_catalog.pg_database SET datconnlimit = -2 WHERE datname = %s", [template])
        found = clone_marks.made(admin, server.url, f"^{template}$")[template]
        assert found.marked
        assert found.dropping
        assert template in clone_sweep.sweep(server.url, templates=True).dropped
        assert run.template("being dropped", lambda _url: None) == template


def test_the_next_run_makes_a_template_anew_whose_drop_was_interrupted(server: TestServer) -> None:
    template, _ = left_by(server.url, "an interrupted drop")
    with connect(server.url) as admin:
        if admin.info.server_version < 160000:
            pytest.skip("older servers drop in one step, or by minor release")
        admin.execute(b"UPDATE pg_catalog.pg_database SET datconnlimit = -2 WHERE datname = %s", [template])
        with clones.run(server.url) as run:
            assert run.template("an interrupted drop", lambda _url: None) == template
        assert not clone_marks.made(admin, server.url, f"^{template}$")[template].dropping
