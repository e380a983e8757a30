"""What a process remembers of what it did last, and no more than a number of things. No clock, no I/O."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Things by key. The one that was put longest ago goes first. Threads may share it.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._things: OrderedDict[K, V] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def put(self, key: K, thing: V) -> None:
        """Remember a thing in the place of any other of that key, or that it was used again."""
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > self._most:
                self._things.popitem(last=False)

    def get(self, key: K) -> V | None:
        """Return the thing of a key, if there is one."""
        with self._lock:
            return self._things.get(key)

    def take(self, key: K) -> V | None:
        """Return the thing of a key, if there is one, and forget it."""
        with self._lock:
            return self._things.pop(key, None)

    def all(self) -> dict[K, V]:
        """Return everything as it is now, the one first that was put longest ago."""
        with self._lock:
            return dict(self._things)

    def take_all(self) -> dict[K, V]:
        """Return everything, and forget it."""
        with self._lock:
            found, self._things = dict(self._things), OrderedDict()
            return found
