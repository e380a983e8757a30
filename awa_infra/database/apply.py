"""Run a plan: one connection, one transaction, under Awa's migration lock, all or nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import psycopg
from psycopg import errors

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.cluster import RolesLock
from awa_infra.database.commit import commit
from awa_infra.database.connection import (
    DEADLOCK,
    LOCK_NOT_AVAILABLE,
    OUT_OF_MEMORY,
    Connection,
    connect,
    translate,
    translated,
)
from awa_infra.database.lock import table_holders, wait_for_migration_lock
from awa_infra.database.observe import Look, look, observe, plan_from
from awa_infra.database.session import BEGIN_READ, BEGIN_WRITE, lock_timeout, with_role
from awa_infra.database.turns import Turn
from awa_infra.errors import AwaInfraError, SqlFailedError, StalePlanError
from awa_infra.model import DesiredState, ObservedState, Plan, Report, Step, StepKind, StepResult
from awa_infra.planning.describe import listed
from awa_infra.planning.gates import raise_if_blocked
from awa_infra.planning.planner import make_plan

Progress = Callable[[int, int, Step], None]
"""Called before each step with its number from 1, how many there are, and the step."""

OnRetry = Callable[[int, AwaInfraError, float], None]
"""Called before another attempt with the number of the one that failed, why, and the pause in seconds."""

RETRYABLE = frozenset({DEADLOCK, LOCK_NOT_AVAILABLE, OUT_OF_MEMORY})
"""SQLSTATEs after which the same transaction may well succeed: deadlock, lock timeout, lock table full."""

ROLE_RACES = frozenset({"XX000", "23505", "42710"})
"""SQLSTATEs of a role that another database makes or changes at the same moment."""

LOCK_WAIT = 60.0
"""Seconds to wait for another migration to finish unless told otherwise."""

LOCK_TIMEOUT = 30.0
"""Seconds to wait for each table lock unless told otherwise: long enough for a transaction of an application."""

_FIRST_PAUSE = 0.5


OnWait = Callable[[str], None]
"""Called with one sentence when a wait begins that somebody should know of."""


def silent(_sentence: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for locks, in seconds, and how often to try.

    Attributes:
        migration_lock: for another migration to finish, before anything is written.
        table_lock: for each table lock (``lock_timeout``); 0 waits for ever.
        attempts: how often the transaction is started at most, after deadlocks and lock timeouts.
        on_wait: is told when a wait begins: for another migration, for room in the lock table, for a standby.
    """

    migration_lock: float = LOCK_WAIT
    table_lock: float = LOCK_TIMEOUT
    attempts: int = 3
    on_wait: OnWait = silent


@dataclass(frozen=True, slots=True)
class Planner:
    """What is to be done, and whether it was.

    Attributes:
        plan: called under the lock with what was observed; returns the plan, gates included.
        require_done: called after the last step with what was observed before and after; raises to have
            nothing kept.
        desired: whose declared roles, privileges and lanes are looked at.
    """

    plan: Callable[[Connection, Look], Plan]
    require_done: Callable[[Connection, ObservedState, ObservedState], None]
    desired: DesiredState | None = None


def apply(
    url: str,
    desired: DesiredState,
    *,
    expected: Plan | None = None,
    role: str | None = None,
    waits: Waits = Waits(),
    progress: Progress = lambda _number, _total, _step: None,
    on_retry: OnRetry = lambda _attempt, _error, _pause: None,
) -> Report:
    """Bring the database to the desired state, or leave it exactly as it was.

    In this order: connect; take the migration lock, holding nothing while waiting for it; observe and plan under
    it; refuse if a gate objects or if the plan is not the expected one; run every step; observe again and require
    that nothing is left; commit. An empty plan commits nothing. After a deadlock, a lock timeout or a full lock
    table the whole transaction is tried again.

    Args:
        url: connection string; hidden from every message.
        desired: what is asked for.
        expected: the plan that a user agreed to; an empty one found under the lock is fine, somebody else
            was faster.
        role: become this role for the transaction, so that it owns what is made.
        waits: see :class:`Waits`.
        progress: called before each step; its exceptions abort the apply.
        on_retry: called before each further attempt.

    Raises:
        BlockedError: gates object; all of them are in the message.
        StalePlanError: the database changed since ``expected`` was made.
        LockTimeoutError: a lock was not free in time.
        SqlFailedError: a step failed, or left something to do.
        ConnectionFailedError: the connection could not be opened, or was lost.
        CommitUnknownError: it was lost while committing.
    """
    return apply_plans(
        url,
        Planner(
            lambda connection, seen: plan_from(connection, desired, seen),
            lambda _connection, before, after: _require_done(desired, before, after),
            desired,
        ),
        expected=expected,
        role=role,
        waits=waits,
        progress=progress,
        on_retry=on_retry,
    )


def apply_plans(
    url: str,
    planner: Planner,
    *,
    expected: Plan | None = None,
    role: str | None = None,
    waits: Waits = Waits(),
    progress: Progress = lambda _number, _total, _step: None,
    on_retry: OnRetry = lambda _attempt, _error, _pause: None,
) -> Report:
    """Do what :func:`apply` does, with plans of another making."""
    started = time.monotonic()
    attempt = 1
    while True:
        try:
            report = _attempt(url, planner, expected, role, waits, progress)
        except AwaInfraError as exc:
            if not (exc.again or exc.sqlstate in RETRYABLE) or attempt >= waits.attempts:
                raise
            # Jitter keeps two that met in a deadlock from meeting again.
            pause = _FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311  not a secret
            on_retry(attempt, exc, pause)
            time.sleep(pause)
            attempt += 1
        else:
            return replace(report, seconds=time.monotonic() - started, attempts=attempt)


def _attempt(
    url: str, planner: Planner, expected: Plan | None, role: str | None, waits: Waits, progress: Progress
) -> Report:
    settings = with_role(lock_timeout(waits.table_lock), role)
    # The transaction is begun and committed here; psycopg's own BEGIN would be one more round trip.
    with (
        RolesLock(url) as roles_lock,
        connect(url, autocommit=True) as connection,
        translated(url, "Applying"),
        Turn(connection) as turn,
    ):
        while True:
            seen = _look_under_lock(connection, settings, planner.desired, waits)
            before = seen.state
            plan = planner.plan(connection, seen)
            raise_if_blocked(plan.gates, before.database)
            if expected is not None and plan.steps and plan.digest != expected.digest:
                raise StalePlanError(
                    f"Database {before.database} changed since the plan was made: it stood at version "
                    f"{expected.from_version} and now stands at {plan.from_version}.",
                    hint="Look at a new plan, then apply that. Nothing was changed.",
                )
            if not plan.steps:
                return Report((), before, before, 0.0)
            if not roles_lock.asked and any(step.kind is StepKind.ROLES for step in plan.steps):
                # Nothing is held while waiting; what another database has just made is seen in the next look.
                connection.rollback()
                roles_lock.take(waits.migration_lock, waits.on_wait)
                continue
            if turn.has(plan.lock_objects):
                break
            connection.rollback()
            waits.on_wait("Waiting for other databases of this server, whose migrations fill its lock table.")
            turn.wait(plan.lock_objects)
        results = tuple(
            _run(connection, url, number, len(plan.steps), step, progress)
            for number, step in enumerate(plan.steps, start=1)
        )
        after = observe(connection, planner.desired)
        planner.require_done(connection, before, after)
        commit(connection, url, waits.on_wait)
        return Report(results, before, after, 0.0)


def _look_under_lock(
    connection: Connection, settings: Mapping[str, str], desired: DesiredState | None, waits: Waits
) -> Look:
    """Begin a transaction, take the migration lock, and only then look."""
    try:
        seen = look(connection, settings, desired=desired, lock=True, begin=BEGIN_WRITE)
    except errors.FeatureNotSupported:
        # A standby. A gate says so, if there is anything to do at all.
        connection.rollback()
        return look(connection, settings, desired=desired, begin=BEGIN_READ)
    if seen.locked:
        return seen
    connection.rollback()
    wait_for_migration_lock(connection, settings, waits.migration_lock, waits.on_wait)
    return look(connection, settings, desired=desired)


def _run(connection: Connection, url: str, number: int, total: int, step: Step, progress: Progress) -> StepResult:
    running.refuse_if_cancelled()
    progress(number, total, step)
    started = time.monotonic()
    try:
        connection.execute(step.sql.encode())
    except psycopg.Error as exc:
        error = translate(exc, url, f"Step {step.key}")
        error.again = step.kind is StepKind.ROLES and error.sqlstate in ROLE_RACES
        if error.sqlstate in {LOCK_NOT_AVAILABLE, DEADLOCK}:
            error.details = table_holders(url, connection.info.backend_pid)
        raise error from exc
    return StepResult(step.key, step.title, time.monotonic() - started)


def _require_done(desired: DesiredState, before: ObservedState, after: ObservedState) -> None:
    # A patch without a probe of ours or a row in Awa's ledger can't be proven: having just run is all there is.
    provable = {f"patch:{name}" for name in sqltext.names("patches")}
    left = [
        step.key for step in make_plan(desired, after).steps if step.kind is not StepKind.PATCH or step.key in provable
    ]
    if left:
        raise SqlFailedError(
            f"After the last step {listed(left)} would still be to do; nothing was kept.",
            hint="This is a fault of awa-infra or of this Awa release. Report it with the output of awa-infra status.",
        )
    if before.transition and after.transition and before.transition != after.transition:
        raise SqlFailedError(
            "The steps changed Awa's storage transition, which nothing here may do; nothing was kept.",
            hint="Report it with the output of awa-infra status.",
        )
