"""A new major version of PostgreSQL under a living Awa, by the real pg_upgrade."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import awa
import psycopg
import pytest

from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.identity import read_place
from awa_infra.database.target import Target
from awa_infra.lifecycle.connections import moved
from awa_infra.localserver.host import binaries, wheel_major
from awa_infra.model import DesiredState, Queue, Roles
from awa_infra.release import installed_release
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.matrix import canonical_jobs, snapshot
from tests.rough.profiles import CUSTOM, Site, statements
from tests.rough.proof import proof
from tests.rough.upgrades import Upgradable, upgradable
from tests.support.worker import QUEUE, Email, until, working
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_PG_UPGRADE

DATABASE = "jobs"
READY = 7
"""Number of a job that waits during the upgrade."""
WANTED = replace(CUSTOM, queues=(Queue(QUEUE),))
ROLES = Roles(
    owner="shop_owner",
    migrator="shop_migrator",
    runtime="shop_runtime",
    observer="shop_observer",
    schemas=(WANTED.schema,),
    lane_schemas=(WANTED.schema,),
)


@pytest.fixture
def here() -> Iterator[Upgradable]:
    """Give a server of an older major with an empty database."""
    with upgradable() as found:
        statements(found.server.url, f"CREATE DATABASE {DATABASE}")
        yield found


def test_commands_of_the_page_do_what_the_page_says(here: Upgradable) -> None:
    sandbox = here.folder / "sandbox"
    sandbox.mkdir()
    names = {
        "HOST:5432": f"127.0.0.1:{here.port}",
        "5432": here.port,
        "ROLE": "postgres",
        "DATABASE": DATABASE,
        "/usr/lib/postgresql/15/bin": str(here.old),
        "/var/lib/postgresql/15/main": str(here.old_data),
        "/var/lib/postgresql/18/main": str(here.new_data),
    }
    environment = docs_shown.environment(here.wrappers(), Path(sys.executable).parent, binaries())
    place = Sandbox(sandbox, environment, names)
    found = docs_shown.problems(docs_shown.run(ROOT / RUN_WITH_PG_UPGRADE, place, NOT_RUN), place)
    assert found == [], "\n".join(found)


def test_all_that_was_declared_and_every_job_is_there_after_pg_upgrade_with_links(here: Upgradable) -> None:
    url = Target.of(here.server.url).with_database(DATABASE)
    release = installed_release()
    declared = DesiredState(release, release.schema_version, (WANTED,), roles=ROLES, guarded=("awa", WANTED.schema))
    apply(url, declared)
    activate(url, WANTED.schema, role=ROLES.owner)
    asyncio.run(leave_jobs(url))
    jobs, place = snapshot.jobs(url), read_place(url)
    assert verify(url, release)[1].healthy

    here.upgrade("--link")
    with psycopg.connect(url) as connection:
        assert connection.info.server_version // 10000 == wheel_major()
    assert snapshot.jobs(url) == jobs
    assert verify(url, release)[1].healthy
    assert not apply(url, declared).changed
    named, verdicts = proof(Site(url, url))
    assert named == {}
    assert set(verdicts.values()) == {"t"}
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        connection.execute("DROP SCHEMA awa CASCADE")
    # The server behind the same address is a new one.
    assert "After pg_upgrade that is so" in moved(place, read_place(url))
    asyncio.run(finish(url))


async def leave_jobs(url: str) -> None:
    """Leave jobs of every state in the canonical tables, and finished, failed and ready ones in queue storage."""
    async with working(url, WANTED.schema, WANTED.shape) as worker:
        made = [await worker.client.insert(Email(act, 1), queue=QUEUE) for act in ("complete", "fail", "retry")]
        await until(lambda: len(worker.handled), 1)
        await until(lambda: worker.handled[1] >= len(made), True)  # noqa: FBT003
    client = awa.AsyncClient(url)
    await client.insert(Email("complete", READY), queue=QUEUE)
    await client.close()
    with psycopg.connect(url, autocommit=True) as connection:
        canonical_jobs.insert(connection, only_terminal=True)
        connection.execute("DELETE FROM awa.runtime_instances")


async def finish(url: str) -> None:
    """Have the job done that was ready before, and a new one."""
    async with working(url, WANTED.schema, WANTED.shape) as worker:
        await worker.client.insert(Email("complete", READY + 1), queue=QUEUE)
        await until(lambda: (worker.handled[READY], worker.handled[READY + 1]), (1, 1))
