"""Try a transaction again: wait briefly for table locks, and pause with everything rolled back.

Every session that wants a table queues behind a waiting exclusive lock, so a try waits for a short time only. Between
two tries everything is rolled back. Meanwhile the sessions that held the tables are watched: as soon as they have ended
their transactions, the next try begins.
"""

from __future__ import annotations

import math
import random
import time

import psycopg

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.connection import DEADLOCK, LOCK_NOT_AVAILABLE, OUT_OF_MEMORY, Connection, connect
from awa_infra.database.migration_lock import table_holders
from awa_infra.database.options import ApplyOptions
from awa_infra.database.session import read_transaction
from awa_infra.errors import AwaInfraError

RETRYABLE = frozenset({DEADLOCK, LOCK_NOT_AVAILABLE, OUT_OF_MEMORY})
"""SQLSTATEs after which the same transaction may well succeed: deadlock, lock timeout, lock table full."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_LOOK = 0.1
"""Seconds between two looks at who holds the tables."""

_BEYOND = 1.25
"""How many times ``deadlock_timeout`` a try waits behind an automatic vacuum, which the server has ended by then."""


def retry_line(attempt: int, error: AwaInfraError, pause: float) -> str:
    """Return one line that says why an attempt was rolled back, who was in the way, and when the next one begins."""
    holders = f" Locks on Awa's tables are held by {'; '.join(error.details)}." if error.details else ""
    return f"Attempt {attempt} was rolled back: {error.headline}.{holders} Trying again within {pause:.1f} s."


class Retries:
    """Count the tries of one apply, and decide whether and when it tries again.

    Attributes:
        attempts: how many transactions were started because one before failed, and one more.
    """

    def __init__(self, url: str, options: ApplyOptions) -> None:
        self.attempts = 1
        self._url = url
        self._options = options
        self._others = 1
        self._tries = 0
        self._spent = 0.0
        self._since: float | None = None
        self._beyond = 0.0
        self._given_up: AwaInfraError | None = None

    @property
    def table_try(self) -> float:
        """Return how long the next try waits for each table lock, in seconds."""
        short = min(self._options.table_try, self._options.table_lock or math.inf)
        return max(short, self._beyond)

    def succeeded(self) -> None:
        """Note that a transaction was committed: the next one starts its tries anew, in the time left."""
        if self._since is not None:
            self._spent += time.monotonic() - self._since
        self._since, self._tries, self._others, self._beyond = None, 0, 1, 0.0

    def exclude(self, seconds: float) -> None:
        """Take a wait for other applies of this process out of the time that is tried for table locks."""
        if self._since is not None:
            self._since += seconds

    def pause_or_raise(self, error: AwaInfraError) -> None:
        """Wait until a transaction that was rolled back may be tried again.

        The error says why it failed, and gets the sessions that hold tables of Awa as its details.

        Raises:
            AwaInfraError: the error itself, if it is not worth another try or there is no time for one.
            CancelledError: everything in this process was cancelled.
        """
        if error is self._given_up or not (error.retryable or error.sqlstate in RETRYABLE):
            raise error
        # The transaction is rolled back by now: nothing waits for it during this query.
        if error.sqlstate == DEADLOCK:
            error.details = table_holders(self._url)
        elif error.sqlstate == LOCK_NOT_AVAILABLE:
            error.details = table_holders(self._url, seconds=self.table_try)
        pause = self._pause_for_locks() if error.sqlstate == LOCK_NOT_AVAILABLE else self._pause_for_others()
        if pause is None:
            self._given_up = error
            raise error
        self._options.on_retry(self.attempts, error, pause)
        self.attempts += 1
        if error.sqlstate == LOCK_NOT_AVAILABLE:
            self._pause_until_released(pause)
        else:
            running.pause(pause)

    def _pause_for_locks(self) -> float | None:
        now = time.monotonic()
        if self._since is None:
            self._since = now - self.table_try
        left = (self._options.table_lock or math.inf) - self._spent - (now - self._since)
        self._tries += 1
        if left <= 0:
            return None
        return min(_jittered(min(_FIRST_PAUSE * 2 ** (self._tries - 1), _LONGEST_PAUSE)), left)

    def _pause_for_others(self) -> float | None:
        if self._others >= self._options.attempts:
            return None
        self._others += 1
        # Jitter keeps two that met in a deadlock from meeting again.
        return _jittered(_FIRST_PAUSE * 2 ** (self._others - 2))

    def _pause_until_released(self, pause: float) -> None:
        """Pause until the holders released the tables, at least as long as one try: queued sessions run first."""
        until = time.monotonic() + pause
        least = time.monotonic() + _jittered(self.table_try)
        self._beyond = 0.0
        try:
            with connect(self._url) as connection:
                held = _owners(connection)
                self._beyond = max(held.values(), default=0.0) * _BEYOND
                while time.monotonic() < until:
                    if held and time.monotonic() >= least and not held.keys() & _owners(connection).keys():
                        return
                    running.pause(_LOOK)
        except (AwaInfraError, psycopg.Error):
            running.refuse_if_cancelled()  # to watch only shortens the pause
        running.pause(max(0.0, until - time.monotonic()))


def _owners(connection: Connection) -> dict[str, float]:
    """Return the transactions that hold tables of Awa; of an automatic vacuum ``deadlock_timeout``, else 0."""
    with read_transaction(connection):
        rows = connection.execute(sqltext.load("observe/lock_owners.sql").encode()).fetchall()
    return {row["owner"]: row["deadlock_timeout"] if row["vacuum"] else 0.0 for row in rows}


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311  not a secret
