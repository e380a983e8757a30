"""Keep downloaded and built tools in the user's cache, safe against two runs at once.

platformdirs says where. No library has the rest: a folder that is built beside its place and renamed when it is whole.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from awa_infra.localserver import folders
from awa_infra.localserver.folders import Lock, built_beside

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Lock", "built_beside", "directory", "lock", "once"]


BUILD_WAIT = 30 * 60.0
"""Seconds to wait at most for another run that installs or builds: Pulumi takes up to five minutes, and its hosts
follow."""


def directory() -> Path:
    """Return the cache directory: ``$AWA_INFRA_CACHE`` or the user's own."""
    chosen = os.environ.get("AWA_INFRA_CACHE")
    path = Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("awa-infra")
    path = path.absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path


def lock(path: Path, waiting_for: str) -> Lock:
    """Hold the lock of what is installed or built only once; see :func:`awa_infra.localserver.folders.lock`."""
    return folders.lock(path, waiting_for, BUILD_WAIT)


def once(target: Path, name: str, doing: str, make: Callable[[], None]) -> None:
    """Have a directory made that is not there yet, by one run of several at a time.

    Args:
        target: the directory.
        name: of the lock beside it; what shares a name is made one after the other.
        doing: what a run that waits for another one says.
        make: makes it, with `built_beside`.
    """
    if not target.is_dir():
        with lock(target.parent / f"{name}.lock", doing):
            if not target.is_dir():
                make()
