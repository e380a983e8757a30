"""Guards: event triggers that refuse to drop schema ``awa`` or a declared queue-storage schema. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

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
        body=sqltext.Part(_body(schema)),
        strangers=_strangers([schema]),
    )
    return Step(StepKind.GUARD, guard_key(schema), f"guard of schema {schema} against being dropped", text)


def guard_key(schema: str) -> str:
    """Return the key of the step that guards a schema."""
    return f"guard:{schema}"


def unguarded_query(schemas: Sequence[str]) -> str:
    """Return the query for the schemas that have no guard, or one that awa-infra would not make like that."""
    return sqltext.render("guard/missing.sql", guards=_guards(schemas), strangers=_strangers(schemas))


def guard_values(desired: DesiredState) -> sqltext.Values:
    """Return the placeholders of the gates about guards."""
    return {
        "unguarded": sqltext.Part(unguarded_query(desired.guarded).rstrip()),
        "strangers": _strangers(desired.guarded),
    }


def _strangers(schemas: Sequence[str]) -> sqltext.Part:
    return sqltext.Part(sqltext.render("guard/strangers.sql", guards=_guards(schemas)).rstrip())


def _guards(schemas: Sequence[str]) -> str:
    return json.dumps([{"schema": schema, "body": _body(schema)} for schema in schemas])


def _body(schema: str) -> str:
    return sqltext.render("guard/body.sql", schema=schema)
