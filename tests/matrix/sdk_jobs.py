"""Runs under the Python SDK of an old release: leaves jobs of every state in queue storage.

``python sdk_jobs.py URL SCHEMA`` with that release on PYTHONPATH and a database that its own command migrated.
Starting the worker on the fresh database activates queue storage in the schema. The process ends as if it were
killed, so that jobs stay in progress: held by receipts alone, with progress, and by a lease.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

import awa

WORKED, UNWORKED = "matrix_worked", "matrix_unworked"
HOUR = 3600.0
PATIENCE = 60.0  # seconds; an idle machine needs less than one
CROWD = 30  # plain jobs that complete at the same time: those become batches of receipts
LONG_AFTER = "2099-01-02T03:04:05.678901+00:00"

# What the handler is told to do, and the state that the job then comes to rest in.
ACTS = {
    "complete": "completed",
    "report": "completed",
    "retry": "retryable",
    "snooze": "scheduled",
    "call": "waiting_external",
    "fail": "failed",
    "bury": "failed",
    "work": "running",
    "work_and_report": "running",
    "call_and_work": "running",
}


@dataclass
class MatrixJob:
    """What the handler is to do, and content that must survive."""

    act: str
    number: int
    text: str = 'naïve "quotes" \\ \n ☃'


async def handle(job: Any) -> Any:  # noqa: ANN401  the types are those of another release
    """Do what the job says."""
    act = job.args.act
    if "report" in act:
        job.set_progress(40, "on the way")
        job.update_metadata({"seen": True})
        await job.flush_progress()
    if act in ("fail", "bury"):
        raise RuntimeError("meant to fail")
    if "call" in act:
        token = await job.register_callback(timeout_seconds=HOUR)
    if "work" in act:
        await asyncio.sleep(HOUR)
    if act == "call":
        return awa.WaitForCallback(token)
    return {"retry": awa.RetryAfter, "snooze": awa.Snooze}[act](HOUR) if act in ("retry", "snooze") else None


async def leave_jobs(url: str, schema: str) -> None:
    """Insert the jobs, and wait until each is where it belongs."""
    client = awa.AsyncClient(url, max_connections=8)
    client.task(MatrixJob, queue=WORKED)(handle)
    await client.start([(WORKED, len(ACTS))], queue_storage_schema=schema, poll_interval_ms=50)
    expected: dict[int, str] = {}
    buried = 0
    for number in range(3):
        for act, state in ACTS.items():
            job = await client.insert(
                MatrixJob(act, number),
                queue=WORKED,
                priority=1 + number,
                max_attempts=1 if state == "failed" else 25,
                tags=["matrix", act],
                metadata={"number": number, "deep": {"list": [None, 1.5, "x"]}},
                unique_opts={"by_args": True} if number == 1 else None,
            )
            expected[job.id] = state
            buried = job.id if act == "bury" else buried
    for number in range(CROWD):
        job = await client.insert(MatrixJob("complete", 100 + number), queue=WORKED)
        expected[job.id] = "completed"
    deadline = time.monotonic() + PATIENCE
    while (states := {id_: str((await client.get_job(id_)).state) for id_ in expected}) != expected:
        if time.monotonic() > deadline:
            sys.exit(f"jobs did not come to rest: {states}, expected {expected}")
        await asyncio.sleep(0.05)
    await client.move_failed_to_dlq(buried, "matrix")

    # There is no worker for this queue: ready, cancelled and far in the future.
    for number in range(5):
        await client.insert(MatrixJob("complete", number), queue=UNWORKED, priority=1 + number % 4, tags=["ready"])
    unique = await client.insert(MatrixJob("complete", 5), queue=UNWORKED, unique_opts={"by_args": True})
    await client.insert(MatrixJob("complete", 6), queue=UNWORKED, unique_opts={"by_args": True})
    await client.cancel(unique.id)
    await client.insert(MatrixJob("complete", 7), queue=UNWORKED, run_at=LONG_AFTER)


async def _main() -> None:
    await leave_jobs(*sys.argv[1:])
    os._exit(0)  # no shutdown: a killed worker leaves its work in progress


if __name__ == "__main__":
    asyncio.run(_main())
