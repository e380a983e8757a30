"""What a migration tool has recorded about a bundle."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One file that a tool ran, or recorded as run.

    Attributes:
        identity: as the tool has it: a version, the name of a script, the id of a changeset.
        checksum: that of the tool, where it is one that can be computed from the file.
        outcome: ``applied``, ``adopted`` (it was there before the tool came), ``baseline`` (and so was everything
            below it) or ``failed``.
    """

    identity: str
    checksum: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class History:
    """What one database has run of a bundle, in this order; ``rows`` is ``None`` if the tool has never run there."""

    database: str
    rows: tuple[HistoryRow, ...] | None
