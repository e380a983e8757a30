"""Gates that only bundles have: room in the lock table, and schemas that were installed and dropped. Pure.

The engine checks the lock table for a plan as a whole; a bundle learns the state of the database only when it is run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from awa_infra import sqltext
from awa_infra.bundles.contents import HISTORY_SCHEMA, Contents
from awa_infra.facts.measured import CANONICAL_LOCKS, shape_locks
from awa_infra.model import CANONICAL_SCHEMA, Step, StepKind
from awa_infra.planning.gates import GateQuery

LOCK_TABLE = "lock-table-too-small"
"""Same code as in the engine: it is the same condition."""

HISTORY_OWNER = "history-other-owner"


def lock_table_queries(contents: Contents, *, together: bool) -> tuple[GateQuery, ...]:
    """Return the gate, or nothing where the bundle installs nothing large or the configuration overrules it.

    With ``together`` all files are one transaction, otherwise each is one.
    """
    shapes = contents.desired.shapes
    schemas = [step.subject for step in contents.of(StepKind.QUEUE_STORAGE)]
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
        "bundle/lock_table.sql",
        code=LOCK_TABLE,
        installations=json.dumps(placed, ensure_ascii=False),
        together=together,
    )
    return (GateQuery(LOCK_TABLE, (), text),)


def history_owner_query() -> GateQuery:
    """Return the gate for a history that another role has made before the tool does."""
    text = sqltext.render("bundle/history_other_owner.sql", history_schema=HISTORY_SCHEMA)
    return GateQuery(HISTORY_OWNER, (), text)


def line_ends_query() -> GateQuery:
    """Return the gate for files whose line ends were converted, of a tool that runs a text as the file has it.

    Alembic, goose and Liquibase read any line end as one line feed.
    """
    return GateQuery("line-ends", (), sqltext.load("bundle/line_ends.sql").rstrip(), pending=True)


def history_of(tool: str) -> tuple[tuple[str, ...], str]:
    """Return the tables of a tool's history, and the query that reads it (``sql/bundle``), without comments."""
    text = sqltext.load(f"bundle/history_{tool}.sql")
    needs = tuple(re.findall(r"^-- needs: (\S+)\n", text, flags=re.MULTILINE))
    return needs, re.sub(r"^--.*\n", "", text, flags=re.MULTILINE).rstrip()


def dropped_schema_queries(
    contents: Contents, tool: str, identity: Callable[[Step], str], *, last_only: bool = False
) -> tuple[GateQuery, ...]:
    """Return the gate for each queue-storage schema of a bundle.

    ``identity`` gives the name of a step's script in the tool's history; with ``last_only`` that has only the last one.
    """
    needs, history = history_of(tool)
    return tuple(
        GateQuery(
            "schema-gone",
            needs,
            sqltext.render(
                "bundle/schema_gone.sql",
                schema=step.subject,
                identity=identity(step),
                last=last_only,
                history=sqltext.Part(history),
            ),
        )
        for step in contents.of(StepKind.QUEUE_STORAGE)
    )
