"""What every part of ``make bench`` measures with: ways that run in turn, on databases of one server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import sql

from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries
from awa_infra.model import DesiredState, ObservedState
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release
from devtools import java_tools, postgres

RELEASE = installed_release()
CURRENT = DesiredState(RELEASE, RELEASE.schema_version)

Seconds = dict[str, list[float]]
"""Of every round, by way."""

Results = dict[str, Seconds]
"""By group."""

Way = Callable[[str], object]
"""Gets the URL of a database."""

W = TypeVar("W")


def seconds(way: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def in_turn(ways: Mapping[str, W], rounds: int, measure: Callable[[W], float]) -> Seconds:
    """Measure ways of doing something, each once in every round."""
    measured: Seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            measured[name].append(measure(way))
    return measured


class Bench:
    """One server, how often each way runs on it, and the ways to be compared."""

    def __init__(self, server: postgres.Server, folder: Path, rounds: int) -> None:
        self.server = server
        self.folder = folder
        self.rounds = rounds
        self._numbers = iter(range(10**6))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give the URL of a new database, a copy of the template."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            text = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG")
            connection.execute(text.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.server.url_for(name)
        finally:
            with psycopg.connect(self.server.url, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, name: str, prepare: Way) -> str:
        """Return the name of a database that copies are made of."""
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        prepare(self.server.url_for(name))
        return name

    @cached_property
    def done(self) -> str:
        """The template of a migrated database."""
        return self.template("bench_done", self.awa)

    def compare(self, ways: Mapping[str, Way], template: str = "template0") -> Seconds:
        """Return the seconds of every way in every round, each on a database of its own."""

        def measure(way: Way) -> float:
            with self.database(template) as url:
                return seconds(lambda: way(url))

        return in_turn(ways, self.rounds, measure)

    def warm(self, way: Callable[[], object]) -> list[float]:
        """Return the seconds of every round but one before them."""
        return [seconds(way) for _ in range(self.rounds + 1)][1:]

    def awa(self, url: str, *arguments: str) -> None:
        """Run Awa's own command."""
        quiet = {"RUST_LOG": "off", "PGOPTIONS": "-c client_min_messages=warning"}
        _run([str(Path(sys.executable).with_name("awa")), *(arguments or ("migrate",))], {"DATABASE_URL": url, **quiet})

    def command(self, url: str) -> None:
        """Run ``awa-infra apply`` as a whole process."""
        _run([str(Path(sys.executable).with_name("awa-infra")), "apply"], {"DATABASE_URL": url})

    def psql(self, url: str) -> None:
        """Run the same text with psql, in one transaction."""
        file = self.folder / "fresh.sql"
        if not file.exists():
            file.write_text("\n".join(step.sql.rstrip() + "\n;" for step in make_plan(CURRENT, ObservedState()).steps))
        options = ["-q", "-X", "-1", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(file)]
        _run([str(binaries() / "psql"), *options], {"PGOPTIONS": "-c client_min_messages=warning"})

    def tool(self, name: str) -> Way:
        """Return a run of Flyway or Liquibase on its bundle, as a whole process."""
        bundle = self.folder / name
        write(package(name, CURRENT).files, bundle)
        flyway = name == "flyway"
        words = java_tools.flyway() if flyway else java_tools.liquibase()
        prefix = "FLYWAY_" if flyway else "LIQUIBASE_COMMAND_"
        user = "USER" if flyway else "USERNAME"

        def run(url: str) -> None:
            found = Target.of(url).parameters
            if not flyway:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute((bundle / "prerequisite.sql").read_bytes())
            environment = {
                f"{prefix}URL": f"jdbc:postgresql://{found['host']}:{found['port']}/{found['dbname']}",
                f"{prefix}{user}": found["user"],
                f"{prefix}PASSWORD": found["password"],
            }
            _run([*words, "migrate" if flyway else "update"], environment, bundle)

        return run


def _run(words: list[str], environment: dict[str, str], folder: Path | None = None) -> None:
    done = subprocess.run(
        words, env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{words[0]} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
