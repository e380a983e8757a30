"""Runs the real Flyway and Liquibase inside a bundle, the password in the environment only."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from awa_infra.database.bundle_history import read_history
from awa_infra.database.target import Target
from awa_infra.model import QueueStorage, Shape
from awa_infra.packaging.check import check, progress
from awa_infra.packaging.existing import read
from devtools import java_tools
from devtools.postgres_host import binaries
from devtools.progress import ToolMissing
from tests.support.servers import Database
from tests.support.tools import missing

CUSTOM = (QueueStorage("acme_jobs"), QueueStorage("beta", Shape(4, 2, 2, receipts=False)))
"""Two shapes, one of them without receipts."""

SCHEMAS = ("awa", *(wanted.schema for wanted in CUSTOM))

TIMEOUT = 120.0

PASSWORD = "p@ss/w%rd"  # noqa: S105  made for the test, with what URLs have to escape

NEWEST_FLYWAY, OLDEST_FLYWAY = java_tools.FLYWAYS

LOCK_HOLDERS = """
    SELECT count(*) AS holders FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND objid = 1296648018
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


# The conditions are asked under the lock too, in a transaction that writes nothing and is over soon.
MIGRATING = """
    SELECT count(*) AS holders FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objid = 1296648018 AND a.backend_xid IS NOT NULL
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    status: int
    output: str


@dataclass(frozen=True)
class Tool:
    """A tool and the names of the environment variables that say where the database is."""

    command: tuple[str, ...]
    variables: tuple[str, str, str]
    bundle: Path

    def start(self, url: str, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start the tool inside the bundle's folder."""
        found = Target.of(url).parameters
        target = f"jdbc:postgresql://{found['host']}:{found.get('port', '5432')}/{found['dbname']}"
        values = (target, found["user"], found.get("password", ""))
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.bundle,
            env={**os.environ, **dict(zip(self.variables, values, strict=True))},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, url: str, *arguments: str) -> Result:
        """Run the tool to its end."""
        return finish(self.start(url, *arguments))


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for a run to end, but not for ever."""
    with process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
    return Result(process.returncode, output)


def command(find: Callable[[], list[str]]) -> tuple[str, ...]:
    """Return a tool's command line, or skip the test."""
    try:
        return tuple(find())
    except ToolMissing as exc:
        missing(str(exc))


def flyway_tool(bundle: Path, version: str = NEWEST_FLYWAY) -> Tool:
    """Return a version of Flyway for a bundle, or skip the test."""
    return Tool(command(lambda: java_tools.flyway(version)), ("FLYWAY_URL", "FLYWAY_USER", "FLYWAY_PASSWORD"), bundle)


def embedded_flyway(bundle: Path) -> Tool:
    """Return an application that runs a bundle with Flyway as a library, or skip the test."""
    program = Path(__file__).parent / "java" / "EmbeddedFlyway.java"
    variables = ("FLYWAY_URL", "FLYWAY_USER", "FLYWAY_PASSWORD")
    return Tool(command(lambda: java_tools.flyway_embedded(program)), variables, bundle)


def wait_for_the_lock(database: Database, running: subprocess.Popen[str]) -> None:
    """Wait until a tool that runs holds Awa's migration lock and has begun to migrate."""
    deadline = time.monotonic() + 60
    while database.rows(MIGRATING) == [{"holders": 0}]:
        assert running.poll() is None, finish(running).output
        assert time.monotonic() < deadline


def liquibase_tool(bundle: Path, version: str = java_tools.LIQUIBASES[0]) -> Tool:
    """Return a version of Liquibase for a bundle, or skip the test."""
    variables = ("LIQUIBASE_COMMAND_URL", "LIQUIBASE_COMMAND_USERNAME", "LIQUIBASE_COMMAND_PASSWORD")
    return Tool(command(lambda: java_tools.liquibase(version)), variables, bundle)


def script(database: Database, path: Path) -> None:
    """Run a file of a bundle as psql would: the whole text, outside any transaction."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(path.read_bytes())


def with_crlf(bundle: Path, copy: Path) -> Path:
    """Copy a bundle as a checkout that converts the line ends of every file makes it."""
    shutil.copytree(bundle, copy)
    for path in copy.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    return copy


def unverified(database: Database, bundle: Path) -> list[str]:
    """Return what the bundle's own ``verify.sql`` finds different from what it expects."""
    with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute((bundle / "verify.sql").read_bytes())
        # Only one of its statements returns rows.
        while cursor.description is None:
            assert cursor.nextset()
        rows = cursor.fetchall()
    assert len(rows) > len(CUSTOM)
    return [row["what"] for row in rows if not row["ok"]]


def ran(database: Database, tool: Tool) -> set[str]:
    """Return what ``awa-infra bundle verify`` says of the files of a bundle."""
    standing = read(tool.bundle)
    assert standing is not None
    assert check(standing) == ()
    return {entry.state for entry in progress(standing, read_history(database.url, standing.lock.form))}


def psql(url: str, script: Path, *options: str) -> Result:
    """Run a script with psql as the README of a bundle says, from another folder."""
    words = [str(binaries() / "psql"), "-X", "-v", "ON_ERROR_STOP=1", *options, "-d", url, "-f", str(script)]
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Result(done.returncode, done.stdout)
