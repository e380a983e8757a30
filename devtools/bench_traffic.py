"""The part of ``make bench`` with live traffic: what producers and a worker see while a database is upgraded.

A real worker and real producers of Awa 0.5.7 insert and handle jobs all the time, on a database of that release, while
it is brought to the current version. ``python -m devtools.bench_traffic`` measures this part alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from awa_infra.database.apply import apply
from awa_infra.database.options import ApplyOptions
from awa_infra.model import DesiredState, Transaction
from awa_infra.release import installed_release
from devtools import postgres
from devtools.awa_releases import awa_command
from devtools.live_traffic import RATE, Seen, sitting_reader, traffic
from devtools.progress import note, run_cli

OLD = "0.5.7"
SITS = 6.0
"""Seconds for which the reader keeps its transaction open; the gate for such sessions begins at 10."""

WARM = 4.0
"""Seconds of traffic before anything is measured: connections are opened and plans are cached."""

Way = Callable[[str, list[float]], None]
"""Upgrades a database; notes the pause of every further try."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen during one upgrade; all but counts in milliseconds.

    Attributes:
        took: from the start of the upgrade to its end.
        longest: the slowest insert.
        p99: of all inserts.
        idle: the longest time in which no job was handled.
        errors: how many inserts failed.
        tries: how often a transaction was tried again.
    """

    took: int
    longest: int
    p99: int
    idle: int
    errors: int
    tries: int


def _applied(transaction: Transaction, waits: ApplyOptions) -> Way:
    release = installed_release()
    desired = DesiredState(release, release.schema_version, transaction=transaction)

    def upgrade(url: str, pauses: list[float]) -> None:
        apply(url, desired, options=replace(waits, on_retry=lambda _attempt, _error, pause: pauses.append(pause)))

    return upgrade


def _awa(url: str, _pauses: list[float]) -> None:
    words = [str(Path(sys.executable).with_name("awa")), "migrate"]
    environment = {**os.environ, "DATABASE_URL": url, "RUST_LOG": "off"}
    subprocess.run(words, env=environment, check=True, capture_output=True)


SHORT, LONG = ApplyOptions(), ApplyOptions(table_try=30.0)

WAYS: tuple[tuple[str, Way | None, bool], ...] = (
    ("no upgrade", None, False),
    ("awa migrate", _awa, False),
    ("apply, whole", _applied(Transaction.WHOLE, SHORT), False),
    ("apply, each", _applied(Transaction.EACH, SHORT), False),
    ("apply, whole, beside a reader", _applied(Transaction.WHOLE, SHORT), True),
    ("apply, each, beside a reader", _applied(Transaction.EACH, SHORT), True),
    *(
        (
            f"apply, each, beside a reader, tries of {seconds:g} s",
            _applied(Transaction.EACH, replace(SHORT, table_try=seconds)),
            True,
        )
        for seconds in (0.1, 1.0)
    ),
    ("apply, each, beside a reader, one wait of 30 s", _applied(Transaction.EACH, LONG), True),
)
"""Name, upgrade, and whether a reader sits on the view ``awa.jobs`` when it begins."""


def measure(server: postgres.Server) -> dict[str, Figures]:
    """Return the figures of every way."""
    found = {}
    for name, way, reader in WAYS:
        note(f"bench: live traffic, {name}")
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE live TEMPLATE template0")
        try:
            found[name] = _measured(server.url_for("live"), way, reader=reader)
        finally:
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("DROP DATABASE live WITH (FORCE)")
    return found


def _measured(url: str, way: Way | None, *, reader: bool) -> Figures:
    environment = {**os.environ, "DATABASE_URL": url, "RUST_LOG": "off"}
    subprocess.run([str(awa_command(OLD)), "migrate"], env=environment, check=True, capture_output=True)
    pauses: list[float] = []
    with traffic(url, OLD) as running:
        time.sleep(WARM)
        with ExitStack() as stack:
            if reader:
                sitting = stack.enter_context(sitting_reader(url))
                goes = threading.Timer(SITS, sitting.rollback)
                stack.callback(goes.join)
                goes.start()
            began = time.time()
            if way is None:
                time.sleep(SITS)
            else:
                way(url, pauses)
            ended = time.time()
        time.sleep(1.0)
    return _figures(running.between(began, ended), ended - began, len(pauses))


def _figures(seen: Seen, took: float, tries: int) -> Figures:
    return Figures(
        round(took * 1000),
        round(seen.longest * 1000),
        round(seen.p99 * 1000),
        round(seen.idle * 1000),
        len(seen.errors),
        tries,
    )


def table(figures: dict[str, Figures]) -> str:
    """Return the section of the page."""
    about = (
        f"A worker and producers of Awa {OLD} at {RATE:g} jobs a second while their database is upgraded to version "
        f"{installed_release().schema_version}. The reader has read `awa.jobs` and keeps its transaction open for "
        f"{SITS:g} s more. Milliseconds: how long the upgrade took, the slowest insert, what 99 of 100 inserts took at "
        "most, the longest time in which no job was handled; then how many inserts failed, and how often a transaction "
        "was tried again. Inserts that fail with `whole` are those of connections that were opened meanwhile, see "
        "upgrade Awa. Seconds belong to the machine and to what else it does: compare with the first row."
    )
    rows = [
        f"| {name} | {f.took} | {f.longest} | {f.p99} | {f.idle} | {f.errors} | {f.tries} |"
        for name, f in figures.items()
    ]
    head = [
        "| | upgrade | slowest insert | p99 | worker idle | errors | tries again |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(["## Live traffic", "", textwrap.fill(about, 120), "", *head, *rows]) + "\n"


def _main() -> int:
    from devtools import bench  # noqa: PLC0415  it imports this module

    folder = Path(tempfile.mkdtemp(prefix="awa-infra-bench-"))
    server = postgres.start(folder / "pg")
    try:
        figures = measure(server)
    finally:
        postgres.destroy(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)
    bench.keep_traffic(figures)
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
