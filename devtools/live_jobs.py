"""Run a worker and producers that insert jobs at a steady rate, under the Python SDK of any release of Awa.

``python live_jobs.py URL RATE`` with that release on PYTHONPATH. Prints ``ready``, then a line of JSON for each job:
``at``, when it was to be inserted (seconds since the epoch); ``took``, seconds until the insert was committed, from
then; ``error`` of an insert that failed; ``done``, a time at which the worker handled one. Ends when its standard input
does. Load generators know HTTP and SQL, not jobs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

import awa

QUEUE = "live"
CONNECTIONS = 16


@dataclass
class LiveJob:
    """A job with nothing to do."""

    number: int


def tell(**line: Any) -> None:  # noqa: ANN401  JSON
    """Print one line; whoever reads it may be slow, so each goes at once."""
    print(json.dumps(line), flush=True)


async def _insert(client: Any, number: int, due: float) -> None:  # noqa: ANN401  the types are those of another release
    try:
        await client.insert(LiveJob(number), queue=QUEUE)
    except Exception as exc:  # noqa: BLE001  any error is what is measured
        tell(at=due, took=time.time() - due, error=str(exc)[:200])
    else:
        tell(at=due, took=time.time() - due)


async def _produce(client: Any, rate: float, stop: asyncio.Event) -> None:  # noqa: ANN401  as above
    began, number, running = time.time(), 0, set()
    # Due times are fixed beforehand: producers that wait for one another would hide a stall.
    while not stop.is_set():
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.time()))
        task = asyncio.create_task(_insert(client, number, due))
        running.add(task)
        task.add_done_callback(running.discard)
        number += 1
    await asyncio.gather(*running)


async def _main() -> None:
    url, rate = sys.argv[1], float(sys.argv[2])
    client = awa.AsyncClient(url, max_connections=CONNECTIONS)
    producer = awa.AsyncClient(url, max_connections=CONNECTIONS)

    async def handle(_job: Any) -> None:  # noqa: ANN401  as above
        tell(done=time.time())

    client.task(LiveJob, queue=QUEUE)(handle)
    producer.task(LiveJob, queue=QUEUE)(handle)
    await client.start([(QUEUE, 8)], poll_interval_ms=50)
    stop = asyncio.Event()
    asyncio.get_running_loop().run_in_executor(None, sys.stdin.read).add_done_callback(lambda _read: stop.set())
    await producer.insert(LiveJob(-1), queue=QUEUE)
    print("ready", flush=True)
    await _produce(producer, rate, stop)
    await client.shutdown(timeout_ms=5000)


if __name__ == "__main__":
    asyncio.run(_main())
