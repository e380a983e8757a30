"""Connections that a provider process keeps open between two reads, one for each target.

An engine asks a provider about one object after the other, and a login costs more than the question. So the process
of a provider turns this on, and what only reads then uses the same connection again. Nothing is left behind: each read
is one transaction with settings of its own, so a pooler may give every one another session. What writes always has a
connection of its own, and closes the kept ones first: a role may be limited to one connection.

A kept connection that is idle is closed after :data:`IDLE` seconds, because it is in the way of ``DROP DATABASE`` and
of ``CREATE DATABASE ... TEMPLATE``. Both wait 5 seconds for others to leave before they fail (PostgreSQL 14 to 18,
``CountOtherDBBackends``), so they wait, and do not fail. When the process ends, however that is, its connections do.
"""

from __future__ import annotations

import atexit
import os
import selectors
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import TransactionStatus

from awa_infra.database.ahead import ahead
from awa_infra.database.cancellation import running
from awa_infra.database.connection import Connection, close, connect, open_connection
from awa_infra.errors import ConnectionFailedError

IDLE = 2.0
"""Seconds after which an idle connection is closed."""

MOST = 4
"""How many idle connections there may be at the same time; the longest idle ones are closed. Each that is in use beside
another takes the place of one: there are no more than before where reads run at the same time."""

QUEUE = 10.0
"""Seconds that a read waits for the kept connection of its target; then it opens one of its own."""


@dataclass(slots=True)
class _Kept:
    """The connection of one target.

    Attributes:
        lock: held by the thread that uses or closes the connection.
        connection: ``None`` until the first use, and after it was closed.
        since: when it was used last, on the clock of :func:`time.monotonic`.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    connection: Connection | None = None
    since: float = 0.0

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self.connection = self.connection, None
        if connection is not None:
            close(connection)


@dataclass(frozen=True, slots=True)
class Lent:
    """A connection for one read.

    Attributes:
        connection: in autocommit, outside of a transaction.
        again: whether it was used before, so that it may have been lost since.
    """

    connection: Connection
    again: bool


class Pool:
    """The kept connections of this process. Threads may share it.

    Nothing is kept until :meth:`keep` is called: only a program that runs for one engine knows that more reads follow.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._excess = threading.Lock()
        self._keeping = False
        self._reaper: threading.Thread | None = None
        self._inherited: list[object] = []

    def keep(self) -> None:
        """Keep connections from now on. May be called any number of times."""
        self._keeping = True
        ahead.allow()

    @contextmanager
    def lend(self, url: str) -> Iterator[Lent]:
        """Lend a connection for one read; it is closed unless the read ends without an error.

        Args:
            url: connection string, with the login and all options.

        Raises:
            CancelledError: everything in this process was cancelled.
            AwaInfraError: see :func:`awa_infra.database.connection.connect`.
        """
        kept = self._entry(url)
        if kept is None or not kept.lock.acquire(timeout=QUEUE):
            with connect(url) as connection:
                yield Lent(connection, again=False)
            return
        try:
            running.refuse_if_cancelled()
            yield from self._lent(kept, url)
        except BaseException:
            kept.close()
            raise
        finally:
            kept.lock.release()
        self._close_excess()
        self._watch()

    def close_idle(self) -> int:
        """Close every connection that is not in use at this moment; the server is done with them afterwards.

        Returns:
            How many were closed.
        """
        return self._close(self._all())

    def forget(self) -> None:
        """Forget everything, in a child process: the connections are those of its parent, which goes on using them."""
        # Closed here, they would be for the parent too. So they are neither closed nor collected.
        self._inherited.append(self._kept)
        self._kept = {}
        self._lock = threading.Lock()
        self._excess = threading.Lock()
        self._reaper = None

    def _entry(self, url: str) -> _Kept | None:
        if not self._keeping:
            return None
        with self._lock:
            return self._kept.setdefault(url, _Kept())

    def _all(self) -> list[_Kept]:
        with self._lock:
            return list(self._kept.values())

    def _lent(self, kept: _Kept, url: str) -> Iterator[Lent]:
        """Give the kept connection, or a new one to be kept; the lock is held."""
        if kept.connection is not None and _is_lost(kept.connection):
            kept.close()
        again = kept.connection is not None
        if kept.connection is None:
            self._close_excess()
            kept.connection = self._opened(url)
        connection = kept.connection
        running.add(connection)
        try:
            yield Lent(connection, again)
            if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                # What was read stays true if the server has gone meanwhile; the next read finds that out.
                with suppress(psycopg.Error):
                    connection.rollback()
        finally:
            running.remove(connection)
            kept.since = time.monotonic()

    def _opened(self, url: str) -> Connection:
        try:
            return open_connection(url)
        except ConnectionFailedError:
            # Those of other targets may be the ones that a role, a database or the server has too many of.
            if not self.close_idle():
                raise
        return open_connection(url)

    def _close_excess(self) -> None:
        """Close the longest idle connections: a fleet has many targets, and a server few connections."""
        # One thread after the other: what another one is about to close is still open.
        with self._excess:
            several = self._all()
            used = sum(kept.lock.locked() for kept in several)
            idle = [kept for kept in several if kept.connection is not None and not kept.lock.locked()]
            self._close(sorted(idle, key=lambda one: -one.since)[max(0, min(MOST, MOST + 1 - used)) :])

    @staticmethod
    def _close(several: Iterable[_Kept]) -> int:
        """Close those that are not in use at this moment."""
        closed = 0
        for kept in several:
            if kept.lock.acquire(blocking=False):
                try:
                    closed += kept.connection is not None
                    kept.close()
                finally:
                    kept.lock.release()
        return closed

    def _watch(self) -> None:
        """See to it that idle connections are closed in time."""
        with self._lock:
            if self._reaper is None or not self._reaper.is_alive():
                self._reaper = threading.Thread(target=self._reap, name="awa-infra-kept", daemon=True)
                self._reaper.start()

    def _reap(self) -> None:
        while True:
            time.sleep(IDLE / 4)
            for kept in self._all():
                if time.monotonic() - kept.since < IDLE or not kept.lock.acquire(blocking=False):
                    continue
                try:
                    if time.monotonic() - kept.since >= IDLE:
                        kept.close()
                finally:
                    kept.lock.release()
            with self._lock:
                if all(kept.connection is None for kept in self._kept.values()):
                    self._reaper = None
                    return


def _is_lost(connection: Connection) -> bool:
    """Whether the other side has closed a connection that was idle, or sent an unexpected message."""
    if connection.closed:
        return True
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.pgconn.socket, selectors.EVENT_READ)
            return bool(selector.select(0))
    except (psycopg.Error, OSError, ValueError):
        return True


pool = Pool()
"""Of this process."""


@contextmanager
def alone() -> Iterator[None]:
    """Run something that writes without any connection beside it: a role may be limited to one."""
    with ahead.paused():
        pool.close_idle()
        yield


atexit.register(pool.close_idle)
os.register_at_fork(after_in_child=pool.forget)
