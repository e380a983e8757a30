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
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import grpc
import psycopg

from awa_infra.database.apply import apply
from awa_infra.database.catalogs import prepare, read_catalogs
from awa_infra.database.connection import Connection, connect
from awa_infra.database.look import look
from awa_infra.database.observe import plan_from
from awa_infra.database.session import read_transaction
from awa_infra.model import DesiredState, QueueStorage, Shape
from devtools import bench_clones, bench_reads, bench_startup, bench_structure, bench_traffic, postgres
from devtools.bench_ways import CURRENT, RELEASE, Bench, Results, Way, seconds
from devtools.progress import ToolMissing, note, run_cli

RESULTS = Path("docs/reference/benchmark.json")
PAGE = Path("docs/reference/benchmark.md")
SLOTS = (16, 32, 64)
NOWHERE = "127.0.0.1:1"
"""An engine that is not there; providers ask it for nothing when they start."""


def migrations(bench: Bench) -> Results:
    """Measure a fresh install, one version behind, and nothing to do."""
    ways: dict[str, Way] = {
        "awa migrate": bench.awa,
        "awa-infra, in process": lambda url: apply(url, CURRENT),
        "awa-infra apply, whole process": bench.command,
    }
    others: dict[str, Way] = {"psql, one transaction": bench.psql}
    try:
        others |= {"Flyway, whole process": bench.tool("flyway"), "Liquibase, whole process": bench.tool("liquibase")}
    except ToolMissing as exc:
        note(f"bench: without Flyway and Liquibase: {exc}")
    before = bench.template("bench_behind", lambda url: apply(url, DesiredState(RELEASE, RELEASE.schema_version - 1)))
    return {
        "fresh install": bench.compare(ways | others),
        "one version behind": bench.compare(ways, before),
        "nothing to do": bench.compare(ways, bench.done),
    }


def parts(bench: Bench) -> Results:
    """Measure what a run with nothing to do consists of."""
    with bench.database(bench.done) as url, connect(url) as connection:
        # What a connection costs by itself is the floor; on one that is open and warm, the rest shows.
        unchanged = {
            "connecting, SELECT 1": [seconds(lambda: _connect(url)) for _ in range(bench.rounds)],
            "awa-infra, in process": [seconds(lambda: apply(url, CURRENT)) for _ in range(bench.rounds)],
            "awa-infra, on an open connection": bench.warm(lambda: _plan(connection)),
        }
    with bench.database(bench.done) as url, connect(url) as connection, read_transaction(connection):
        prepare(connection)
        warm = bench.warm(lambda: read_catalogs(connection, ["awa"]))
    return {"nothing to do, its parts": unchanged, "catalog of schema awa, warm": {"one query": warm}}


def reads(bench: Bench) -> Results:
    """Measure what only reads, on copies of a migrated database."""
    results = {}
    with bench.database(bench.done) as url:
        results["verify"] = bench_reads.verifications(url, bench.rounds)
        try:
            results["up, nothing to do"] = bench_reads.unchanged(bench.folder, url, bench.rounds)
        except ToolMissing as exc:
            note(f"bench: without Pulumi: {exc}")
            return results
    with bench.database(bench.done) as url:
        results["preview, nothing to do"] = bench_reads.previews(bench.folder, url, bench.rounds)
    return results


def tests(bench: Bench) -> Results:
    """Measure what gives each test a database."""
    return {bench_clones.GROUP: bench_clones.for_tests(bench.rounds, bench.awa)}


def startup(bench: Bench) -> Results:
    """Measure commands without anything to do."""
    with bench.database(bench.done) as url:
        return {bench_startup.GROUP: bench_startup.commands(url, bench.rounds)}


def structure(bench: Bench) -> Results:
    """Measure ``structure.sql``."""
    with bench.database(bench.done) as url:
        return {bench_structure.GROUP: bench_structure.script(url, bench.rounds)}


def providers(bench: Bench) -> Results:
    """Measure the start of the provider in Python and of the plugin."""
    plugin = [str(Path(sys.executable).with_name("pulumi-resource-awa")), NOWHERE]
    dynamic = [sys.executable, "-u", "-m", "pulumi.dynamic", NOWHERE]
    rounds = range(bench.rounds)
    started = {
        "dynamic provider, until it prints its port": [seconds(lambda: _start(dynamic)) for _ in rounds],
        "plugin, until it prints its port": [seconds(lambda: _start(plugin)) for _ in rounds],
        "plugin, until its first answer": [seconds(lambda: _start(plugin, ask=True)) for _ in rounds],
    }
    return {"start of a provider": started}


def schemas(bench: Bench) -> Results:
    """Measure custom schemas of more and more slots."""
    results = {}
    for slots in SLOTS:
        wanted = DesiredState(RELEASE, None, (QueueStorage("acme_jobs", Shape(slots)),))
        words = ("storage", "prepare-queue-storage-schema", "--schema", "acme_jobs", "--queue-slot-count", str(slots))
        ways: dict[str, Way] = {
            "awa storage prepare-queue-storage-schema": lambda url, words=words: bench.awa(url, *words),  # type: ignore[misc]
            "awa-infra, in process": lambda url, wanted=wanted: apply(url, wanted),  # type: ignore[misc]
        }
        results[f"custom schema, {slots} queue slots"] = bench.compare(ways, bench.done)
    return results


PARTS: tuple[Callable[[Bench], Results], ...]
PARTS = (migrations, parts, reads, tests, startup, structure, providers, schemas)
"""The first way of each group is what the others are divided by."""


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
        for name, measured in ways.items():
            ratio = statistics.median(b / s for b, s in zip(base, measured, strict=True))
            lines.append(f"| {name} | {statistics.median(measured):.3f} | {ratio:.2f} | |")
    return "\n".join([*lines, "", bench_structure.NOTE])


def _main() -> int:
    measures = {part.__name__: part for part in PARTS}
    parser = argparse.ArgumentParser(prog="devtools.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=measures, help="measure this part, and keep the others")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-bench-"))
    server = postgres.start(folder / "pg")
    try:
        bench = Bench(server, folder, given.rounds)
        results: Results = json.loads(RESULTS.read_text(encoding="utf-8"))["seconds"] if given.only else {}
        for name in [given.only] if given.only else measures:
            note(f"bench: {name}")
            results |= measures[name](bench)
        traffic = _known_traffic() if given.only else _measured_traffic(server)
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
