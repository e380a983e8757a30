"""A bundle as one file, with the same bytes on any machine and day."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from awa_infra.errors import BundleError
from awa_infra.packaging.existing import ExistingBundle
from awa_infra.packaging.manifest import MANIFEST, is_ours

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
        raise BundleError(
            f"{target} is there already, and awa-infra did not write it.", hint="Choose another --archive."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, archive(files))
    except OSError as exc:
        raise BundleError(
            f"The archive cannot be written to {target}: {exc.strerror or exc}.",
            hint="Choose a folder in which you may create files. What was there is as it was.",
        ) from exc


def _replace(target: Path, content: bytes) -> None:
    handle, side = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(side).chmod(0o644)
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
