"""Write files of a user: whole or not at all, and never over a device."""

from __future__ import annotations

import os
from pathlib import Path

from awa_infra.errors import ConfigurationError


def refuse_devices(path: Path) -> None:
    """Raise a ConfigurationError for no plain file, as /dev/stdout or -: reading would block, or it is replaced."""
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise ConfigurationError(
            f"{path} is no plain file.", hint="Name a file. Standard output takes what is printed without this option."
        )


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        ConfigurationError: it cannot be written there.
    """
    from awa_infra.bundles.writing import replace_file  # noqa: PLC0415  apply needs none of it

    mask = os.umask(0)
    os.umask(mask)
    try:
        replace_file(Path(os.path.realpath(path)), text.encode(), mode=0o666 & ~mask)
    except OSError as exc:
        raise ConfigurationError(
            f"Cannot write {path}: {exc.strerror}.", hint="Name a file in a folder in which you may make files."
        ) from exc
