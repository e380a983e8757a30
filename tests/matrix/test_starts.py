"""The start states are what they say, and the real upgrade keeps every job of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

import psycopg
import pytest

from tests.matrix.snapshot import Row, states
from tests.matrix.starts import STARTS, Start, Starts, jobs, named
from tests.support.servers import Database
from tests.support.tools import awa

# All of them take two minutes on two cores; these have one of each kind.
FEW = ("empty", "bare-schema", "0.3.0", "0.5.7", "0.6.0-active-custom", "0.6.8-active")
CHOSEN = STARTS if os.environ.get("AWA_INFRA_MATRIX") == "all" else tuple(map(named, FEW))


@pytest.fixture(params=CHOSEN, ids=str)
def start(request: pytest.FixtureRequest) -> Start:
    return cast("Start", request.param)


@pytest.fixture
def copy(starts: Starts, start: Start) -> Iterator[Database]:
    made = starts.copy(start)
    yield made
    starts.server.drop(made)


def _differences(before: list[Row], after: list[Row]) -> list[str]:
    gone, new = set(before) - set(after), set(after) - set(before)
    return sorted([f"gone: {row}" for row in gone] + [f"new: {row}" for row in new])


def test_upgrade_keeps_jobs(starts: Starts, copy: Database, start: Start) -> None:
    before = starts.jobs(start)
    assert jobs(copy.url) == before
    assert bool(before) == (start.jobs or start.active is not None)
    awa("migrate", url=copy.url)
    assert copy.rows("SELECT max(version) AS at FROM awa.schema_version") == [{"at": 40}]
    after = jobs(copy.url)
    assert _differences(before, after) == []
    assert len(after) == len(before)


def test_start_has_jobs_of_every_state(starts: Starts) -> None:
    found = states(starts.jobs(named("0.5.7")))
    hot = ("available", "running", "waiting_external", "completed", "failed", "cancelled")
    assert [found[f"awa.jobs_hot:{state}"] for state in hot] == [2] * 6
    assert [found[f"awa.scheduled_jobs:{state}"] for state in ("scheduled", "retryable")] == [2] * 2
    assert found["awa.job_unique_claims"] > 0


def test_active_start_has_jobs_everywhere_in_queue_storage(starts: Starts) -> None:
    start = named("0.6.0-active-custom")
    found = states(starts.jobs(start))
    expected = {
        "attempt_state",
        "deferred_jobs:retryable",
        "deferred_jobs:scheduled",
        "dlq_entries:failed",
        "done_entries:cancelled",
        "done_entries:completed",
        "done_entries:failed",
        "lease_claim_closure_batches",
        "lease_claim_closures",
        "lease_claims",
        "leases:running",
        "leases:waiting_external",
        "ready_entries",
        "ready_tombstones",
        "receipt_completion_batches",
        "terminal_jobs:completed",
    }
    assert {f"{start.active}.{name}" for name in expected} - found.keys() == set()
    transition = Database("", starts.template(start).url).transition()
    assert (transition["state"], transition["details"]) == (
        "active",
        '{"schema": "acme_jobs", "auto_finalized": true}',
    )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM awa.jobs_hot WHERE state = 'failed' AND kind = 'plain'",
        "UPDATE awa.jobs_hot SET args = args || '{\"n\": 1.0}' WHERE kind = 'rich' AND state = 'available'",
        "UPDATE awa.scheduled_jobs SET run_at = run_at + interval '1 microsecond' WHERE kind = 'plain'",
        "DELETE FROM awa.job_unique_claims",
        "UPDATE awa.queue_meta SET paused = false",
    ],
)
def test_snapshot_notices(starts: Starts, statement: str) -> None:
    made = starts.copy(named("0.5.7"))
    try:
        with psycopg.connect(made.url, autocommit=True) as connection:
            assert connection.execute(statement.encode()).rowcount > 0
        assert jobs(made.url) != starts.jobs(named("0.5.7"))
    finally:
        starts.server.drop(made)
