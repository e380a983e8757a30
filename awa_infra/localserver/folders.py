"""Folders that several processes share: one at a time, whole or not at all."""

from __future__ import annotations

import fcntl
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

READABLE_DIRECTORY = 0o755

Lock = AbstractContextManager[None]

note = logging.getLogger("awa_infra.localserver").info
"""Say what happens. Whoever wants to see it adds a handler to this logger."""


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
            note("waiting for another run: %s", waiting_for)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


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
