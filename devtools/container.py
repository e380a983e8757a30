"""Podman for the tests of deploy/container: the same commands, on machines where less is allowed than at home.

``python -m devtools.container build ...`` and ``... run ...`` are ``podman build`` and ``podman run``, with four
differences: limits that a container may have without CAP_SYS_RESOURCE; the network of the machine, because the test's
server listens there; no place at all to write to; and, where the base of the Containerfile cannot be pulled, another
base. This stand-in is made from packages of Debian by mmdebstrap; the rest of the Containerfile is used as it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import cache
from devtools.processes import run_bounded
from devtools.progress import ToolError, ToolMissing, note, run_cli, tail

CONTAINERFILE = Path(__file__).parents[1] / "deploy" / "container" / "Containerfile"
PULL_TIMEOUT = 180.0
STAND_IN_TIMEOUT = 600.0
STAND_IN = "localhost/awa-infra-stand-in:1"
PACKAGES = "python3,python3-pip,python3-venv,dash,coreutils,libc-bin,base-files"
"""What the Containerfile uses of its base: a shell, Python, venv and pip."""

_LIMITS = ("--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096", "--network=host")
_STRICT = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def podman(*words: str) -> list[str]:
    """Return a command line of Podman.

    Raises:
        ToolMissing: it is not installed.
    """
    if shutil.which("podman") is None:
        raise ToolMissing("no podman on PATH (Debian: apt-get install podman runc mmdebstrap)")
    # crun as Debian 12 has it refuses machines that have both versions of control groups.
    runtime = ("--runtime=runc",) if shutil.which("runc") else ()
    return ["podman", *runtime, *words]


def pinned_base() -> str:
    """Return the name of the base, with its digest; both stages have the same.

    Raises:
        ToolError: it has none, or there are two.
    """
    found = {*re.findall(r"^FROM (\S+)", CONTAINERFILE.read_text(), re.MULTILINE)}
    if len(found) != 1 or not all(re.search("@sha256:[0-9a-f]{64}$", name) for name in found):
        raise ToolError(f"{CONTAINERFILE} does not pin one base: {', '.join(sorted(found))}")
    return str(found.pop())


def base() -> str:
    """Return the image to build on: the pinned one, or where it cannot be pulled the stand-in.

    Raises:
        ToolMissing: there is neither.
    """
    pinned = pinned_base()
    if not _exists(pinned) and run_bounded(podman("pull", "--quiet", pinned), PULL_TIMEOUT) is not None:
        note(f"container: {pinned.partition('@')[0]} cannot be pulled; using packages of Debian instead")
        _make_stand_in()
        return STAND_IN
    return pinned


def _exists(image: str) -> bool:
    return subprocess.run(podman("image", "exists", image), check=False).returncode == 0


def _make_stand_in() -> None:
    with cache.lock(cache.directory() / "container.lock", "making a base image"):
        if _exists(STAND_IN):
            return
        if shutil.which("mmdebstrap") is None:
            raise ToolMissing("no mmdebstrap on PATH (Debian: apt-get install mmdebstrap)")
        with tempfile.TemporaryDirectory() as folder:
            archive = str(Path(folder) / "base.tar")
            suite = _os_release().get("VERSION_CODENAME", "stable")
            # Nothing is configured: Python, pip and a shell run as they are unpacked, in a fifth of the time.
            make = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGES}", suite, archive]
            failure = run_bounded(make, STAND_IN_TIMEOUT)
            if failure is None:
                failure = run_bounded(podman("import", "--quiet", archive, STAND_IN), STAND_IN_TIMEOUT)
            if failure is not None:
                raise ToolMissing(f"no base image\n{tail(failure, lines=5)}")


def _os_release() -> dict[str, str]:
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))


def _build(arguments: list[str]) -> int:
    """Build the folder that is named last, from a copy of the Containerfile whose base can be had here."""
    if "--file" in arguments:
        at = arguments.index("--file")
        del arguments[at : at + 2]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / CONTAINERFILE.name
        copy.write_text(CONTAINERFILE.read_text().replace(pinned_base(), base()), encoding="utf-8")
        secret = os.environ.get("AWA_INFRA_TEST_PIP_CONF")
        # Without layers between the lines of the file, of which each run would leave some behind.
        more = ["--isolation=chroot", "--layers=false", *_LIMITS, f"--file={copy}"]
        more += [f"--secret=id=pip.conf,src={secret}"] if secret else []
        if _CERTIFICATES.is_file():
            more.append(f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro")
        return subprocess.run(podman("build", *more, *arguments), check=False).returncode


def _main() -> int:
    command, *arguments = sys.argv[1:]
    if command == "build":
        return _build(arguments)
    more = (*_LIMITS, *_STRICT) if command == "run" else ()
    return subprocess.run(podman(command, *more, *arguments), check=False).returncode


if __name__ == "__main__":
    sys.exit(run_cli(_main))
