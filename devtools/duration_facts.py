"""Write how long each text of Awa takes, and what it locks, into ``awa_infra/facts/durations-<release>.json``.

Each file is a transaction of its own, as most tools run them, on a server with default settings. The locks are those
that the transaction holds at its end on tables and views that existed before it. Which tables and views producers and
workers need was found by locking each of them beside ``devtools.live_traffic`` (Awa 0.5.7, 0.6.9). Benchmark libraries
time Python code; this times SQL and reads its locks.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from awa_infra.facts.durations import Duration, duration_facts
from awa_infra.facts.measured import shape_locks
from awa_infra.model import DesiredState, ObservedState, Queue, QueueStorage, Release, Shape, Step, StepKind
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release, normalised_sha256
from devtools import postgres
from devtools.progress import note, run_cli

FACTS = Path(__file__).resolve().parent.parent / "awa_infra" / "facts"
MEASURED = QueueStorage("measured", Shape(), (Queue("emails"),))
JOBS = 500_000
MILLION = 1_000_000
NAMED = 6
"""Up to this many tables and views that a step locks strongly are named in the facts."""
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
     WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname IN ('awa', 'measured') AND c.relname <> 'schema_version'
"""
"""Every migration writes its row into Awa's version table, which no worker or producer waits for."""

_LOCKS = """
    SELECT upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([A-Z])', ' \\1', 'g'))) AS mode, c.relname::text
      FROM pg_locks l
      JOIN pg_class c ON c.oid = l.relation
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation = ANY (%s::oid[])
"""

# who waits, by the tables that they need (Awa 0.6.9) and the weakest mode that keeps them out
_SLOTS = "(_[0-9]+)?"
# Every change of a job notes its queue and kind for the admin views, and asks where jobs go.
_BOTH = (
    "jobs|jobs_hot|scheduled_jobs|queue_state_counts|admin_dirty_queues|admin_dirty_kinds|admin_dirty_queue_marks|"
    "admin_dirty_kind_marks|storage_transition_state|runtime_storage_backends|"
)
_PRODUCERS = (
    _BOTH
    + "job_unique_claims|deferred_jobs|queue_lanes|queue_enqueue_heads|"
    + "|".join(f"{family}{_SLOTS}" for family in ("ready_entries", "ready_segments"))
)
_WORKERS = (
    _BOTH + "queue_meta|cron_jobs|runtime_instances|attempt_state|queue_claim_heads|queue_ring_state|lease_ring_state|"
    "claim_ring_state|"
) + "|".join(
    f"{family}{_SLOTS}"
    for family in (
        *("leases", "lease_claims", "lease_claim_batches", "lease_claim_closures", "lease_claim_closure_batches"),
        *("done_entries", "receipt_completion_batches", "ready_claim_attempt_batches", "ready_tombstones"),
    )
)
_READY = f"jobs|jobs_hot|scheduled_jobs|ready_entries{_SLOTS}"
_FINISHED = f"jobs|jobs_hot|terminal_jobs|done_entries{_SLOTS}"
_KEEPS_OUT_WRITERS = ("ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE")
WAITING: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("producers", _PRODUCERS, _KEEPS_OUT_WRITERS),
    ("workers", _WORKERS, _KEEPS_OUT_WRITERS),
    ("readers of ready jobs", _READY, ("ACCESS EXCLUSIVE",)),
    ("readers of finished jobs", _FINISHED, ("ACCESS EXCLUSIVE",)),
)

_INSERT = """
    INSERT INTO awa.jobs (kind, state, finalized_at)
    SELECT 'measured', (CASE WHEN i % 2 = 0 THEN 'completed' ELSE 'available' END)::awa.job_state,
           CASE WHEN i % 2 = 0 THEN now() END
      FROM generate_series(1, {jobs}) AS i
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a step holds at the end of its transaction.

    Attributes:
        locks: how many tables and views by the strongest mode on each, strongest first.
        waiting: who waits for it.
        named: the names of those that are locked strongly, where they are few.
    """

    locks: dict[str, int]
    waiting: tuple[str, ...]
    named: dict[str, tuple[str, ...]]


def steps_of(release: Release) -> tuple[Step, ...]:
    """Return all that is measured: every text of a release, a queue-storage schema, and the lanes of a queue."""
    return make_plan(DesiredState(release, release.schema_version, (MEASURED,)), ObservedState()).steps


def locks(url: str, steps: tuple[Step, ...]) -> dict[str, Held]:
    """Run the steps on an empty database; return what each holds at its end, by its key."""
    found = {}
    with psycopg.connect(url) as connection:
        for step in steps:
            before = [row[0] for row in connection.execute(_TABLES).fetchall()]
            connection.commit()
            connection.execute(_SESSION)
            connection.execute(step.sql.encode())
            strongest: dict[str, str] = {}
            for mode, table in connection.execute(_LOCKS, [before]).fetchall():
                strongest[table] = min(mode, strongest.get(table, mode), key=MODES.index)
            connection.commit()
            counted = {mode: list(strongest.values()).count(mode) for mode in MODES}
            waiting = tuple(
                who
                for who, tables, modes in WAITING
                if any(mode in modes and re.fullmatch(tables, table) for table, mode in strongest.items())
            )
            strong = {mode: sorted(t for t, m in strongest.items() if m == mode) for mode in _KEEPS_OUT_WRITERS}
            named = {mode: tuple(tables) for mode, tables in strong.items() if 0 < len(tables) <= NAMED}
            found[step.key] = Held({mode: tables for mode, tables in counted.items() if tables}, waiting, named)
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


def _entry(found: Duration) -> dict[str, Any]:
    entry: dict[str, Any] = {"seconds": found.seconds, "locks": dict(found.locks), "waiting": list(found.waiting)}
    if found.named:
        entry["named"] = {mode: list(tables) for mode, tables in found.named.items()}
    return entry | ({"per_million": found.per_million} if found.per_million else {})


def measure(server: postgres.Server, rounds: int) -> dict[str, Duration]:
    """Return the durations of every step, by its key."""
    steps = steps_of(installed_release())
    with _database(server) as url:
        held = locks(url, steps)
    if not rounds:
        kept = known(steps)
        return {step.key: replace(kept[step.key], **asdict(held[step.key])) for step in steps}
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
        more = round(longer, 1) if longer >= NOISE else 0.0
        found[step.key] = Duration(round(fast, 3), per_million=more, **asdict(held[step.key]))
    return found


def known(steps: tuple[Step, ...]) -> dict[str, Duration]:
    """Return what the committed facts say of each step."""
    facts = duration_facts()
    others = {StepKind.QUEUE_STORAGE: facts.installation, StepKind.LANES: facts.lanes}
    return {step.key: others.get(step.kind) or facts.texts[normalised_sha256(step.sql)] for step in steps}


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
    parser.add_argument("--rounds", type=int, default=5, help="0 keeps the seconds and measures the locks alone")
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
    if not rounds:
        before = json.loads(path.read_text(encoding="utf-8"))
        reference, rounds = before["reference"], before["rounds"]
    text = json.dumps(document(steps_of(release), found, reference, rounds), indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
