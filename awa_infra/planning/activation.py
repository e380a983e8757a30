"""Plan an activation: the only plan that changes where Awa puts new jobs, made only on explicit request."""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.facts.measured import FIRST_VERSION_TO_ACTIVATE
from awa_infra.model import CANONICAL_SCHEMA, Gate, ObservedState, Plan, Step, StepKind
from awa_infra.planning.pure_gates import state_row_gates
from awa_infra.planning.substrate import is_complete


def make_activation(schema: str, observed: ObservedState) -> Plan:
    """Return the plan that activates queue storage in a schema; empty if it is active there already."""
    version = observed.version
    if is_active(schema, observed):
        return Plan(version, version)
    step = Step(
        StepKind.ACTIVATION,
        f"activation:{schema}",
        f"activate queue storage in schema {schema}: new jobs go there from now on, and there is no way back",
        sqltext.render("activation/activate.sql", schema=schema),
    )
    return Plan(version, version, gates=tuple(_gates(schema, observed)), steps=(step,))


def is_active(schema: str, observed: ObservedState) -> bool:
    """Whether new jobs go to this schema."""
    return observed.active_schema == schema


def _gates(schema: str, observed: ObservedState) -> list[Gate]:
    if observed.version < FIRST_VERSION_TO_ACTIVATE:
        return [
            Gate(
                "canonical-schema-missing",
                f"Activation needs schema awa at version {FIRST_VERSION_TO_ACTIVATE} or later; database "
                f"{observed.database} is at version {observed.version}.",
                "Apply Awa's migrations first.",
            )
        ]
    gates = list(state_row_gates(observed, schema))
    existing = observed.substrate(schema)
    # Awa's own function takes any name, and would send jobs to a schema that is not there.
    if not is_complete(existing):
        what = "is incomplete" if existing else "is no queue-storage schema"
        hint = "awa-infra apply completes it" if schema == CANONICAL_SCHEMA or existing else "Install it first"
        gates.append(Gate("activation-schema-missing", f"{schema} {what} in database {observed.database}.", f"{hint}."))
    active = observed.active_schema
    if active is not None:
        gates.append(
            Gate(
                "activation-elsewhere",
                f"Queue storage is active in schema {active} of database {observed.database}, not in {schema}.",
                f"Awa cannot move from one schema to another: declare {active}, or start with a fresh database.",
            )
        )
    return gates
