"""Plan the removal of a custom queue-storage schema: only on request, and only when no gate blocks. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from awa_infra import sqltext
from awa_infra.facts.measured import removal_locks
from awa_infra.model import Gate, ObservedState, Place, Plan, Release, Same, Step, StepKind
from awa_infra.naming import schema_name_problem
from awa_infra.planning.pure_gates import state_row_gates
from awa_infra.wording import listed

_SHOWN = 10
"""How many objects a message names; the gate in SQL names as many."""

_ELSEWHERE_HINT = (
    "To drop it, connect to the database where it was applied. If the other one replaces that, as after a restore or "
    "pg_upgrade, declare the schema again, run up, then remove it. To only forget it: pulumi state delete."
)


def make_removal(schema: str, observed: ObservedState) -> Plan:
    """Return the plan that drops a custom queue-storage schema; empty if it does not exist.

    A gate refuses ``awa`` and other schemas that cannot be custom ones.
    """
    version = observed.version
    problem = schema_name_problem(schema)
    if problem is not None:
        return Plan(version, version, gates=(Gate("removal-protected", f"{problem}.", "It is never dropped."),))
    existing = observed.substrate(schema)
    if existing is None:
        return Plan(version, version)
    values = sqltext.schema_values(schema)
    step = Step(
        StepKind.REMOVAL,
        f"removal:{schema}",
        f"drop queue-storage schema {schema} and free the unique keys of its jobs",
        sqltext.render("removal/drop.sql", **values),
        "AccessExclusive locks on every table of the schema",
    )
    return Plan(
        version,
        version,
        gates=tuple(_gates(schema, observed)),
        steps=(step,),
        lock_objects=removal_locks(existing.shape, observed.server_version),
    )


def foreign_gate(schema: str, extra: Sequence[str] | None, observed: ObservedState, release: Release) -> Gate | None:
    """Return the gate for objects in a schema that the release does not make; ``None`` without any.

    Where the extra objects are ``None``, they could not be compared, which is a gate, too.
    """
    if extra is None:
        return Gate(
            "removal-not-compared",
            f"Schema awa of database {observed.database} is at version {observed.version}, and the installed Awa "
            f"{release.name} makes version {release.schema_version}: nothing can tell what in schema {schema} is not "
            "Awa's.",
            f"Install the awa-pg that makes version {observed.version}, and remove the schema with that."
            if observed.version > release.schema_version
            else "Migrate schema awa first (awa-infra apply), or remove the schema with the awa-pg of that version.",
        )
    if not extra:
        return None
    return Gate(
        "removal-foreign-objects",
        f"Schema {schema} holds what Awa did not make: {listed(sorted(extra), most=_SHOWN)}.",
        "Move or drop those yourself, then remove the schema again.",
    )


def elsewhere_gate(schema: str, kept: Place | None, now: Place) -> Gate | None:
    """Return the gate for a schema that was applied in another database than the one of the connection.

    Where it was applied (``kept``) may not be recorded, which blocks nothing.
    """
    if kept is None or (same := kept.same_as(now)) is Same.YES:
        return None
    applied = f"Schema {schema} was last applied in database {kept}"
    if same is Same.NO:
        message = f"{applied}, and the connection leads to another one: {now}. Nothing is dropped there."
    else:
        message = f"{applied}, and nothing shows whether {now}, where the connection leads to, is the same database."
    return Gate("removal-elsewhere", message, _ELSEWHERE_HINT)


def missing_gate(schema: str, kept: Place | None, where: str) -> Gate | None:
    """Return the gate for a schema that was applied elsewhere than in the database of the connection, which is missing.

    Where the connection leads to is given as :attr:`awa_infra.model.Place.where` has it.
    """
    if kept is None or kept.where == where:
        return None
    message = f"Schema {schema} was last applied in database {kept}; the connection leads to {where}, which is missing."
    return Gate("removal-elsewhere", message, _ELSEWHERE_HINT)


def _gates(schema: str, observed: ObservedState) -> list[Gate]:
    """Return the gates for a schema that receives jobs, or is about to; nothing overrules them."""
    lost = state_row_gates(observed, schema)
    if lost:
        return list(lost)
    transition = observed.transition
    if transition is None:
        return [
            Gate(
                "removal-active",
                f"Whether jobs are routed to schema {schema} cannot be read in database {observed.database}.",
                "Connect as a role that may read awa.storage_transition_state; nothing is dropped on a guess.",
            )
        ]
    # What is prepared counts too: once there, Awa's details name a schema in every state but the first.
    named = {transition.active_schema, transition.marker_schema}
    if transition.state != "canonical":
        named.add(transition.details_schema)
    if schema not in named:
        return []
    return [
        Gate(
            "removal-active",
            f"Awa's storage state is {transition.state} and names schema {schema} of database {observed.database}.",
            "Jobs are or will be routed there. What is only prepared: awa storage abort. What is active stays: set "
            "deletion_policy back to retain (deletionPolicy in the stack configuration).",
        )
    ]
