"""Insert one job and complete it with a real Awa worker.

Usage: DATABASE_URL=postgresql://... python worker.py [queue-storage schema]

Starting a worker is what activates queue storage on a fresh database: Awa decides that, and no resource of
awa-infra does it as a side effect. On a database whose jobs already live in another schema Awa refuses to start.
"""

import asyncio
import os
import sys
from dataclasses import dataclass

import awa

QUEUE = "greetings"
SECONDS_TO_WAIT = 60


@dataclass
class Greet:
    """The arguments of one job."""

    name: str


async def main(url: str, schema: str | None) -> int:
    """Return 0 once the job is completed."""
    client = awa.AsyncClient(url, max_connections=6)
    done = asyncio.Event()

    @client.task(Greet, queue=QUEUE)
    async def greet(job: awa.Job) -> None:
        print(f"worker: hello, {job.args.name} (job {job.id})")
        done.set()

    storage = {"queue_storage_schema": schema} if schema else {}
    await client.start([(QUEUE, 1)], **storage)
    try:
        job = await client.insert(Greet(name="world"), queue=QUEUE)
        await asyncio.wait_for(done.wait(), SECONDS_TO_WAIT)
        for _ in range(SECONDS_TO_WAIT * 10):
            state = (await client.get_job(job.id)).state
            if state == awa.JobState.Completed:
                print(f"job {job.id} is completed")
                return 0
            await asyncio.sleep(0.1)
        print(f"job {job.id} is still {state}", file=sys.stderr)
        return 1
    finally:
        await client.shutdown(timeout_ms=5000)
        await client.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ["DATABASE_URL"], sys.argv[1] if len(sys.argv) > 1 else None)))
