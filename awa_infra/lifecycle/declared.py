"""What was declared so far in this process, which serves one run of the engine.

A renamed resource is a new one and a removed one for Pulumi. Both stand for the same object, so the removal must
not drop what the new one has just adopted.
"""

from __future__ import annotations

import threading
from collections import defaultdict

from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.fields import Props


class Declared:
    """Which resource, by its URN, declares what."""

    def __init__(self) -> None:
        self._by_object: defaultdict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def note(self, urn: str, lifecycle: Lifecycle, props: Props) -> None:
        """Remember that a resource declares its object."""
        name = lifecycle.droppable(props)
        if name:
            with self._lock:
                self._by_object[name].add(urn)

    def by_another(self, urn: str, lifecycle: Lifecycle, props: Props) -> bool:
        """Whether another resource declares the same object."""
        name = lifecycle.droppable(props)
        with self._lock:
            return bool(name) and bool(self._by_object[name] - {urn})
