"""Which jobs stand against a removal, counted beside what a real worker did, and which unique keys it frees."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import awa as awa_sdk
import pytest

from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.removal import jobs_in, read_removal, remove
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, QueueStorage, Release
from tests.matrix import sdk_jobs
from tests.support.schemas import ACME
from tests.support.servers import Database, TestServer

HELD = "6 available, 12 running or waiting, 7 scheduled or to be retried, 1 dead letters, 5 failed"
"""What the jobs of `sdk_jobs` come to: three of each kind, and the queue without a worker, but no completed ones."""


@pytest.fixture(scope="module")
def worked(server: TestServer, awa_template: Database, release: Release) -> Iterator[Database]:
    """Give a database whose custom schema is full of jobs of every state, left by a worker that was killed."""
    made = server.create(awa_template.name)
    apply(made.url, DesiredState(release, None, tuple(QueueStorage(name, ACME.shape) for name in ("acme", "beta"))))
    activate(made.url, "acme")
    command = [sys.executable, sdk_jobs.__file__, made.url, "acme"]
    environment = {**os.environ, "PYTHONPATH": str(Path(awa_sdk.__file__).parent.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield made
    server.drop(made)


@pytest.fixture
def full(server: TestServer, worked: Database) -> Iterator[Database]:
    """Give a copy of it."""
    made = server.create(worked.name)
    yield made
    server.drop(made)


def forget_that_it_was_active(database: Database) -> None:
    """Leave the schema and its jobs as a restored or abandoned one would be: nothing routes to it."""
    database.rows(
        "UPDATE awa.storage_transition_state SET state = 'canonical', current_engine = 'canonical', "
        "prepared_engine = NULL, details = '{}', finalized_at = NULL"
    )
    database.rows("DELETE FROM awa.runtime_storage_backends")
    database.rows("DELETE FROM awa.runtime_instances")


def test_every_job_that_is_not_finished_counts(full: Database) -> None:
    assert jobs_in(full.url, "acme") == f"Queue-storage schema acme holds jobs: {HELD}."
    assert jobs_in(full.url, "beta") == ""
    forget_that_it_was_active(full)
    with pytest.raises(BlockedError) as caught:
        remove(full.url, "acme")
    assert caught.value.code == "removal-live-jobs"
    assert HELD in caught.value.message


def test_all_gates_are_reported_in_one_error_and_force_overrules_only_the_jobs(full: Database) -> None:
    full.rows("CREATE TABLE acme.mine (n int)")
    everything = ["removal-active", "removal-foreign-objects", "removal-live-jobs", "removal-live-runtimes"]
    assert sorted(gate.code for gate in read_removal(full.url, "acme")[1].gates) == everything
    everything.remove("removal-live-jobs")
    assert sorted(gate.code for gate in read_removal(full.url, "acme", force=True)[1].gates) == everything
    with pytest.raises(BlockedError) as caught:
        remove(full.url, "acme", force=True)
    assert len(caught.value.details) == 3


def unique(database: Database, number: int) -> object:
    """Enqueue one of the worker's unique jobs again, as a producer would."""

    async def insert() -> object:
        client = awa_sdk.AsyncClient(database.url)
        try:
            job = await client.insert(
                sdk_jobs.MatrixJob("complete", number), queue=sdk_jobs.UNWORKED, unique_opts={"by_args": True}
            )
            return job.id
        except awa_sdk.UniqueConflict:
            return "conflict"
        finally:
            await client.close()

    return asyncio.run(insert())


def test_a_removal_frees_the_unique_keys_of_its_jobs_and_no_others(full: Database, release: Release) -> None:
    forget_that_it_was_active(full)
    assert unique(full, 6) == "conflict"
    # Another schema's claims: one with a key of its own, and one whose job has the id of a job in acme by chance,
    # and the key too, which that one gave up when it was cancelled.
    (cancelled,) = full.rows("SELECT job_id FROM acme.terminal_jobs WHERE state = 'cancelled'")
    full.rows(f"SELECT setval('awa.jobs_id_seq', {cancelled['job_id']}, false)")
    assert unique(full, 5) == cancelled["job_id"]
    assert isinstance(unique(full, 1000), int)
    others = full.rows("SELECT unique_key FROM awa.jobs_hot ORDER BY 1")
    assert len(others) == 2
    report = remove(full.url, "acme", force=True)
    assert [s.schema for s in report.after.substrates] == ["awa", "beta"]
    assert full.rows("SELECT unique_key FROM awa.job_unique_claims ORDER BY 1") == others
    assert unique(full, 5) == "conflict"
    assert isinstance(unique(full, 6), int)
    assert verify(full.url, release)[1].drift == ()
