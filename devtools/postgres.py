"""A PostgreSQL server for the demo and the tests, without Docker, of every major version.

The server is that of `awa_infra.localserver`; the binaries of other majors than the wheel's come from
`devtools.postgres_versions`. It outlives the Python process: ``make demo`` leaves it running.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from awa_infra.localserver import server
from awa_infra.localserver.server import NO_SETTINGS, Server, destroy, running, stop
from devtools import postgres_versions
from devtools.progress import note, run_cli

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Server", "destroy", "running", "start", "stop"]

NOT_RUNNING_STATUS = 3  # what pg_ctl and init scripts use


def start(
    data_dir: Path,
    *,
    port: int | None = None,
    settings: Mapping[str, str] = NO_SETTINGS,
    major: int | None = None,
) -> Server:
    """Start the server of `data_dir` as `awa_infra.localserver.server.start` does, of any major version."""
    return server.start(data_dir, port=port, settings=settings, major=major, binaries=postgres_versions.binaries)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="devtools.postgres", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "url", "destroy"])
    parser.add_argument("data_dir", type=Path, metavar="DIR")
    parser.add_argument("--port", type=int, help="listen here instead of on any free port")
    parser.add_argument("--major", type=int, help="for a new server: this version instead of the wheel's")
    chosen = parser.parse_args()
    data_dir: Path = chosen.data_dir
    if chosen.action == "start":
        made = start(data_dir, port=chosen.port, major=chosen.major)
        note(f"postgres: listening on {made.host}:{made.port}, data in {made.data_dir}")
        return 0
    if chosen.action == "stop":
        stop(data_dir)
        note(f"postgres: stopped in {data_dir}")
        return 0
    if chosen.action == "destroy":
        destroy(data_dir)
        note(f"postgres: removed {data_dir}")
        return 0
    found = running(data_dir)
    if found is None:
        note(f"postgres: not running in {data_dir}")
        return NOT_RUNNING_STATUS
    print(found.url if chosen.action == "url" else f"{found.host}:{found.port}")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
