"""What the tests of bundles share: the schemas that they declare, and what is asked of a database and a folder."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from awa_infra.bundles.checking import applied_files, check
from awa_infra.bundles.existing import read
from awa_infra.database.bundle_history import read_history
from awa_infra.model import QueueStorage, Shape
from tests.support.schemas import ACME
from tests.support.servers import Database
from tests.tools.runners import Tool, finish

CUSTOM = (ACME, QueueStorage("beta", Shape(4, 2, 2, receipts=False)))
"""Two shapes, one of them without receipts."""

SCHEMAS = ("awa", *(wanted.schema for wanted in CUSTOM))

PASSWORD = "p@ss/w%rd"  # noqa: S105  made for the test, with what URLs have to escape

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


def wait_for_the_lock(database: Database, running: subprocess.Popen[str]) -> None:
    """Wait until a tool that runs holds Awa's migration lock and has begun to migrate."""
    deadline = time.monotonic() + 60
    while database.rows(MIGRATING) == [{"holders": 0}]:
        assert running.poll() is None, finish(running).output
        assert time.monotonic() < deadline


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


def unverified(database: Database, bundle: Path, least: int = len(CUSTOM)) -> list[str]:
    """Return what the bundle's own ``verify.sql`` finds different from what it expects, of more than so many rows."""
    with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute((bundle / "verify.sql").read_bytes())
        # Only one of its statements returns rows.
        while cursor.description is None:
            assert cursor.nextset()
        rows = cursor.fetchall()
    assert len(rows) > least
    return [row["what"] for row in rows if not row["ok"]]


def ran(database: Database, tool: Tool) -> set[str]:
    """Return what ``awa-infra bundle verify`` says of the files of a bundle."""
    existing = read(tool.bundle)
    assert existing is not None
    assert check(existing) == ()
    return {entry.state for entry in applied_files(existing, read_history(database.url, existing.lock.form))}
