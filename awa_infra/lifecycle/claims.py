"""Share between the provider processes of one run of the engine what each of them has declared.

Pulumi has a process for each provider resource, and another one for Python's dynamic providers. A resource can be
created by one and its predecessor deleted by another. Each process writes a file in a private folder and holds a lock
of the kernel on it; the lock ends with the process, and what is left of it counts no more.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

PRIVATE = 0o700
"""Mode of the folder: claims of another user of this machine are not to be trusted."""

State = Literal["declared", "compared", "afresh", "made"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one call of the engine said of an object that a delete could drop.

    Attributes:
        urn: of the resource.
        state: ``declared`` by a check, ``compared`` by a diff, ``made`` by a create; ``afresh`` by a check that ignores
            what was before, as of a new resource and of one that is to be replaced.
        names: names of the object; two claims with a common name are about the same one.
    """

    urn: str
    state: State
    names: tuple[str, ...]


class Claims:
    """The claims of this process, and of the others of the same run.

    Args:
        run: address of the engine; without it no other process is known.
    """

    def __init__(self, run: str) -> None:
        self._prefix = re.sub(r"[^0-9A-Za-z]", "_", run)
        self._own: list[Claim] = []
        self._handle: int | None = None
        self._file: Path | None = None

    def add(self, claim: Claim) -> None:
        """Add a claim, where it says something new: the order of those about one resource counts.

        Raises:
            OSError: others cannot read it, because the folder or the file cannot be written.
        """
        if claim == next((known for known in reversed(self._own) if known.urn == claim.urn), None):
            return
        self._own.append(claim)
        if self._prefix:
            if self._handle is None:
                self._handle = self._open()
            os.write(self._handle, json.dumps(asdict(claim)).encode() + b"\n")

    def of_each_process(self) -> list[list[Claim]]:
        """Return the claims of each process of this run, oldest first; those of this process are the first list.

        Raises:
            OSError: the folder cannot be read.
            ValueError: a file in it has something else.
        """
        found = [self._own]
        if self._prefix:
            found += [_read(text) for text in self._living()]
        return found

    def _open(self) -> int:
        folder = _folder()
        for path in folder.iterdir():
            if not path.name.startswith("."):
                _text_of_living(path)  # removes what ended processes left
        name = f"{self._prefix}-{os.getpid()}-{secrets.token_hex(4)}"
        side = folder / f".{name}"
        handle = os.open(side, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        # Locked before others can see it: they would take it for that of a process that has ended.
        fcntl.flock(handle, fcntl.LOCK_EX)
        self._file = side.rename(folder / name)
        for claim in self._own[:-1]:
            os.write(handle, json.dumps(asdict(claim)).encode() + b"\n")
        return handle

    def _living(self) -> Iterator[str]:
        for path in _folder().glob(f"{self._prefix}-*"):
            if path != self._file:
                text = _text_of_living(path)
                if text is not None:
                    yield text


def _folder() -> Path:
    """Return the private folder, made if it is missing.

    Raises:
        OSError: it cannot be made, or others could have written to it.
    """
    folder = Path(tempfile.gettempdir(), f"awa-infra-claims-{os.geteuid()}")
    folder.mkdir(PRIVATE, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & ~PRIVATE:
        raise PermissionError(f"{folder} is not a private folder of this user.")
    return folder


def _text_of_living(path: Path) -> str | None:
    """Return what a process has written that still lives; else remove it."""
    try:
        with path.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return stream.read()
            path.unlink()
    except FileNotFoundError:
        pass  # another process was faster
    return None


def _read(text: str) -> list[Claim]:
    found = (json.loads(line) for line in text.splitlines())
    return [Claim(entry["urn"], entry["state"], tuple(entry["names"])) for entry in found]
