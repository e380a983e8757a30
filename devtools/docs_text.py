"""What the generators of reference pages share: docstrings to Markdown, and tables."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

NOTICE = "<!-- Written by `make docs`; edit the code or devtools/docs*.py instead. -->"

_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Usage):$")


@dataclass(frozen=True)
class Docstring:
    """A docstring in Google's style, as Markdown.

    Attributes:
        summary: its first paragraph.
        body: the paragraphs up to the first section, the summary included.
        sections: of each section the entries, by name.
    """

    summary: str
    body: str
    sections: dict[str, dict[str, str]] = field(default_factory=dict)


def docstring(thing: object) -> Docstring:
    """Return the docstring of a class or function."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    starts = [number for number, line in enumerate(lines) if _SECTION.match(line)] + [len(lines)]
    paragraphs = [_joined(part) for part in "\n".join(lines[: starts[0]]).split("\n\n") if part.strip()]
    sections = {lines[start].rstrip(":"): _entries(lines[start + 1 : end]) for start, end in itertools.pairwise(starts)}
    return Docstring(paragraphs[0] if paragraphs else "", "\n\n".join(paragraphs), sections)


def markdown(text: str) -> str:
    """Return reStructuredText's inline marks as Markdown's."""
    return _ROLE.sub(r"`\1`", text).replace("``", "`")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [_row(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def page(*parts: str) -> str:
    """Return a page of parts that a blank line parts."""
    first, *others = (part.strip("\n") for part in parts if part.strip())
    return "\n\n".join([first, NOTICE, *others]) + "\n"


def sentence(text: str) -> str:
    """Return the text with a full stop at its end."""
    return text if text.endswith((".", ":", "!", "?")) else text + "."


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _joined(text: str) -> str:
    return markdown(" ".join(text.split()))


def _entries(lines: Sequence[str]) -> dict[str, str]:
    entries: dict[str, str] = {}
    name = ""
    for line in lines:
        started = re.match(r"^ {4}(\w+): (.*)$", line)
        if started:
            name, text = started.groups()
            entries[name] = text
        elif name and line.strip():
            entries[name] += " " + line.strip()
    return {key: markdown(text) for key, text in entries.items()}
