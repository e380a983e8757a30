"""Put a bundle on disk: all of it, or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from awa_infra.errors import BundleError
from awa_infra.packaging.existing import read, refuse_what_changed

_READABLE_FOLDER = 0o755
"""What a new folder gets before the process's umask; ``mkdtemp`` makes private ones."""


def write(files: Mapping[str, bytes], out: Path) -> None:
    """Write a bundle to a folder, replacing the bundle that is there as a whole.

    Everything is written to a folder beside it first, which then takes its place. If anything fails, the target
    is as it was.

    Args:
        files: contents by path, as :func:`awa_infra.packaging.bundle.render` returns them.
        out: the folder; it and its parents are created.

    Raises:
        BundleError: the target is a file, holds something that is not ours, or cannot be written.
    """
    target = out.resolve()
    refuse_what_is_not_ours(target)
    created = _missing_parents(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        side = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        fresh, replaced = side / "new", side / "replaced"
        try:
            _fill(fresh, files)
            _swap(fresh, target, replaced)
        except BaseException:
            # Never throw the old bundle away unless something stands in its place.
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
            hint="Choose a folder in which you may create files. What was there is as it was.",
        ) from exc


def refuse_what_is_not_ours(target: Path) -> None:
    """Raise unless the target is absent, an empty folder, or a bundle that is as it was written.

    Raises:
        BundleError: see above.
    """
    standing = read(target)
    if target.exists() and Path.cwd().is_relative_to(target):
        raise BundleError(
            f"The folder {target} is the one this runs in, and it would be replaced.",
            hint="Run this from another folder, or choose a folder inside this one.",
        )
    if standing is not None:
        refuse_what_changed(standing)


def _missing_parents(target: Path) -> list[Path]:
    """Return the parents that do not exist yet, innermost first."""
    return [parent for parent in target.parents if not parent.exists()]


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
