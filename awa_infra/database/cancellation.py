"""Cancel what runs: every open connection is registered here, so that an engine can cancel its statements.

Cancelling rolls back: each apply is one transaction, and a statement that is cancelled fails.
"""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import suppress
from typing import Any

import psycopg

from awa_infra.errors import CancelledError

_AGAIN = 0.2
"""Seconds between two rounds: between two statements there is nothing that a cancel request could hit."""

_PATIENCE = 30.0
"""Seconds after which the rest is left to the end of the process, which ends its connections."""


class Running:
    """The connections that are open in this process."""

    def __init__(self) -> None:
        self._connections: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._cancelled = threading.Event()

    def refuse_if_cancelled(self) -> None:
        """Raise a CancelledError if everything was cancelled: nothing may begin, or go on."""
        if self._cancelled.is_set():
            raise CancelledError("This was cancelled.", hint="It was rolled back. Run the same command again.")

    def pause(self, seconds: float) -> None:
        """Wait for that long; raise a CancelledError if everything was cancelled, before or meanwhile."""
        self._cancelled.wait(seconds)
        self.refuse_if_cancelled()

    @property
    def cancelled(self) -> bool:
        """Whether everything was cancelled."""
        return self._cancelled.is_set()

    def add(self, connection: psycopg.Connection[Any]) -> None:
        """Remember an open connection."""
        with self._lock:
            self._connections.add(connection)

    def remove(self, connection: psycopg.Connection[Any]) -> None:
        """Forget it."""
        with self._lock:
            self._connections.discard(connection)

    def cancel(self) -> None:
        """Cancel what runs on every connection until all are closed, and refuse new ones."""
        self._cancelled.set()
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            with self._lock:
                connections = list(self._connections)
            if not connections:
                return
            for connection in connections:
                with suppress(psycopg.Error, OSError):
                    connection.cancel_safe(timeout=1.0)
            time.sleep(_AGAIN)


running = Running()
"""Of this process."""
