"""Folders that a whole run of the tests uses, such as bundles that are made once."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path


def folder_of_the_run(name: str) -> Path:
    """Return a new temporary folder, which is removed when the process ends.

    Args:
        name: a word for what is in it.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"awa-infra-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
