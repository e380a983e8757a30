"""Put a bundle on disk, as a folder or as one zip archive: all of it, or nothing."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from awa_infra.bundles.existing import ExistingBundle, read, refuse_what_changed
from awa_infra.bundles.manifest import MANIFEST, is_ours
from awa_infra.errors import BundleError

_READABLE_FOLDER = 0o755
"""What a new folder gets before the process's umask; ``mkdtemp`` makes private ones."""


def write(files: Mapping[str, bytes], out: Path) -> None:
    """Write a bundle to a folder, replacing the bundle that is there as a whole.

    Everything is written to a folder beside it first, which then takes its place. If anything fails, the target
    is as it was. The folder and its parents are created.

    Raises:
        BundleError: the target is a file, holds something that is not ours, or cannot be written.
    """
    target = out.resolve()
    refuse_what_is_not_ours(target)
    created = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        side = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        fresh, replaced = side / "new", side / "replaced"
        try:
            _fill(fresh, files)
            _swap(fresh, target, replaced)
        except BaseException:
            # Never delete the old bundle before the new one is in its place.
            if target.exists() or not replaced.exists():
                shutil.rmtree(side, ignore_errors=True)
            raise
        shutil.rmtree(side, ignore_errors=True)
    except OSError as exc:
        for folder in created:
            with suppress(OSError):
                folder.rmdir()
        raise BundleError(
            f"The bundle cannot be written to {out}: {exc.strerror or exc}.",
            hint="Choose a folder in which you may create files. The existing files are unchanged.",
        ) from exc


def refuse_what_is_not_ours(target: Path) -> None:
    """Raise a BundleError unless the target is absent, an empty folder, or a bundle that is as it was written."""
    existing = read(target)
    if target.exists() and Path.cwd().is_relative_to(target):
        raise BundleError(
            f"The folder {target} is the current working directory, and it would be replaced.",
            hint="Run this from another folder, or choose a folder inside this one.",
        )
    if existing is not None:
        refuse_what_changed(existing)


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(mode=_READABLE_FOLDER)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _swap(fresh: Path, target: Path, aside: Path) -> None:
    """Put the fresh folder in the target's place; if that fails or is interrupted, put the old one back."""
    try:
        if target.exists():
            target.rename(aside)
        fresh.rename(target)
    except BaseException:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise


_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that the format can express."""

_UNIX = 3
_READABLE_FILE = 0o100644


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive. Not compressed: what a compressor makes differs from one zlib to the next."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE_FILE << 16
            made.writestr(entry, files[path])
    return buffer.getvalue()


def write_archive(files: Mapping[str, bytes], target: Path) -> None:
    """Write an archive, or replace one of ours: all of it, or nothing.

    Raises:
        BundleError: the target is something else, or cannot be written.
    """
    if target.exists() and read_archive(target) is None:
        raise BundleError(f"{target} exists, and awa-infra did not write it.", hint="Choose another --archive.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, archive(files), mode=0o644)
    except OSError as exc:
        raise BundleError(
            f"The archive cannot be written to {target}: {exc.strerror or exc}.",
            hint="Choose a folder in which you may create files. The existing files are unchanged.",
        ) from exc


def replace_file(target: Path, content: bytes, *, mode: int) -> None:
    """Put a file in its place, all of it or nothing; its folder is there.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    handle, side = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(side).chmod(mode)
        Path(side).replace(target)
    finally:
        Path(side).unlink(missing_ok=True)


def read_archive(target: Path) -> ExistingBundle | None:
    """Return the bundle in an archive, or ``None`` if there is no file, or one that awa-infra did not write.

    Raises:
        BundleError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(target) as found:
            files = {name: found.read(name) for name in found.namelist() if not name.endswith("/")}
    except (FileNotFoundError, zipfile.BadZipFile):
        return None
    except OSError as exc:
        raise BundleError(
            f"The archive {target} cannot be read: {exc.strerror}.", hint="Choose another --archive."
        ) from exc
    return ExistingBundle(target, files) if is_ours(files.get(MANIFEST, b"").decode(errors="replace")) else None
