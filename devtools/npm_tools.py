"""dbmate from the npm registry, to test the bundles with.

Its package brings a ready command for each platform; npm installs the one of this machine, once, and afterwards it lies
in the cache. It is optional for a developer: without npm `ToolMissing` says so, and the tests that need it skip.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from devtools import cache
from devtools.processes import run_bounded
from devtools.progress import ToolMissing, note, run_cli, tail

# the platforms' packages are pinned by this one, to the same version
DBMATE = "2.36.0"
INSTALL_TIMEOUT = 300.0


def dbmate() -> list[str]:
    """Return the start of a dbmate command line, installing the tool if needed."""
    target = cache.directory() / "npm" / f"dbmate-{DBMATE}"
    cache.once(target, "dbmate", "installing dbmate", lambda: _install(f"dbmate@{DBMATE}", target))
    return [str(_command(target))]


def _install(package: str, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        message = "dbmate needs npm once, to be installed; there is no `npm` on PATH"
        raise ToolMissing(message)
    note(f"dbmate: installing {package}")
    with cache.built_beside(target) as side:
        failure = run_bounded(
            [
                npm,
                "install",
                "--prefix",
                str(side),
                "--no-save",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                package,
            ],
            INSTALL_TIMEOUT,
            activity="dbmate: still installing",
            cwd=side,
        )
        if failure is not None:
            message = f"dbmate could not be installed\n{tail(failure, lines=4)}"
            raise ToolMissing(message)
        _command(side)


def _command(folder: Path) -> Path:
    """Return the command of this platform; the one in `.bin` is a script that needs Node to find it."""
    found = next(folder.glob("node_modules/@dbmate/*/bin/dbmate*"), None)
    if found is None:
        message = "dbmate has no command for this platform"
        raise ToolMissing(message)
    return found


def _main() -> int:
    """Run a tool by hand: ``python -m devtools.npm_tools dbmate --version``."""
    parser = argparse.ArgumentParser(prog="devtools.npm_tools", description=__doc__)
    parser.add_argument("tool", choices=["dbmate"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the tool itself")
    chosen = parser.parse_args()
    return subprocess.run([*dbmate(), *chosen.arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(run_cli(_main))
