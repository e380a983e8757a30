"""Share what the generators of reference pages need: docstrings as Markdown, and tables.

griffe parses the docstrings; a table is three lines of code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import griffe

NOTICE = "<!-- Written by `make docs`; edit the code or devtools/docs*.py instead. -->"

_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


@dataclass(frozen=True)
class Docstring:
    """A docstring in Google's style, as Markdown.

    Attributes:
        summary: its first paragraph.
        body: the paragraphs up to the first section, the summary included.
        entries: what its section of arguments or attributes says, by name.
    """

    summary: str
    body: str
    entries: dict[str, str]


def docstring(thing: object) -> Docstring:
    """Return the docstring of a class or function."""
    text, *sections = griffe.Docstring(inspect.getdoc(thing) or "").parse("google", warnings=False)
    paragraphs = [_joined(part) for part in str(text.value).split("\n\n")]
    entries = {
        entry.name: _joined(entry.description)
        for section in sections
        if section.kind in {griffe.DocstringSectionKind.parameters, griffe.DocstringSectionKind.attributes}
        for entry in section.value
    }
    return Docstring(paragraphs[0], "\n\n".join(paragraphs), entries)


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
