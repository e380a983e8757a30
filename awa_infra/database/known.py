"""Rows of catalogs that this process has read: a server need not send them again, their digest is enough.

The server reads everything anew each time. Half a megabyte for each database of a fleet stays where it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

from awa_infra.verification.catalog import Key

MOST = 4
"""How many catalogs are remembered; each takes a few megabytes."""

Rows = Mapping[str, Mapping[Key, str]]
"""Definitions by schema, part and object."""


class KnownRows:
    """Rows by their digest, as the server makes it. Threads may share it; nobody changes what is in it."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, Rows] = OrderedDict()
        self._lock = threading.Lock()

    def snapshot(self) -> dict[str, Rows]:
        """Return what is known now: what is forgotten meanwhile may be what a server does not send."""
        with self._lock:
            return dict(self._rows)

    def put(self, digest: str, rows: Rows) -> None:
        """Remember rows, or that they were used again."""
        with self._lock:
            self._rows[digest] = rows
            self._rows.move_to_end(digest)
            while len(self._rows) > MOST:
                self._rows.popitem(last=False)


known = KnownRows()
"""Of this process."""
