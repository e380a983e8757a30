"""``awa-infra explain``."""

from __future__ import annotations

import difflib
import re
import textwrap

import click

from awa_infra.cli.options import json_option
from awa_infra.cli.output import print_json
from awa_infra.errors import ConfigurationError

_WIDTH = 100
_GROUPS = {
    "failures": "a failure",
    "gates": "a gate",
    "bundles": "a condition of bundles",
    "notes": "a note",
    "findings": "a finding",
}


@click.command()
@click.argument("code", required=False)
@json_option
def explain(*, code: str | None, as_json: bool) -> None:
    """Explain the code that a message ends with: what happened, what was left behind, what to do.

    Without CODE it lists every code. Needs no database.
    """
    from awa_infra.explain import sections  # noqa: PLC0415  imports a parser of YAML

    known = sections()
    if code is None:
        if as_json:
            print_json({"codes": {name: section.group for name, section in known.items()}})
            return
        for name, section in known.items():
            click.echo(f"{name:<28} {_GROUPS[section.group]}")
        return
    wanted = code.strip("[]").lower()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        hint = f"Run: awa-infra explain {near[0]}" if near else "Run awa-infra explain for a list of all codes."
        raise ConfigurationError(f"There is no code {code!r}.", hint=hint)
    section = known[wanted]
    told = {"happened": _plain(section.happened), "left": _plain(section.left), "do": _plain(section.do)}
    if as_json:
        print_json({"code": wanted, "group": section.group, **told, "sql": section.sql})
        return
    click.echo(f"{wanted}: {_GROUPS[section.group]}")
    for title, text in zip(("What happened", "Left behind", "What to do"), told.values(), strict=True):
        for paragraph in f"{title}: {text}".split("\n\n"):
            click.echo("\n" + textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False))
    if section.sql:
        click.echo(f"\n{section.sql.rstrip()}")


def _plain(text: str) -> str:
    """Return prose without the marks of Markdown; of a link to another code the command that explains it."""
    text = re.sub(r"\[([^]]+)\]\((?:errors\.md)?#([a-z-]+)\)", r"\1", text)
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "")
