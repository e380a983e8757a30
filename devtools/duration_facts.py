"""Writes how long each text of Awa takes, and what it locks, into ``awa_infra/facts/durations-<release>.json``.

Each file is a transaction of its own, as most tools run them, on a server with default settings. The locks are those
that the transaction holds at its end on tables that were there before it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from awa_infra.facts.durations import Duration
from awa_infra.model import DesiredState, ObservedState, Queue, QueueStorage, Release, Shape, Step, StepKind
from awa_infra.planning.planner import make_plan, shape_locks
from awa_infra.release import installed_release, normalised_sha256
from devtools import postgres
from devtools.progress import note, run_cli

FACTS = Path(__file__).resolve().parent.parent / "awa_infra" / "facts"
MEASURED = QueueStorage("measured", Shape(), (Queue("emails"),))
JOBS = 500_000
MILLION = 1_000_000
NOISE = 0.5
"""Seconds for a million jobs that are taken for nothing."""

# strongest first
MODES = (
    "ACCESS EXCLUSIVE",
    "EXCLUSIVE",
    "SHARE ROW EXCLUSIVE",
    "SHARE",
    "SHARE UPDATE EXCLUSIVE",
    "ROW EXCLUSIVE",
    "ROW SHARE",
    "ACCESS SHARE",
)

# what every format of bundles sets
_SESSION = "SET LOCAL client_min_messages = warning; SET LOCAL jit = off"

_TABLES = """
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('awa', 'measured') AND c.relname <> 'schema_version'
"""
"""Every migration writes its row into Awa's version table; that stands in nobody's way."""

_LOCKS = """
    SELECT upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([A-Z])', ' \\1', 'g'))) AS mode, count(*)
      FROM pg_locks l
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation = ANY (%s::oid[])
     GROUP BY 1
"""

_INSERT = """
    INSERT INTO awa.jobs (kind, state, finalized_at)
    SELECT 'measured', (CASE WHEN i % 2 = 0 THEN 'completed' ELSE 'available' END)::awa.job_state,
           CASE WHEN i % 2 = 0 THEN now() END
      FROM generate_series(1, {jobs}) AS i
"""


def steps_of(release: Release) -> tuple[Step, ...]:
    """Return all that is measured: every text of a release, a queue-storage schema, and the lanes of a queue."""
    return make_plan(DesiredState(release, release.schema_version, (MEASURED,)), ObservedState()).steps


def locks(url: str, steps: tuple[Step, ...]) -> dict[str, tuple[str, int]]:
    """Run the steps on an empty database; return the strongest lock of each and how many tables have it."""
    found = {}
    with psycopg.connect(url) as connection:
        for step in steps:
            before = [row[0] for row in connection.execute(_TABLES).fetchall()]
            connection.commit()
            connection.execute(_SESSION)
            connection.execute(step.sql.encode())
            held: dict[str, int] = dict(connection.execute(_LOCKS, [before]).fetchall())
            connection.commit()
            found[step.key] = next(((mode, held[mode]) for mode in MODES if mode in held), ("", 0))
    return found


def seconds(url: str, steps: tuple[Step, ...], jobs: int = 0) -> dict[str, float]:
    """Run the steps on an empty database; return how long each took.

    Args:
        url: the database.
        steps: what to run.
        jobs: how many to insert after the first one.
    """
    found = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for step in steps:
            began = time.perf_counter()
            with connection.transaction():
                connection.execute(_SESSION)
                connection.execute(step.sql.encode())
            found[step.key] = time.perf_counter() - began
            if jobs and step is steps[0]:
                connection.execute(_INSERT.format(jobs=jobs).encode())
                connection.execute("ANALYZE; CHECKPOINT")
    return found


def document(steps: tuple[Step, ...], found: dict[str, Duration], reference: str, rounds: int) -> dict[str, Any]:
    """Return the content of a file of facts."""
    by_kind = {step.kind: found[step.key] for step in steps}
    texts = [step for step in steps if step.kind in {StepKind.MIGRATION, StepKind.PATCH}]
    return {
        "_about": "Written by python -m devtools.duration_facts; the fastest round, each file a transaction.",
        "reference": reference,
        "rounds": rounds,
        "texts": [{"key": s.key, "sha256": normalised_sha256(s.sql), **_entry(found[s.key])} for s in texts],
        "queue_storage": {
            "shape": str(MEASURED.shape),
            "objects": shape_locks(MEASURED.shape),
            **_entry(by_kind[StepKind.QUEUE_STORAGE]),
        },
        "lanes": _entry(by_kind[StepKind.LANES]),
    }


def _entry(found: Duration) -> dict[str, str | float]:
    entry: dict[str, str | float] = {"seconds": found.seconds, "lock": found.lock, "tables": found.tables}
    return entry | ({"per_million": found.per_million} if found.per_million else {})


def measure(server: postgres.Server, rounds: int) -> dict[str, Duration]:
    """Return the durations of every step, by its key."""
    steps = steps_of(installed_release())
    with _database(server) as url:
        held = locks(url, steps)
    empty, filled = [], []
    for number in range(rounds):
        note(f"duration facts: round {number + 1} of {rounds}")
        with _database(server) as url:
            empty.append(seconds(url, steps))
        with _database(server) as url:
            filled.append(seconds(url, steps, JOBS))
    found = {}
    for step in steps:
        # The fastest round is the one that nothing else on the machine disturbed.
        fast = min(run[step.key] for run in empty)
        longer = (min(run[step.key] for run in filled) - fast) * MILLION / JOBS
        lock, tables = held[step.key]
        found[step.key] = Duration(round(fast, 3), lock, tables, round(longer, 1) if longer >= NOISE else 0.0)
    return found


@contextmanager
def _database(server: postgres.Server) -> Iterator[str]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE measured TEMPLATE template0")
    try:
        yield server.url_for("measured")
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("DROP DATABASE measured WITH (FORCE)")


def _main() -> int:
    """Write the facts of the release that is installed."""
    parser = argparse.ArgumentParser(prog="devtools.duration_facts", description=_main.__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-durations-"))
    try:
        server = postgres.start(folder / "pg")
        found = measure(server, rounds)
    finally:
        postgres.destroy(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)
    release = installed_release()
    reference = f"PostgreSQL {server.major} with default settings, {os.cpu_count()} processors"
    path = FACTS / f"durations-{release.name}.json"
    text = json.dumps(document(steps_of(release), found, reference, rounds), indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
