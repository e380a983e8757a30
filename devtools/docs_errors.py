"""``docs/reference/errors.md``: a section for every code. The texts are in ``errors.yaml`` beside it.

``awa-infra explain`` prints the same texts, so they are data; no documentation builder checks them against the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from awa_infra.errors import BlockedError, EngineError
from awa_infra.explain import LEFT
from devtools import docs_codes
from devtools.docs_cli import failures
from devtools.docs_text import page
from devtools.progress import ToolError

ROOT = Path(__file__).resolve().parent.parent
PROSE = ROOT / "docs" / "reference" / "errors.yaml"

_INTRO = """\
Every failure has a code, in brackets at the end of its message, and the command an exit status. Messages may be
reworded; codes and statuses stay. Below, each code has the same three parts: what happened, what was left behind,
what to do.
"""

_GATES = f"""\
A gate is a condition that must hold before anything is written. All gates are checked at once, and every gate
that blocks is reported. `plan` and `apply` exit with {BlockedError.exit_status}; in `up` and `preview` the gate stops
its resource after what is pending was shown, and the command exits with {EngineError.exit_status}
([`engine-failed`](#engine-failed)). A Flyway or Liquibase bundle runs the same SQL before its first file and fails as
that tool does.

In a stack, resources before the refused one are done; in a bundle, the tool may have created its own empty
history table.
"""

_BUNDLES = """\
Only a bundle checks these, and the tool that runs it fails with their message.
"""

_FINDINGS = """\
What `verify` can find. A finding is not a failure: `verify` exits with 1 if anything is not as the release promises,
and with 9 if the only findings are `release-unknown`, `not-compared` or `not-readable`: then nothing wrong was found,
but not everything was compared. `lane-sequences` does not count. `--repair` does what it can in one transaction, and
lists what remains.
"""

_NOTES = """\
A note never blocks. `plan` prints notes on standard error or under `notes` with `--json`; all but
`publication-without-identity` only where something is pending.
"""


_GROUPS = MappingProxyType(
    {
        "gates": ("Gates", _GATES, "Checked"),
        "bundles": ("Conditions of bundles", _BUNDLES, "Checked"),
        "notes": ("Notes", _NOTES, "Checked"),
        "findings": ("Findings", _FINDINGS, "Found"),
    }
)
"""Title, introduction, and how a code of the group comes about."""


@dataclass(frozen=True)
class Section:
    """The prose of one code."""

    happened: str
    do: str
    left: str
    sql: str = ""


def render(source: Path = PROSE) -> str:
    """Return the page.

    Args:
        source: the file with the prose.

    Raises:
        ToolError: a code lacks its section, or a section its code.
    """
    classes = {kind.code: kind for kind in failures()}
    sources = {
        "gates": docs_codes.gates(),
        "bundles": docs_codes.bundles(),
        "notes": docs_codes.notes(),
        "findings": docs_codes.findings(),
    }
    prose = _prose(source, {"failures": classes, **sources})
    parts = ["# Errors", _INTRO, "## Failures"]
    for code, kind in classes.items():
        facts = f"Exit status {kind.exit_status}. Raised as `{kind.__name__}`."
        parts += [f"### {code}", facts, _paragraphs(prose["failures"][code])]
    for group, (title, intro, asked) in _GROUPS.items():
        parts += [f"## {title}", intro]
        for code, path in sources[group].items():
            parts += [f"### {code}", f"{asked} in {_link(path)}.", _paragraphs(prose[group][code])]
    return page(*parts)


def _prose(source: Path, known: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Section]]:
    written = yaml.safe_load(source.read_text(encoding="utf-8"))
    wrong = [f"there is no group {group}" for group in written if group not in known]
    found: dict[str, dict[str, Section]] = {}
    for group, codes in known.items():
        sections = written.get(group) or {}
        wrong += [f"{code} of {group} has no section" for code in codes if code not in sections]
        wrong += [f"{code} of {group} is no code" for code in sections if code not in set(codes)]
        told = {code: {"left": LEFT.get(group, ""), **text} for code, text in sections.items()}
        for key, what in (("happened", "happened"), ("left", "was left behind"), ("do", "is to be done")):
            wrong += [f"{code} does not say what {what}" for code, text in told.items() if not text.get(key)]
        found[group] = {
            code: Section(text.get("happened", ""), text.get("do", ""), text["left"], text.get("sql", ""))
            for code, text in told.items()
        }
    if wrong:
        message = f"{source.name}: " + "; ".join(wrong)
        raise ToolError(message)
    return found


def _paragraphs(section: Section) -> str:
    parts = [("What happened", section.happened), ("Left behind", section.left), ("What to do", section.do)]
    statements = f"\n\n```sql\n{section.sql.rstrip()}\n```" if section.sql else ""
    return "\n\n".join(f"**{title}.** {text.strip()}" for title, text in parts) + statements


def _link(path: Path) -> str:
    return f"[{path}](../../{path})"
