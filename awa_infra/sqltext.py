"""The project's own SQL: files under ``sql/``, rendered with psycopg's composition.

A file is a whole statement that a DBA can read without this program. Placeholders are of three kinds, by
what is passed in: values become literals, :class:`Name` becomes a quoted identifier, :class:`Part` is SQL that was
rendered here before. No value can end the quotes, the comment or the body that it gets into. The live engine and the
bundles use what is rendered here, so they cannot differ.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from psycopg import sql

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, to be quoted as such."""

    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """SQL that was rendered before, to be a part of more SQL."""

    text: str


Values = dict[str, Value | Name | Part]
"""What the placeholders of a file become."""

_TAG = "$awa_infra$"
"""Around the body of every anonymous block under ``sql/``; see :func:`_tag`."""

_ELEMENT = re.compile(r"[\w.]+")
"""An item of an array that needs no quotes."""

_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
"""Comments have lines of their own: nothing under ``sql/`` has one behind a statement."""


@cache
def load(path: str) -> str:
    """Return the text of one file, for example ``observe/catalog.sql``.

    Raises:
        FileNotFoundError: no such file; that is a bug or a broken installation.
    """
    return _root().joinpath(path).read_text(encoding="utf-8")


@cache
def names(folder: str) -> tuple[str, ...]:
    """Return the names, without ending, of the SQL files in a folder, sorted."""
    files = (entry.name for entry in _root().joinpath(folder).iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in files if name.endswith(".sql")))


def _root() -> Traversable:
    """Return the folder of all SQL: the wheel carries it inside the package, a checkout has it beside the package."""
    packaged = resources.files("awa_infra").joinpath("sql")
    return packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / "sql"


def render(path: str, **values: Value | Name | Part) -> str:
    """Return a file's text with every ``{placeholder}`` filled in; see :func:`fill`.

    Raises:
        KeyError: a placeholder has no value.
    """
    return fill(load(path), values)


def fill(text: str, values: Values) -> str:
    """Return a text of this package with every ``{placeholder}`` filled in.

    Args:
        text: SQL as it is under ``sql/``. Change a text before this call: afterwards it has values in it.
        values: by placeholder; those that the text does not have are ignored.

    Raises:
        KeyError: a placeholder has no value.
    """
    from psycopg import sql  # noqa: PLC0415  a tenth of a second that ``--help`` need not pay

    wanted = set(re.findall(r"\{(\w+)\}", text))
    if not wanted:
        return text
    # PostgreSQL ends a comment with its line, and some tools at other characters that end lines.
    text = _COMMENT.sub(lambda line: re.sub(r"\{(\w+)\}", r"{\1__comment}", line[0]), text)
    parts: dict[str, sql.Composable] = {}
    for key in wanted & values.keys():
        value = values[key]
        if isinstance(value, Part):
            # Rendered here: psycopg asks for a literal to keep input out.
            parts[key] = sql.SQL(value.text)
        else:
            parts[key] = _quoted(value)
            parts[f"{key}__comment"] = _quoted(_one_line(value))
    pieces = [sql.SQL(piece).format(**parts).as_string(None) for piece in text.split(_TAG)]
    return _tag(pieces).join(pieces)


def schema_values(schema: str) -> Values:
    """Return the placeholders of a schema: ``schema`` is its name as text, ``schema_name`` as an identifier."""
    return {"schema": schema, "schema_name": Name(schema)}


def array(items: Iterable[object], *, width: int = 0) -> str:
    """Return items as an array of PostgreSQL, with quotes where one needs them; in lines of about a width, if given."""
    lines: list[str] = []
    for item in items:
        text = str(item) if _ELEMENT.fullmatch(str(item)) else json.dumps(str(item), ensure_ascii=False)
        if lines and (not width or len(lines[-1]) + len(text) < width):
            lines[-1] += f", {text}" if width else f",{text}"
        else:
            lines.append(text)
    return "{" + ",\n".join(lines) + "}"


def _quoted(value: Value | Name) -> sql.Composable:
    from psycopg import sql  # noqa: PLC0415  see above

    return sql.Identifier(value.text) if isinstance(value, Name) else sql.Literal(value)


def _one_line(value: Value | Name) -> Value | Name:
    if isinstance(value, Name):
        return Name(one_line(value.text))
    return one_line(value) if isinstance(value, str) else value


def one_line(text: str) -> str:
    """Return a text for people without what would end its line: control characters become question marks."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def _tag(pieces: Iterable[str]) -> str:
    """Return a dollar quote that no piece of the text has in it, so that no value ends a body."""
    text = "\n".join(pieces)
    tags = itertools.chain([_TAG], (f"$awa_infra_{number}$" for number in itertools.count(2)))
    return next(tag for tag in tags if tag not in text)
