"""Drift as values: what two catalogs differ in, each cause reported once. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Literal

from awa_infra.facts.catalog import partition_of
from awa_infra.naming import quote
from awa_infra.verification.catalog import Catalog, SchemaName, is_lane_sequence, relation_of

StateOfAwa = Literal[
    "active-schema-missing",
    "marker-disagrees",
    "marker-missing",
    "marker-unexpected",
    "not-migrated",
    "patch-missing",
    "pending",
    "public-may-install",
    "transition-inconsistent",
    "version-rows-missing",
    "version-rows-strange",
]
"""States that only schema ``awa`` can be in."""

StateOfEach = Literal[
    "collation-changed",
    "extension-adopted",
    "index-names-truncated",
    "lane-sequence-missing",
    "lane-sequence-owner",
    "owner-differs",
    "privileges-missing",
    "public-may-write",
    "publication-without-identity",
    "ring-slot-missing",
    "row-level-security",
    "schema-missing",
    "sequences-behind",
    "sequences-exhausted",
    "sequences-without-update",
    "session-settings",
    "slot-counts-changed",
    "state-rows-missing",
]
"""States that every schema can be in."""

StateOfDeclared = Literal["declared-missing", "privileges-extra"]
"""States that are looked for only where something is declared."""

ObjectCode = Literal["object-changed", "object-extra", "object-missing"]
UnknownCode = Literal["not-compared", "not-readable", "release-unknown"]

FindingCode = Literal[StateOfAwa, StateOfEach, StateOfDeclared, ObjectCode, UnknownCode, "lane-sequences"]
"""Every code that a finding can have; each is a section of the error reference, which is generated from here."""


class FindingKind(Enum):
    """How an observed object differs from the expected one."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    STATE = "state"
    RUNTIME_CREATED = "lazy"
    UNKNOWN = "unknown"


OBJECT_CODES: Mapping[FindingKind, ObjectCode] = MappingProxyType(
    {
        FindingKind.MISSING: "object-missing",
        FindingKind.EXTRA: "object-extra",
        FindingKind.CHANGED: "object-changed",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference.

    Attributes:
        kind: ``RUNTIME_CREATED`` is no drift: Awa itself creates it when it is used. ``UNKNOWN`` was not compared:
            no drift either, but the database is not reported as healthy.
        code: stable identifier.
        schema: where.
        part: which part of the catalog, or ``state`` for rows and privileges.
        object: its name; a family of partitions has the name ``leases_*``.
        expected: its definition in a healthy database, where it is known.
        found: its definition here.
        message: what is wrong, in one line, where it is not about a single object.
        repair: one line: what would repair it.
        sql: statements for an operator to look at and run; ``--repair`` never does.
        step: key of the step by which ``--repair`` repairs it.
        also: how many more entries of the catalog depend on it.
        slots: of the partitions that a finding about a family is about.
        diff: lines of a unified difference, where both texts are known.
    """

    kind: FindingKind
    code: FindingCode
    schema: str
    part: str
    object: str
    expected: str | None = None
    found: str | None = None
    message: str = ""
    repair: str = ""
    sql: tuple[str, ...] = ()
    step: str | None = None
    also: int = 0
    slots: tuple[int, ...] = ()
    diff: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_drift(self) -> bool:
        """Whether something was found that is not as the release promises."""
        return self.kind not in {FindingKind.RUNTIME_CREATED, FindingKind.UNKNOWN}

    @property
    def repairable(self) -> bool:
        """Whether ``--repair`` has a step for it."""
        return self.step is not None

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What it is about, without its wording: two runs can be compared by it."""
        return self.kind.value, self.code, self.schema, self.part, self.object


def state(
    code: FindingCode, schema: str, thing: str, message: str, repair: str, *sql: str, step: str | None = None
) -> Finding:
    """Return a finding about rows, privileges or owners."""
    return Finding(FindingKind.STATE, code, schema, "state", thing, message=message, repair=repair, sql=sql, step=step)


def unknown(code: UnknownCode, schema: str, thing: str, message: str, repair: str, *sql: str) -> Finding:
    """Return a finding that says what was not compared, and how it can be."""
    return replace(state(code, schema, thing, message, repair, *sql), kind=FindingKind.UNKNOWN)


def not_readable(name: SchemaName, user: str, part: str, what: str, unchecked: str, objects: str) -> Finding:
    """Return that a role may not read something of a schema, what was not checked therefore, and the grants for it."""
    message = f"role {user} may not read {what} of schema {name.text}: {unchecked}"
    grants = (
        f"GRANT USAGE ON SCHEMA {name.quoted} TO {quote(user)};",
        f"GRANT SELECT ON {objects} TO {quote(user)};",
    )
    repair = "Connect as the owner, use --role, or grant them."
    return unknown("not-readable", name.text, part, message, repair, *grants)


def compare(schema: str, expected: Catalog, found: Catalog) -> list[Finding]:
    """Return every entry in which two catalogs differ, sorted by part and object."""
    findings: list[Finding] = []
    if expected == found:
        return findings
    differing = (key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
    for key in sorted(differing):
        wanted, existing = expected.get(key), found.get(key)
        kind = FindingKind.CHANGED
        if existing is None:
            kind = FindingKind.MISSING
        elif wanted is None:
            kind = FindingKind.EXTRA
        findings.append(Finding(kind, OBJECT_CODES[kind], schema, *key, expected=wanted, found=existing))
    return findings


def lanes(schema: str, catalog: Catalog) -> list[Finding]:
    """Return the lane sequences of a schema as one finding that is no drift."""
    count = sum(1 for key in catalog if key[0] == "sequence" and is_lane_sequence(key))
    if not count:
        return []
    message = f"{count} sequences of lanes, which Awa creates when a queue is first used"
    return [
        Finding(FindingKind.RUNTIME_CREATED, "lane-sequences", schema, "sequence", "queue_*_seq_*", message=message)
    ]


def fold(findings: Iterable[Finding]) -> list[Finding]:
    """Report differences with one cause once.

    What depends on a missing or extra table is counted with it: partitions with their parent, a function's body with
    the function, the index of a constraint with the constraint. Equal differences of a family's partitions become one.
    """
    found = list(findings)
    tables = {(f.kind, f.object) for f in found if f.part == "relation"}
    others = {(f.kind, f.part, f.object) for f in found}
    caused = [(finding, _cause(finding, tables, others)) for finding in found]
    covered = Counter(cause for _finding, cause in caused if cause is not None)
    # A cause can depend on another one: a column on its partition, the partition on its parent.
    for finding, cause in caused:
        own = finding.kind, finding.part, finding.object
        if cause is not None and covered[own]:
            covered[cause] += covered[own]
    return _families([replace(f, also=covered[f.kind, f.part, f.object]) for f, cause in caused if cause is None])


def _cause(
    finding: Finding, tables: set[tuple[FindingKind, str]], others: set[tuple[FindingKind, str, str]]
) -> tuple[FindingKind, str, str] | None:
    kind, part, name = finding.kind, finding.part, finding.object
    relation = relation_of((part, name), finding.expected or finding.found or "") or name
    parent, _ = partition_of(relation) or (None, 0)
    if part == "relation":
        moved = FindingKind.EXTRA, "inheritance", f"{parent}.{name}"
        if kind is FindingKind.MISSING and moved in others:
            return moved
        return (kind, "relation", parent) if parent and (kind, parent) in tables else None
    if (kind, relation) in tables and kind is not FindingKind.CHANGED:
        return kind, "relation", relation
    if part == "index" and (FindingKind.MISSING, "partition", relation) in others:
        # A table that is no partition any more has indexes of its own.
        return FindingKind.MISSING, "partition", relation
    candidates = {
        "body": [] if kind is FindingKind.CHANGED else [("function", name)],
        "index": [("constraint", f"{relation}.{name}"), ("index", name.partition(".")[2])],
    }.get(part, [])
    if parent:
        candidates.append((part, name.replace(relation, parent)))
        if part == "index":
            # The index of a partition's own primary key is named by the one of the parent.
            candidates.append(("constraint", f"{parent}.{name.partition('.')[2]}"))
    return next(((kind, *c) for c in candidates if (kind, *c) in others and c != (part, name)), None)


def _families(findings: Sequence[Finding]) -> list[Finding]:
    grouped: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        relation = relation_of((finding.part, finding.object), finding.expected or finding.found or "")
        partition = partition_of(relation or finding.object)
        if partition is None:
            grouped[finding.identity] = finding
            continue
        name, expected, found = (
            None if text is None else re.sub(rf"(?<=[a-z])_{partition[1]}(?![0-9])", "_*", text)
            for text in (finding.object, finding.expected, finding.found)
        )
        # The partition value differs for each partition.
        group = (*replace(finding, object=str(name)).identity, expected if finding.part != "partition" else "")
        first = grouped.get(group)
        if first is None:
            grouped[group] = replace(finding, slots=(partition[1],))
        else:
            slots = (*first.slots, partition[1])
            also = first.also + finding.also + 1
            grouped[group] = replace(first, object=str(name), expected=expected, found=found, also=also, slots=slots)
    return list(grouped.values())
