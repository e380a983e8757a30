"""The states in which a database can be when an installation or an upgrade begins, made by real old releases."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from devtools.awa_releases import awa_command, awa_python
from devtools.progress import ToolMissing
from tests.matrix import canonical_jobs
from tests.matrix.snapshot import Row, jobs
from tests.support.servers import Database, TestServer
from tests.support.tools import missing

__all__ = ["CUSTOM_SCHEMAS", "RELEASES", "STARTS", "Start", "Starts", "build", "jobs", "named"]

# At least one release of each schema version that was published from 0.3.0 on (3 in legacy numbering, 5, 6, 10, 11,
# 39, 40) but 0.4.0's, and those on either side of a change: 0.6.3 and 0.6.7 have the same texts, 0.6.8 the first patch.
RELEASES = ("0.3.0", "0.4.1", "0.5.0", "0.5.3", "0.5.5", "0.5.7", "0.6.0", "0.6.2", "0.6.7", "0.6.8", "0.6.9")
# `awa storage prepare-queue-storage-schema` exists from here on, and so does the SDK's queue storage.
QUEUE_STORAGE_RELEASES = tuple(release for release in RELEASES if release >= "0.6.0")
# Name, queue slots, lease slots: the defaults of the command, and smaller ones.
CUSTOM_SHAPES = MappingProxyType({"acme_jobs": (16, 8), "acme_reports": (4, 2)})
CUSTOM_SCHEMAS = tuple(CUSTOM_SHAPES)

COMMAND_TIMEOUT = 300.0
QUIET_TIMEOUT = 20.0
_SDK_JOBS = Path(__file__).with_name("sdk_jobs.py")


@dataclass(frozen=True)
class Start:
    """One start state.

    Without a `release` the database has no Awa. `active` names the queue-storage schema that a worker of that
    release activated, which left jobs in it; `jobs` are those in the canonical tables.
    """

    name: str
    release: str | None = None
    custom_schemas: tuple[str, ...] = ()
    jobs: bool = False
    active: str | None = None
    bare_schema: bool = False

    def __str__(self) -> str:
        return self.name


STARTS: tuple[Start, ...] = (
    Start("empty"),
    Start("bare-schema", bare_schema=True),
    *(Start(release, release, jobs=True) for release in RELEASES),
    *(Start(f"{release}-custom", release, CUSTOM_SCHEMAS, jobs=True) for release in QUEUE_STORAGE_RELEASES),
    *(Start(f"{release}-active", release, jobs=True, active="awa") for release in QUEUE_STORAGE_RELEASES),
    *(
        Start(f"{release}-active-custom", release, CUSTOM_SCHEMAS, jobs=True, active=CUSTOM_SCHEMAS[0])
        for release in (QUEUE_STORAGE_RELEASES[0], QUEUE_STORAGE_RELEASES[-1])
    ),
)


def named(name: str) -> Start:
    """Return the start of a name."""
    return next(start for start in STARTS if start.name == name)


def build(start: Start, url: str) -> None:
    """Make a start state in an empty database, as its superuser (0.6.0-0.6.2 need one).

    Raises:
        ToolMissing: A release cannot be had.
    """
    if start.bare_schema:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA awa")
    if start.release is None:
        return
    _awa(start.release, url, "migrate")
    for schema in start.custom_schemas:
        queue_slots, lease_slots = CUSTOM_SHAPES[schema]
        counts = (f"--queue-slot-count={queue_slots}", f"--lease-slot-count={lease_slots}")
        _awa(start.release, url, "storage", "prepare-queue-storage-schema", f"--schema={schema}", *counts)
    if start.active is not None:
        environment = {**os.environ, "PYTHONPATH": str(awa_python(start.release)), "RUST_LOG": "off"}
        _run([sys.executable, "-P", str(_SDK_JOBS), url, start.active], environment)
    with psycopg.connect(url, autocommit=True) as connection:
        if start.active is not None:
            _retire_workers(connection)
        if start.jobs:
            canonical_jobs.insert(connection, only_terminal=start.active is not None)


@dataclass
class Starts:
    """Each start state, built once on a server; tests get copies.

    A test that asks for one of a release that cannot be had is skipped (in CI: fails).
    """

    server: TestServer
    _templates: dict[Start, Database] = field(default_factory=dict)
    _jobs: dict[Start, list[Row]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def on(cls, server: TestServer) -> Iterator[Starts]:
        """Give the start states of a server, and drop what was built for them afterwards."""
        starts = cls(server)
        try:
            yield starts
        finally:
            for template in starts._templates.values():
                server.drop(template)

    def copy(self, start: Start) -> Database:
        """Return a new database in a start state; the caller drops it."""
        return self.server.create(self.template(start).name)

    def jobs(self, start: Start) -> list[Row]:
        """Return the jobs of a start state."""
        if start not in self._jobs:
            self._jobs[start] = jobs(self.template(start).url)
        return self._jobs[start]

    def template(self, start: Start) -> Database:
        """Return the database that is copied: only to be read, and with no connection left open."""
        if start not in self._templates:
            made = self.server.create()
            try:
                build(start, made.url)
            except BaseException as exc:
                self.server.drop(made)
                if isinstance(exc, ToolMissing):
                    missing(str(exc))
                raise
            self._templates[start] = made
        return self._templates[start]


def _awa(release: str, url: str, *arguments: str) -> None:
    """Run the real command of a release; 0.3.0 knows the variable as well, and every failure has a status."""
    environment = {**os.environ, "DATABASE_URL": url, "RUST_LOG": "off", "PGOPTIONS": "-c client_min_messages=warning"}
    _run([str(awa_command(release)), *arguments], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=COMMAND_TIMEOUT, check=False
    )
    assert done.returncode == 0, f"{' '.join(command[:-1])}: {done.stdout}{done.stderr}"


def _retire_workers(connection: psycopg.Connection[Any]) -> None:
    """Make the killed worker one of long ago: no session of it is left, and its row counts as live no more."""
    others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + QUIET_TIMEOUT
    while connection.execute(others).fetchone() is not None:
        assert time.monotonic() < deadline, "sessions of the killed worker are still there"
        time.sleep(0.05)
    connection.execute("UPDATE awa.runtime_instances SET last_seen_at = last_seen_at - interval '1 hour'")
