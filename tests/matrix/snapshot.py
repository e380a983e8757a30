"""What an upgrade must not change: every job, wherever a release keeps it, as comparable data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

# Before 0.6.0 all jobs are here; job_unique_claims has no row of its own accord, each belongs to a job.
CANONICAL = ("jobs_hot", "scheduled_jobs", "job_unique_claims")
# No jobs, but as much the user's: schedules of jobs, and paused queues.
SETTINGS = ("cron_jobs", "queue_meta")
# The tables of a queue-storage schema that have rows for jobs only, in whatever encoding: single, in batches with
# arrays, as ranges of receipts. Lanes and heads say which of the ready ones were claimed already.
QUEUE_STORAGE = (
    "attempt_state",
    "deferred_jobs",
    "dlq_entries",
    "done_entries",
    "lease_claim_batches",
    "lease_claim_closure_batches",
    "lease_claim_closures",
    "lease_claims",
    "leases",
    "queue_claim_heads",
    "queue_enqueue_heads",
    "queue_lanes",
    "queue_terminal_count_deltas",
    "queue_terminal_live_counts",
    "queue_terminal_rollups",
    "ready_claim_attempt_batches",
    "ready_entries",
    "ready_segments",
    "ready_tombstones",
    "receipt_completion_batches",
    "receipt_completion_tombstones",
)
# Rows that an installation seeds: they count once a schema has jobs, because they say which slots are in use.
RINGS = tuple(f"{ring}_ring_{part}" for ring in ("queue", "lease", "claim") for part in ("state", "slots"))
# What users and operators see: the jobs of the active plane, and the finished ones of each schema.
JOBS_VIEW, TERMINAL_VIEW = "jobs", "terminal_jobs"

# The only columns that existing rows gained, with the value that the migration (schema version 15, 17) gave them:
# seen by upgrading every release. With that value they are left out, so that any other one is a difference.
ADDED: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {"cron_jobs": {"missed_fire_policy": "coalesce"}, "queue_meta": {"enqueue_shards": 1}}
)

_SCHEMAS = """
    SELECT n.nspname FROM pg_catalog.pg_namespace n
     WHERE EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = n.oid AND c.relname = 'ready_entries' AND c.relkind = 'p')
"""
_RELATIONS = """
    SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v')
"""
# By the server, because JSON numbers lose digits in Python.
_CONTENT = """
    SELECT (SELECT jsonb_object_agg(e.key, e.value)::text
              FROM jsonb_each(to_jsonb(r)) e WHERE e.value <> 'null' AND e.value IS DISTINCT FROM %s::jsonb -> e.key)
      FROM {} r
"""
# Lanes count with sequences of their own, which a head names (schema version 23 on).
_LANES = """
    SELECT s.sequencename, s.last_value FROM pg_catalog.pg_sequences s
     WHERE s.schemaname = %s AND s.sequencename ~ '^queue_(enqueue|claim)_seq_'
"""


class Row(NamedTuple):
    """One row of one relation; NULLs are left out, so that a column added without a value changes nothing."""

    relation: str
    content: str


def jobs(url: str) -> list[Row]:
    """Return every job of a database in a comparable form that does not depend on the order of rows.

    All columns of all rows, as PostgreSQL shows them in UTC. Besides `ADDED` none is left out: none was seen to
    change when `awa migrate` of 0.6.9 upgrades any release (test_starts.py). A database without Awa has no jobs.
    """
    with psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC -c jit=off") as connection:
        found = _of_schema(connection, "awa", (*CANONICAL, *SETTINGS, JOBS_VIEW))
        for (schema,) in connection.execute(_SCHEMAS).fetchall():
            own = _of_schema(connection, schema, (*QUEUE_STORAGE, TERMINAL_VIEW))
            if own:
                own += _of_schema(connection, schema, RINGS)
                own += [Row(f"{schema}.{name}", str(at)) for name, at in connection.execute(_LANES, [schema])]
            found += own
    return sorted(found)


def states(rows: list[Row]) -> dict[str, int]:
    """Count the rows of each relation, by state where there is one: what a start contains, for people."""
    counts: dict[str, int] = {}
    for row in rows:
        state = json.loads(row.content).get("state") if row.content.startswith("{") else None
        key = f"{row.relation}:{state}" if state else row.relation
        counts[key] = counts.get(key, 0) + 1
    return counts


def _of_schema(connection: psycopg.Connection[Any], schema: str, relations: tuple[str, ...]) -> list[Row]:
    existing = {name for (name,) in connection.execute(_RELATIONS, [schema])}
    found = []
    for name in relations:
        if name in existing:
            query = sql.SQL(_CONTENT).format(sql.Identifier(schema, name))
            added = json.dumps(ADDED.get(name, {}))
            found += [Row(f"{schema}.{name}", content) for (content,) in connection.execute(query, [added])]
    return found
