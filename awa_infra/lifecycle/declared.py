"""Remember what this process, which serves one run of the engine, has declared so far.

A renamed resource is a new one and a removed one for Pulumi, and so is a replaced one. Both declare the same
object, so the removal must not drop what the new one has just adopted.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from awa_infra.lifecycle.base import Lifecycle
from awa_infra.spec.base import Props


class Declared:
    """Which resource, by its URN, declares what."""

    def __init__(self) -> None:
        self._by_object: defaultdict[str, set[str]] = defaultdict(set)
        self._made: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def note(self, urn: str, lifecycle: Lifecycle[Any], props: Props) -> None:
        """Remember that a resource declares its object."""
        name = lifecycle.droppable(props)
        if name:
            with self._lock:
                self._by_object[name].add(urn)

    def note_made(self, urn: str, lifecycle: Lifecycle[Any], props: Props) -> None:
        """Remember that a resource is being made, or adopted, in this run."""
        self.note(urn, lifecycle, props)
        name = lifecycle.droppable(props)
        if name:
            with self._lock:
                self._made.add((urn, name))

    def holder(self, urn: str, lifecycle: Lifecycle[Any], props: Props) -> str:
        """Return what declares the object of a resource that is to be deleted, in words; empty if nothing does."""
        name = lifecycle.droppable(props)
        with self._lock:
            if name and self._by_object[name] - {urn}:
                return "Another resource declares the same now"
            if (urn, name) in self._made:
                return "Its replacement has adopted the same"
        return ""
