"""Foresee which schemas an engine is about to ask for, and have them read in the meantime.

A program that declares a database declares a schema in it too, mostly: the engine checks all databases first, because
a schema needs the connection string that its database returns. Which role a schema has, or which queues, only its own
declaration says. So nothing is read before the first schema of these databases is asked for, and the others are taken
to be declared like it. Where that is wrong, what was read is of no use, and nothing more is read ahead.
"""

from __future__ import annotations

from awa_infra.recent import Recent

MOST = 4096
"""How many connection strings are remembered, of databases whose schemas nobody may ask for."""


class Foreseen:
    """The connection strings of databases that are there, until a schema is asked for. Threads may share it."""

    def __init__(self) -> None:
        self._urls: Recent[str, bool] = Recent(MOST)
        self._wanted = False

    def note(self, url: str) -> None:
        """Remember the connection string of a database that is as declared."""
        self._urls.put(url, thing=True)

    def others(self, url: str) -> list[str]:
        """Return the connection strings whose schemas are asked for next, each one once.

        Args:
            url: the one that is asked for. Nothing follows from that, as long as none is of a database of the program.
        """
        if self._urls.take(url):
            self._wanted = True
        return list(self._urls.take_all()) if self._wanted else []


foreseen = Foreseen()
"""Of this process, which serves one run of an engine."""
