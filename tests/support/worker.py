"""A real worker of the installed Awa, in this process."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import awa

from awa_infra.model import Shape

QUEUE = "emails"
PATIENCE = 60.0  # seconds; an idle machine needs less than three


@dataclass
class Email:
    """What a job is to do, and its number."""

    act: str
    number: int


class Worker:
    """A client whose worker handles emails, and counts how often it handled each."""

    def __init__(self, url: str) -> None:
        self.client = awa.AsyncClient(url, max_connections=8)
        self.handled: Counter[int] = Counter()

        @self.client.task(Email, queue=QUEUE)
        async def _handle(job: Any) -> Any:  # noqa: ANN401  Awa's handlers return one of several markers or nothing
            self.handled[job.args.number] += 1
            if job.args.act == "fail":
                raise RuntimeError("meant to fail")
            return awa.RetryAfter(0.1) if job.args.act == "retry" and job.attempt == 1 else None

    async def states(self, jobs: list[int]) -> Counter[str]:
        """Return how many of the jobs are in which state."""
        return Counter([str((await self.client.get_job(job)).state) for job in jobs])


@asynccontextmanager
async def working(url: str, schema: str, shape: Shape, *, stripes: int = 1) -> AsyncIterator[Worker]:
    """Run a worker whose rings turn fast, so that maintenance has its work too."""
    worker = Worker(url)
    await worker.client.start(
        [(QUEUE, 4)],
        queue_storage_schema=schema,
        queue_storage_queue_slot_count=shape.queue_slots,
        queue_storage_lease_slot_count=shape.lease_slots,
        queue_storage_claim_slot_count=shape.claim_slots,
        queue_storage_queue_stripe_count=stripes,
        poll_interval_ms=20,
        promote_interval_ms=50,
        leader_election_interval_ms=100,
        terminal_count_rollup_interval_ms=100,
        cleanup_batch_size=100,
        completed_retention_hours=0.0,
        queue_storage_queue_rotate_interval_ms=100,
        queue_storage_lease_rotate_interval_ms=50,
        queue_storage_claim_rotate_interval_ms=100,
    )
    try:
        yield worker
    finally:
        await worker.client.shutdown(timeout_ms=5000)
        await worker.client.close()


async def until(found: Callable[[], Awaitable[Any] | Any], expected: Any) -> None:  # noqa: ANN401  anything comparable
    """Wait until something is found."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = found()
        value = await value if isinstance(value, Awaitable) else value
        if value == expected:
            return
        assert time.monotonic() < deadline, f"still {value!r}, not {expected!r}"
        await asyncio.sleep(0.05)
