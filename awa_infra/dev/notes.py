"""What awa-infra dev remembers in the folder of a project, and which files in it are its own."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from awa_infra.dev.container import Container
from awa_infra.errors import LocalServerError
from awa_infra.localserver.server import refuse_path

NOTES = "dev.json"
_IGNORE = ".gitignore"
_ALL = "*\n"
"""Content of our .gitignore."""
_HALF_MADE = frozenset({_IGNORE, f"{NOTES}.new"})
"""What a start that was killed may have left: no reason to refuse a folder."""
_ELSEWHERE = "Name another folder with --folder."


@dataclass(frozen=True, slots=True)
class Notes:
    """What a folder of ours remembers: the name of its database, and the container if it is in one."""

    database: str
    container: Container | None = None


def has_notes(folder: Path) -> bool:
    """Whether a folder looks like one of ours; also if this user may not read it, which :func:`read_notes` reports."""
    try:
        return (folder / NOTES).is_file()
    except PermissionError:
        return True


def read_notes(folder: Path) -> Notes | None:
    """Return what is remembered in a folder of ours, or ``None`` if it is no folder of ours.

    Raises:
        LocalServerError: this user may not read it, or it is damaged.
    """
    try:
        kept = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        container = Container(**kept["container"]) if kept.get("container") else None
        return Notes(str(kept["database"]), container)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(folder / NOTES, error) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LocalServerError(
            f"{folder / NOTES} is damaged, or was written by a newer awa-infra.",
            hint="Put it back from a backup, or use the awa-infra that wrote it. The data beside it are as they were.",
        ) from error


def _names(folder: Path) -> set[str]:
    """Return the names of what is in a folder; none if there is no folder.

    Raises:
        LocalServerError: this user may not read it.
    """
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise _unreadable(folder, error) from error


def names_of_others(folder: Path) -> set[str]:
    """Return the names of what is in a folder without notes, but for what a start that was killed may have left."""
    names = _names(folder)
    ignore = folder / _IGNORE
    ours = _HALF_MADE if ignore.is_file() and ignore.read_bytes() == _ALL.encode() else _HALF_MADE - {_IGNORE}
    return names - ours


def _unreadable(path: Path, error: OSError) -> LocalServerError:
    return LocalServerError(
        f"Cannot read {path}: {error.strerror}.",
        hint="Run it as the user who started the server, or name another folder with --folder.",
    )


def _write_notes(folder: Path, notes: Notes) -> None:
    """Write it, whole or not at all, readable by this user only."""
    side = folder / f"{NOTES}.new"
    side.unlink(missing_ok=True)
    side.touch(0o600)
    with side.open("w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(notes)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    side.rename(folder / NOTES)


def make_folder(folder: Path, notes: Notes) -> None:
    """Write what is to be remembered, in a folder that is made if need be.

    Raises:
        LocalServerError: this user may not write there, or no server can have its data there.
    """
    if notes.container is None:
        refuse_path(folder)
    try:
        # Where root starts the server, its account must be able to enter.
        folder.mkdir(0o711, parents=True, exist_ok=True)
        ignore = folder / _IGNORE
        if not ignore.exists():
            ignore.write_text(_ALL)
        _write_notes(folder, notes)
    except OSError as exc:
        raise LocalServerError(f"Folder {folder} cannot be written to: {exc.strerror}.", hint=_ELSEWHERE) from exc


def forget(folder: Path, *, and_folder: bool = True) -> None:
    """Remove our files in a folder, and the folder if nothing else is in it; not what a link of the user leads to."""
    for name in _HALF_MADE | {NOTES}:
        (folder / name).unlink(missing_ok=True)
    if and_folder and not _names(folder) and not folder.is_symlink():
        folder.rmdir()
