"""The files of gates and notes under ``sql/``: leading comments that say when they are checked, and one query. Pure.

A file begins with lines such as ``-- gate: downgrade``; what follows them is the query with its reasons:

- ``gate`` or ``note``: its code. A gate blocks; a note is worth knowing.
- ``needs``: relations, as ``schema.relation``, that must be readable for it to make sense.
- ``per``: checked once for each ``queue-storage`` schema, for each schema with sharded ``queues``, or only where
  ``roles`` or a ``guard`` are declared.
- ``when``: only if anything is ``pending``, only if existing ``structure`` is altered, or ``always`` for a note.
- ``unless``: the field of the policy that overrules it, ``roles`` or ``force``.
- ``of``: ``login`` where another login, or another connection to the same database, may be enough.
- ``for``: only in the ``engine``, in a ``bundle``, or for an ``activation``, a ``removal`` or a ``removal-of-nothing``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from awa_infra import sqltext

Folder = Literal["gates", "notes"]

_HEADERS = re.compile(r"^-- (gate|note|needs|per|when|unless|of|for): (.*)\n", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GateFile:
    """One of them.

    Attributes:
        code: stable identifier, a section of the error reference.
        blocks: whether it is a gate.
        needs: relations, with ``{schema}`` where they are those of a custom schema.
        per: what it is checked once for; empty for the database.
        when: when it is checked; empty for always.
        unless: what overrules it; empty if nothing does.
        of: whose fault it is: ``login``, or empty for that of the database.
        purpose: what it is only for; empty for plans of every kind.
        text: the query, with placeholders.
    """

    code: str
    blocks: bool
    needs: str
    per: str
    when: str
    unless: str
    of: str
    purpose: str
    text: str = field(repr=False)


@cache
def gate_file(folder: Folder, name: str) -> GateFile:
    """Return one file, read once."""
    raw = sqltext.load(f"{folder}/{name}.sql")
    headers = {key: value.strip() for key, value in _HEADERS.findall(raw)}
    rest = {key: headers.get(key, "") for key in ("needs", "per", "when", "unless", "of")}
    return GateFile(
        code=headers["gate" if "gate" in headers else "note"],
        blocks="gate" in headers,
        purpose=headers.get("for", ""),
        text=_HEADERS.sub("", raw),
        **rest,
    )


def gate_files(folder: Folder) -> Iterator[GateFile]:
    """Give all files of a folder, in a stable order."""
    return (gate_file(folder, name) for name in sqltext.names(folder))
