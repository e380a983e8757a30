"""Install packages with npm, once into the cache: dbmate, and what a package-lock.json of a TypeScript program names.

npm itself has no folder that several checkouts share. Without npm `ToolMissing` says so, and the tests that need it
skip.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from devtools import cache
from devtools.processes import run_bounded
from devtools.progress import ToolMissing, note, tail

DBMATE = "2.36.0"
"""The packages of the platforms, which hold the command, are pinned to the same version by this one."""

LOCKED = ("package.json", "package-lock.json")
INSTALL_TIMEOUT = 10 * 60.0


def dbmate() -> list[str]:
    """Return the start of a dbmate command line, installing the tool if needed.

    Raises:
        ToolMissing: there is no npm, the registry cannot be reached, or dbmate does not support this platform.
    """
    target = cache.directory() / "npm" / f"dbmate-{DBMATE}"

    def make() -> None:
        with cache.built_beside(target) as side:
            _npm(side, "dbmate", "install", "--no-save", f"dbmate@{DBMATE}")

    cache.once(target, "dbmate", "installing dbmate", make)
    # The command in `.bin` is a script that needs Node.js to find this one.
    found = next(target.glob("node_modules/@dbmate/*/bin/dbmate*"), None)
    if found is None:
        raise ToolMissing("dbmate has no command for this platform")
    return [str(found)]


def installed(project: Path) -> Path:
    """Return the ``node_modules`` for the lock file of a project; it is shared, write nothing to it.

    Raises:
        ToolMissing: there is no Node.js or npm, or the registry cannot be reached.
    """
    digest = hashlib.sha256(b"\0".join((project / name).read_bytes() for name in LOCKED)).hexdigest()[:12]
    target = cache.directory() / "npm" / f"{project.name}-{digest}"

    def make() -> None:
        with cache.built_beside(target) as side:
            for name in LOCKED:
                shutil.copy(project / name, side)
            _npm(side, project.name, "ci")

    cache.once(target, project.name, f"installing packages of {project.name}", make)
    return target / "node_modules"


def _npm(folder: Path, title: str, *words: str) -> None:
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            raise ToolMissing(f"{title} needs Node.js once, to be installed; there is no `{name}` on PATH")
    note(f"npm: installing {title}; takes up to a minute, once")
    # Nothing here needs an install script, so none may run.
    command = ["npm", *words, "--ignore-scripts", "--no-audit", "--no-fund"]
    failure = run_bounded(command, INSTALL_TIMEOUT, activity=f"npm: still installing {title}", cwd=folder)
    if failure is not None:
        raise ToolMissing(f"{title} cannot be installed\n{tail(failure, lines=4)}")
