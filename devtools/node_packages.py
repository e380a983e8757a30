"""Install what a package-lock.json names, once into the cache: for tests that compile a program in TypeScript."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from devtools import cache
from devtools.processes import run_bounded
from devtools.progress import ToolMissing, note, tail

LOCKED = ("package.json", "package-lock.json")
INSTALL_TIMEOUT = 10 * 60.0


def installed(project: Path) -> Path:
    """Return the ``node_modules`` for the lock file of a project; it is shared, write nothing to it.

    Raises:
        ToolMissing: there is no Node.js or npm, or the registry cannot be reached.
    """
    digest = hashlib.sha256(b"\0".join((project / name).read_bytes() for name in LOCKED)).hexdigest()[:12]
    target = cache.directory() / "npm" / f"{project.name}-{digest}"
    cache.once(target, project.name, f"installing packages of {project.name}", lambda: _install(project, target))
    return target / "node_modules"


def _install(project: Path, target: Path) -> None:
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            message = f"{project.name} needs Node.js; there is no `{name}` on PATH"
            raise ToolMissing(message)
    note(f"npm: installing what {project.name} is locked to; takes up to a minute, once")
    with cache.built_beside(target) as side:
        for name in LOCKED:
            shutil.copy(project / name, side)
        # Nothing here needs an install script, so none may run.
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        failure = run_bounded(command, INSTALL_TIMEOUT, activity="npm: still installing", cwd=side)
        if failure is not None:
            message = f"packages of {project.name} cannot be installed\n{tail(failure, lines=4)}"
            raise ToolMissing(message)
