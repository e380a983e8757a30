"""Committed facts about what each release of Awa leaves in the catalog of PostgreSQL.

``catalog-<release>.json`` is written by ``python -m devtools.catalog_facts`` from databases that the real
``awa migrate`` made. Bodies of functions are there as hashes, because the texts are Awa's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from awa_infra.facts import measured_files

Entries = dict[tuple[str, str], str]

FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("ready_entries", "ready_tombstones", "ready_claim_attempt_batches", "ready_segments", "done_entries"),
            *("receipt_completion_batches", "receipt_completion_tombstones", "queue_terminal_count_deltas"),
        ),
        "{q}",
    ),
    "leases": "{l}",
    **dict.fromkeys(
        ("lease_claims", "lease_claim_batches", "lease_claim_closures", "lease_claim_closure_batches"), "{c}"
    ),
}
"""Partitioned table to the placeholder of its slot: queue, lease or claim ring (Awa 0.6.9, V23 to V39)."""

_PARTITION = re.compile(rf"({'|'.join(sorted(FAMILIES, key=len, reverse=True))})_([0-9]+)")


@dataclass(frozen=True, slots=True, eq=False)
class CatalogFacts:
    """The contents of a healthy database of one release, on one major of PostgreSQL; equal only to itself.

    Attributes:
        canonical: schema ``awa`` without its queue storage, as observed.
        substrate: template of a queue-storage schema with receipts; ``awa`` itself has one.
        without_receipts: the entries of the template that differ without receipts.
        private: functions that PUBLIC must not execute.
        fingerprint: of the whole schema ``awa``.
    """

    canonical: Entries
    substrate: Entries
    without_receipts: Entries
    private: frozenset[str]
    fingerprint: str

    def template(self, *, receipts: bool) -> Entries:
        """Return the template of a queue-storage schema."""
        return self.substrate if receipts else self.substrate | self.without_receipts


@cache
def catalog_facts(release: str, major: int) -> CatalogFacts | None:
    """Return the facts of a release, or ``None`` if there are none.

    A major that is newer than all that were measured is taken for the newest of them.
    """
    for data in measured_files("catalog"):
        if release in data["releases"]:
            majors = data["majors"]
            measured = min(max(majors, key=int), str(major), key=int)
            chosen = majors.get(measured, {})
            return CatalogFacts(
                canonical=_overridden(data, chosen, "canonical"),
                substrate=_overridden(data, chosen, "substrate"),
                without_receipts=_entries(data["without_receipts"]),
                private=frozenset(data["private"]),
                fingerprint=chosen.get("fingerprint", ""),
            )
    return None


@cache
def measured_majors() -> tuple[int, ...]:
    """Return the majors of PostgreSQL on which the newest release was measured, the newest one last."""
    return tuple(sorted(map(int, measured_files("catalog")[-1]["majors"])))


@cache
def newest_catalog_facts(major: int | None = None) -> CatalogFacts:
    """Return the facts of the newest release that is known; without a major those that are the same on all."""
    release = measured_files("catalog")[-1]["releases"][-1]
    facts = catalog_facts(release, major or measured_majors()[-1])
    assert facts is not None  # noqa: S101  the release comes from the same files
    return facts


def partition_of(relation: str) -> tuple[str, int] | None:
    """Return the partitioned table of Awa and the slot that a relation's name says, if it says so."""
    found = _PARTITION.fullmatch(relation)
    return (found[1], int(found[2])) if found else None


def own_names(catalog: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the names of a schema's own objects; partitions are known by their parents."""
    parts = {"relation", "function", "sequence", "type"}
    names = (name.partition("(")[0] for part, name in catalog if part in parts)
    return frozenset(name for name in names if "{" not in name and partition_of(name) is None)


@cache
def names_of_awa() -> frozenset[str]:
    """Return the names of everything that the newest release makes, in schema ``awa`` and in queue storage."""
    facts = newest_catalog_facts()
    return own_names({**facts.canonical, **facts.substrate})


def _overridden(data: Mapping[str, Any], major: Mapping[str, Any], which: str) -> Entries:
    return _entries(data[which]) | _entries(major.get(which, {}))


def _entries(parts: Mapping[str, Mapping[str, str]]) -> Entries:
    return {(part, name): text for part, entries in parts.items() for name, text in entries.items()}
