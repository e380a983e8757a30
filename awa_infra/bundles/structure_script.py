"""Write ``structure.sql``, which compares every object of the schemas with what the release makes. Pure."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache

from awa_infra import sqltext
from awa_infra.bundles.contents import Contents
from awa_infra.facts.catalog import FAMILIES, CatalogFacts, catalog_facts, measured_majors, own_names
from awa_infra.model import CANONICAL_SCHEMA, QueueStorage, Shape
from awa_infra.planning.session import quiet, session_query, transaction
from awa_infra.verification.catalog import (
    LANE_SEQUENCE,
    SLOT_COUNTS,
    STRUCTURE,
    Catalog,
    SchemaName,
    digest,
    expand,
    parts_query,
)

STRUCTURE_FILE = "structure.sql"


_FLEET = 256
"""How many schemas' hashes are kept: those of every schema that one process packages."""


def facts_to_compare(contents: Contents) -> CatalogFacts | None:
    """Return the facts of the release, or ``None`` if what the bundle makes is not all that a known release makes."""
    release = contents.desired.release
    # Texts that were kept from an earlier release have other bodies.
    if contents.kept or contents.plan.to_version != release.schema_version:
        return None
    return catalog_facts(release.name, measured_majors()[-1])


def structure_script(contents: Contents) -> dict[str, bytes]:
    """Return the script by its path; nothing without :func:`facts_to_compare`."""
    desired, facts = contents.desired, facts_to_compare(contents)
    if facts is None:
        return {}
    wanted = [QueueStorage(CANONICAL_SCHEMA), *(q for q in desired.queue_storage if q.schema != CANONICAL_SCHEMA)]
    own = sorted(own_names(facts.substrate), key=lambda name: (-len(name), name))
    state = sqltext.render(
        "bundle/structure_state.sql",
        versions=sqltext.array(sorted(desired.release.versions)),
        target=desired.release.schema_version,
        release=desired.release.name,
        private=json.dumps(sorted(facts.private)),
        rings=json.dumps(_rings()),
    )
    scope = sqltext.render("fingerprint/state/scope.sql", schemas=json.dumps([q.schema for q in wanted]))
    text = sqltext.render(
        "bundle/structure.sql",
        opening=sqltext.Part(_opening(len(wanted))),
        scope=sqltext.Part(scope.rstrip()),
        parts=sqltext.Part(parts_query(facts.private, health=True)),
        state=sqltext.Part(state.rstrip()),
        compared=sqltext.array(sorted(_COMPARED)),
        digests=json.dumps([row for q in wanted for row in _digests(desired.release.name, q)]),
        newest=measured_majors()[-1],
        template=_template(desired.release.name, facts),
        wanted=json.dumps([_wanted(q) for q in wanted]),
        own=sqltext.array(own),
        names="|".join(map(re.escape, own)),
        families="|".join(sorted(FAMILIES, key=len, reverse=True)),
        release=desired.release.name,
        lane=LANE_SEQUENCE,
    )
    return {STRUCTURE_FILE: text.encode()}


def _opening(schemas: int) -> str:
    """Return how the script begins, without a procedural language: a reader may have the right to none."""
    # A schema that differs takes about 0.25 s (200 of them on two busy cores).
    settings = session_query("10s", statement_timeout=f"{max(60, 2 * schemas)}s")
    catalogs = sqltext.load("fingerprint/state/settings.sql")
    return "\n".join([transaction(only_reads=True), quiet(settings), quiet(catalogs)]).rstrip()


_COMPARED = STRUCTURE - {"security"}
"""Row-level security is one row for all tables, as ``awa-infra verify`` reports it."""


@lru_cache(_FLEET)
def _digests(release: str, wanted: QueueStorage) -> tuple[dict[str, object], ...]:
    """Return the hash of a schema without any difference, for each major of PostgreSQL.

    The name of the schema is taken for one that is written without quotation marks; the server compares one that is not
    entry by entry.
    """
    measured = {major: facts for major in measured_majors() if (facts := catalog_facts(release, major)) is not None}
    found: list[dict[str, object]] = []
    last: tuple[Catalog, Catalog] | None = None
    hashed = ""
    for major, facts in measured.items():
        canonical = facts.canonical if wanted.schema == CANONICAL_SCHEMA else {}
        described = canonical, facts.template(receipts=wanted.shape.receipts)
        # Most majors describe the same objects in the same words.
        if described != last:
            entries = canonical | expand(described[1], SchemaName(wanted.schema, wanted.schema), wanted.shape).catalog
            hashed = digest({key: text for key, text in entries.items() if key[0] in _COMPARED})
            last = described
        found.append({"schema": wanted.schema, "major": major, "digest": hashed})
    return tuple(found)


def _rings() -> list[dict[str, object]]:
    """Return how each ring's slots are found: partitions of any family by number, those of the first one by count."""
    rows: list[dict[str, object]] = []
    for number, (slot, ring) in enumerate(SLOT_COUNTS.items(), 1):
        families = [family for family, of in FAMILIES.items() if of == slot]
        rows.append(
            {
                "number": number,
                "ring": ring.replace("slots", "ring"),
                "pattern": f"^(?:{'|'.join(families)})_([0-9]+)$",
                "family": f"^{families[0]}_[0-9]+$",
                "slots": getattr(Shape(), ring),
            }
        )
    return rows


def _wanted(wanted: QueueStorage) -> dict[str, object]:
    shape = wanted.shape
    slots = {"q": shape.queue_slots, "l": shape.lease_slots, "c": shape.claim_slots}
    return {"schema": wanted.schema, **slots, "receipts": shape.receipts}


@cache
def _template(release: str, facts: CatalogFacts) -> str:
    """Return a row of JSON for each entry: part, object, definition, of older majors, without receipts, canonical."""
    shape = QueueStorage(CANONICAL_SCHEMA).shape
    filled = expand(facts.substrate, SchemaName(CANONICAL_SCHEMA, CANONICAL_SCHEMA), shape).catalog
    canonical = {key: text for key, text in facts.canonical.items() if key not in filled}
    rows: list[list[object]] = []
    for entries, kind in ((canonical, True), (facts.substrate, False)):
        for key, text in sorted(entries.items()):
            others = _older(release, key, text, canonical=kind)
            rows.append([*key, text, others, None if kind else facts.without_receipts.get(key), kind])
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _older(release: str, key: tuple[str, str], text: str, *, canonical: bool) -> dict[str, str]:
    found = {}
    for major in measured_majors()[:-1]:
        facts = catalog_facts(release, major)
        entries = {} if facts is None else facts.canonical if canonical else facts.substrate
        other = entries.get(key, text)
        if other != text:
            found[str(major)] = other
    return found
