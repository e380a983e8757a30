"""Schemas that a tool has installed and somebody has dropped: a gate of every bundle whose tool has a history. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from awa_infra import sqltext
from awa_infra.model import Step, StepKind
from awa_infra.packaging.contents import Contents, own_name
from awa_infra.planning.gates import GateQuery

CODE = "schema-gone"

_LAST_ONLY = frozenset({"alembic", "golang_migrate"})
"""Tools that remember the last number and nothing else."""


def history_of(tool: str) -> tuple[tuple[str, ...], str]:
    """Return the tables of a tool's history, and the query that reads it, without comments.

    Args:
        tool: as in the name of its file under ``sql/bundle``.
    """
    text = sqltext.load(f"bundle/history_{tool}.sql")
    needs = tuple(re.findall(r"^-- needs: (\S+)\n", text, flags=re.MULTILINE))
    return needs, re.sub(r"^--.*\n", "", text, flags=re.MULTILINE).rstrip()


def gone_queries(contents: Contents, tool: str, identity: Callable[[Step], str]) -> tuple[GateQuery, ...]:
    """Return the gate for each queue-storage schema of a bundle.

    Args:
        contents: what the bundle contains.
        tool: whose history is asked.
        identity: what that history calls the script of a step.
    """
    needs, history = history_of(tool)
    return tuple(
        GateQuery(
            CODE,
            needs,
            sqltext.render(
                "bundle/schema_gone.sql",
                schema=own_name(step),
                identity=identity(step),
                last=tool in _LAST_ONLY,
                history=sqltext.Part(history),
            ),
        )
        for step in contents.of(StepKind.QUEUE_STORAGE)
    )
