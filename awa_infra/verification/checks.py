"""Check what is not in the catalog: version rows, routing, slots, owners, privileges. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from awa_infra.facts.catalog import FAMILIES, names_of_awa, partition_of
from awa_infra.model import CANONICAL_SCHEMA, ObservedState, Release, Shape, StorageTransition, Substrate
from awa_infra.naming import quote
from awa_infra.planning.describe import version_ranges
from awa_infra.planning.pure_gates import TRANSITION
from awa_infra.verification.catalog import SLOT_COUNTS, Catalog, SchemaName, is_lane_sequence
from awa_infra.verification.findings import Finding, state
from awa_infra.verification.obstacles import (
    Adopted,
    Privilege,
    Setting,
    adopted_findings,
    collation_findings,
    narrowed_findings,
    obstacle_findings,
)
from awa_infra.verification.sequences import Behind, exhausted_findings, sequence_findings
from awa_infra.wording import FEW, listed

EMPTY_HISTORY = "Restore its rows from a backup; if the schema awa was never used, drop that one table."
"""What to do about an empty table of versions whose schema is not that of the release; the gate says the same."""

BY_HAND = "Nothing here drops or overwrites: decide what is right, and run the statements yourself."


@dataclass(frozen=True, slots=True)
class Health:
    """What is no catalog entry of a schema.

    Attributes:
        holding: tables of queue storage that hold rows; only read where rows of Awa's state are gone.
        published: tables that a publication keeps from being deleted from or updated, and which publications.
        narrowed: the same, because of a row filter or a column list.
        denied: what roles may not do that a worker does.
        behind: sequences whose next number rows have already.
        unread_sequences: how many sequences this role may not read, so that they were not compared with their rows.
        most_lanes: how many lanes were compared with their rows, if there are more.
        unreadable: tables whose rows this role may not read, though a verification looks at them.
        settings: with which sessions of workers start, and Awa fails.
        collations: what sorts otherwise than when indexes were built.
        public: what everybody may do beyond reading.
        adopted: what an extension has adopted.
        exhausted: sequences near their end, and the last number of each.
        slots: rows of the three ``*_ring_slots`` tables by the name of the count, and at which slot the rings are, as
            ``queue_position`` and the like; empty if unreadable.
        lost_lanes: sequences that rows of the lane heads name and that do not exist.
        weak_roles: role to the number of sequences which it may not advance, though it may insert jobs.
    """

    slots: Mapping[str, int]
    lost_lanes: tuple[str, ...] = ()
    weak_roles: Mapping[str, int] | None = None
    unreadable: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    published: tuple[tuple[str, str], ...] = ()
    narrowed: tuple[tuple[str, str], ...] = ()
    denied: tuple[Privilege, ...] = ()
    behind: tuple[Behind, ...] = ()
    unread_sequences: int = 0
    most_lanes: int = 0
    settings: tuple[Setting, ...] = ()
    collations: tuple[Setting, ...] = ()
    public: tuple[Privilege, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    exhausted: tuple[tuple[str, str], ...] = ()


def release_findings(release: Release, observed: ObservedState) -> list[Finding]:
    """Return what is wrong with version rows and patches."""
    schema = CANONICAL_SCHEMA
    if observed.history_empty:
        message = "table awa.schema_version is empty, so at which version schema awa is, is not recorded"
        return [state("version-rows-missing", schema, "schema_version", message, EMPTY_HISTORY, step="version-rows")]
    if not observed.versions:
        return [state("not-migrated", schema, "version", "schema awa is not migrated", "Run awa-infra apply.")]
    if observed.version < release.schema_version:
        line = f"version {observed.version}, but Awa {release.name} is at {release.schema_version}"
        return [state("pending", schema, "version", line, "Run awa-infra apply, then verify again.")]
    findings = []
    lost = sorted(v for v in release.versions - observed.versions)
    if lost:
        rows = version_ranges(lost)
        message = f"the rows of {rows} are missing in awa.schema_version; Awa itself only looks at the highest"
        findings.append(state("version-rows-missing", schema, "schema_version", message, "", step="version-rows"))
    strange = sorted(v for v in observed.versions - release.versions if v < release.schema_version)
    if strange:
        numbers = ", ".join(map(str, strange))
        message = f"awa.schema_version has rows that Awa {release.name} never wrote: {numbers}"
        findings.append(state("version-rows-strange", schema, "schema_version", message, BY_HAND))
    for patch in release.patches:
        if patch.name not in observed.patches:
            message = f"version {observed.version} is recorded, but patch {patch.name} is not or only half applied"
            findings.append(state("patch-missing", schema, patch.name, message, "", step=f"patch:{patch.name}"))
    return findings


def routing_findings(observed: ObservedState) -> list[Finding]:
    """Return where the storage-transition row, its details and the marker disagree."""
    transition = observed.transition
    if transition is None:
        return []
    routed = transition.routed
    findings = []
    if routed != (transition.engine == "queue_storage"):
        message = (
            f"storage is {transition.state}, but new jobs go to engine {transition.engine}: the row of "
            "awa.storage_transition_state contradicts itself, and clients look for jobs elsewhere"
        )
        findings.append(state("transition-inconsistent", CANONICAL_SCHEMA, TRANSITION, message, BY_HAND))
    if routed and transition.marker_schema is None:
        findings.append(_lost_marker(observed, transition))
    elif routed and transition.details_schema not in {None, transition.marker_schema}:
        message = (
            f"jobs go to queue storage in {transition.details_schema} by the storage-transition row, but clients look "
            f"for them in {transition.marker_schema} by the marker in awa.runtime_storage_backends"
        )
        findings.append(state("marker-disagrees", CANONICAL_SCHEMA, "runtime_storage_backends", message, BY_HAND))
    elif not routed and transition.marker_schema is not None:
        message = f"a marker names {transition.marker_schema}, but storage is {transition.state}"
        findings.append(state("marker-unexpected", CANONICAL_SCHEMA, "runtime_storage_backends", message, BY_HAND))
    active = transition.active_schema
    if active is not None and observed.substrate(active) is None:
        message = f"new jobs go to queue storage in {active}, which is no readable queue-storage schema"
        repair = "Restore it from a backup, or read it as a role that may."
        findings.append(state("active-schema-missing", CANONICAL_SCHEMA, active, message, repair))
    return findings


def _lost_marker(observed: ObservedState, transition: StorageTransition) -> Finding:
    schema = transition.details_schema
    certain = schema is not None and observed.substrate(schema) is not None
    message = f"storage is {transition.state}, but the marker in awa.runtime_storage_backends is lost"
    # The marker restores what the row says already; it switches nothing.
    return state(
        "marker-missing",
        CANONICAL_SCHEMA,
        "runtime_storage_backends",
        message,
        "" if certain else "Nothing shows which schema it named. " + BY_HAND,
        step="marker" if certain else None,
    )


def observed_shape(catalog: Catalog, health: Health, recorded: Shape) -> Shape:
    """Return the slots that a schema really has.

    Count the partitions, not tables that are only called like one: a copy of a day may be ``done_entries_20260101``. A
    number beyond all slots is no slot either, even where something is attached under it. Where there are fewer than
    recorded, the rows of the ring decide whether the count was changed or partitions were lost.
    """
    numbers: dict[str, set[int]] = {ring: set() for ring in SLOT_COUNTS.values()}
    for (part, name), definition in catalog.items():
        partition = partition_of(name) if part == "partition" else None
        if partition and definition.startswith(f"of {partition[0]} "):
            numbers[SLOT_COUNTS[FAMILIES[partition[0]]]].add(partition[1])
    counts = {}
    for ring, found in numbers.items():
        recorded_count = getattr(recorded, ring)
        most = max(len(found), recorded_count)
        count = max((number + 1 for number in found if number < most), default=0)
        lost = count < recorded_count and health.slots.get(ring) != count
        counts[ring] = recorded_count if lost else count
    return Shape(**counts, receipts=recorded.receipts)


def slot_findings(schema: str, expected: Shape, existing: Shape, substrate: Substrate | None) -> list[Finding]:
    """Return which slot counts differ from the slots that exist."""
    findings = []
    for ring in SLOT_COUNTS.values():
        count = getattr(existing, ring)
        recorded = getattr(substrate.shape if substrate else expected, ring)
        if count == recorded == getattr(expected, ring):
            continue
        message = (
            f"{recorded} {ring.replace('_', ' ')} are recorded, but {count} exist"
            if count != recorded
            else f"{recorded} {ring.replace('_', ' ')} exist, but schema awa always has {getattr(expected, ring)}"
        )
        repair = "Counts cannot be changed. Slots beyond the recorded count are never used; set a changed count back."
        findings.append(state("slot-counts-changed", schema, ring, message, repair))
    return findings


def schema_findings(name: SchemaName, catalog: Catalog, health: Health, *, active: bool) -> list[Finding]:
    """Return what is wrong with owners, lanes and privileges of one schema.

    In the active one, where new jobs go to queue storage, every role that adds a job needs CREATE.
    """
    findings = _owners(name, catalog)
    if health.lost_lanes:
        message = f"{len(health.lost_lanes)} lanes have rows, but no sequence: {listed(health.lost_lanes, most=FEW)}"
        repair = "Restore them from a backup: a new sequence would start at 1 again, over the jobs that are there."
        findings.append(state("lane-sequence-missing", name.text, "sequences", message, repair))
    findings += [*sequence_findings(name, health.behind), *exhausted_findings(name, health.exhausted)]
    # What an extension itself made in the schema is reported as objects too many.
    findings += adopted_findings(name, [a for a in health.adopted if a.kind == "SCHEMA" or _is_awas(catalog, a.object)])
    for role, count in sorted((health.weak_roles or {}).items()):
        message = f"role {role} may insert jobs, but lacks USAGE, SELECT or UPDATE on {count} sequences"
        grant = f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {name.quoted} TO {quote(role)};"
        findings.append(state("sequences-without-update", name.text, role, message, "Grant them as the owner.", grant))
    owner = catalog.get(("owner", "(schema)"))
    denied = [d for d in health.denied if active or d.role == owner or d.privilege != "CREATE"]
    findings += obstacle_findings(name, catalog, health.published, denied, health.settings, health.public)
    findings += collation_findings(name, health.collations)
    return findings + narrowed_findings(name, health.narrowed)


def _owners(name: SchemaName, catalog: Catalog) -> list[Finding]:
    owner = catalog.get(("owner", "(schema)"))
    strangers: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for key, role in sorted((key, role) for key, role in catalog.items() if key[0] == "owner" and role != owner):
        # What others made in the schema is theirs, and reported as one object too many.
        if not (is_lane_sequence(key) or _is_awas(catalog, key[1])):
            continue
        strangers[role, is_lane_sequence(key)].append(key[1])
    findings = []
    for (role, lane), objects in strangers.items():
        what = "lane sequences" if lane else "objects"
        message = f"{what} of role {role} instead of {owner}: {listed(objects, most=FEW)}"
        sql = [f"ALTER {_kind(catalog, o)} {name.qualified(o)} OWNER TO {quote(owner or '')};" for o in objects]
        if lane:
            # Its owner is a runtime that goes on with them.
            sql += [f"GRANT USAGE, SELECT, UPDATE ON SEQUENCE {name.qualified(o)} TO {quote(role)};" for o in objects]
        repair = (
            f"Run awa-infra apply as {role}, as a member of it and of {owner}, or as a superuser, which hands them "
            "over; or run the statements."
        )
        findings.append(
            state("lane-sequence-owner" if lane else "owner-differs", name.text, role, message, repair, *sql)
        )
    return findings


def _is_awas(catalog: Catalog, name: str) -> bool:
    """Whether a release makes something of that name; ownership/strangers.sql asks the same."""
    attached = catalog.get(("partition", name), "").startswith("of ")
    partition = partition_of(name) if attached else None
    return (partition[0] if partition else name.partition("(")[0]) in names_of_awa()


def _kind(catalog: Catalog, name: str) -> str:
    for part, word in (("sequence", "SEQUENCE"), ("type", "TYPE"), ("function", "ROUTINE")):
        if (part, name) in catalog:
            return word
    relation = catalog.get(("relation", name), "table")
    return "VIEW" if relation == "view" else "TABLE"


def public_findings(catalog: Catalog, private: Collection[str]) -> list[Finding]:
    """Return which functions PUBLIC may execute, though Awa revoked that."""
    findings = []
    for function in sorted(private):
        # Without any privilege recorded the default holds, which lets PUBLIC execute.
        granted = catalog.get(("privilege", function), "public EXECUTE")
        if ("function", function) in catalog and "public EXECUTE" in granted.split(", "):
            base = function.partition("(")[0]
            revoke = f"REVOKE ALL ON FUNCTION awa.{function} FROM PUBLIC;"
            message = f"PUBLIC may execute awa.{base}; Awa revokes that"
            findings.append(state("public-may-install", CANONICAL_SCHEMA, base, message, "Revoke it.", revoke))
    return findings


def cut_names(schema: str, shared: int, kept: int) -> list[Finding]:
    """Return that PostgreSQL cut names of indexes, so that several share one, and how many of these are kept."""
    if not shared:
        return []
    message = (
        f"the name of the schema is too long: PostgreSQL cut names of indexes, and {shared - kept} could not be made "
        "beside others of the same name"
    )
    repair = "Declare a schema with a name of at most 18 characters, and use that before queue storage is activated."
    return [state("index-names-truncated", schema, "indexes", message, repair)]
