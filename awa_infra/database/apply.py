"""Run a plan: one connection, one transaction, under Awa's migration lock, all or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from awa_infra import sqltext
from awa_infra.database.connection import Connection, connect, translate, translated
from awa_infra.database.lock import take_migration_lock
from awa_infra.database.observe import observe, plan_for
from awa_infra.errors import SqlFailedError, StalePlanError
from awa_infra.model import DesiredState, ObservedState, Plan, Report, Step, StepKind, StepResult
from awa_infra.planning.gates import raise_if_blocked
from awa_infra.planning.planner import make_plan

Progress = Callable[[int, int, Step], None]
"""Called before each step with its number from 1, how many there are, and the step."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for locks, in seconds.

    Attributes:
        migration_lock: for another migration to finish, before anything is written.
        table_lock: for each table lock (``lock_timeout``); 0 waits for ever.
    """

    migration_lock: float = 60.0
    table_lock: float = 30.0


def apply(
    url: str,
    desired: DesiredState,
    *,
    expected: Plan | None = None,
    waits: Waits = Waits(),
    progress: Progress = lambda _number, _total, _step: None,
) -> Report:
    """Bring the database to the desired state, or leave it exactly as it was.

    In this order: connect; take the migration lock; observe and plan under it; refuse if a gate objects or
    if the plan is not the expected one; run every step; observe again and require that nothing is left;
    commit. An empty plan commits nothing.

    Args:
        url: connection string; hidden from every message.
        desired: what is asked for.
        expected: the plan that a user agreed to; an empty one found under the lock is fine, somebody else
            was faster.
        waits: see :class:`Waits`.
        progress: called before each step; its exceptions abort the apply.

    Raises:
        BlockedError: gates object; all of them are in the message.
        StalePlanError: the database changed since ``expected`` was made.
        LockTimeoutError: a lock was not free in time.
        SqlFailedError: a step failed, or left something to do.
        ConnectionFailedError: the connection could not be opened, or was lost.
    """
    started = time.monotonic()
    with connect(url) as connection, translated(url, "Applying"):
        _settings(connection, waits)
        take_migration_lock(connection, waits.migration_lock)
        before, plan = plan_for(connection, desired)
        raise_if_blocked(plan.gates, before.database)
        if expected is not None and plan.steps and plan.digest != expected.digest:
            raise StalePlanError(
                f"Database {before.database} changed since the plan was made: it stood at version "
                f"{expected.from_version} and now stands at {plan.from_version}.",
                hint="Look at a new plan, then apply that. Nothing was changed.",
            )
        if not plan.steps:
            return Report((), before, before, time.monotonic() - started)
        results = tuple(
            _run(connection, url, number, len(plan.steps), step, progress)
            for number, step in enumerate(plan.steps, start=1)
        )
        after = observe(connection)
        _require_done(desired, before, after)
        connection.commit()
        return Report(results, before, after, time.monotonic() - started)


def _settings(connection: Connection, waits: Waits) -> None:
    # JIT compiles the backfills of empty partitions for longer than they run (measured: 1.6 times slower).
    # Notices of a fresh install are ten thousand lines. A role's statement timeout is for applications.
    connection.execute(
        "SET LOCAL jit = off; SET LOCAL client_min_messages = warning; SET LOCAL statement_timeout = 0; "
        f"SET LOCAL lock_timeout = {int(waits.table_lock * 1000)}"
    )


def _run(connection: Connection, url: str, number: int, total: int, step: Step, progress: Progress) -> StepResult:
    progress(number, total, step)
    started = time.monotonic()
    try:
        connection.execute(step.sql.encode())
    except psycopg.Error as exc:
        raise translate(exc, url, f"Step {step.key}") from exc
    return StepResult(step.key, step.title, time.monotonic() - started)


def _require_done(desired: DesiredState, before: ObservedState, after: ObservedState) -> None:
    # A patch without a probe of ours or a row in Awa's ledger can't be proven: having just run is all there is.
    provable = {f"patch:{name}" for name in sqltext.names("patches")}
    left = [
        step.key for step in make_plan(desired, after).steps if step.kind is not StepKind.PATCH or step.key in provable
    ]
    if left:
        raise SqlFailedError(
            f"After the last step {', '.join(left)} would still be to do; nothing was kept.",
            hint="This is a fault of awa-infra or of this Awa release. Report it with the output of awa-infra status.",
        )
    if before.transition and after.transition and before.transition != after.transition:
        raise SqlFailedError(
            "The steps changed Awa's storage transition, which nothing here may do; nothing was kept.",
            hint="Report it with the output of awa-infra status.",
        )
