"""Whether the server has room for the locks of what a bundle installs: a gate of every bundle. Pure.

The engine asks the same of a plan as a whole, knowing what stands; a bundle knows only when it is run.
"""

from __future__ import annotations

import json

from awa_infra import sqltext
from awa_infra.model import CANONICAL_SCHEMA, StepKind
from awa_infra.packaging.contents import Contents, own_name
from awa_infra.planning.effort import shape_locks
from awa_infra.planning.gates import GateQuery
from awa_infra.planning.planner import CANONICAL_LOCKS

CODE = "lock-table-too-small"
"""The engine's own code, for it is the same condition."""


def lock_table_queries(contents: Contents, *, together: bool) -> tuple[GateQuery, ...]:
    """Return the gate, or nothing where the bundle installs nothing large or the configuration overrules it.

    Args:
        contents: what the bundle contains.
        together: whether all files are one transaction, rather than each its own.
    """
    shapes = {wanted.schema: wanted.shape for wanted in contents.desired.queue_storage}
    schemas = [own_name(step) for step in contents.of(StepKind.QUEUE_STORAGE)]
    installed = (
        [(f"schema {CANONICAL_SCHEMA}", CANONICAL_SCHEMA, "schema_version", CANONICAL_LOCKS)] if together else []
    )
    installed += [
        (f"queue storage {schema} ({shapes[schema]})", schema, "queue_ring_state", shape_locks(shapes[schema]))
        for schema in schemas
    ]
    if not installed or contents.desired.policy.allow_many_locks:
        return ()
    names = ("what", "schema", "relation", "objects")
    placed = [{"place": place, **dict(zip(names, one, strict=True))} for place, one in enumerate(installed, start=1)]
    text = sqltext.render(
        "bundle/lock_table.sql", code=CODE, installations=json.dumps(placed, ensure_ascii=False), together=together
    )
    return (GateQuery(CODE, (), text),)
