"""``awa-infra explain``."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.options import json_option
from awa_infra.cli.output import print_json
from awa_infra.cli.tables import stdout_is_terminal, tables
from awa_infra.errors import ConfigurationError
from awa_infra.naming import nearest

if TYPE_CHECKING:
    from awa_infra.explain import Section

_WIDTH = 100
"""Characters of a line; a narrower terminal has less."""
_GROUPS = {
    "failures": "a failure",
    "gates": "a gate",
    "bundles": "a condition of bundles",
    "notes": "a note",
    "findings": "a finding",
}


@click.command(epilog=examples("explain"))
@click.argument("code", required=False)
@json_option
def explain(*, code: str | None, as_json: bool) -> None:
    """Explain the code that a message ends with: what happened, what was left behind, what to do.

    Without CODE it lists every code. Needs no database.
    """
    from awa_infra.explain import sections  # noqa: PLC0415  imports a parser of YAML

    all_sections = sections()
    if code is None:
        groups = {name: [section.group for section in found] for name, found in all_sections.items()}
        if as_json:
            print_json({"codes": groups})
            return
        _list(all_sections)
        return
    wanted = code.strip("[]").lower()
    if wanted not in all_sections:
        near = nearest(wanted, all_sections)
        hint = f"Run: awa-infra explain {near}" if near else "Run awa-infra explain for a list of all codes."
        raise ConfigurationError(f"There is no code {code!r}.", hint=hint)
    lines = [
        {
            "group": section.group,
            "happened": _plain(section.happened),
            "left": _plain(section.left),
            "do": _plain(section.do),
            "sql": section.sql,
        }
        for section in all_sections[wanted]
    ]
    if as_json:
        print_json({"code": wanted, "sections": lines})
        return
    click.echo("\n\n".join(_text(wanted, section) for section in lines))


def _list(known: Mapping[str, Sequence[Section]]) -> None:
    """Print every code with what it is the code of; on a terminal also with the sentence that explains it first."""
    drawing = tables()
    if drawing is not None:
        rows = ((code, _GROUPS[s.group], [(_first(s.happened), "dim")]) for code, found in known.items() for s in found)
        drawing.table(("Code", "Kind", "What happened"), rows)
        return
    for code, found in known.items():
        click.echo(f"{code:<28} {', '.join(_GROUPS[section.group] for section in found)}")


def _first(text: str) -> str:
    """Return the first sentence, or what comes before a list."""
    return re.split(r"[.:]\s", _plain(text), maxsplit=1)[0].rstrip(".:") + "."


def _text(code: str, section: dict[str, str]) -> str:
    width = min(_WIDTH, shutil.get_terminal_size().columns) if stdout_is_terminal() else _WIDTH
    titles = {"What happened": "happened", "Left behind": "left", "What to do": "do"}
    paragraphs = [
        textwrap.fill(paragraph, width, break_long_words=False, break_on_hyphens=False)
        for title, key in titles.items()
        for paragraph in f"{title}: {section[key]}".split("\n\n")
    ]
    statements = [section["sql"].rstrip()] if section["sql"] else []
    return "\n\n".join([f"{code}: {_GROUPS[section['group']]}", *paragraphs, *statements])


def _plain(text: str) -> str:
    """Return prose without Markdown; a link becomes its text."""
    text = re.sub(r"\[([^]]+)\]\((?:errors\.md)?#([a-z-]+)\)", r"\1", text)
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "")
