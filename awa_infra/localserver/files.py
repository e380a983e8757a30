"""Write files in folders of the server's account, as root, without following what that account put there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from awa_infra.errors import LocalServerError

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
