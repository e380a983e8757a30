"""Sequences that are behind their rows, and how each is moved forward. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from awa_infra import sqltext
from awa_infra.naming import quote
from awa_infra.verification.catalog import SchemaName
from awa_infra.verification.findings import Finding, not_readable, state, unknown
from awa_infra.wording import FEW, counted, listed


@dataclass(frozen=True, slots=True)
class Behind:
    """A sequence whose next number is taken.

    Attributes:
        sequence: its name, in its schema.
        next: the number that it gives next.
        highest: the highest number that rows have, or that claims have passed.
        table: where that is.
        queue: of the lane, the first 100 characters; ``None`` if the sequence is not that of a lane.
        priority: of the lane.
        shard: of the lane.
    """

    sequence: str
    next: int
    highest: int
    table: str
    queue: str | None = None
    priority: int | None = None
    shard: int | None = None

    def __str__(self) -> str:
        lane = "" if self.queue is None else f" (queue {self.queue}, priority {self.priority}, shard {self.shard})"
        return f"{self.sequence}{lane} gives {self.next} next, but {self.table} is at {self.highest}"


def sequence_findings(name: SchemaName, behind: Iterable[Behind]) -> list[Finding]:
    """Return that sequences of a schema are behind their rows, as one finding."""
    found = list(behind)
    if not found:
        return []
    message = (
        f"{counted(len(found), 'sequence is', 'sequences are')} behind: "
        f"{listed(map(str, found), separator='; ', most=FEW)}"
    )
    statements = [forward(name, one) for one in found]
    return [state("sequences-behind", name.text, "sequences", message, "", *statements, step=f"sequences:{name.text}")]


def exhausted_findings(name: SchemaName, exhausted: Iterable[tuple[str, str]]) -> list[Finding]:
    """Return that sequences of a schema are near their end, as one finding; each with its last number."""
    found = [f"{sequence} is at {last}" for sequence, last in exhausted]
    if not found:
        return []
    message = f"sequences have given more than half of their numbers: {listed(found, most=FEW)}"
    repair = "Somebody set them. Set each back to the highest number of its rows, while no worker and no producer runs."
    return [state("sequences-exhausted", name.text, "sequences", message, repair)]


def unread_findings(name: SchemaName, sequences: int, user: str) -> list[Finding]:
    """Return that a role may not read sequences of a schema, so that they were not compared with their rows."""
    if not sequences:
        return []
    what, unchecked = counted(sequences, "sequence"), "whether they are behind their rows was not checked"
    return [not_readable(name, user, "sequences", what, unchecked, f"ALL SEQUENCES IN SCHEMA {name.quoted}")]


def lane_limit_findings(name: SchemaName, most: int) -> list[Finding]:
    """Return that a schema has more lanes than the server has locks for; each sequence that is read stays locked."""
    if not most:
        return []
    message = (
        f"only the first {most} lanes of schema {name.text} were compared with their rows, because PostgreSQL keeps "
        "a lock for each sequence that is read"
    )
    repair = "Raise max_locks_per_transaction, which needs a restart of the server, and verify again."
    return [unknown("not-compared", name.text, "lanes", message, repair)]


def forward_under_lock(name: SchemaName, behind: Iterable[Behind]) -> str:
    """Return what ``--repair`` runs: each sequence under the lock with which Awa takes numbers of a lane (0.6.9).

    Awa reads a number and then sets the sequence: without its lock, it could set it back.
    """
    return sqltext.load("fingerprint/repair/sequences.sql") + "".join(
        sqltext.fill(_LOCK, {"key": _qualified(name, one.sequence)}) + forward(name, one) + "\n" for one in behind
    )


def forward(name: SchemaName, one: Behind) -> str:
    """Return the statement that moves a sequence to the highest number of its rows, and never back."""
    qualified = _qualified(name, one.sequence)
    values: sqltext.Values = {"text": qualified, "sequence": sqltext.Part(qualified), "highest": one.highest}
    return sqltext.fill(_FORWARD, values)


_FORWARD = "SELECT pg_catalog.setval({text}, greatest({highest}, last_value)) FROM {sequence};"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended({key}, 0));\n"
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def _qualified(name: SchemaName, sequence: str) -> str:
    return f"{name.quoted}.{sequence if _PLAIN.fullmatch(sequence) else quote(sequence)}"
