"""Drop a custom queue-storage schema. Nothing else here drops anything.

It runs like every other plan: one transaction under Awa's migration lock, gates first, all or nothing.
"""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.database.apply import apply_plans
from awa_infra.database.connection import Connection
from awa_infra.database.fingerprint import extra_objects
from awa_infra.database.identity import place
from awa_infra.database.look import look, look_to_read
from awa_infra.database.observe import ask_gates, read_planned
from awa_infra.database.options import ApplyOptions
from awa_infra.database.reading import reading
from awa_infra.database.run import Planner
from awa_infra.errors import SqlFailedError
from awa_infra.model import ObservedState, Place, Plan, Report
from awa_infra.planning.gates import special_queries
from awa_infra.planning.removal import elsewhere_gate, foreign_gate, make_removal
from awa_infra.release import installed_release


def read_removal(url: str, schema: str, *, force: bool = False, role: str | None = None) -> tuple[ObservedState, Plan]:
    """Return the observed state, and the plan that drops a custom queue-storage schema; writes nothing."""
    return read_planned(url, lambda connection, seen: _removal(connection, schema, seen.state, force=force), role)


def jobs_in(url: str, schema: str, *, role: str | None = None) -> str:
    """Return in words which unfinished, failed and dead jobs a custom schema holds; empty if none."""
    with reading(url, "Counting jobs") as connection:
        seen = look_to_read(connection, role)
        if make_removal(schema, seen.state).steps:
            found = ask_gates(
                connection, [q for q in special_queries("removal", schema) if q.code == "removal-live-jobs"]
            )
            return "; ".join(gate.message for gate in found)
    return ""


def remove(
    url: str,
    schema: str,
    *,
    force: bool = False,
    made_in: Place | None = None,
    role: str | None = None,
    options: ApplyOptions = ApplyOptions(),  # noqa: B008  frozen
) -> Report:
    """Drop a custom queue-storage schema; does nothing if it does not exist.

    Args:
        url: connection string; hidden from every message.
        schema: its name.
        force: drop it although it holds unfinished, failed or dead jobs; overrules nothing else.
        made_in: the database where it was applied, if that is known; in another one nothing is dropped.
        role: become this role for the transaction.
        options: how to wait for locks, and what to call on the way.

    Raises:
        BlockedError: it is active or prepared, workers are running, it holds jobs or foreign objects, or the connection
            leads to another database than the one where it was applied.
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """

    def require_done(_connection: Connection, before: ObservedState, after: ObservedState) -> None:
        if after.substrate(schema) is not None or after.transition != before.transition:
            raise SqlFailedError(
                f"Removing schema {schema} changed something else as well; nothing was kept.",
                hint="Report it with the output of awa-infra status.",
            )

    def plan(connection: Connection, state: ObservedState) -> Plan:
        elsewhere = elsewhere_gate(schema, made_in, place(url, state))
        if elsewhere is not None:
            # Alone: what other gates say of another database is of no use.
            return Plan(state.version, state.version, gates=(elsewhere,))
        found = _removal(connection, schema, state, force=force)
        # Before the lock: nothing waits for a refused removal, and a role that may not drop may not lock either.
        if found.gates or not found.steps:
            return found
        connection.execute(sqltext.render("removal/lock.sql", **sqltext.schema_values(schema)).encode())
        # Whatever came in between is committed by now, and nothing more can.
        return _removal(connection, schema, look(connection).state, force=force)

    planner = Planner(lambda connection, seen: plan(connection, seen.state), require_done)
    return apply_plans(url, planner, role=role, options=options)


def _removal(connection: Connection, schema: str, state: ObservedState, *, force: bool) -> Plan:
    plan = make_removal(schema, state)
    if plan.empty:
        return plan.with_gates(ask_gates(connection, special_queries("removal-of-nothing", schema)))
    if not plan.steps or state.transition is None:
        return plan
    queries = special_queries("removal", schema, force=force, lock_objects=plan.lock_objects)
    release = installed_release()
    foreign = foreign_gate(schema, extra_objects(connection, release, state, schema), state, release)
    return plan.with_gates([*ask_gates(connection, queries), *([foreign] if foreign else [])])
