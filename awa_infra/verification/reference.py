"""Take facts about a release from a database that has it, instead of from the committed files. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from awa_infra.facts.catalog import CatalogFacts, own_names
from awa_infra.model import CANONICAL_SCHEMA, ObservedState, QueueStorage, Release, Shape
from awa_infra.verification.catalog import Catalog, SchemaName, collapse, digest, structure, with_hashes

SMALL = Shape(4, 2, 2)
"""The fewest slots that Awa's installer accepts (0.6.9): a family of partitions needs no more to be known."""

SCRATCH_SCHEMAS = (
    QueueStorage("with_receipts", SMALL),
    QueueStorage("no_receipts", Shape(SMALL.queue_slots, SMALL.lease_slots, SMALL.claim_slots, receipts=False)),
)
"""Custom schemas of a scratch database: one of each kind is what a queue-storage schema can be compared with."""


def reference_problem(release: Release, target: ObservedState, reference: ObservedState) -> str:
    """Return why a database cannot be compared with another one; empty if it can."""
    if reference.version != release.schema_version:
        return f"it is at version {reference.version}, and Awa {release.name} is at {release.schema_version}"
    lacking = sorted(patch.name for patch in release.patches if patch.name not in reference.patches)
    if lacking:
        return f"patch {', '.join(lacking)} of Awa {release.name} is not applied there"
    if reference.major != target.major:
        return (
            f"it is on PostgreSQL {reference.major}, which describes objects otherwise than PostgreSQL {target.major}"
        )
    return ""


def facts_from(
    catalogs: Mapping[str, tuple[SchemaName, Catalog]], receipts: Mapping[str, bool], names: CatalogFacts
) -> CatalogFacts:
    """Return what the catalogs of a healthy database say about its release.

    ``receipts`` says of each queue-storage schema, ``awa`` included, whether claims are held as receipts there;
    ``names`` are facts that say which objects of schema ``awa`` are queue storage, if need be of another release.
    """
    templates: dict[bool, Catalog] = {}
    for schema in sorted(receipts.keys() - {CANONICAL_SCHEMA}):
        name, catalog = catalogs[schema]
        kept = structure(catalog)
        own = own_names(kept)
        templates.setdefault(receipts[schema], collapse(with_hashes(kept, name, own), name, own))
    entries = {key for template in templates.values() for key in template} or set(names.substrate)
    name, catalog = catalogs[CANONICAL_SCHEMA]
    own = own_names(entries)
    awa = with_hashes(structure(catalog), name, own)
    if True not in templates:
        templates[True] = {key: text for key, text in collapse(awa, name, own).items() if key in entries}
    substrate, without = templates[True], templates.get(False, {})
    return CatalogFacts(
        canonical=awa,
        substrate=dict(substrate),
        without_receipts={key: text for key, text in without.items() if substrate.get(key) != text},
        private=frozenset(
            function
            for part, function in catalog
            if part == "function"
            and "public EXECUTE" not in catalog.get(("privilege", function), "public EXECUTE").split(", ")
        ),
        fingerprint=digest(awa),
    )
