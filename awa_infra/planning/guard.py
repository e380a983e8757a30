"""Guards: event triggers that refuse to drop schema ``awa`` or a declared queue-storage schema. Pure."""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.model import DesiredState, ObservedState, Step, StepKind


def guard_steps(desired: DesiredState, observed: ObservedState) -> list[Step]:
    """Return the steps that guard the schemas that are to be guarded and are not."""
    return [guard_step(schema) for schema in desired.guarded if observed.is_missing(guard_key(schema))]


def guard_step(schema: str) -> Step:
    """Return the step that guards one schema, whether or not it is there yet."""
    text = sqltext.render(
        "guard/guard.sql",
        schema=schema,
        schema_name=sqltext.Name(schema),
        trigger_name=sqltext.Name(f"awa_infra_guard_{schema}"),
    )
    return Step(StepKind.GUARD, guard_key(schema), f"guard of schema {schema} against being dropped", text)


def guard_key(schema: str) -> str:
    """Return the key of the step that guards a schema."""
    return f"guard:{schema}"


def guard_values(desired: DesiredState) -> sqltext.Values:
    """Return the placeholders of queries about guards."""
    return {"guarded": "{" + ",".join(f'"{schema}"' for schema in desired.guarded) + "}"}
