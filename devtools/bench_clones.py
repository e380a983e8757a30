"""The part of ``make bench`` about tests: a database for each, by ``awa migrate`` or as a copy of a template."""

from __future__ import annotations

from collections.abc import Callable

from awa_infra.database import clones
from awa_infra.testing.databases import Databases
from awa_infra.testing.servers import shared_server
from devtools.bench_ways import Seconds, in_turn, seconds

GROUP = "a database for each test, made and dropped, on the server of the pytest plugin"


def for_tests(rounds: int, migrate: Callable[[str], object]) -> Seconds:
    """Return how long a test's database takes: made, and dropped again.

    Args:
        rounds: how often each way runs, in turn.
        migrate: runs ``awa migrate`` on the database of a URL.
    """
    with shared_server() as url, clones.run(url) as run:
        databases = Databases(run)
        empty = run.template("empty", lambda _url: None)

        def migrated() -> None:
            name = run.clone(empty)
            migrate(run.url_of(name))
            run.drop(name)

        def copied() -> None:
            with databases.create():
                pass

        copied()  # makes the template
        return in_turn({"awa migrate": migrated, "fixture awa_database": copied}, rounds, seconds)
