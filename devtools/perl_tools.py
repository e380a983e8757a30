"""Find sqitch, to test the bundles with. It comes from the machine, because no Python package has it.

Without it `ToolMissing` says how to get it, and the tests that need it skip.
"""

from __future__ import annotations

import shutil

from devtools.processes import answer_of
from devtools.progress import ToolMissing, tail

_HOW = "install sqitch with its driver for PostgreSQL (Debian: apt-get install sqitch libdbd-pg-perl)"
TIMEOUT = 60.0


def sqitch() -> list[str]:
    """Return the start of a sqitch command line."""
    command = shutil.which("sqitch")
    if command is None:
        raise ToolMissing(f"there is no `sqitch` on PATH; {_HOW}")
    driver = answer_of(["perl", "-MDBD::Pg", "-e", "1"], TIMEOUT)
    if driver.returncode != 0:
        raise ToolMissing(f"sqitch has no driver for PostgreSQL; {_HOW}\n{tail(driver.stderr, lines=2)}")
    return [command]
