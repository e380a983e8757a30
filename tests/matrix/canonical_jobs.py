"""Jobs in the canonical tables, put there by SQL: one of every state, with everything that a job can carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql

# Later than every version of every release, so that nothing becomes due or old while a test runs.
LONG_AFTER = "2099-01-02T03:04:05.678901Z"
BEFORE = "2025-06-07T08:09:10.111213Z"
ARGS = r'{"n": 12345678901234567890, "text": "naïve \"quotes\" \\ \n ☃", "deep": {"list": [null, 1.50, true]}}'
ERRORS = '{"{\\"at\\": \\"2025-06-07T08:09:10Z\\", \\"error\\": \\"one, {two}\\"}","{}"}'
CALLBACK = "6f1c2c7e-0000-4000-8000-00000000000c"
# A unique job claims its key in the states whose bits are set (awa.job_state's order), here all but the last ones.
UNIQUE_STATES = "11111000"

_SCHEDULED = ("scheduled", "retryable")
_TERMINAL = ("completed", "failed", "cancelled")
_BY_STATE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "available": {},
        "scheduled": {"run_at": LONG_AFTER},
        "retryable": {"run_at": LONG_AFTER, "attempt": "3", "errors": ERRORS, "attempted_at": BEFORE},
        "running": {
            "attempt": "1",
            "run_lease": "7",
            "attempted_at": BEFORE,
            "heartbeat_at": BEFORE,
            "deadline_at": LONG_AFTER,
            "progress": '{"percent": 40, "metadata": {"cursor": "x"}}',
        },
        "waiting_external": {
            "attempt": "1",
            "run_lease": "2",
            "attempted_at": BEFORE,
            "callback_timeout_at": LONG_AFTER,
            "callback_filter": "payload.ok",
            "callback_on_complete": "payload.done",
            "callback_on_fail": "payload.failed",
            "callback_transform": "payload.result",
        },
        "completed": {"attempt": "2", "attempted_at": BEFORE, "finalized_at": BEFORE},
        "failed": {"attempt": "25", "attempted_at": BEFORE, "finalized_at": BEFORE, "errors": ERRORS},
        "cancelled": {"finalized_at": BEFORE},
    }
)
_COLUMNS = """
    SELECT attname FROM pg_catalog.pg_attribute
     WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


def insert(connection: psycopg.Connection[Any], *, only_terminal: bool) -> None:
    """Insert jobs of every state, or only such as a finished storage transition leaves behind, and settings."""
    for job in _jobs():
        if job["state"] in _TERMINAL or not only_terminal:
            _insert(connection, "scheduled_jobs" if job["state"] in _SCHEDULED else "jobs_hot", job)
    schedule = {"name": "nightly", "cron_expr": "0 3 * * *", "kind": "report", "args": ARGS, "tags": "{a,b}"}
    _insert(connection, "cron_jobs", {**schedule, "priority": "1", "last_enqueued_at": BEFORE})
    _insert(connection, "queue_meta", {"queue": "paused", "paused": "true", "paused_at": BEFORE, "paused_by": "me"})


def _jobs() -> Iterator[dict[str, str]]:
    for number, (state, special) in enumerate(_BY_STATE.items()):
        common = {"state": state, "created_at": BEFORE, "run_at": BEFORE}
        yield {"kind": "plain", **common, **special}
        rich = {
            "kind": "rich",
            "queue": f"queue-{number % 3}",
            "args": ARGS,
            "priority": str(1 + number % 4),
            "max_attempts": str(25 + number),
            "metadata": '{"trace": "ü", "list": [1, null]}',
            "tags": '{first,"with, comma",ünïcode}',
            "unique_key": rf"\x00ff{number:04x}",
            "unique_states": UNIQUE_STATES,
        }
        yield {**common, **rich, **special, **({"callback_id": CALLBACK} if state == "waiting_external" else {})}


def _insert(connection: psycopg.Connection[Any], table: str, row: dict[str, str]) -> None:
    """Insert what the table of this release has columns for; PostgreSQL reads the values as text."""
    relation = f"awa.{table}"
    existing = {name for (name,) in connection.execute(_COLUMNS, [relation])}
    values = {column: value for column, value in row.items() if column in existing}
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier("awa", table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Literal, values.values())),
    )
    connection.execute(query)
