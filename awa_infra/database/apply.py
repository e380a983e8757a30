"""Run a plan on one connection, under Awa's migration lock: all or nothing, or migration by migration."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from psycopg import errors

from awa_infra import sqltext
from awa_infra.database.cluster import RolesLock
from awa_infra.database.connection import Connection, connect, translated
from awa_infra.database.kept import alone
from awa_infra.database.lock_budget import Reservation
from awa_infra.database.look import Look, look
from awa_infra.database.migration_lock import wait_for_migration_lock
from awa_infra.database.migration_queue import Turn, turn_of
from awa_infra.database.observe import plan_from
from awa_infra.database.options import ApplyOptions
from awa_infra.database.retry import Retries
from awa_infra.database.run import Planner, Run
from awa_infra.database.session import BEGIN_READ, BEGIN_WRITE, lock_timeout, stay_while_idle, with_role
from awa_infra.errors import AwaInfraError, SqlFailedError
from awa_infra.model import AgreedPlan, DesiredState, ObservedState, Report, StepKind, Transaction
from awa_infra.planning.agreement import require_agreed
from awa_infra.planning.planner import make_plan
from awa_infra.planning.pure_gates import raise_if_blocked
from awa_infra.planning.transactions import transactions
from awa_infra.wording import listed


def apply(
    url: str,
    desired: DesiredState,
    *,
    agreed: AgreedPlan | None = None,
    role: str | None = None,
    options: ApplyOptions = ApplyOptions(),  # noqa: B008  frozen
) -> Report:
    """Bring the database to the desired state, or leave it exactly as it was.

    In this order: connect; wait for applies of this process to the same database that came before; take the migration
    lock, holding nothing while waiting for it; observe and plan under it; refuse if a gate blocks or if the plan is not
    the one that was agreed to; run every step; observe again and require that nothing is left; commit. An empty plan
    commits nothing. After a deadlock, a lock timeout or a full lock table the whole transaction is tried again.

    With ``desired.transaction`` :attr:`Transaction.EACH` every migration is committed by itself, while the migration
    lock is held from the first to the last one. What was committed before a failure is kept, and the next apply goes on
    from there.

    Args:
        url: connection string; hidden from every message.
        desired: the desired state.
        agreed: the plan that a user agreed to; an empty plan under the lock is accepted: another session was faster.
        role: become this role for the transaction, so that it owns what is made.
        options: how to wait for locks, and what to call on the way.

    Raises:
        BlockedError: gates block; all of them are in the message.
        StalePlanError: the database or the desired state is not what was agreed to.
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
            desired.transaction,
        ),
        agreed=agreed,
        role=role,
        options=options,
    )


def apply_plans(
    url: str,
    planner: Planner,
    *,
    agreed: AgreedPlan | None = None,
    role: str | None = None,
    options: ApplyOptions,
) -> Report:
    """Run the plans of a given planner; otherwise as :func:`apply`."""
    started = time.monotonic()
    retries = Retries(url, options)
    while True:
        try:
            report = _attempt(url, planner, agreed, role, options, retries)
        except AwaInfraError as exc:
            retries.pause_or_raise(exc)
        else:
            return replace(report, seconds=time.monotonic() - started, attempts=retries.attempts)


def _attempt(
    url: str,
    planner: Planner,
    agreed: AgreedPlan | None,
    role: str | None,
    options: ApplyOptions,
    retries: Retries,
) -> Report:
    settings = with_role(lock_timeout(retries.table_try), role)
    # The transaction is begun and committed here; psycopg's own BEGIN would be one more round trip.
    with (
        alone(),
        closing(RolesLock(url)) as roles_lock,
        connect(url) as connection,
        translated(url, "Applying"),
        turn_of(connection, options.migration_lock, options.on_wait) as turn,
        closing(Reservation(connection)) as reservation,
    ):
        retries.exclude(turn.queued)
        while True:
            seen = _look_under_lock(connection, settings, planner.desired, options, turn)
            before = seen.state
            plan = planner.plan(connection, seen)
            raise_if_blocked(plan.gates, before.database)
            if agreed is not None:
                require_agreed(agreed, plan, planner.desired, before.identity, role)
            if not plan.steps:
                return Report((), before, before, 0.0)
            if not roles_lock.asked and any(step.kind is StepKind.ROLES for step in plan.steps):
                # Nothing is held while waiting; what another database has just made is seen in the next look.
                connection.rollback()
                stay_while_idle(connection)
                roles_lock.take(options.migration_lock, options.on_wait)
                continue
            if reservation.try_reserve(plan.lock_objects):
                break
            connection.rollback()
            options.on_wait("Waiting for other databases of this server, whose migrations fill its lock table.")
            reservation.reserve(plan.lock_objects)
        run = Run(connection, url, planner, plan, before, options)
        parts = transactions(plan.steps, planner.transaction)
        if len(parts) == 1:
            return run.whole()
        return run.each(parts, lambda: with_role(lock_timeout(retries.table_try), role), retries)


def _look_under_lock(
    connection: Connection,
    settings: Mapping[str, str],
    desired: DesiredState | None,
    options: ApplyOptions,
    turn: Turn,
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
    with turn.waiting_for_others():
        wait_for_migration_lock(connection, settings, options.migration_lock, options.on_wait, waited=turn.waited)
    return look(connection, settings, desired=desired)


def _require_done(desired: DesiredState, before: ObservedState, after: ObservedState) -> None:
    # A patch without a probe of ours or a row in Awa's ledger can't be proven: having just run is all there is.
    provable = {f"patch:{name}" for name in sqltext.names("patches")}
    left = [
        step.key for step in make_plan(desired, after).steps if step.kind is not StepKind.PATCH or step.key in provable
    ]
    kept = "nothing was kept" if desired.transaction is Transaction.WHOLE else "the last transaction was not kept"
    if left:
        raise SqlFailedError(
            f"After the last step {listed(left)} would still be to do; {kept}.",
            hint="This is a fault of awa-infra or of this Awa release. Report it with the output of awa-infra status.",
        )
    if before.transition and after.transition and before.transition != after.transition:
        raise SqlFailedError(
            f"The steps changed Awa's storage transition, which no step may do; {kept}.",
            hint="Report it with the output of awa-infra status.",
        )
