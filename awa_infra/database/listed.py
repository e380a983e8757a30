"""The databases that a server was just seen to have, for the questions about them that follow at once.

Whoever looks for one database gets the names of all in the same answer. An engine that asks for fifty then waits for
the server once, and not fifty times. Each name is used once, only while it is fresh, and not across anything that this
process writes. A name that is missing proves nothing: it is looked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from awa_infra.database.ahead import FRESH, ahead, limit


class Listed:
    """Names by the connection string of the server. Threads may share it."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[int, float, set[str]]] = {}
        self._lock = threading.Lock()

    def put(self, server_url: str, writes: int, began: float, names: Iterable[str]) -> None:
        """Remember the databases of a server, in the place of those that were seen before.

        Args:
            server_url: connection string of any database of the server.
            writes: :attr:`awa_infra.database.ahead.ReadsAhead.writes` from before they were read.
            began: when that was, on the clock of :func:`time.monotonic`.
            names: of the databases.
        """
        if ahead.allowed and limit():
            with self._lock:
                self._names[server_url] = writes, began, set(names)

    def take(self, server_url: str, name: str) -> bool:
        """Whether a database was seen a moment ago; it is not known a second time."""
        with self._lock:
            writes, began, names = self._names.get(server_url, (-1, 0.0, set()))
            if writes != ahead.writes or time.monotonic() - began >= FRESH or name not in names:
                return False
            names.remove(name)
            return True


listed = Listed()
"""Of this process."""
