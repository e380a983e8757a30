"""Install the ``awa`` command and Python SDK of any release, for databases that old releases made.

uv installs the wheels (pip where there is no uv), once for each version, into a folder of its own in the cache. No
library keeps several versions of a package side by side; later runs need no network.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from functools import cache as once
from pathlib import Path

from devtools import cache
from devtools.processes import find_uv, run_bounded
from devtools.progress import ToolMissing, note, run_cli, tail

# What the wheels are called; awa-cli is on PyPI from 0.3.0, awa-pg from 0.5.3.
COMMAND_PACKAGE = "awa-cli"
PYTHON_PACKAGE = "awa-pg"
INSTALL_TIMEOUT = 300.0


@once
def awa_command(version: str) -> Path:
    """Return the ``awa`` command of a release.

    Raises:
        ToolMissing: It is not here and cannot be installed; the text says why.
    """
    return _installed(COMMAND_PACKAGE, version) / "bin" / "awa"


@once
def awa_python(version: str) -> Path:
    """Return a directory to put on PYTHONPATH of a subprocess, which has ``awa`` of a release.

    Raises:
        ToolMissing: It is not here and cannot be installed; the text says why.
    """
    return _installed(PYTHON_PACKAGE, version)


def _installed(package: str, version: str) -> Path:
    target = cache.directory() / "awa" / f"{package}-{version}"
    cache.once(target, "install", f"installing {package}", lambda: _install(f"{package}=={version}", target))
    return target


def _install(requirement: str, target: Path) -> None:
    note(f"awa: installing {requirement} into the cache")
    with cache.built_beside(target) as side:
        # Wheels only: building from source would need Rust and take minutes.
        options = ["--quiet", "--only-binary", ":all:", "--target", str(side), requirement]
        # In the cache, because a pyproject.toml in the current directory would have a say.
        failure = run_bounded(
            [*_installer(), *options], INSTALL_TIMEOUT, activity=f"awa: still installing {requirement}", cwd=side.parent
        )
        if failure is not None:
            raise ToolMissing(f"{requirement} could not be installed\n{tail(failure, lines=4)}")


@once
def _installer() -> tuple[str, ...]:
    """Return the start of a command line that installs wheels."""
    try:
        return (find_uv(), "pip", "install", "--python", sys.executable)
    except ToolMissing as exc:
        reason = str(exc)
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
    raise ToolMissing(f"there is neither uv nor pip to install releases of Awa with\n{tail(reason, lines=3)}")


def _main() -> int:
    """Print where a release is, installing it if needed."""
    parser = argparse.ArgumentParser(prog="devtools.awa_releases", description=_main.__doc__)
    parser.add_argument("what", choices=["command", "python"])
    parser.add_argument("version", help="such as 0.5.7")
    chosen = parser.parse_args()
    print(awa_command(chosen.version) if chosen.what == "command" else awa_python(chosen.version))
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
