"""Keep what a check has read for the diff of the same object that follows, so that it is not read twice.

The engine checks an object and then compares it, with nothing of that object in between. Whatever is handed over is
used once, and only if it is fresh: a refresh calls a diff alone.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

FRESH = 5.0
"""Seconds after which it is read again: an engine that compares several objects at once may take a while."""

MOST = 256
"""How many are kept for diffs that may never come."""

T = TypeVar("T")


class CheckResults(Generic[T]):
    """Things that a check leaves for a diff, by what is wanted. Threads may share it."""

    def __init__(self) -> None:
        self._things: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, wanted: Mapping[str, Any], thing: T) -> None:
        """Leave a thing, in the place of any other for the same."""
        with self._lock:
            self._things.pop(_key(wanted), None)
            self._things[_key(wanted)] = time.monotonic(), thing
            while len(self._things) > MOST:
                self._things.popitem(last=False)

    def take(self, wanted: Mapping[str, Any]) -> T | None:
        """Return what was left for this, and forget it; ``None`` if nothing was, or if it is old."""
        with self._lock:
            return _fresh(*self._things.pop(_key(wanted), (0.0, None)))

    def look(self, wanted: Mapping[str, Any]) -> T | None:
        """Return what was left for this, and leave it for the diff; ``None`` if nothing was, or if it is old."""
        with self._lock:
            return _fresh(*self._things.get(_key(wanted), (0.0, None)))

    def clear(self) -> None:
        """Forget everything, because something was changed."""
        with self._lock:
            self._things.clear()


def _fresh(left: float, thing: T | None) -> T | None:
    return thing if time.monotonic() - left < FRESH else None


def _key(wanted: Mapping[str, Any]) -> str:
    return repr(sorted(wanted.items()))
