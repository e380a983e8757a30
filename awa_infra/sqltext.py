"""The project's own SQL: files under ``sql/``, rendered with psycopg's composition.

A file is a whole statement that a DBA can read without this program. Placeholders are of two kinds, by
what is passed in: values become literals, :class:`Name` becomes a quoted identifier. The live engine and
the bundles use what is rendered here, so they cannot differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, to be quoted as such."""

    text: str


@cache
def load(path: str) -> str:
    """Return the text of one file, for example ``observe/catalog.sql``.

    The wheel carries the folder inside the package; a checkout has it beside the package.

    Raises:
        FileNotFoundError: no such file; that is a bug or a broken installation.
    """
    packaged = resources.files("awa_infra").joinpath("sql")
    folder = packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / "sql"
    return folder.joinpath(path).read_text(encoding="utf-8")


@cache
def names(folder: str) -> tuple[str, ...]:
    """Return the names, without ending, of the SQL files in a folder, sorted."""
    packaged = resources.files("awa_infra").joinpath("sql")
    root = packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / "sql"
    files = (entry.name for entry in root.joinpath(folder).iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in files if name.endswith(".sql")))


def render(path: str, **values: Value | Name) -> str:
    """Return a file's text with every ``{placeholder}`` filled in.

    Raises:
        KeyError: a placeholder has no value.
    """
    from psycopg import sql  # noqa: PLC0415  a tenth of a second that ``--help`` need not pay

    text = load(path)
    wanted = set(re.findall(r"\{(\w+)\}", text))
    if not wanted:
        return text
    parts = {
        key: sql.Identifier(value.text) if isinstance(value, Name) else sql.Literal(value)
        for key, value in values.items()
        if key in wanted
    }
    # The text is a file of this package, not input: psycopg asks for a literal to keep input out.
    return sql.SQL(text).format(**parts).as_string(None)
