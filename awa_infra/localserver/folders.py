"""Folders that several processes share, one at a time, whole or not at all; files in those of the server's account.

Root writes such a file without following what that account put there.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

from awa_infra.errors import LocalServerError
from awa_infra.localserver.waiting import wait_until

READABLE_DIRECTORY = 0o755

Lock = AbstractContextManager[None]

note = logging.getLogger("awa_infra.localserver").info
"""Logger for progress messages; add a handler to show them."""


@contextmanager
def lock(path: Path, waiting_for: str, seconds: float | None = None) -> Iterator[None]:
    """Hold an exclusive lock on a file, whose folder is made, waiting for another run that has it.

    The kernel drops the lock with its holder, so a killed run leaves none. How long to wait, and what messages say, is
    as for :func:`awa_infra.localserver.waiting.wait_until`.

    Raises:
        LockTimeoutError: another run had it for all that time.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = path.open("w")
        except FileNotFoundError:
            continue  # the other run has just removed the folder
        with handle:
            take(handle, fcntl.LOCK_EX, waiting_for, seconds)
            # Whoever removed the file under its lock has left another one to the next.
            if _is_there(handle, path):
                yield
                return


def _is_there(handle: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def take(handle: IO[str], kind: int, waiting_for: str, seconds: float | None = None) -> None:
    """Take a lock of the kernel on an open file, waiting for another run that has it, as :func:`lock` does.

    The kind is ``fcntl.LOCK_EX`` or ``fcntl.LOCK_SH``.

    Raises:
        LockTimeoutError: another run had it for all that time.
    """

    def taken() -> bool:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True

    hint = f"Find the process that holds the lock: lsof {shlex.quote(handle.name)}. Let it go on, or end it."
    wait_until(taken, waiting_for, hint, seconds)


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


PRIVATE_FILE = 0o600
_OUT_OF_THE_WAY = "Remove what is there and run the same again."


def replace_file(path: Path, text: str, owner: tuple[int, int] | None = None, mode: int = PRIVATE_FILE) -> None:
    """Write a file anew, whole or not at all. A link in its place is replaced, never followed.

    Its folder exists, and is no link. The owner is user and group. Default: those of this process.

    Raises:
        LocalServerError: it cannot be written.
    """
    side = f"{path.name}.new"
    with _folder_of(path, "write") as folder:
        with suppress(FileNotFoundError):
            os.unlink(side, dir_fd=folder)
        handle = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
            if owner is not None:
                os.fchown(handle, *owner)
        os.rename(side, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def read_file(path: Path) -> str:
    """Return the text of a file that is no link.

    Raises:
        LocalServerError: it is a link, or it cannot be read.
    """
    with _folder_of(path, "read") as folder:
        # What is no file, as a pipe, must not be waited for.
        handle = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(handle, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()


@contextmanager
def _folder_of(path: Path, what: str) -> Iterator[int]:
    """Hold the folder open, so that nothing is exchanged for a link between two steps."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            yield folder
        finally:
            os.close(folder)
    except OSError as error:
        raise LocalServerError(f"Cannot {what} {path}: {error.strerror}.", hint=_OUT_OF_THE_WAY) from error
