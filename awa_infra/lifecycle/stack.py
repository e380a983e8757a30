"""List the objects that a stack configuration declares, in order; the same for every adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awa_infra.spec.connection import Waiting
from awa_infra.spec.schema import SchemaEntry
from awa_infra.spec.stack import StackConfig

DATABASE, ROLES, SCHEMA, QUEUE_STORAGE, ACTIVATION = "database", "roles", "schema", "queue-storage", "activation"


@dataclass(frozen=True, slots=True)
class StackObject:
    """One object of a stack.

    Attributes:
        kind: one of the constants of this module.
        name: unique in the stack, appended to the stack's own name.
        inputs: by name, without connection strings and passwords: those are the adapter's to pass.
        after: names of the objects that must be there before.
    """

    kind: str
    name: str
    inputs: Mapping[str, Any]
    after: tuple[str, ...] = ()


def stack_objects(config: StackConfig) -> tuple[StackObject, ...]:
    """Return the objects of a stack, each after those that it needs.

    With a database among them the connection string of all others is its output. With roles everything is made
    as the owner.
    """
    found: list[StackObject] = []
    if config.database is not None:
        found.append(StackObject(DATABASE, DATABASE, config.database.props()))
    given = config.props()
    waits = {i.name: i.default if given[i.name] is None else given[i.name] for i in Waiting.described()}
    roles = config.roles_wanted()
    if config.roles is not None and roles is not None:
        schemas = {"queue_storage_schemas": list(roles.schemas), "lane_schemas": list(roles.lane_schemas)}
        found.append(StackObject(ROLES, ROLES, config.roles.props() | schemas | waits))
    common = {"guard": config.guard, "role": roles.owner if roles else None, **waits}
    schema = {i.name: given[i.name] for i in SchemaEntry.described()}
    found.append(StackObject(SCHEMA, SCHEMA, schema | common, (ROLES,) if roles else ()))
    for entry in config.queue_storage_schemas:
        name = f"{QUEUE_STORAGE}-{entry.schema_name}"
        found.append(StackObject(QUEUE_STORAGE, name, entry.props() | common, (SCHEMA,)))
    if config.activation is not None:
        # All of them: an activation of one schema must not happen while another one cannot be installed.
        before = tuple(item.name for item in found if item.kind in {SCHEMA, QUEUE_STORAGE})
        common.pop("guard")
        found.append(StackObject(ACTIVATION, ACTIVATION, {"schema": config.activation} | common, before))
    return tuple(found)
