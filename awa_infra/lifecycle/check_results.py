"""Keep what a check has read for the diff of the same object that follows, so that it is not read twice.

The engine checks an object and then compares it, with nothing of that object in between. Whatever is handed over is
used once, and only if it is fresh: a refresh calls a diff alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from awa_infra.recent import Recent

FRESH = 5.0
"""Seconds after which it is read again: an engine that compares several objects at once may take a while."""

MOST = 256
"""How many are kept for diffs that may never come."""

T = TypeVar("T")


class CheckResults(Generic[T]):
    """Things that a check leaves for a diff, by what is wanted. Threads may share it."""

    def __init__(self) -> None:
        self._things: Recent[str, tuple[float, T]] = Recent(MOST)

    def put(self, wanted: Mapping[str, Any], thing: T) -> None:
        """Leave a thing, in the place of any other for the same."""
        self._things.put(_key(wanted), (time.monotonic(), thing))

    def take(self, wanted: Mapping[str, Any]) -> T | None:
        """Return what was left for this, and forget it; ``None`` if nothing was, or if it is old."""
        return _fresh(self._things.take(_key(wanted)))

    def look(self, wanted: Mapping[str, Any]) -> T | None:
        """Return what was left for this, and leave it for the diff; ``None`` if nothing was, or if it is old."""
        return _fresh(self._things.get(_key(wanted)))

    def clear(self) -> None:
        """Forget everything, because something was changed."""
        self._things.take_all()


def _fresh(left: tuple[float, T] | None) -> T | None:
    return left[1] if left is not None and time.monotonic() - left[0] < FRESH else None


def _key(wanted: Mapping[str, Any]) -> str:
    return repr(sorted(wanted.items()))
