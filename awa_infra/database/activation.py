"""Activate queue storage in a schema of a fresh database. Nothing else in this package does that or undoes it.

It runs like every other plan: one transaction under Awa's migration lock, gates first, all or nothing.
"""

from __future__ import annotations

from awa_infra.database.apply import apply_plans
from awa_infra.database.connection import Connection
from awa_infra.database.look import Look
from awa_infra.database.observe import ask_gates, read_planned
from awa_infra.database.options import ApplyOptions
from awa_infra.database.run import Planner
from awa_infra.errors import SqlFailedError
from awa_infra.facts.measured import FIRST_VERSION_TO_ACTIVATE
from awa_infra.model import ObservedState, Plan, Report
from awa_infra.planning.activation import is_active, make_activation
from awa_infra.planning.gates import VERSION_UNKNOWN, special_queries, version_queries
from awa_infra.release import installed_release


def read_activation(url: str, schema: str, *, role: str | None = None) -> tuple[ObservedState, Plan]:
    """Return the observed state, and the plan that activates queue storage in a schema; writes nothing."""
    return read_planned(url, lambda connection, seen: _activation(connection, schema, seen), role)


def activate(
    url: str,
    schema: str,
    *,
    role: str | None = None,
    options: ApplyOptions = ApplyOptions(),  # noqa: B008  frozen
) -> Report:
    """Activate queue storage in a schema of a fresh database; does nothing if it is active there already.

    The schema is ``awa``, or an existing custom queue-storage schema.

    Raises:
        BlockedError: the schema is not there, or the database has worked before.
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """

    def require_done(_connection: Connection, _before: ObservedState, after: ObservedState) -> None:
        if not is_active(schema, after):
            raise SqlFailedError(
                f"Queue storage is not active in schema {schema} after its activation; nothing was kept.",
                hint="Report it with the output of awa-infra status.",
            )

    planner = Planner(lambda connection, seen: _activation(connection, schema, seen), require_done)
    return apply_plans(url, planner, role=role, options=options)


def _activation(connection: Connection, schema: str, seen: Look) -> Plan:
    plan = make_activation(schema, seen.state)
    if not plan.steps:
        return plan
    version = ask_gates(connection, version_queries(installed_release()), seen.readable)
    if any(gate.code in VERSION_UNKNOWN for gate in version):
        # Nothing more can be said: it may even be active as declared.
        return Plan(plan.from_version, plan.to_version, gates=tuple(version))
    if seen.state.version >= FIRST_VERSION_TO_ACTIVATE:
        version += ask_gates(connection, special_queries("activation", schema))
    return plan.with_gates(version)
