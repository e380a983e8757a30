"""Start a worker and producers of some release of Awa in a process of their own; measure how long their jobs wait.

The process is ``live_jobs.py``, which says why no load generator does it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg

from devtools.awa_releases import awa_python
from devtools.progress import ToolError

RATE = 200.0
"""Jobs a second."""

_JOBS = Path(__file__).with_name("live_jobs.py")
_MANY = 100


@dataclass(frozen=True, slots=True)
class Insert:
    """One insert of a job.

    Attributes:
        due: when it was to begin, in seconds since the epoch.
        seconds: from then until it was committed or failed.
        error: why it failed; empty if it did not.
    """

    due: float
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What producers and the worker saw between two moments.

    Attributes:
        inserts: those that were due then.
        handled: at what times a job was handled.
    """

    inserts: tuple[Insert, ...]
    handled: tuple[float, ...]

    @property
    def longest(self) -> float:
        """Return how long the slowest insert took, in seconds."""
        return max((one.seconds for one in self.inserts), default=0.0)

    @property
    def p99(self) -> float:
        """Return how long 99 of 100 inserts took at most, in seconds."""
        found = sorted(one.seconds for one in self.inserts)
        return found[len(found) * 99 // _MANY] if found else 0.0

    @property
    def errors(self) -> tuple[str, ...]:
        """Return why inserts failed."""
        return tuple(one.error for one in self.inserts if one.error)

    @property
    def idle(self) -> float:
        """Return the longest time between two jobs that were handled, in seconds."""
        return max((after - before for before, after in pairwise(sorted(self.handled))), default=0.0)


class Traffic:
    """The process, and what it has said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: list[dict[str, float | str]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        self._lines.extend(json.loads(line) for line in self._process.stdout or ())

    def _later(self) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def end(self) -> None:
        """Let it finish, and wait for that."""
        self._later()
        self._process.wait(120)
        self._reader.join(120)

    def between(self, start: float, end: float) -> Seen:
        """Return what was due between two moments, in seconds since the epoch; only once it has ended."""
        inserts = [
            Insert(float(line["at"]), float(line["took"]), str(line.get("error", "")))
            for line in self._lines
            if "at" in line and start <= float(line["at"]) <= end
        ]
        handled = [float(line["done"]) for line in self._lines if "done" in line]
        return Seen(tuple(inserts), tuple(moment for moment in handled if start <= moment <= end))


@contextmanager
def traffic(url: str, release: str, rate: float = RATE) -> Iterator[Traffic]:
    """Run a worker and producers of a release of Awa until the end of the block.

    Raises:
        ToolError: they did not start, twice.
    """
    environment = {**os.environ, "PYTHONPATH": str(awa_python(release)), "RUST_LOG": "off"}
    words = [sys.executable, "-P", str(_JOBS), url, str(rate)]
    with tempfile.TemporaryFile() as said, ExitStack() as processes:
        for last in (False, True):
            process = processes.enter_context(
                subprocess.Popen(
                    words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
                )
            )
            processes.callback(process.kill)
            first = process.stdout.readline() if process.stdout else ""
            if first == "ready\n":
                break
            # The process of an old release has ended without a word once, on a new machine.
            process.kill()
            if last:
                said.seek(0)
                text = said.read().decode()[-1000:]
                raise ToolError(f"no live jobs: status {process.wait()}, said {first!r} and {text!r}")
        running = Traffic(process)
        yield running
        running.end()


@contextmanager
def sitting_reader(url: str, query: str = "SELECT count(*) FROM awa.jobs") -> Iterator[psycopg.Connection]:
    """Give a session that has read and does not end its transaction."""
    with psycopg.connect(url, application_name="the reader") as reader:
        reader.execute(query.encode())
        yield reader


def wait(seconds: float) -> float:
    """Let time pass; return what time it is then."""
    time.sleep(seconds)
    return time.time()
