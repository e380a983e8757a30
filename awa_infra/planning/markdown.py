"""Names and texts in Markdown, which shows them as they are, and a plan for a pull request. Pure."""

from __future__ import annotations

import re

from awa_infra import sqltext
from awa_infra.planning.summary import PlanSummary
from awa_infra.wording import counted

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


def plan_markdown(shown: PlanSummary) -> str:
    """Return a plan for people who have to agree to it, as Markdown."""
    headline = as_text(shown.headline) + (f" Digest of the plan: `{shown.digest}`." if shown.digest else "")
    parts = [f"### Awa in database {as_code(shown.database)}", headline]
    if shown.gates:
        parts.append(f"**{as_text(shown.outcome)}**")
        parts.append("\n".join(f"- {as_text(g.message)} (`{g.code}`)<br>{as_text(g.hint)}" for g in shown.gates))
    if shown.steps:
        rows = [
            f"| {step.number} | {as_text(step.title)} | {as_text(step.locks)} | {as_text(step.took)} | "
            f"`{step.sha256[:12]}` |"
            for step in shown.steps[:_SHOWN]
        ]
        left = len(shown.steps) - len(rows)
        more = [f"| | {counted(left, 'more step')} | | | |"] if left > 0 else []
        header = ["| | step | what it locks | took | SQL (SHA-256) |", "|---|---|---|---|---|"]
        parts.append("\n".join([*header, *rows, *more]))
        parts.append(as_text(f"{shown.commits} {shown.measured}"))
    if shown.notes:
        parts.append("\n".join(f"- {as_text(note.message)} (`{note.code}`)" for note in shown.notes))
    return "\n\n".join(parts) + "\n"
