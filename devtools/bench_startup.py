"""CPU of commands that have nothing to do: what somebody waits for who types one. Beside an empty Python and Awa."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from devtools.bench_ways import Seconds, in_turn

GROUP = "CPU of a whole process, nothing to do"

_HERE = Path(sys.executable).parent
_WAYS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "awa migrate": (_HERE / "awa", "migrate"),
    "awa-infra --help": (_HERE / "awa-infra", "--help"),
    "awa-infra status": (_HERE / "awa-infra", "status"),
    "awa-infra plan": (_HERE / "awa-infra", "plan"),
    "awa-infra apply": (_HERE / "awa-infra", "apply"),
}


def commands(url: str, rounds: int) -> Seconds:
    """Return the seconds of CPU, user and system, of every command in every round but the first.

    Args:
        url: of a database that is migrated.
        rounds: how often.
    """
    # The first round fills the caches of files and of compiled Python.
    measured = in_turn(_WAYS, rounds + 1, lambda words: _cpu([str(word) for word in words], url))
    return {name: all_[1:] for name, all_ in measured.items()}


def _cpu(words: list[str], url: str) -> float:
    # Compiled files are written, as an installation has them.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"DATABASE_URL": url, "RUST_LOG": "off"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
