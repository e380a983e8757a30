"""Trying a transaction again: short waits for table locks, and pauses in which nobody waits for us.

Everybody who wants a table queues behind a waiting exclusive lock, so a try waits for a short time only. Between two
tries everything is rolled back. What there was to wait for is watched meanwhile: as soon as those who held the tables
are gone, the next try begins.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.connection import DEADLOCK, LOCK_NOT_AVAILABLE, OUT_OF_MEMORY, Connection, connect
from awa_infra.database.migration_lock import table_holders
from awa_infra.database.session import read_transaction
from awa_infra.errors import AwaInfraError
from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT

OnRetry = Callable[[int, AwaInfraError, float], None]
"""Called before another attempt with the number of the one that failed, why, and the longest pause in seconds."""

OnWait = Callable[[str], None]
"""Called with one sentence when a wait begins that somebody should know of."""

RETRYABLE = frozenset({DEADLOCK, LOCK_NOT_AVAILABLE, OUT_OF_MEMORY})
"""SQLSTATEs after which the same transaction may well succeed: deadlock, lock timeout, lock table full."""

LOCK_TRY = 0.5
"""Seconds that one try waits for a table lock unless told otherwise; by the benchmark of live traffic."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_LOOK = 0.1
"""Seconds between two looks at who holds the tables."""

_BEYOND = 1.25
"""How many times ``deadlock_timeout`` a try waits behind an automatic vacuum, which the server has ended by then."""


def silent(_sentence: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for locks, in seconds, and how often to try.

    Attributes:
        migration_lock: for another migration to finish, before anything is written.
        table_lock: how long to keep trying for table locks, everything rolled back between two tries; 0 tries for ever.
        attempts: how often a transaction is started at most because of deadlocks and full lock tables.
        on_wait: is told when a wait begins: for another migration, for room in the lock table, for a standby.
        table_try: how long one try waits for a table lock (``lock_timeout``), and everybody else behind it.
    """

    migration_lock: float = LOCK_WAIT
    table_lock: float = LOCK_TIMEOUT
    attempts: int = 3
    on_wait: OnWait = silent
    table_try: float = LOCK_TRY


def retry_line(attempt: int, error: AwaInfraError, pause: float) -> str:
    """Return one line that says why an attempt was rolled back, who was in the way, and when the next one begins."""
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    holders = f" Locks on Awa's tables are held by {'; '.join(error.details)}." if error.details else ""
    return f"Attempt {attempt} was rolled back: {error.message}{state}.{holders} Trying again within {pause:.1f} s."


class Patience:
    """How often one apply has tried, and whether and when it tries again.

    Attributes:
        attempts: how many transactions were started because one before failed, and one more.
    """

    def __init__(self, url: str, waits: Waits, on_retry: OnRetry) -> None:
        self.attempts = 1
        self._url = url
        self._waits = waits
        self._on_retry = on_retry
        self._others = 1
        self._tries = 0
        self._spent = 0.0
        self._since: float | None = None
        self._beyond = 0.0
        self._given_up: AwaInfraError | None = None

    @property
    def table_try(self) -> float:
        """Return how long the next try waits for each table lock, in seconds."""
        short = min(self._waits.table_try, self._waits.table_lock or math.inf)
        return max(short, self._beyond)

    def succeeded(self) -> None:
        """Note that a transaction was committed: the time of its tries is spent, and the next one tries anew."""
        if self._since is not None:
            self._spent += time.monotonic() - self._since
        self._since, self._tries, self._others, self._beyond = None, 0, 1, 0.0

    def again(self, error: AwaInfraError) -> None:
        """Wait until a transaction that was rolled back may be tried again.

        Args:
            error: why it failed; gets the sessions that hold tables of Awa as its details.

        Raises:
            AwaInfraError: the error itself, if it is not worth another try or there is no time for one.
            CancelledError: everything in this process was cancelled.
        """
        if error is self._given_up or not (error.again or error.sqlstate in RETRYABLE):
            raise error
        # The transaction is rolled back by now: nobody waits while this is asked.
        if error.sqlstate == DEADLOCK:
            error.details = table_holders(self._url)
        elif error.sqlstate == LOCK_NOT_AVAILABLE:
            error.details = table_holders(self._url, seconds=self.table_try)
        pause = self._pause_for_locks() if error.sqlstate == LOCK_NOT_AVAILABLE else self._pause_for_others()
        if pause is None:
            self._given_up = error
            raise error
        self._on_retry(self.attempts, error, pause)
        self.attempts += 1
        if error.sqlstate == LOCK_NOT_AVAILABLE:
            self._rest(pause)
        else:
            time.sleep(pause)

    def _pause_for_locks(self) -> float | None:
        now = time.monotonic()
        if self._since is None:
            self._since = now - self.table_try
        left = (self._waits.table_lock or math.inf) - self._spent - (now - self._since)
        self._tries += 1
        if left <= 0:
            return None
        return min(_jittered(min(_FIRST_PAUSE * 2 ** (self._tries - 1), _LONGEST_PAUSE)), left)

    def _pause_for_others(self) -> float | None:
        if self._others >= self._waits.attempts:
            return None
        self._others += 1
        # Jitter keeps two that met in a deadlock from meeting again.
        return _jittered(_FIRST_PAUSE * 2 ** (self._others - 2))

    def _rest(self, pause: float) -> None:
        """Pause until those who hold tables now hold none any more, for the queue's sake at least as long as a try."""
        until = time.monotonic() + pause
        least = time.monotonic() + _jittered(self.table_try)
        self._beyond = 0.0
        try:
            with connect(self._url, autocommit=True) as connection:
                held = _owners(connection)
                self._beyond = max(held.values(), default=0.0) * _BEYOND
                while time.monotonic() < until:
                    if held and time.monotonic() >= least and not held.keys() & _owners(connection).keys():
                        return
                    _sleep(_LOOK)
        except (AwaInfraError, psycopg.Error):
            running.refuse_if_cancelled()  # to watch only shortens the pause
        while (left := until - time.monotonic()) > 0:
            _sleep(min(_LOOK, left))


def _sleep(seconds: float) -> None:
    running.refuse_if_cancelled()
    time.sleep(seconds)


def _owners(connection: Connection) -> dict[str, float]:
    """Return the transactions that hold tables of Awa; of an automatic vacuum ``deadlock_timeout``, else 0."""
    with read_transaction(connection):
        rows = connection.execute(sqltext.load("observe/lock_owners.sql").encode()).fetchall()
    return {row["owner"]: row["deadlock_timeout"] if row["vacuum"] else 0.0 for row in rows}


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311  not a secret
