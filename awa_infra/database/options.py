"""How an apply waits for locks, how often it tries, and what it calls on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awa_infra.errors import AwaInfraError
from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT, Step

Progress = Callable[[int, int, Step], None]
"""Called before each step with its number from 1, how many there are, and the step. An exception aborts the apply."""

OnRetry = Callable[[int, AwaInfraError, float], None]
"""Called before another attempt with the number of the one that failed, why, and the longest pause in seconds."""

OnWait = Callable[[str], None]
"""Called with one sentence when a wait begins that should be reported."""

LOCK_TRY = 0.5
"""Seconds that one try waits for a table lock by default; from the benchmark of live traffic."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How one apply waits for locks, in seconds, how often it tries, and what it calls on the way.

    Attributes:
        migration_lock: how long to wait for another migration to finish, before anything is written.
        table_lock: how long to keep trying for table locks, everything rolled back between two tries; 0 tries for ever.
        attempts: how often a transaction is started at most because of deadlocks and full lock tables.
        on_wait: called when a wait begins: for another migration, for room in the lock table, for a standby.
        table_try: how long one try waits for a table lock (``lock_timeout``). Other sessions wait behind it as long.
        progress: called before each step.
        on_retry: called before each further attempt.
    """

    migration_lock: float = LOCK_WAIT
    table_lock: float = LOCK_TIMEOUT
    attempts: int = 3
    on_wait: OnWait = lambda _sentence: None
    table_try: float = LOCK_TRY
    progress: Progress = lambda _number, _total, _step: None
    on_retry: OnRetry = lambda _attempt, _error, _pause: None
