"""What one Awa release ships."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

CANONICAL_SCHEMA = "awa"
"""The one canonical schema. Its name is fixed by Awa; migrations own everything in it."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One versioned SQL unit of Awa. ``sql`` is vendor text: never edited, never reordered.

    Attributes:
        version: 1 and up; gaps are legal (Awa never used 8).
        description: Awa's own one-line title.
        sql: the text exactly as the ``awa-pg`` wheel returns it.
        sha256: of the normalised text, see :func:`awa_infra.release.normalised_sha256`.
    """

    version: int
    description: str
    sql: str = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class Patch:
    """One repeatable SQL unit of Awa: idempotent, without a version row, run after the migrations."""

    name: str
    description: str
    sql: str = field(repr=False)
    sha256: str


class Provenance(Enum):
    """How the texts of a release compare with the committed facts about it."""

    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Release:
    """All that one Awa release ships.

    Attributes:
        name: the version of the ``awa-pg`` wheel, for example ``0.6.9``.
        migrations: ordered by version.
        patches: in the order in which Awa lists them.
        provenance: ``KNOWN`` if every text has the hash recorded for this release; ``UNKNOWN`` if no
            facts about this release are committed.
    """

    name: str
    migrations: tuple[Migration, ...]
    patches: tuple[Patch, ...]
    provenance: Provenance

    @property
    def schema_version(self) -> int:
        """The highest version: a complete database is at it."""
        return self.migrations[-1].version

    @property
    def versions(self) -> frozenset[int]:
        """Every version that the release ships."""
        return frozenset(m.version for m in self.migrations)
