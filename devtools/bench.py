"""``make bench``: how long things take beside Awa's own command, Flyway, Liquibase and psql, on one server.

Every round runs every way once, in turn, so that a drifting machine hits all of them. What counts are the ratios of
one run; seconds belong to the machine. Results go to ``docs/reference/benchmark.json`` and a table beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import grpc
import psycopg
from psycopg import sql

from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.database.apply import apply
from awa_infra.database.catalogs import prepare, read_catalogs
from awa_infra.database.connection import Connection, connect
from awa_infra.database.look import look
from awa_infra.database.observe import plan_from
from awa_infra.database.session import read_transaction
from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries
from awa_infra.model import DesiredState, ObservedState, QueueStorage, Shape
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release
from devtools import bench_clones, bench_reads, bench_startup, bench_structure, bench_traffic, java_tools, postgres
from devtools.progress import ToolMissing, note, run_cli

RESULTS = Path("docs/reference/benchmark.json")
PAGE = Path("docs/reference/benchmark.md")
RELEASE = installed_release()
CURRENT = DesiredState(RELEASE, RELEASE.schema_version)
SLOTS = (16, 32, 64)
NOWHERE = "127.0.0.1:1"
"""An engine that is not there; providers ask it for nothing when they start."""

Way = Callable[[str], object]
Results = dict[str, dict[str, list[float]]]
"""Seconds of every round, by group and way."""


class Bench:
    """One server, and the ways to be compared on it."""

    def __init__(self, server: postgres.Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
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

    def compare(self, ways: dict[str, Way], rounds: int, template: str = "template0") -> dict[str, list[float]]:
        """Return the seconds of every way in every round."""
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                with self.database(template) as url:
                    seconds[name].append(_seconds(lambda way=way, url=url: way(url)))  # type: ignore[misc]
        return seconds


def measure(bench: Bench, rounds: int) -> Results:
    """Run everything; the first way of each comparison is what the others are divided by."""
    results: Results = {}
    fresh: dict[str, Way] = {
        "awa migrate": bench.awa,
        "awa-infra, in process": lambda url: apply(url, CURRENT),
        "awa-infra apply, whole process": bench.command,
        "psql, one transaction": bench.psql,
    }
    try:
        fresh |= {"Flyway, whole process": bench.tool("flyway"), "Liquibase, whole process": bench.tool("liquibase")}
    except ToolMissing as exc:
        note(f"bench: without Flyway and Liquibase: {exc}")
    note("bench: fresh install")
    results["fresh install"] = bench.compare(fresh, rounds)
    note("bench: one version behind")
    before = bench.template("bench_behind", lambda url: apply(url, DesiredState(RELEASE, RELEASE.schema_version - 1)))
    results["one version behind"] = bench.compare(dict(list(fresh.items())[:3]), rounds, before)
    note("bench: nothing to do")
    done = bench.template("bench_done", bench.awa)
    results["nothing to do"] = bench.compare(dict(list(fresh.items())[:3]), rounds, done)
    with bench.database(done) as url, connect(url) as connection:
        # What a connection costs by itself is the floor; on one that is open and warm, the rest shows.
        results["nothing to do, its parts"] = {
            "connecting, SELECT 1": [_seconds(lambda: _connect(url)) for _ in range(rounds)],
            "awa-infra, in process": [_seconds(lambda: apply(url, CURRENT)) for _ in range(rounds)],
            "awa-infra, on an open connection": [_seconds(lambda: _plan(connection)) for _ in range(rounds + 1)][1:],
        }
    note("bench: fingerprint")
    with bench.database(done) as url, connect(url) as connection, read_transaction(connection):
        prepare(connection)
        warm = [_seconds(lambda: read_catalogs(connection, ["awa"])) for _ in range(rounds + 1)][1:]
        results["catalog of schema awa, warm"] = {"one query": warm}
    results |= measure_reads(bench, rounds, done)
    for measured in OTHERS.values():
        results |= measured(bench, rounds, done)
    note("bench: start of the providers")
    plugin = [str(Path(sys.executable).with_name("pulumi-resource-awa")), NOWHERE]
    dynamic = [sys.executable, "-u", "-m", "pulumi.dynamic", NOWHERE]
    results["start of a provider"] = {
        "dynamic provider, until it prints its port": [_seconds(lambda: _start(dynamic)) for _ in range(rounds)],
        "plugin, until it prints its port": [_seconds(lambda: _start(plugin)) for _ in range(rounds)],
        "plugin, until its first answer": [_seconds(lambda: _start(plugin, ask=True)) for _ in range(rounds)],
    }
    for slots in SLOTS:
        note(f"bench: custom schema with {slots} slots")
        wanted = DesiredState(RELEASE, None, (QueueStorage("acme_jobs", Shape(slots)),))
        words = ("storage", "prepare-queue-storage-schema", "--schema", "acme_jobs", "--queue-slot-count", str(slots))
        ways: dict[str, Way] = {
            "awa storage prepare-queue-storage-schema": lambda url, words=words: bench.awa(url, *words),  # type: ignore[misc]
            "awa-infra, in process": lambda url, wanted=wanted: apply(url, wanted),  # type: ignore[misc]
        }
        results[f"custom schema, {slots} queue slots"] = bench.compare(ways, rounds, done)
    return results


def measure_reads(bench: Bench, rounds: int, done: str) -> Results:
    """Run what only reads, on copies of a migrated database."""
    results = {}
    with bench.database(done) as url:
        results["verify"] = bench_reads.verifications(url, rounds, _seconds)
        note("bench: what changes nothing, through Pulumi")
        try:
            results["up, nothing to do"] = bench_reads.unchanged(bench.folder, url, rounds, _seconds)
        except ToolMissing as exc:
            note(f"bench: without Pulumi: {exc}")
            return results
    with bench.database(done) as url:
        results["preview, nothing to do"] = bench_reads.previews(bench.folder, url, rounds, _seconds)
    return results


def measure_one(bench: Bench, group: str, done: str, run: Callable[[str], dict[str, list[float]]]) -> Results:
    """Run one group on a copy of a migrated database."""
    note(f"bench: {group}")
    with bench.database(done) as url:
        return {group: run(url)}


OTHERS: dict[str, Callable[[Bench, int, str], Results]] = {
    "tests": lambda bench, rounds, _done: {bench_clones.GROUP: bench_clones.for_tests(rounds, _seconds, bench.awa)},
    "startup": lambda bench, rounds, done: measure_one(
        bench, bench_startup.GROUP, done, lambda url: bench_startup.commands(url, rounds)
    ),
    "structure": lambda bench, rounds, done: measure_one(
        bench, bench_structure.GROUP, done, lambda url: bench_structure.script(url, rounds)
    ),
}
"""Groups of their own: what gives each test a database, commands without anything to do, structure.sql."""


def _seconds(way: Callable[[], object]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def _start(words: list[str], *, ask: bool = False) -> None:
    """Start a provider as the engine does, and end it."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline() if process.stdout else "")
        if ask:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                channel.unary_unary("/pulumirpc.ResourceProvider/GetPluginInfo")(b"", wait_for_ready=True)
        process.kill()


def _connect(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT 1")


def _plan(connection: Connection) -> None:
    """Do all that an apply does where there is nothing to do, but connect."""
    seen = look(connection, desired=CURRENT, lock=True, begin="BEGIN")
    if plan_from(connection, CURRENT, seen).steps:
        raise SystemExit("bench: there was something to do")
    connection.rollback()


def table(results: Results, server: str) -> str:
    """Return the page with the medians and ratios."""
    lines = [
        "# Benchmark",
        "",
        "Made by `make bench`. Medians; each group is of one run, every round running every way once, server with",
        f"default settings. Here: {server}, {platform.machine()}, {os.cpu_count()} processors.",
        "Seconds belong to the machine; compare the ratios. Above 1 is faster than the first line of the group.",
        "",
        "| | seconds | ratio | rounds |",
        "|---|---|---|---|",
    ]
    for group, ways in results.items():
        lines.append(f"| **{group}** | | | {len(next(iter(ways.values())))} |")
        base = next(iter(ways.values()))
        for name, seconds in ways.items():
            ratio = statistics.median(b / s for b, s in zip(base, seconds, strict=True))
            lines.append(f"| {name} | {statistics.median(seconds):.3f} | {ratio:.2f} | |")
    return "\n".join([*lines, "", bench_structure.NOTE])


def _run(words: list[str], environment: dict[str, str], folder: Path | None = None) -> None:
    done = subprocess.run(
        words, env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{words[0]} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def _main() -> int:
    parser = argparse.ArgumentParser(prog="devtools.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=["reads", *OTHERS], help="measure these groups, and keep the others")
    given = parser.parse_args()
    rounds: int = given.rounds
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-bench-"))
    server = postgres.start(folder / "pg")
    try:
        bench = Bench(server, folder)
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))["seconds"]
        if given.only:
            done = "" if given.only == "tests" else bench.template("bench_done", bench.awa)
            results = kept | {"reads": measure_reads, **OTHERS}[given.only](bench, rounds, done)
            traffic = _known_traffic()
        else:
            results = measure(bench, rounds)
            traffic = _measured_traffic(server)
        page = table(results, f"PostgreSQL {server.major} (embedded build, without JIT)")
    finally:
        postgres.destroy(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)
    data = {
        group: {name: [round(s, 4) for s in all_] for name, all_ in ways.items()} for group, ways in results.items()
    }
    RESULTS.write_text(json.dumps({"seconds": data}, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page, encoding="utf-8")
    keep_traffic(traffic)
    print(PAGE.read_text(encoding="utf-8"))
    return 0


def _known_traffic() -> dict[str, bench_traffic.Figures]:
    known = json.loads(RESULTS.read_text(encoding="utf-8")).get("traffic", {})
    return {name: bench_traffic.Figures(**figures) for name, figures in known.items()}


def _measured_traffic(server: postgres.Server) -> dict[str, bench_traffic.Figures]:
    try:
        return bench_traffic.measure(server)
    except ToolMissing as exc:
        note(f"bench: without live traffic: {exc}")
        return {}


def keep_traffic(figures: dict[str, bench_traffic.Figures]) -> None:
    """Put the figures of live traffic into the results and the page, in place of those that are there."""
    known = json.loads(RESULTS.read_text(encoding="utf-8"))
    known["traffic"] = {name: asdict(one) for name, one in figures.items()}
    RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8").partition("\n## Live traffic")[0].rstrip("\n")
    PAGE.write_text(f"{page}\n\n{bench_traffic.table(figures)}" if figures else f"{page}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run_cli(_main))
