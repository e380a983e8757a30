"""CPU of the server for ``structure.sql`` of a bundle, whole and by what it reads. Linux only: the kernel counts it."""

from __future__ import annotations

import json
from pathlib import Path

from awa_infra import sqltext
from awa_infra.bundles.package import contents_of
from awa_infra.bundles.structure_script import STRUCTURE_FILE, structure_script
from awa_infra.database.connection import Connection, connect
from awa_infra.model import CANONICAL_SCHEMA, DesiredState
from awa_infra.release import installed_release
from devtools.bench_ways import Seconds

GROUP = "CPU of the server for structure.sql of schema awa, a session for each"
NOTE = """\
The goal for `structure.sql` is 50 ms. A DBA runs it once in a session, and a new session first reads how PostgreSQL's
own catalog is made: its session repeats the same script in three quarters of the time. Two fifths are planning a query
over every catalog. What remains is text made of about 2,600 columns, 600 indexes and 500 constraints, most of them of
Awa's partitions: 5 to 40 µs each, and no single query is worth leaving out.
"""
"""Printed under the table."""

_BEGIN = "\nWITH spaces"
_NANOSECONDS = 1e9


def script(url: str, rounds: int) -> Seconds:
    """Return the seconds of CPU of the server for each piece, in every round.

    Args:
        url: connection string of a migrated database, on a server of this machine.
        rounds: how often each is measured, in turn.
    """
    release = installed_release()
    text = structure_script(contents_of(DesiredState(release, release.schema_version)))[STRUCTURE_FILE].decode()
    opening, _, query = text.partition(_BEGIN)
    query = f"{_BEGIN}{query.rpartition('COMMIT')[0]}"
    scope = sqltext.render("fingerprint/state/scope.sql", schemas=json.dumps([CANONICAL_SCHEMA])).rstrip()
    parts = ("column", "constraint", "index", "partition")
    pieces = {
        "whole": query,
        "planning the whole": f"EXPLAIN {query}",
        "finding what is in it": f"{scope} SELECT FROM relations",
    }
    pieces |= {f"finding it, and each {name}": f"{scope} {sqltext.load(f'fingerprint/{name}.sql')}" for name in parts}
    seconds: Seconds = {}
    for _ in range(rounds):
        for name, piece in pieces.items():
            with connect(url) as connection:
                seconds.setdefault(name, []).append(_cpu(connection, opening, piece))
                if piece is query:
                    seconds.setdefault("whole, repeated by its session", []).append(_cpu(connection, opening, piece))
    return seconds


def _cpu(connection: Connection, opening: str, query: str) -> float:
    count = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    before = int(count.read_text().split()[0])
    connection.execute(opening.encode())
    connection.execute(query.encode()).fetchall()
    connection.execute("COMMIT")
    return (int(count.read_text().split()[0]) - before) / _NANOSECONDS
