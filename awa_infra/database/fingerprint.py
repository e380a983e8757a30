"""Verify databases with queries that never write, and repair them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from awa_infra.database.apply import apply_plans
from awa_infra.database.catalogs import STATE_TABLES, SchemaReader, read_schemas
from awa_infra.database.connection import Connection
from awa_infra.database.look import Look, look_to_read
from awa_infra.database.observe import plan_from
from awa_infra.database.options import ApplyOptions
from awa_infra.database.reading import read, reading
from awa_infra.database.run import Planner
from awa_infra.errors import SqlFailedError
from awa_infra.facts.catalog import CatalogFacts, catalog_facts, newest_catalog_facts, own_names
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan, Policy, Release, Report
from awa_infra.planning.pure_gates import raise_if_blocked
from awa_infra.verification.advice import with_repairs
from awa_infra.verification.catalog import MADE_PARTS
from awa_infra.verification.drift import Examination, ObservedSchema, Subject, examine, shapes
from awa_infra.verification.findings import FindingKind
from awa_infra.verification.repair import INSTALLER, made_canonical, make_repair, with_history

READING = frozenset(("damaged-schema", "history-unreadable", "lost-history", "newer-schema", "server-too-old"))
"""Gates that also block a verification: such a database cannot be judged."""


def verify(
    url: str,
    release: Release,
    schemas: Iterable[str] = (),
    *,
    role: str | None = None,
    facts: CatalogFacts | None = None,
) -> tuple[ObservedState, Examination]:
    """Return what is wrong in a database, read in one read-only transaction.

    Args:
        url: connection string; hidden from every message.
        release: the one that is installed.
        schemas: which schemas to verify; without any ``awa`` and every queue-storage schema.
        role: become this role first.
        facts: what to compare with, see :func:`awa_infra.database.reference.measured_facts`; by default the
            committed facts about the release.

    Raises:
        BlockedError: the database is such that nothing can be said about it.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with reading(url) as connection:
        reader = _reader(connection, facts)
        seen = look_to_read(connection, role, reader=reader)
        plan = plan_from(connection, DesiredState(release, release.schema_version), seen)
        raise_if_blocked([g for g in plan.gates if g.code in READING], seen.state.database)
        return seen.state, _examination(_subject(connection, release, seen.state, facts, reader.fetch()), schemas)


def read_drift(
    url: str, desired: DesiredState, schema: str, *, role: str | None = None
) -> tuple[ObservedState, Plan, Examination]:
    """Return the observed state, the plan, and what is wrong in one schema, in three round trips and one transaction.

    Other schemas are not looked at, as far as the plan does not need them: many may be read like this, one by one.

    Returns:
        Nothing was examined if a gate blocks that makes a verification meaningless.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    release = desired.release

    def work(connection: Connection) -> tuple[ObservedState, Plan, Examination]:
        facts = catalog_facts(release.name, connection.info.server_version // 10000)
        # Without facts a custom schema is compared with schema awa.
        schemas = [schema] if facts else [CANONICAL_SCHEMA, schema]
        reader = _reader(connection, None, schemas, again=True)
        # Migrations concern every queue-storage schema.
        only = () if desired.target_version is not None else (CANONICAL_SCHEMA, schema)
        seen = look_to_read(connection, role, desired=desired, only=only, reader=reader)
        plan = plan_from(connection, desired, seen, end=not seen.state.lost_rows)
        if any(gate.code in READING for gate in plan.gates):
            return seen.state, plan, Examination((), ())
        subject = _subject(connection, release, seen.state, None, reader.fetch())
        return seen.state, plan, _examination(subject, [schema])

    return read(url, work)


def repair(
    url: str,
    release: Release,
    schemas: Iterable[str] = (),
    *,
    policy: Policy = Policy(),  # noqa: B008  frozen
    role: str | None = None,
    facts: CatalogFacts | None = None,
    options: ApplyOptions = ApplyOptions(),  # noqa: B008  frozen
) -> tuple[Report, Examination]:
    """Re-apply what Awa's own idempotent SQL can put right, in one transaction, and verify again.

    Args:
        url: connection string; hidden from every message.
        release: whose texts are applied again.
        schemas: as for :func:`verify`; only these are repaired, but Awa's migrations refresh
            every queue-storage schema where they run.
        policy: which gates are overruled.
        role: become this role for the transaction.
        facts: as for :func:`verify`.
        options: how to wait for locks, and what to call on the way.

    Returns:
        What was done, and what a verification finds after it.

    Raises:
        BlockedError: gates block; nothing was changed.
        SqlFailedError: a step failed, or made something worse; nothing was kept.
    """
    chosen = tuple(schemas)
    known: dict[str, Examination] = {}

    def plan(connection: Connection, seen: Look) -> Plan:
        found, made = _repair_plan(connection, seen, release, chosen, policy, facts)
        known["before"] = known["after"] = found
        return made

    def require_done(connection: Connection, before: ObservedState, after: ObservedState) -> None:
        known["after"] = _examination(_subject(connection, release, after, facts), chosen)
        _require_no_worse(known["before"], known["after"], before, after)

    report = apply_plans(url, Planner(plan, require_done), role=role, options=options)
    return report, known["after"]


def read_repair(
    url: str,
    release: Release,
    schemas: Iterable[str] = (),
    *,
    policy: Policy = Policy(),  # noqa: B008  frozen
    role: str | None = None,
    facts: CatalogFacts | None = None,
) -> tuple[ObservedState, Examination, Plan]:
    """Return what is wrong in a database, and the plan that :func:`repair` would run; writes nothing.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with reading(url) as connection:
        seen = look_to_read(connection, role)
        found, plan = _repair_plan(connection, seen, release, tuple(schemas), policy, facts)
        raise_if_blocked([g for g in plan.gates if g.code in READING], seen.state.database)
        return seen.state, found, plan


def _repair_plan(
    connection: Connection,
    seen: Look,
    release: Release,
    schemas: tuple[str, ...],
    policy: Policy,
    facts: CatalogFacts | None,
) -> tuple[Examination, Plan]:
    subject = _subject(connection, release, seen.state, facts)
    found = _examination(subject, schemas)
    canonical = _examination(subject, [CANONICAL_SCHEMA]).drift
    sound = not any(f.object.partition("(")[0] in INSTALLER for f in canonical)
    draft = make_repair(
        found.findings, release, seen.state, shapes(subject), sound_installer=sound, existing=subject.existing
    )
    # What would only be pending is not of interest here, its gates are.
    desired = DesiredState(release, release.schema_version, policy=policy)
    return found, with_history(plan_from(connection, desired, seen, draft), draft)


def extra_objects(connection: Connection, release: Release, observed: ObservedState, schema: str) -> list[str] | None:
    """Return the objects of a queue-storage schema that the release does not make; writes nothing.

    Only kinds of objects that the release makes too: others are known by their kind (``sql/gates``), and named there.

    Returns:
        What each is and how it is called; ``None`` if nothing can be compared, because schema ``awa`` is at another
        version than that of the release.
    """
    if observed.version != release.schema_version:
        return None
    found = _examination(_subject(connection, release, observed, None), [schema]).findings
    extra = [f for f in found if f.kind is FindingKind.EXTRA and f.part in MADE_PARTS]
    # One finding is about several slots of a family.
    return [f"{f.part} {f.object.replace('*', str(slot))}" for f in extra for slot in f.slots or ("*",)]


def _reader(
    connection: Connection, facts: CatalogFacts | None, schemas: Iterable[str] = (), *, again: bool = False
) -> SchemaReader:
    names = facts or newest_catalog_facts(connection.info.server_version // 10000)
    return SchemaReader(tuple(schemas), names.private, again)


def _examination(subject: Subject, schemas: Iterable[str]) -> Examination:
    wanted = list(dict.fromkeys(schemas)) or [CANONICAL_SCHEMA, *sorted(set(subject.existing) - {CANONICAL_SCHEMA})]
    found = examine(subject, wanted)
    reported = with_repairs(found.findings, subject.release, subject.names.substrate, known=subject.facts is not None)
    return replace(found, findings=reported)


def _subject(
    connection: Connection,
    release: Release,
    observed: ObservedState,
    facts: CatalogFacts | None,
    existing: Mapping[str, ObservedSchema] | None = None,
) -> Subject:
    """Return what there is to examine; what was not read already is read here, in the transaction of the caller."""
    major = observed.major
    compared = facts or catalog_facts(release.name, major)
    names = facts or newest_catalog_facts(major)
    # Rows are only looked for where it matters: what is gone can be made anew in an empty schema.
    counted = own_names(names.substrate) - STATE_TABLES if observed.lost_rows else frozenset[str]()
    if existing is None or counted:
        found = [s.schema for s in observed.substrates] + [s.schema for s in observed.unseen]
        existing = read_schemas(connection, found, private=names.private, counted=counted)
    return Subject(release, compared, names, observed, existing)


def _require_no_worse(was: Examination, now: Examination, before: ObservedState, after: ObservedState) -> None:
    new = {f.identity for f in now.drift} - {f.identity for f in was.drift}
    if new:
        raise SqlFailedError(
            f"The repair made something worse ({', '.join(sorted('.'.join(i[2:]) for i in new)[:3])}); "
            "nothing was kept.",
            hint="Report it with the output of awa-infra verify --json.",
        )
    old, existing = before.transition, after.transition
    lost = old is not None and old.marker_schema is None
    if old is not None and existing is not None and lost:
        existing = replace(existing, marker_schema=None)
    if old != existing and not made_canonical(before, after):
        raise SqlFailedError(
            "The repair changed Awa's storage transition, which nothing here may do; nothing was kept.",
            hint="Report it with the output of awa-infra verify --json.",
        )
