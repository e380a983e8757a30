"""Find, install or build the Pulumi command that the Automation API drives.

The PyPI package `pulumi` is the SDK only, and its installer needs Pulumi's download site. A dynamic resource further
needs a small launcher, ``pulumi-resource-pulumi-python``, in the folder of the command. Tried in this order: PATH, the
cache, that installer, and a build with Go, whose modules come from elsewhere.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache as once
from importlib.metadata import version as installed_version
from pathlib import Path

from devtools import cache, go_build
from devtools.processes import answer_of, run_bounded
from devtools.progress import ToolError, note, run_cli, tail

# The first releases with everything that dynamic resources of a current SDK
# rely on date from 3.200; older ones were never tried with this project.
OLDEST_USABLE = (3, 200)
COMMAND = "pulumi"
ENGINE = Path(__file__).parent / "pulumi-engine"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3"
# without this the command has no version and the Automation API refuses it
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
LAUNCHER = "pulumi-resource-pulumi-python"
DOWNLOAD_SITE = "https://get.pulumi.com/install.sh"
PROBE_TIMEOUT = 5.0
INSTALL_TIMEOUT = 60.0
VERSION_TIMEOUT = 60.0

PROBE = f"""
import sys, urllib.request
try:
    urllib.request.urlopen("{DOWNLOAD_SITE}", timeout={PROBE_TIMEOUT - 1}).close()
except Exception as error:
    sys.exit(str(getattr(error, "reason", error)))
"""
INSTALL = """
import subprocess, sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
try:
    PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
except subprocess.CalledProcessError as error:
    sys.exit((error.output or b"").decode(errors="replace") or str(error))
except Exception as error:
    sys.exit(str(error))
"""


class SkippedError(Exception):
    """Why one way to the command was not taken."""


@dataclass(frozen=True)
class PulumiCli:
    """A usable command; put `directory` first on PATH to use it."""

    directory: Path
    path: Path
    version: str
    source: str


@once
def ensure() -> PulumiCli:
    """Return a usable Pulumi command, getting one if there is none."""
    reasons = []
    for title, attempt in (
        ("pulumi on PATH", _on_path),
        ("cached", _cached),
        ("Pulumi's installer", _installed),
        ("build with Go", _built),
    ):
        try:
            found = attempt()
        except (SkippedError, ToolError) as reason:
            reasons.append(f"{title}: {reason}")
            note(f"pulumi: {title}: {str(reason).splitlines()[0]}")
            continue
        note(f"pulumi: using {found.version} ({found.source}) in {found.directory}")
        return found
    message = "no Pulumi command\n" + "\n".join(f"  - {reason}" for reason in reasons)
    message += (
        "\nInstall Pulumi (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH, "
        "or install Go 1.25 or newer, or let this machine reach one of the sites above."
    )
    raise ToolError(message)


def _on_path() -> PulumiCli:
    found = shutil.which(COMMAND)
    if found is None:
        raise SkippedError("there is none")
    # a link, as Homebrew makes them, has its companions beside its target
    places = [Path(found).parent, Path(found).resolve().parent]
    if not any((place / LAUNCHER).is_file() for place in places) and not shutil.which(LAUNCHER):
        raise SkippedError(f"{found} has no {LAUNCHER} beside it")
    return _checked(places[0], "found on PATH")


def _cached() -> PulumiCli:
    broken = ""
    for directory, source in (
        (_installed_root() / "bin", "installed earlier"),
        (_built_directory(), "built earlier"),
    ):
        if directory.is_dir():
            try:
                return _checked(directory, source)
            except SkippedError as error:
                broken = str(error)
    reason = broken or "nothing yet"
    raise SkippedError(reason)


def _installed() -> PulumiCli:
    failure = run_bounded([sys.executable, "-c", PROBE], PROBE_TIMEOUT)
    if failure is not None:
        raise SkippedError(f"{DOWNLOAD_SITE} cannot be reached ({_last_line(failure)})")
    root = _installed_root()
    note(f"pulumi: installing {root.name} with Pulumi's installer")
    with cache.lock(_cache_root() / "install.lock", "installing Pulumi"):
        if not root.is_dir():
            with cache.built_beside(root) as side:
                command = [sys.executable, "-c", INSTALL, str(side), _sdk_version()]
                failure = run_bounded(command, INSTALL_TIMEOUT)
                if failure is not None:
                    raise SkippedError(f"it failed: {_last_line(failure)}")
                if not (side / "bin" / LAUNCHER).exists():
                    _write_launcher(side / "bin" / LAUNCHER)
                _checked(side / "bin", "")
    return _checked(root / "bin", "installed by Pulumi's installer")


def _built() -> PulumiCli:
    directory = _built_directory()
    with cache.lock(_cache_root() / "build.lock", "building Pulumi"):
        if not directory.is_dir():
            with cache.built_beside(directory) as side:
                _build(side / COMMAND)
                _write_launcher(side / LAUNCHER)
                _checked(side, "")
    return _checked(directory, "built with Go")


def _build(target: Path) -> None:
    title = f"pulumi {_pinned_version()}; takes 2-5 minutes, once"
    variables = f"-X {VERSION_VARIABLE}={_pinned_version()}"
    go_build.build(target, ENGINE, f"{PACKAGE}/cmd/pulumi", title, variables=variables)


def _pinned_version() -> str:
    match = re.search(rf"{re.escape(PACKAGE)} (v\S+)", (ENGINE / "go.mod").read_text())
    if match is None:
        raise ToolError(f"{ENGINE / 'go.mod'} does not name {PACKAGE}")
    return match[1]


def _cache_root() -> Path:
    return cache.directory() / "pulumi"


def _installed_root() -> Path:
    return _cache_root() / f"official-{_sdk_version()}"


def _built_directory() -> Path:
    return _cache_root() / f"built-{_pinned_version()}-{go_build.fingerprint(ENGINE)}"


def _sdk_version() -> str:
    return installed_version("pulumi")


def _checked(directory: Path, source: str) -> PulumiCli:
    """Return the command in `directory` after a look at what it says it is."""
    path = directory / COMMAND
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = answer_of([path, "version"], VERSION_TIMEOUT, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"{path} does not run ({error})") from error
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.\d+\S*", answer.stdout.strip())
    if answer.returncode != 0 or match is None:
        said = _last_line(answer.stderr or answer.stdout)
        raise SkippedError(f"{path} does not tell its version ({said})")
    if (int(match[1]), int(match[2])) < OLDEST_USABLE:
        needed = ".".join(map(str, OLDEST_USABLE))
        raise SkippedError(f"{path} is {match[0]}, older than {needed}")
    return PulumiCli(directory, path, match[0].removeprefix("v"), source)


def _write_launcher(path: Path) -> None:
    """Write the launcher that Pulumi's own distribution ships with its command.

    The engine starts it with PATH and PULUMI_PYTHON_CMD of its caller, so one
    cached copy serves every virtual environment.
    """
    path.write_text(
        "#!/bin/sh\n"
        "# Starts the host of dynamic resources in the caller's Python environment.\n"
        'exec "${PULUMI_PYTHON_CMD:-python3}" -u -m pulumi.dynamic "$@"\n'
    )
    path.chmod(0o755)


def _last_line(text: str) -> str:
    return tail(text, lines=1).strip() or "no reason given"


def _main() -> int:
    """Print the directory of the command, for PATH; all else goes to stderr."""
    argparse.ArgumentParser(prog="devtools.pulumi_cli", description=_main.__doc__).parse_args()
    print(ensure().directory)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
