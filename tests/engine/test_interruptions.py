from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from tests.engine.projects import Project, Result
from tests.support.servers import TestServer

PATIENCE = 120.0
GATE = 4_711
BLOCKER = f"""
    CREATE FUNCTION public.wait() RETURNS event_trigger LANGUAGE plpgsql
        AS $$BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); END$$;
    CREATE EVENT TRIGGER wait ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION public.wait();
"""
"""Makes migrations wait in the middle, for as long as somebody holds the lock."""

WAITING = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = {GATE} AND NOT granted"
SESSIONS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'awa-infra' AND datname = current_database()"


@pytest.fixture
def waiting(project: Project, server: TestServer) -> Project:
    """Give the quickstart with a database in which migrations wait in the middle."""
    user = Target.of(project.environment["DATABASE_URL"]).parameters["user"]
    with psycopg.connect(server.url, autocommit=True) as superuser:
        made = sql.SQL("CREATE DATABASE {} OWNER {}")
        superuser.execute(made.format(sql.Identifier(project.database.name), sql.Identifier(user)))
    project.database.rows(BLOCKER)
    return project


@contextmanager
def up_in_the_middle(project: Project) -> Iterator[tuple[subprocess.Popen[str], psycopg.Connection]]:
    """Give an up whose migration waits for a lock, in a group of its own as a terminal would have it, and the lock."""
    command = [str(Path(sys.executable).with_name("awa-infra")), "up", f"--config={project.config}"]
    with (
        psycopg.connect(project.database.url) as holder,
        subprocess.Popen(
            command,
            cwd=project.folder,
            env=project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        holder.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        until(lambda: project.database.rows(WAITING) != [])
        yield process, holder


def ended(process: subprocess.Popen[str]) -> Result:
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return Result(process.returncode, stdout, stderr)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_clean(result: Result) -> bool:
    text = result.stdout + result.stderr
    return "Traceback" not in text and "KeyboardInterrupt" not in text and "Exception" not in text


def test_ctrl_c_finishes_what_is_being_applied_and_the_next_up_goes_on(waiting: Project) -> None:
    with up_in_the_middle(waiting) as (process, holder):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it, to every process of the group
        holder.close()
        result = ended(process)
    assert result.status == 130, result.stderr
    assert result.stderr.rstrip().endswith("Interrupted. What was not committed is rolled back; run the command again.")
    assert is_clean(result)
    assert re.search(r"awa-schema creating \(\d+s\) applying \d+/40: V\d+ ", result.stderr)  # live progress
    state = read_state(waiting.database.url)
    assert state.version == 40
    assert state.substrate("acme_jobs") is None
    assert waiting.awa_infra("up", "--json").changes == {"create": 1, "same": 4}


def test_a_second_signal_stops_at_once_and_the_database_is_as_before(waiting: Project) -> None:
    with up_in_the_middle(waiting) as (process, _holder):
        process.send_signal(signal.SIGTERM)  # as a supervisor does it, to the command alone
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    assert result.status == 143, result.stderr
    assert is_clean(result)
    until(lambda: waiting.database.rows(SESSIONS) == [])
    assert not read_state(waiting.database.url).schema_exists
    assert waiting.awa_infra("up", "--json").changes == {"create": 2, "same": 3}
