"""Compare observed schemas with the facts about their release, and return findings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from awa_infra.facts.catalog import CatalogFacts, own_names
from awa_infra.model import CANONICAL_SCHEMA, ObservedState, Release, Shape
from awa_infra.verification import checks, lost_rows
from awa_infra.verification.bodies import difference, release_bodies, text_of
from awa_infra.verification.catalog import (
    HASHED,
    LANE_SEQUENCE,
    Catalog,
    Expanded,
    Key,
    SchemaName,
    collapse,
    digest,
    expand,
    is_lane_sequence,
    neutral_body,
    structure,
    with_hashes,
)
from awa_infra.verification.findings import Finding, FindingKind, compare, fold, lanes, not_readable, state, unknown
from awa_infra.verification.sequences import lane_limit_findings, unread_findings

REFERENCE = "Run awa-infra verify --reference: it compares with a scratch database of the same release."
"""The way to compare where no facts about a release are here."""


@dataclass(frozen=True, slots=True)
class ObservedSchema:
    """The contents of one schema, as it was read; the catalog has the texts of functions and views."""

    name: SchemaName
    catalog: dict[Key, str] = field(repr=False)
    health: checks.Health


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of a schema's structure, and the one that facts expect; ``None`` if there are no facts."""

    schema: str
    found: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class Examination:
    """What a verification found."""

    findings: tuple[Finding, ...]
    fingerprints: tuple[Fingerprint, ...]

    @property
    def drift(self) -> tuple[Finding, ...]:
        """Everything that is not as the release promises."""
        return tuple(f for f in self.findings if f.is_drift)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """Everything that was not compared."""
        return tuple(f for f in self.findings if f.kind is FindingKind.UNKNOWN)

    @property
    def healthy(self) -> bool:
        """Whether everything was compared, and is as the release promises."""
        return not self.drift and not self.unknown


@dataclass(frozen=True, slots=True)
class Subject:
    """What all schemas of one database are examined against.

    Attributes:
        release: the one that is installed.
        facts: about it and the server's major; ``None`` if the release is not known.
        names: facts that tell which names queue storage has, if need be those of another release.
        observed: what was observed.
        existing: by schema; those to examine, and those to compare them with.
    """

    release: Release
    facts: CatalogFacts | None
    names: CatalogFacts
    observed: ObservedState
    existing: Mapping[str, ObservedSchema]


def examine(subject: Subject, schemas: Iterable[str]) -> Examination:
    """Return what is wrong with some schemas of a database.

    Catalogs are compared only at the release's own version: before that every difference is to be expected. What
    was not compared is a finding of its own.
    """
    findings: list[Finding] = []
    fingerprints: list[Fingerprint] = []
    healths = {schema: existing.health for schema, existing in subject.existing.items()}
    current = _comparable(subject)
    wanted = list(schemas)
    active = subject.observed.active_schema
    if CANONICAL_SCHEMA in wanted:
        findings += checks.release_findings(subject.release, subject.observed)
        findings += checks.routing_findings(subject.observed)
    for schema in wanted:
        existing = subject.existing.get(schema)
        if existing is None:
            if schema != CANONICAL_SCHEMA:
                message = f"there is no queue-storage schema {schema}"
                findings.append(state("schema-missing", schema, "schema", message, "Declare it, and apply."))
            continue
        substrate = subject.observed.substrate(schema)
        recorded = _recorded(subject.observed, schema)
        shape = checks.observed_shape(existing.catalog, existing.health, recorded)
        findings += lanes(schema, existing.catalog)
        findings += checks.schema_findings(existing.name, existing.catalog, existing.health, active=schema == active)
        findings += lost_rows.state_row_findings(schema, subject.observed, healths)
        findings += _unreadable(existing.name, existing.health.unreadable, subject.observed.user)
        findings += unread_findings(existing.name, existing.health.unread_sequences, subject.observed.user)
        findings += lane_limit_findings(existing.name, existing.health.most_lanes)
        if not current:
            findings.append(_version_differs(subject.release, subject.observed, schema))
            continue
        if subject.facts is None:
            findings.append(_release_unknown(subject.release, schema))
        elif not shape.receipts and not subject.facts.without_receipts:
            # Only the facts of a database without such a schema do not say what one has.
            findings.append(_no_counterpart(schema))
            continue
        if substrate is not None or schema == CANONICAL_SCHEMA:
            findings += checks.slot_findings(schema, recorded, shape, substrate)
        differences, fingerprint = _catalog_findings(subject, existing, shape)
        findings += differences
        fingerprints.append(fingerprint)
    return Examination(tuple(findings), tuple(fingerprints))


def shapes(subject: Subject) -> dict[str, Shape]:
    """Return the shape that each queue-storage schema really has."""
    found = {}
    for schema, existing in subject.existing.items():
        recorded = _recorded(subject.observed, schema)
        found[schema] = checks.observed_shape(existing.catalog, existing.health, recorded)
    return found


def _comparable(subject: Subject) -> bool:
    """Whether the database is at the release's version, or lost the record of its version but not its objects."""
    if subject.observed.history_empty:
        awa = subject.existing.get(CANONICAL_SCHEMA)
        return awa is not None and ("type", "job_state") in awa.catalog
    return subject.observed.version == subject.release.schema_version


def _recorded(observed: ObservedState, schema: str) -> Shape:
    if schema == CANONICAL_SCHEMA:
        return Shape()
    substrate = observed.substrate(schema)
    if substrate is not None:
        return substrate.shape
    # What cannot be read as queue storage recorded nothing: its partitions show its slots.
    receipts = any(u.receipts for u in observed.unseen if u.schema == schema)
    return Shape(0, 0, 0, receipts=receipts)


def _catalog_findings(subject: Subject, existing: ObservedSchema, shape: Shape) -> tuple[list[Finding], Fingerprint]:
    """Compare what was read; the same catalog that was read before and was as expected is not compared again."""
    key = subject.facts, existing.name, shape
    last = _without_difference.get(key)
    if last is not None and last[0] == existing.catalog:
        return last[1:]
    differing, findings, fingerprint = _compared(subject, existing, shape)
    # Only a catalog without differences is kept: the report of a difference uses other schemas.
    if subject.facts and not differing:
        if len(_without_difference) >= _MOST_KEPT:
            _without_difference.clear()
        _without_difference[key] = existing.catalog, findings, fingerprint
    return findings, fingerprint


_MOST_KEPT = 8
_without_difference: dict[
    tuple[CatalogFacts | None, SchemaName, Shape], tuple[Catalog, list[Finding], Fingerprint]
] = {}
"""The last catalog of a schema that was as expected, with its result: a provider reads it many times."""


def _compared(
    subject: Subject, existing: ObservedSchema, shape: Shape
) -> tuple[list[Finding], list[Finding], Fingerprint]:
    """Return the differences, everything found, and the fingerprint."""
    schema = existing.name.text
    found = with_hashes(structure(existing.catalog), existing.name, _own(subject, existing))
    if subject.facts:
        expanded = _expanded(subject.facts, existing.name, shape)
    else:
        expanded = expand(_template(subject, existing), existing.name, shape)
    expected = expanded.catalog
    if schema == CANONICAL_SCHEMA:
        expected = subject.facts.canonical | expected if subject.facts else found
    # Of indexes that share a cut name Awa keeps one or none; either is correct.
    shared = {("index", name): texts for name, texts in expanded.cut.items()}
    kept = {key: found[key] for key, texts in shared.items() if found.get(key) in texts}
    expected = {key: text for key, text in expected.items() if key not in shared} | kept
    expected |= {key: LANE_SEQUENCE for key in found if key[0] == "sequence" and is_lane_sequence(key)}
    hashed = digest(found)
    # Row-level security is a finding of its own, for all tables at once.
    differing = [f for f in compare(schema, expected, found) if f.part != "security"]
    findings = [_with_diff(subject, existing, f) for f in fold(differing)]
    findings += checks.cut_names(schema, sum(map(len, shared.values())), len(kept))
    if subject.facts and schema == CANONICAL_SCHEMA:
        findings += checks.public_findings(existing.catalog, subject.facts.private)
    promised = (hashed if expected == found else digest(expected)) if subject.facts else None
    return differing, findings, Fingerprint(schema, hashed, promised)


def _own(subject: Subject, existing: ObservedSchema) -> frozenset[str]:
    """Return what a function or view of a queue-storage schema means by its schema's name before a dot."""
    own = own_names(subject.names.substrate)
    return own if subject.facts or existing.name.text == CANONICAL_SCHEMA else own | own_names(existing.catalog)


@lru_cache(maxsize=8)
def _expanded(facts: CatalogFacts, name: SchemaName, shape: Shape) -> Expanded:
    """Return what a release makes of one schema, 4000 entries; a provider compares the same schema several times."""
    return expand(facts.template(receipts=shape.receipts), name, shape)


def _template(subject: Subject, existing: ObservedSchema) -> Catalog:
    """Return what the schemas of a release without facts are compared with."""
    default = subject.existing.get(CANONICAL_SCHEMA)
    if default is None or existing is default:
        return {}
    # What the default queue storage has of the names that are queue storage's.
    own = _own(subject, existing)
    names = collapse(existing.catalog, existing.name, own).keys() | subject.names.substrate.keys()
    hashed = with_hashes(structure(default.catalog), default.name, own)
    return {key: text for key, text in collapse(hashed, default.name, own).items() if key in names}


def _with_diff(subject: Subject, existing: ObservedSchema, finding: Finding) -> Finding:
    if finding.kind is not FindingKind.CHANGED or finding.part not in HASHED or finding.expected is None:
        return finding
    key = finding.part, finding.object
    own = _own(subject, existing)
    name = finding.object.partition("(")[0]
    others = [s for s in subject.existing.values() if s is not existing and name in own and key in s.catalog]
    neutral = [neutral_body(s.catalog[key], s.name, own) for s in others]
    candidates = release_bodies(subject.release).get(name, []) if finding.part == "body" else []
    text = text_of(finding.expected, existing.name, candidates, neutral)
    return finding if text is None else replace(finding, diff=difference(text, existing.catalog[key]))


def _release_unknown(release: Release, schema: str) -> Finding:
    """Return that no facts about the release are here, so that the objects of a schema were not compared."""
    how = "were not compared"
    if schema != CANONICAL_SCHEMA:
        how = "were only compared with the default queue storage in schema awa"
    message = f"this awa-infra has no facts about Awa {release.name}: the objects of schema {schema} {how}"
    return unknown("release-unknown", schema, "release", message, REFERENCE)


def _no_counterpart(schema: str) -> Finding:
    """Return that the reference has no schema of the same kind."""
    message = f"schema {schema} was not compared: the reference has no queue-storage schema without receipts"
    return unknown("not-compared", schema, "objects", message, REFERENCE)


def _version_differs(release: Release, observed: ObservedState, schema: str) -> Finding:
    """Return that the objects of a schema were not compared, because the database is at another version."""
    if observed.versions:
        message = (
            f"the objects of schema {schema} were not compared: the database is at version {observed.version}, and "
            f"Awa {release.name} at {release.schema_version}"
        )
    else:
        message = f"the objects of schema {schema} were not compared: at which version they are is not recorded"
    return unknown("not-compared", schema, "objects", message, "Do what the other findings say, then verify again.")


def _unreadable(name: SchemaName, tables: Iterable[str], user: str) -> list[Finding]:
    """Return which tables of a schema a role may not read, so that their rows were not looked at."""
    listed = sorted(tables)
    if not listed:
        return []
    objects = ", ".join(f"{name.quoted}.{table}" for table in listed)
    return [not_readable(name, user, "rows", ", ".join(listed), "rows were not checked", objects)]
