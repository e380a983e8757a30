"""Where the data of a server are: in the folder that was asked for, or elsewhere, with a link that leads there."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from awa_infra.errors import LocalServerError
from awa_infra.localserver.folders import replace_file
from awa_infra.localserver.host import (
    ORDINARY,
    PRIVATE_DIRECTORY,
    UNPRIVILEGED_ACCOUNT,
    account,
    candidate_places,
    public_places,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READABLE_FILE = 0o644
CLUSTER = "cluster"
"""In a folder for a server: the directory with its data, or a link to it."""
KEPT = "/var/lib"
"""Where data elsewhere are that have to survive a restart of the machine; of temporary directories many do not."""
OWNER_MARK = "owner"
"""File with the path of the link to data elsewhere that may be removed once that link is gone: those of test runs."""
LINK_MARK = "link"
"""The same for data that are kept whatever becomes of the link: it may be on a disk that is not mounted now."""


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
    """Return the names of what is in a folder for a server, which may be missing, and was made by somebody else.

    The others are names of further files that are ours there.
    """
    link = data_dir / CLUSTER
    names = {path.name for path in data_dir.iterdir()} if data_dir.is_dir() else set()
    own = {CLUSTER} if _is_ours(link) else set[str]()
    return sorted(names.difference(others, own))


def _is_ours(link: Path) -> bool:
    """Whether what a link leads to is a cluster's directory, or one that is half made; also if there is nothing."""
    try:
        if any((link / name).exists() for name in _MADE):
            return True
        inside = {path.name for path in link.iterdir()}
    except FileNotFoundError:
        return True  # a link to a place that is gone leads to nothing that could be lost
    except NotADirectoryError:
        return False
    except PermissionError:
        return True  # of the server's account, which whatever comes next reports
    return all(name.removesuffix(".new") in _HALF_MADE | _MADE or name.startswith(".") for name in inside)


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
    for place in public_places(*(() if throw_away else (KEPT,))):
        home = Path(tempfile.mkdtemp(prefix="cluster-", dir=place))
        account().own(home)
        link.symlink_to(home)
        _mark(home, OWNER_MARK if throw_away else LINK_MARK, link)
        return home
    raise LocalServerError(
        f"User {UNPRIVILEGED_ACCOUNT!r} can reach neither {data_dir} nor a temporary directory.", hint=ORDINARY
    )


def _mark(home: Path, name: str, link: Path) -> None:
    """Record for which link a home is: last and in one step, so that a half-made one is never taken for an orphan."""
    replace_file(home / name, str(link), mode=READABLE_FILE)


def orphans() -> Iterator[tuple[Path, float]]:
    """Yield throw-away clusters placed elsewhere whose data directory was removed since, and their age in seconds."""
    for place in candidate_places():
        for mark in place.glob(f"cluster-*/{OWNER_MARK}"):
            try:
                link = Path(mark.read_text())
                age = time.time() - mark.stat().st_mtime
            except FileNotFoundError:
                continue  # another run was faster
            # the temporary directory itself may be named by way of a link
            if not (link.is_symlink() and link.resolve() == mark.parent.resolve()):
                yield mark.parent, age
