"""Names and texts in Markdown, which shows them as they are, and a plan for a pull request. Pure."""

from __future__ import annotations

import re

from awa_infra import sqltext
from awa_infra.model import Plan

_SHOWN = 60
"""Steps in the table; GitHub cuts a comment at 65,536 characters."""


def as_code(name: str, *, cell: bool = False) -> str:
    """Return a name as code that it cannot end, in a cell of a table if wanted."""
    text = sqltext.one_line(name)
    text = text.replace("|", "\\|") if cell else text
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (1 + max(len(run) for run in re.findall("`+", text)))
    return f"{fence} {text} {fence}"


def as_text(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return re.sub(r"([\\`<\[|])", r"\\\1", sqltext.one_line(text))


def plan_markdown(database: str, plan: Plan, release: str) -> str:
    """Return a plan for people who have to agree to it.

    Args:
        database: its name.
        plan: what would be done.
        release: of Awa, whose SQL it is.
    """
    parts = [f"### Awa in database {as_code(database)}", _summary(plan, release)]
    if plan.gates:
        parts.append(f"**Blocked: {_counted(len(plan.gates), 'condition does', 'conditions do')} not hold.**")
        parts.append("\n".join(f"- {as_text(g.message)} (`{g.code}`)<br>{as_text(g.hint)}" for g in plan.gates))
    if plan.steps:
        rows = [
            f"| {number} | {as_text(step.title)} | {as_text(step.locks)} | `{step.sha256[:12]}` |"
            for number, step in enumerate(plan.steps[:_SHOWN], start=1)
        ]
        left = len(plan.steps) - len(rows)
        more = [f"| | {_counted(left, 'more step', 'more steps')} | | |"] if left > 0 else []
        parts.append("\n".join(["| | step | what it locks | SQL (SHA-256) |", "|---|---|---|---|", *rows, *more]))
    if plan.notes:
        parts.append("\n".join(f"- {as_text(note.message)} (`{note.code}`)" for note in plan.notes))
    return "\n\n".join(parts) + "\n"


def _summary(plan: Plan, release: str) -> str:
    if plan.empty:
        return f"As desired: schema `awa` is at version {plan.to_version} of Awa {as_text(release)}. Nothing to do."
    if not plan.steps:
        return "Nothing can be planned."
    move = (
        f"stays at version {plan.to_version}"
        if plan.from_version == plan.to_version
        else f"from version {plan.from_version} to {plan.to_version}"
    )
    steps = _counted(len(plan.steps), "step", "steps")
    return f"Schema `awa` {move}, Awa {as_text(release)}, {steps}. Digest of the plan: `{plan.digest}`."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
