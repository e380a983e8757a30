"""A repair of a database full of jobs: every row, state and payload is as it was before the damage."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair, verify
from awa_infra.model import Release
from tests.matrix.starts import Start, Starts, jobs, named
from tests.matrix.ways import desired_for
from tests.support.servers import Database
from tests.support.tools import dump_schema

# Jobs of every state in the canonical tables; in queue storage of schema awa; in that of a custom schema.
FULL = {"0.6.9-custom": "acme_jobs", "0.6.9-active": "awa", "0.6.9-active-custom": "acme_jobs"}
CHOSEN = tuple(FULL) if os.environ.get("AWA_INFRA_MATRIX") else ("0.6.9-active-custom",)
"""Where every damage is made alone; in the matrix everywhere."""

IN_QUEUE_STORAGE = {
    "a lost index": (
        "DROP INDEX {schema}.idx_{schema}_ready_0_lane_shard; DROP INDEX {schema}.idx_{schema}_dlq_queue_time"
    ),
    "a lost function": "DROP FUNCTION {schema}.sequence_next_value(text)",
    "a lost trigger": "DROP TRIGGER queue_claim_heads_sequence_sync ON {schema}.queue_claim_heads",
    "a lost storage parameter": "ALTER TABLE {schema}.leases_0 RESET (fillfactor)",
    "another body": (
        "CREATE OR REPLACE FUNCTION {schema}.queue_enqueue_head_sequence_sync() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'"
    ),
}
IN_THE_CANONICAL_SCHEMA = {
    "a lost function": "DROP FUNCTION awa.storage_status()",
    "a lost trigger": "DROP TRIGGER trg_jobs_hot_dirty_keys_update ON awa.jobs_hot",
    "another body": (
        "CREATE OR REPLACE FUNCTION awa.active_storage_engine() RETURNS text LANGUAGE sql STABLE AS 'SELECT ''mine'''"
    ),
    "a half-applied patch": "DROP TABLE awa.admin_dirty_kind_marks",
}


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Start:
    return named(str(request.param))


@pytest.fixture
def full(starts: Starts, start: Start) -> Iterator[Database]:
    """Give a database full of jobs."""
    made = starts.copy(start)
    yield made
    starts.server.drop(made)


def all_repaired_and_no_job_touched(full: Database, starts: Starts, start: Start, release: Release, sql: str) -> None:
    before, transition, structure = starts.jobs(start), full.transition(), dump_schema(full.url)
    assert len(before) > 20
    full.rows(sql)
    assert verify(full.url, release)[1].drift
    report, found = repair(full.url, release)
    assert report.changed
    assert found.drift == ()
    assert dump_schema(full.url) == structure
    after = jobs(full.url)
    assert sorted(set(before) ^ set(after)) == []
    assert len(after) == len(before)
    assert full.transition() == transition


@pytest.mark.parametrize("start", CHOSEN, indirect=True)
@pytest.mark.parametrize("damage", IN_QUEUE_STORAGE)
def test_repairing_queue_storage_keeps_every_job(
    full: Database, starts: Starts, start: Start, release: Release, damage: str
) -> None:
    text = IN_QUEUE_STORAGE[damage].format(schema=FULL[start.name])
    all_repaired_and_no_job_touched(full, starts, start, release, text)


@pytest.mark.parametrize("start", CHOSEN, indirect=True)
@pytest.mark.parametrize("damage", IN_THE_CANONICAL_SCHEMA)
def test_repairing_the_canonical_schema_keeps_every_job(
    full: Database, starts: Starts, start: Start, release: Release, damage: str
) -> None:
    all_repaired_and_no_job_touched(full, starts, start, release, IN_THE_CANONICAL_SCHEMA[damage])


@pytest.mark.parametrize("start", FULL, indirect=True)
def test_repairing_everything_at_once_keeps_every_job(
    full: Database, starts: Starts, start: Start, release: Release
) -> None:
    damages = [text.format(schema=FULL[start.name]) for text in IN_QUEUE_STORAGE.values()]
    damages += IN_THE_CANONICAL_SCHEMA.values()
    all_repaired_and_no_job_touched(full, starts, start, release, ";".join(damages))


@pytest.mark.parametrize("start", ["0.6.9-active-custom"], indirect=True)
def test_completing_a_schema_that_is_in_use_keeps_every_job(
    full: Database, starts: Starts, start: Start, release: Release
) -> None:
    before, transition = starts.jobs(start), full.transition()
    full.rows("DROP INDEX acme_jobs.idx_acme_jobs_ready_0_lane_shard")
    assert [step.key for step in apply(full.url, desired_for(start)).applied] == ["queue-storage:acme_jobs"]
    assert sorted(set(before) ^ set(jobs(full.url))) == []
    assert full.transition() == transition
    assert verify(full.url, release)[1].drift == ()
