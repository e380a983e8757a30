"""``docs/reference/errors.md``: a section for every code; the prose is in ``errors.yaml`` beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from awa_infra.errors import BlockedError, EngineError
from devtools.docs_cli import failures
from devtools.docs_text import page
from devtools.progress import ToolError

ROOT = Path(__file__).resolve().parent.parent
PROSE = ROOT / "docs" / "reference" / "errors.yaml"
PURE_GATES = tuple(Path("awa_infra/planning") / f"{name}.py" for name in ("gates", "repair", "activation", "removal"))
FINDINGS = Path("awa_infra/planning/checks.py")

_INTRO = """\
Every failure has a code, in brackets at the end of its message, and the command an exit status. Messages may be
reworded; codes and statuses stay. Below, each code has the same three parts: what happened, what was left behind,
what to do.
"""

_GATES = f"""\
A gate is a condition that must hold before anything is written. All gates are asked at once, and every one that
objects is reported. `plan` and `apply` exit with {BlockedError.exit_status}; in `up` and `preview` the gate stops its
resource, and the command exits with {EngineError.exit_status} ([`engine-failed`](#engine-failed)). A Flyway or
Liquibase bundle asks the same SQL before its first file and fails as that tool does.

Left behind by every gate: nothing was written. In a stack, resources before the one that was refused are done; in a
bundle, the tool may have created its own empty history table.
"""

_BUNDLES = """\
Only a bundle asks these, and the tool that runs it fails with them. Nothing was written but, perhaps, the tool's own
history table.
"""


_FINDINGS = """\
What `verify` can find beside objects that are missing, extra or changed. A finding is no failure; `verify` exits with 1
if there are any. Nothing was written.
"""

_NOTES = """\
A note never blocks. `plan` prints notes where something is pending, on standard error or under `notes` with `--json`.
"""


@dataclass(frozen=True)
class Section:
    """The prose of one code."""

    happened: str
    do: str
    left: str = ""


def render(source: Path = PROSE) -> str:
    """Return the page.

    Args:
        source: the file with the prose.

    Raises:
        ToolError: a code lacks its section, or a section its code.
    """
    classes = {kind.code: kind for kind in failures()}
    gates = gate_sources()
    bundles = bundle_sources()
    notes = note_sources()
    findings = finding_sources()
    known: dict[str, Iterable[str]] = {
        "failures": classes,
        "gates": gates,
        "bundles": bundles,
        "notes": notes,
        "findings": findings,
    }
    prose = _prose(source, known)
    parts = ["# Errors", _INTRO, "## Failures"]
    for code, kind in classes.items():
        facts = f"Exit status {kind.exit_status}. Raised as `{kind.__name__}`."
        parts += [f"### {code}", facts, _paragraphs(prose["failures"][code])]
    parts += ["## Gates", _GATES]
    for code, path in gates.items():
        parts += [f"### {code}", f"Asked in {_link(path)}.", _paragraphs(prose["gates"][code])]
    parts += ["## Conditions of bundles", _BUNDLES]
    for code, path in bundles.items():
        parts += [f"### {code}", f"Asked in {_link(path)}.", _paragraphs(prose["bundles"][code])]
    parts += ["## Notes", _NOTES]
    for code, path in notes.items():
        parts += [f"### {code}", f"Asked in {_link(path)}.", _paragraphs(prose["notes"][code])]
    parts += ["## Findings", _FINDINGS]
    for code, path in findings.items():
        parts += [f"### {code}", f"Found in {_link(path)}.", _paragraphs(prose["findings"][code])]
    return page(*parts)


def note_sources() -> dict[str, Path]:
    """Return every note and the file that asks it."""
    return _by_header("note")


def _by_header(kind: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "sql" / f"{kind}s").glob("*.sql")):
        header = re.search(rf"^-- {kind}: (\S+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if header is None:
            message = f"{path.relative_to(ROOT)} has no header with its {kind}"
            raise ToolError(message)
        found[header.group(1)] = path.relative_to(ROOT)
    return found


def gate_sources() -> dict[str, Path]:
    """Return every gate and the file that asks it: the SQL ones by their header, the others as Python makes them."""
    found = _by_header("gate")
    for path in PURE_GATES:
        found |= dict.fromkeys(_made(path, "Gate"), path)
    return found


def finding_sources() -> dict[str, Path]:
    """Return every state that a verification can find, and where."""
    return dict.fromkeys(sorted(_made(FINDINGS, "state")), FINDINGS)


def _made(path: Path, function: str) -> list[str]:
    """Return the first argument of every call of a function in a file, where it is a text or a choice of two."""
    found: list[str] = []
    for call in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == function:
            found += [
                str(node.value)
                for node in ast.walk(call.args[0])
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
    return found


def bundle_sources() -> dict[str, Path]:
    """Return every condition that only a bundle asks, and its file."""
    return {
        code: path.relative_to(ROOT)
        for path in sorted((ROOT / "sql" / "bundle").glob("*.sql"))
        for code in re.findall(r"^SELECT '([a-z-]+)' AS code", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


def _prose(source: Path, known: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Section]]:
    written = yaml.safe_load(source.read_text(encoding="utf-8"))
    wrong = [f"there is no group {group}" for group in written if group not in known]
    found: dict[str, dict[str, Section]] = {}
    for group, codes in known.items():
        sections = written.get(group) or {}
        wrong += [f"{code} of {group} has no section" for code in codes if code not in sections]
        wrong += [f"{code} of {group} is no code" for code in sections if code not in set(codes)]
        if group == "failures":
            wrong += [
                f"{code} does not say what was left behind" for code, text in sections.items() if not text.get("left")
            ]
        found[group] = {code: Section(**text) for code, text in sections.items()}
    if wrong:
        message = f"{source.name}: " + "; ".join(wrong)
        raise ToolError(message)
    return found


def _paragraphs(section: Section) -> str:
    parts = [("What happened", section.happened), ("Left behind", section.left), ("What to do", section.do)]
    return "\n\n".join(f"**{title}.** {text.strip()}" for title, text in parts if text)


def _link(path: Path) -> str:
    return f"[{path}](../../{path})"
