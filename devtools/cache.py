"""Keep downloaded and built tools in the user's cache, safe against two runs at once.

platformdirs says where. No library has the rest: a folder that is built beside its place and renamed when it is whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from devtools.progress import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READABLE_DIRECTORY = 0o755

Lock = AbstractContextManager[None]


def directory() -> Path:
    """Return the cache directory: ``$AWA_INFRA_CACHE`` or the user's own."""
    chosen = os.environ.get("AWA_INFRA_CACHE")
    path = Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("awa-infra")
    path = path.absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def lock(path: Path, waiting_for: str) -> Iterator[None]:
    """Hold an exclusive lock on `path`, saying so when another run has it.

    The kernel drops the lock with its holder, so a killed run leaves none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"waiting for another run: {waiting_for}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def once(target: Path, name: str, doing: str, make: Callable[[], None]) -> None:
    """Have a directory made that is not there yet, by one run of several at a time.

    Args:
        target: the directory.
        name: of the lock beside it; what shares a name is made one after the other.
        doing: what a run that waits for another one says.
        make: makes it, with `built_beside`.
    """
    if not target.is_dir():
        with lock(target.parent / f"{name}.lock", doing):
            if not target.is_dir():
                make()


@contextmanager
def built_beside(target: Path) -> Iterator[Path]:
    """Yield a side directory that becomes `target` in one rename on success.

    A reader therefore sees a whole result or none, and an interrupted build
    leaves nothing that looks finished. When another process was faster its
    result stays and this one is dropped.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    side = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield side
        side.chmod(READABLE_DIRECTORY)
        try:
            side.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(side, ignore_errors=True)
