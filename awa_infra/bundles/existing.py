"""Read the bundle in a folder, and compare it with its checksums or with a newly rendered one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from awa_infra.bundles.lock_file import LOCK_FILE, LockFile, parsed, sha256
from awa_infra.bundles.manifest import CHECKSUMS, MANIFEST, is_ours, parse_checksums
from awa_infra.errors import BundleError

_LARGEST = 64 * 1024 * 1024
"""Bytes: more than any file of a bundle has; 200 custom schemas make a few megabytes."""


@dataclass(frozen=True)
class ExistingBundle:
    """A bundle in a folder, with the bytes of everything in it by path."""

    folder: Path
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def lock(self) -> LockFile:
        """What it has released.

        Raises:
            BundleError: there is no lock file, or it cannot be read.
        """
        content = self.files.get(LOCK_FILE)
        if content is None:
            raise BundleError(
                f"The bundle in {self.folder} has lost its file {LOCK_FILE}, which says what must not change.",
                hint="Restore it from version control, or write a new bundle to a new folder.",
            )
        return parsed(content, str(self.folder / LOCK_FILE))

    @property
    def release(self) -> str:
        """The newest Awa release that wrote anything in it.

        The lock names the release of each text, the manifest the one of the last run, which may have added no text.

        Raises:
            BundleError: there is no lock file, or it cannot be read.
        """
        lock = self.lock
        names = {entry.release for entry in (*lock.frozen.values(), *lock.repeatable)}
        return max({*names, str(self.manifest.get("awa_release", "0"))}, key=age)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Its manifest, of whatever the last run wrote.

        Raises:
            BundleError: it is missing.
        """
        content = self.files.get(MANIFEST)
        if content is None:
            raise BundleError(
                f"The bundle in {self.folder} has lost its file {MANIFEST}.", hint="Restore it from version control."
            )
        found: dict[str, Any] = json.loads(content.decode("utf-8-sig"))
        return found

    @property
    def foreign(self) -> list[str]:
        """Files that awa-infra did not write."""
        return sorted(self.files.keys() - self._sums.keys() - {CHECKSUMS})

    @property
    def missing(self) -> list[str]:
        """Files that awa-infra wrote and that were removed."""
        return sorted(self._sums.keys() - self.files.keys())

    @property
    def edited(self) -> list[str]:
        """Files that awa-infra wrote and that were edited."""
        both = self.files.keys() & self._sums.keys()
        return sorted(path for path in both if sha256(self.files[path]) != self._sums[path])

    @property
    def converted(self) -> list[str]:
        """Those of the edited files in which nothing but line ends changed, to those of Windows."""
        return [path for path in self.edited if sha256(self.files[path].replace(b"\r\n", b"\n")) == self._sums[path]]

    @cached_property
    def _sums(self) -> dict[str, str]:
        return parse_checksums(self.files.get(CHECKSUMS, b"").decode(errors="replace"))


def age(release: str) -> Version:
    """Return what orders releases; a name that is no version is older than all of them."""
    try:
        return Version(release)
    except InvalidVersion:
        return Version("0")


def read(folder: Path) -> ExistingBundle | None:
    """Return the bundle in a folder, or ``None`` if there is nothing.

    Raises:
        BundleError: it is a file, cannot be read, or holds something that awa-infra did not write.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise BundleError(f"{folder} is a file, and a bundle is a folder.", hint="Choose another folder.")
    try:
        if not any(folder.iterdir()):
            return None
        ours = (folder / MANIFEST).is_file() and is_ours((folder / MANIFEST).read_text("utf-8", errors="replace"))
        files = {
            path.relative_to(folder).as_posix(): _content(path)
            for path in (folder.rglob("*") if ours else ())
            if path.is_symlink() or not (path.is_dir() or _is_python_cache(path))
        }
    except OSError as exc:
        raise BundleError(
            f"The folder {folder} cannot be read: {exc.strerror}.", hint="Choose another folder."
        ) from exc
    if not ours:
        raise BundleError(
            f"The folder {folder} is not empty, and awa-infra did not write it.",
            hint="Choose a new or an empty folder; nothing here is overwritten.",
        )
    return ExistingBundle(folder, files)


def _content(path: Path) -> bytes:
    """Return what is in a file, as far as anything written here could be: a backup may lie beside it."""
    # A link was not written here, wherever it points. Nor was a pipe, whose reader would wait for a writer.
    if path.is_symlink() or not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(_LARGEST)


def _is_python_cache(path: Path) -> bool:
    """Whether Python has made a file by itself, as it does for a script that Alembic runs. Nothing is lost with it."""
    return path.parent.name == "__pycache__" and path.suffix == ".pyc"


def refuse_what_changed(existing: ExistingBundle) -> None:
    """Raise a BundleError that names the files unless a bundle is exactly as it was written."""
    folder = existing.folder
    if existing.foreign:
        raise BundleError(
            f"The bundle in {folder} also holds files that awa-infra did not write: {', '.join(existing.foreign)}.",
            hint="A bundle is replaced as a whole. Move them elsewhere, then run this again.",
        )
    converted = existing.converted
    if converted and converted == existing.edited and not existing.missing:
        raise BundleError(
            f"The bundle in {folder} is not as awa-infra wrote it: {len(converted)} of its files have the line ends of "
            "Windows (CRLF), which a checkout or a copy has converted.",
            hint="Restore the files from where nothing converts them. In git the bundle's own file .gitattributes "
            "keeps their line ends: commit it with the rest.",
        )
    changed = [f"{path} was edited" for path in existing.edited] + [f"{path} is missing" for path in existing.missing]
    if changed:
        raise BundleError(
            f"The bundle in {folder} is not as awa-infra wrote it: {', '.join(changed)}.",
            hint="Restore the files from version control; a checkout must not convert line ends. What was run "
            "somewhere must stay as it is, and SQL of your own belongs beside the bundle.",
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not what would be written.

    Attributes:
        file: its path.
        what: ``added``, ``changed`` or ``removed``: what writing would do to it.
    """

    file: str
    what: str


def changes(existing: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Return what writing would do, by path."""
    found = [Change(path, "added") for path in wanted.keys() - existing.keys()]
    found += [Change(path, "removed") for path in existing.keys() - wanted.keys()]
    found += [Change(path, "changed") for path in wanted.keys() & existing.keys() if wanted[path] != existing[path]]
    return tuple(sorted(found, key=lambda change: change.file))


def unified(change: Change, existing: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> Iterator[str]:
    """Return the lines of a unified diff of one file, without their ends."""
    old, new = (_lines(files.get(change.file)) for files in (existing, wanted))
    before = "/dev/null" if change.what == "added" else f"a/{change.file}"
    after = "/dev/null" if change.what == "removed" else f"b/{change.file}"
    return difflib.unified_diff(old, new, before, after, lineterm="")


def _lines(content: bytes | None) -> list[str]:
    # Split at line feeds alone, so that a carriage return shows.
    return [] if content is None else content.decode(errors="replace").removesuffix("\n").split("\n")
