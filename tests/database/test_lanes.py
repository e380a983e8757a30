"""Lanes made ahead by the owner, used by a real worker that owns nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

import awa as awa_sdk
import pytest

from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.observe import read_plan
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape
from tests.support.people import People, people, take_over
from tests.support.servers import Database, TestServer
from tests.support.worker import QUEUE, Email, until, working

SMALL = Shape(4, 2, 2)
LANES = """
    SELECT e.queue, e.priority, e.enqueue_shard AS shard, e.seq_name AS enqueue, c.seq_name AS claim
      FROM acme.queue_enqueue_heads e
      JOIN acme.queue_claim_heads c USING (queue, priority, enqueue_shard)
      JOIN acme.queue_lanes l USING (queue, priority)
     ORDER BY 1, 2, 3
"""
SEQUENCES = """
    SELECT sequencename::text AS name, sequenceowner::text AS owner, last_value AS value
      FROM pg_sequences
     WHERE schemaname = 'acme' AND sequencename ~ '^queue_(enqueue|claim)_seq_'
"""


@pytest.fixture
def staff(server: TestServer, awa_database: Database, release: Release) -> Iterator[People]:
    """Give the people of a database with an active custom schema and no lanes."""
    with people(server, awa_database, superuser=False) as hired:
        staff = hired.with_schemas("acme", lanes="acme")
        take_over(staff)
        apply(staff.administrator.url, declared(staff, release))
        activate(staff.administrator.url, "acme", role=staff.roles.owner)
        yield staff


def declared(staff: People, release: Release, *queues: Queue) -> DesiredState:
    return DesiredState(release, release.schema_version, (QueueStorage("acme", SMALL, queues),), roles=staff.roles)


def lanes(database: Database) -> set[tuple[str, int, int]]:
    return {(row["queue"], row["priority"], row["shard"]) for row in database.rows(LANES)}


def shards(database: Database) -> dict[str, int]:
    return {row["queue"]: row["enqueue_shards"] for row in database.rows("SELECT * FROM awa.queue_meta")}


def only_the_owner_has_sequences(staff: People) -> None:
    found = staff.database.rows(SEQUENCES)
    assert {row["owner"] for row in found} == {staff.roles.owner}
    assert {row["name"] for row in found} == {
        name for lane in staff.database.rows(LANES) for name in (lane["enqueue"], lane["claim"])
    }


async def have_done(staff: People, jobs: int) -> Counter[int]:
    async with working(staff.login("runtime").url, "acme", SMALL) as worker:
        for number in range(jobs):
            await worker.client.insert(Email("send", number), queue=QUEUE, priority=1 + number % 4)
        await until(lambda: len(worker.handled), jobs)
        return worker.handled


def test_a_worker_with_stripes_and_shards_finds_every_lane_made(staff: People, release: Release) -> None:
    striped = Queue(QUEUE, shards=2, stripes=3)
    apply(staff.administrator.url, declared(staff, release, striped, Queue("reports", (1, 3))))
    made = lanes(staff.database)
    expected = {(f"{QUEUE}#{stripe}", p, s) for stripe in range(3) for p in range(1, 5) for s in range(2)}
    assert made == expected | {("reports", 1, 0), ("reports", 3, 0)}
    # Awa 0.6.9 reads the number of shards of each stripe, not of the queue. Of other queues nothing is recorded.
    assert shards(staff.database) == {f"{QUEUE}#0": 2, f"{QUEUE}#1": 2, f"{QUEUE}#2": 2}

    async def work() -> None:
        async with working(staff.login("runtime").url, "acme", SMALL, stripes=3) as worker:
            for number in range(0, 60, 5):
                # insert() knows no stripes: what it puts into the queue itself no worker with stripes ever claims.
                emails = [Email("send", number + n) for n in range(5)]
                await worker.client.enqueue_many_copy(
                    emails, queue=QUEUE, priority=1 + number // 5 % 4, queue_storage_queue_stripe_count=3
                )
            await until(lambda: len(worker.handled), 60)
            assert set(worker.handled.values()) == {1}

    asyncio.run(work())
    used = [row for row in staff.database.rows(SEQUENCES) if row["value"] is not None]
    assert len(used) > 6
    assert lanes(staff.database) == made
    only_the_owner_has_sequences(staff)
    assert read_plan(staff.administrator.url, declared(staff, release, striped, Queue("reports", (1, 3))))[1].empty


def test_growth_adds_the_new_lanes_and_leaves_the_others(staff: People, release: Release) -> None:
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE)))
    asyncio.run(have_done(staff, 40))
    before = {row["name"]: row["value"] for row in staff.database.rows(SEQUENCES)}
    grown = declared(staff, release, Queue(QUEUE, shards=2), Queue("reports", (2,)))
    state, plan = read_plan(staff.administrator.url, grown)
    assert [step.key for step in plan.steps] == ["act-as", "lanes:acme"]
    assert state.missing is not None
    assert sorted(entry.text for entry in state.missing) == [
        "queue emails has 1 enqueue shards, and 2 are declared",
        "queue emails lacks 4 lanes in schema acme",
        "queue reports lacks 1 lanes in schema acme",
    ]
    assert apply(staff.administrator.url, grown).changed
    assert not apply(staff.administrator.url, grown).changed
    assert len(lanes(staff.database)) == 9
    after = {row["name"]: row["value"] for row in staff.database.rows(SEQUENCES)}
    assert after.items() >= before.items()
    only_the_owner_has_sequences(staff)


def test_lanes_grow_under_a_worker_without_losing_or_repeating_a_job(staff: People, release: Release) -> None:
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE)))

    async def grow() -> int:
        applied = 0
        for shards in range(2, 12):
            more = declared(staff, release, Queue(QUEUE, shards=shards), Queue(f"other_{shards}"))
            applied += (await asyncio.to_thread(apply, staff.administrator.url, more)).changed
        return applied

    async def work() -> None:
        async with working(staff.login("runtime").url, "acme", SMALL) as worker:
            growing = asyncio.create_task(grow())
            jobs = 0
            while not growing.done() or jobs < 200:
                await worker.client.insert(Email("send", jobs), queue=QUEUE, priority=1 + jobs % 4)
                jobs += 1
            assert await growing == 10
            await until(lambda: len(worker.handled), jobs)
            assert set(worker.handled.values()) == {1}

    asyncio.run(work())
    only_the_owner_has_sequences(staff)


def test_lanes_are_made_in_a_schema_full_of_jobs(staff: People, release: Release) -> None:
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE)))
    client = awa_sdk.AsyncClient(staff.login("runtime").url)

    async def fill() -> None:
        for number in range(100):
            await client.insert(Email("send", number), queue=QUEUE, priority=1 + number % 4)
        await client.close()

    asyncio.run(fill())
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE, shards=4), Queue("reports")))

    async def empty() -> Counter[int]:
        async with working(staff.login("runtime").url, "acme", SMALL) as worker:
            await until(lambda: len(worker.handled), 100)
            return worker.handled

    assert set(asyncio.run(empty()).values()) == {1}
    only_the_owner_has_sequences(staff)


def test_lanes_of_the_default_schema_are_declared_like_any(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        wanted = DesiredState(release, 40, (QueueStorage("awa", queues=(Queue(QUEUE),)),), roles=staff.roles)
        report = apply(staff.administrator.url, wanted)
        last = [step.key for step in report.applied][-3:]
        assert last == ["patch:wait_free_dirty_marks", "installer", "lanes:awa"]
        assert not apply(staff.administrator.url, wanted).changed
        owners = database.rows(SEQUENCES.replace("'acme'", "'awa'"))
        assert len(owners) == 8
        assert {row["owner"] for row in owners} == {staff.roles.owner}


def fill_until(staff: People, enough: Callable[[set[int]], bool]) -> int:
    """Insert jobs by one producer after another, and return how many: Awa chooses one shard for each connection."""

    async def fill(first: int) -> None:
        client = awa_sdk.AsyncClient(staff.login("runtime").url)
        for number in range(first, first + 4):
            await client.insert(Email("send", number), queue=QUEUE)
        await client.close()

    for producer in range(40):
        asyncio.run(fill(producer * 4))
        used = staff.database.rows("SELECT DISTINCT enqueue_shard AS shard FROM acme.ready_entries")
        if enough({int(str(row["shard"])) for row in used}):
            return producer * 4 + 4
    pytest.fail("40 producers have all used the same shards")


def test_producers_use_the_declared_shards(staff: People, release: Release) -> None:
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE, shards=4)))
    fill_until(staff, lambda used: len(used) > 1)


def test_a_plan_says_what_shards_mean(staff: People, release: Release) -> None:
    _state, plan = read_plan(
        staff.administrator.url, declared(staff, release, Queue(QUEUE, shards=4), Queue("reports"))
    )
    assert plan.steps[-1].title == (
        "lanes of emails, reports in acme; enqueue shards: emails 4 (FIFO within each shard, approximate across shards)"
    )


def test_shards_that_are_not_declared_are_left_alone(staff: People, release: Release) -> None:
    staff.database.rows("INSERT INTO awa.queue_meta (queue, paused, enqueue_shards) VALUES ('emails', true, 8)")
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE)))
    assert shards(staff.database) == {QUEUE: 8}
    assert read_plan(staff.administrator.url, declared(staff, release, Queue(QUEUE)))[1].empty
    # Declared, only the shards change: the queue stays paused.
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE, shards=1)))
    assert staff.database.rows("SELECT paused, enqueue_shards AS n FROM awa.queue_meta") == [{"paused": True, "n": 1}]


def test_shards_are_lowered_only_when_nothing_is_left_in_those_above(staff: People, release: Release) -> None:
    apply(staff.administrator.url, declared(staff, release, Queue(QUEUE, shards=4)))
    inserted = fill_until(staff, lambda used: max(used) > 1)
    fewer = declared(staff, release, Queue(QUEUE, shards=2))
    (gate,) = read_plan(staff.administrator.url, fewer, role=staff.roles.owner)[1].gates
    assert gate.code == "shards-not-drained"
    assert "Queue emails in schema acme is to go from 4 to 2 enqueue shards" in gate.message
    with pytest.raises(BlockedError):
        apply(staff.administrator.url, fewer)
    assert shards(staff.database) == {QUEUE: 4}

    async def empty() -> None:
        async with working(staff.login("runtime").url, "acme", SMALL) as worker:
            await until(lambda: len(worker.handled), inserted)

    asyncio.run(empty())
    assert apply(staff.administrator.url, fewer).changed
    assert shards(staff.database) == {QUEUE: 2}
    assert not apply(staff.administrator.url, fewer).changed
