"""This machine: Python, the packages, Awa's own command, the Pulumi engine and what it needs."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from importlib import metadata
from pathlib import Path

from awa_infra.doctor.checks import Area, Check, Outcome, failed
from awa_infra.errors import AwaInfraError
from awa_infra.model import Provenance
from awa_infra.planning.pure_gates import UNKNOWN_RELEASE
from awa_infra.release import installed_release

_check = partial(Check, Area.MACHINE)

PATIENCE = 20.0
"""Seconds for a program to print its version."""

_LARGEST = 10_000_000
"""Characters of a configuration that are read, as awa_infra.config reads them."""

_LANGUAGES = ("python", "python-exec", "nodejs", "go", "yaml", "dotnet", "java")
_ENGINE = "3"
"""The only major version of the engine that Pulumi's SDK of that version starts (pulumi 3.250)."""

_INSTALL = "Only up, preview, refresh and destroy need it, and Pulumi programs. Install it: https://www.pulumi.com/docs/install"


def machine_checks(config: Path | None = None, environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Return every check of this machine."""
    return [
        _check("Python", Outcome.OK, f"{platform.python_version()} at {sys.executable}"),
        _check("awa-infra", Outcome.OK, metadata.version("awa-infra")),
        *_release(),
        _awa(environment),
        *_engine(environment),
        _passphrase(config, environment),
    ]


def _release() -> list[Check]:
    try:
        release = installed_release()
    except AwaInfraError as error:
        return failed(Area.MACHINE, "awa-pg", error)
    message = f"{release.name}, migrates schema awa to version {release.schema_version}"
    if release.provenance is Provenance.KNOWN:
        return [_check("awa-pg", Outcome.OK, message)]
    hint = "Its texts cannot be compared with published ones; a newer awa-infra may know it."
    message += "; this awa-infra does not know the release"
    return [Check(Area.MACHINE, "awa-pg", Outcome.NOTE, message, hint, UNKNOWN_RELEASE)]


def _awa(environment: Mapping[str, str]) -> Check:
    """Compare the versions of Awa's own command and of the wheel."""
    name = "awa-cli"
    path = _program("awa", environment)
    if path is None:
        return _check(name, Outcome.OK, "not installed, and not needed")
    found = _version([path, "--version"])
    if not found:
        return _check(name, Outcome.UNKNOWN, f"{path} does not print its version", "Reinstall awa-cli.")
    try:
        wheel = metadata.version("awa-pg")
    except metadata.PackageNotFoundError:
        return _check(name, Outcome.OK, f"{found} at {path}")
    if found == wheel:
        return _check(name, Outcome.OK, f"{found} at {path}, as awa-pg")
    hint = f"Use one release for both: pip install awa-cli=={wheel}. Or never run awa migrate here."
    return _check(name, Outcome.NOTE, f"{found} at {path}, but awa-pg is {wheel}", hint)


def _engine(environment: Mapping[str, str]) -> list[Check]:
    path = shutil.which("pulumi", path=environment.get("PATH", ""))
    if path is None:
        return [_check("Pulumi", Outcome.NOTE, "no pulumi on PATH", _INSTALL)]
    found = _version([path, "version"])
    if not found:
        return [_check("Pulumi", Outcome.PROBLEM, f"{path} does not print its version", "Reinstall Pulumi.")]
    if found.partition(".")[0] != _ENGINE:
        return [_check("Pulumi", Outcome.PROBLEM, f"{found} at {path}; version {_ENGINE} is needed", _INSTALL)]
    folders = os.pathsep.join([str(Path(path).parent), environment.get("PATH", "")])
    hosts = [name for name in _LANGUAGES if shutil.which(f"pulumi-language-{name}", path=folders)]
    languages = [name for name in hosts if not name.endswith("-exec")]
    if languages:
        host = _check("languages", Outcome.OK, f"programs in {', '.join(languages)}")
    else:
        hint = "awa-infra up needs none; a Pulumi program of your own needs pulumi-language-<its language>."
        host = _check("languages", Outcome.NOTE, "no language host beside pulumi or on PATH", hint)
    return [_check("Pulumi", Outcome.OK, f"{found} at {path}"), host, _backend(environment)]


def _backend(environment: Mapping[str, str]) -> Check:
    """Return where the state is; a remote backend is not contacted, because that may write."""
    name = "backend"
    url = environment.get("PULUMI_BACKEND_URL") or _logged_in_to(environment)
    if not url:
        return _check(name, Outcome.NOTE, "not logged in", "Run pulumi login, or set PULUMI_BACKEND_URL, or --backend.")
    scheme, mark, place = url.partition("://")
    if not mark:
        hint = "Name one such as https://HOST, s3://BUCKET or file://FOLDER with PULUMI_BACKEND_URL."
        return _check(name, Outcome.PROBLEM, "the backend is no URL", hint)
    shown = f"{scheme}://{_without_secrets(place)}"
    if scheme != "file":
        return _check(name, Outcome.OK, f"{shown} (not contacted)")
    folder = Path(os.path.expanduser(place.partition("?")[0] or "."))  # noqa: PTH111  a user may have no home
    if folder.is_dir() and os.access(folder, os.R_OK | os.W_OK):
        return _check(name, Outcome.OK, shown)
    return _check(name, Outcome.PROBLEM, f"{shown}: {folder} is not a writable folder", f"Make it: mkdir -p {folder}")


def _logged_in_to(environment: Mapping[str, str]) -> str:
    try:
        home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
        credentials = json.loads((home / "credentials.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # the last: a user without a home directory, as in containers
        return ""
    current = credentials.get("current") if isinstance(credentials, dict) else None
    return current if isinstance(current, str) else ""


def _without_secrets(place: str) -> str:
    """Return a URL from its host on, without user and query, which may hold a password of any characters."""
    before, _mark, query = place.partition("?")
    return "***" if "@" in query else before.rpartition("@")[2]


def _passphrase(config: Path | None, environment: Mapping[str, str]) -> Check:
    name = "passphrase"
    file = environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if "PULUMI_CONFIG_PASSPHRASE" in environment:
        return _check(name, Outcome.OK, "PULUMI_CONFIG_PASSPHRASE is set")
    if file:
        if os.access(file, os.R_OK):
            return _check(name, Outcome.OK, "PULUMI_CONFIG_PASSPHRASE_FILE is set, and can be read")
        hint = "Correct the path, or its permissions."
        return _check(name, Outcome.PROBLEM, f"PULUMI_CONFIG_PASSPHRASE_FILE: {file} cannot be read", hint)
    if config is not None and _has_passphrase(config):
        hint = "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE for up, preview, refresh and destroy."
        return _check(name, Outcome.NOTE, "the secrets of this stack have a passphrase, which is not set", hint)
    return _check(name, Outcome.OK, "not set; only a stack whose secrets have one needs it")


def _has_passphrase(config: Path) -> bool:
    if not config.is_file():
        return False  # a pipe can be read once, which is done for its configuration
    try:
        with config.open(encoding="utf-8") as file:
            text = file.read(_LARGEST)
    except (OSError, UnicodeDecodeError):
        return False  # another check reports what is wrong with the file
    return re.search(r"^encryptionsalt:", text, flags=re.MULTILINE) is not None


def _program(name: str, environment: Mapping[str, str]) -> str | None:
    """Return a program's path: on PATH, or beside this Python, whose environment may not be activated."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join([environment.get("PATH", ""), beside]))


def _version(words: list[str]) -> str:
    """Return the version that a program prints, or nothing where it fails."""
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(  # noqa: S603  programs of the user
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=True,
            env=quiet,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(r"\d+\.\d+\.\d+[\w.+-]*", done.stdout)
    return found[0] if found else ""
