"""A real worker and real producers of an old release, while their database is upgraded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_plan
from awa_infra.database.options import ApplyOptions
from awa_infra.model import DesiredState, Release, Transaction
from devtools.live_traffic import Seen, Traffic, sitting_reader, traffic
from devtools.progress import ToolMissing
from tests.matrix.starts import build, named
from tests.support.servers import Database
from tests.support.tools import missing

OLD = "0.5.7"
SITS = 8.0
"""Seconds for which a reader keeps its transaction open: long beside every other time here."""


@pytest.fixture
def old(database: Database) -> Database:
    """Give a database of an old release."""
    try:
        build(named(OLD), database.url)
    except ToolMissing as exc:
        missing(str(exc))
    return database


@pytest.fixture
def live(old: Database) -> Iterator[Traffic]:
    """Run a worker and producers of that release."""
    try:
        with traffic(old.url, OLD, rate=50) as running:
            time.sleep(2)
            yield running
    except ToolMissing as exc:
        missing(str(exc))


def upgraded_beside_a_reader(live: Traffic, url: str, desired: DesiredState) -> tuple[Seen, list[str]]:
    """Upgrade while a reader sits on the view of jobs; return what producers saw, and who was named."""
    named_by_tries: list[str] = []
    with sitting_reader(url) as reader:
        goes = threading.Timer(SITS, reader.rollback)
        goes.start()
        began = time.time()
        apply(
            url,
            desired,
            options=ApplyOptions(
                table_lock=120,
                table_try=0.3,
                on_retry=lambda _attempt, error, _pause: named_by_tries.extend(error.details),
            ),
        )
        goes.join()
    ended = time.time()
    live.end()
    return live.between(began, ended), named_by_tries


def test_producers_wait_for_one_try_at_a_time_while_a_reader_sits_on_the_view(
    live: Traffic, old: Database, release: Release
) -> None:
    desired = DesiredState(release, release.schema_version, transaction=Transaction.EACH)
    seen, told = upgraded_beside_a_reader(live, old.url, desired)
    # Behind a wait as long as the reader sits, as before, an insert takes all of that time.
    assert seen.longest < SITS / 2
    # PostgreSQL lets a session keep a function that it looked up in the moment in which another was put in its place.
    # That meets one session of 16 at most, seldom; the sessions that it met after one transaction were most of them.
    kept = [one for one in seen.errors if "cache lookup failed for function" in one]
    assert list(seen.errors) == kept
    assert len(kept) < len(seen.inserts) / 8
    assert len(told) > 1
    # On a slow machine a try may first meet a producer that is about to commit.
    assert any("program the reader" in one for one in told)
    assert apply(old.url, desired).applied == ()


@pytest.mark.usefixtures("live")
def test_the_plan_of_an_upgrade_says_what_each_way_to_commit_costs_the_live_worker(
    old: Database, release: Release
) -> None:
    desired = DesiredState(release, release.schema_version)
    plan = read_plan(old.url, desired)[1]
    assert "traffic" in {note.code for note in plan.notes}
    each = replace(desired, transaction=Transaction.EACH)
    assert "traffic" in {note.code for note in read_plan(old.url, each)[1].notes}
