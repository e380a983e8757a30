"""Make a plan that runs Awa's own idempotent SQL again to repair findings. Pure.

Never run again: version 1, and any single old migration, which would put back old functions. What is run again is
the complete ordered set from version 2 on with the patches (Awa 0.6.9: all of it but version 1 is idempotent), a
patch, or the installer of one queue-storage schema. Nothing here drops, and nothing activates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from awa_infra import sqltext
from awa_infra.facts.measured import CANONICAL_LOCKS, shape_locks
from awa_infra.model import CANONICAL_SCHEMA, Gate, ObservedState, Plan, QueueStorage, Release, Shape, Step, StepKind
from awa_infra.planning.access import owned_steps
from awa_infra.planning.gates import queue_storage_values
from awa_infra.planning.planner import migration_step, patch_step
from awa_infra.verification.advice import BACKUP, REPLAY
from awa_infra.verification.drift import ObservedSchema
from awa_infra.verification.findings import Finding, FindingKind
from awa_infra.verification.sequences import forward_under_lock
from awa_infra.wording import counted, listed

INSTALLER = frozenset(("install_queue_storage_substrate", "apply_receipt_plane_fillfactor"))
"""Functions of schema ``awa`` that make queue storage (Awa 0.6.9)."""

_VERSION_ROW = re.compile(
    r"INSERT\s+INTO\s+awa\.schema_version\b[^;]*?\bVALUES\s*\(\s*(\d+)\b.*?ON\s+CONFLICT\s*\(version\)\s*DO\s+NOTHING\s*;",
    re.IGNORECASE | re.DOTALL,
)


def make_repair(
    findings: Sequence[Finding],
    release: Release,
    observed: ObservedState,
    shapes: dict[str, Shape],
    *,
    sound_installer: bool = True,
    existing: Mapping[str, ObservedSchema] = MappingProxyType({}),
) -> Plan:
    """Return the plan that repairs what can be repaired, by applying texts of the release again.

    Args:
        findings: with their repairs.
        release: the one that is installed.
        observed: the observed state.
        shapes: of every queue-storage schema, as observed.
        sound_installer: whether Awa's installer in schema ``awa`` is what the release ships.
        existing: what was read of each schema.
    """
    wanted = {f.step for f in findings if f.step}
    steps: list[Step] = []
    replay = REPLAY in wanted
    if replay:
        steps.append(_save_or_restore("keep", shapes))
        steps += [migration_step(m) for m in release.migrations[1:]]
    steps += [patch_step(p) for p in release.patches if replay or f"patch:{p.name}" in wanted]
    for number, (schema, shape) in enumerate(sorted(shapes.items())):
        if f"install:{schema}" in wanted and not (replay and schema == CANONICAL_SCHEMA):
            steps.append(_install(schema, shape, number, alone=not replay))
        elif f"fillfactor:{schema}" in wanted and not replay:
            steps.append(_fillfactor(schema))
    if replay:
        steps.append(_save_or_restore("put_back", shapes))
    if "version-rows" in wanted:
        steps.append(_version_rows(release, observed))
    if "transition" in wanted:
        title = "row of Awa's storage transition: canonical, as without it"
        steps.append(Step(StepKind.REPAIR, "transition", title, sqltext.load("fingerprint/repair/transition.sql")))
    if "marker" in wanted and observed.transition:
        steps.append(_marker(str(observed.transition.details_schema)))
    behind = [one for schema, one in sorted(existing.items()) if f"sequences:{schema}" in wanted]
    steps += map(_sequences, behind)
    locks = CANONICAL_LOCKS if replay else 0
    locks += sum(len(one.health.behind) for one in behind)
    locks += sum(shape_locks(shape) for schema, shape in shapes.items() if replay or f"install:{schema}" in wanted)
    gates = _blocking_gates(findings, steps)
    if not sound_installer and not replay and any(s.kind is StepKind.QUEUE_STORAGE for s in steps):
        gates += (
            Gate(
                "installer-differs",
                "Awa's installer in schema awa is not what this release ships; run again, it would spread that.",
                "Repair schema awa first: awa-infra verify --repair without --schema.",
            ),
        )
    return Plan(observed.version, observed.version, gates, owned_steps(None, observed, steps), lock_objects=locks)


def with_history(plan: Plan, draft: Plan) -> Plan:
    """Return the plan without the gate about an empty table of versions, where its rows are what is put back."""
    if all(step.key != "version-rows" for step in draft.steps):
        return plan
    return replace(plan, steps=draft.steps, gates=tuple(g for g in plan.gates if g.code != "empty-history"))


def made_canonical(before: ObservedState, after: ObservedState) -> bool:
    """Whether all that happened to the storage transition is that its lost row is there again, canonical."""
    made = after.transition
    return (
        before.transition is None
        and made is not None
        and (made.state, made.current_engine, made.epoch, made.marker_schema) == ("canonical", "canonical", 0, None)
    )


def _blocking_gates(findings: Sequence[Finding], steps: Sequence[Step]) -> tuple[Gate, ...]:
    makes = any(s.kind in {StepKind.MIGRATION, StepKind.QUEUE_STORAGE} for s in steps)
    lost = [f for f in findings if f.kind is FindingKind.MISSING and f.repair == BACKUP]
    if not (makes and lost):
        return ()
    names = listed((f"{f.part} {f.schema}.{f.object}" for f in lost), most=3)
    return (
        Gate(
            "repair-would-invent-data",
            f"Lost with its data: {names}. Awa's SQL would create it again, with defaults instead of the data.",
            "Restore it from a backup first; then repair the rest.",
        ),
    )


def _install(schema: str, shape: Shape, number: int, *, alone: bool) -> Step:
    text = sqltext.render("fingerprint/repair/install.sql", **queue_storage_values(QueueStorage(schema, shape)))
    if alone:
        text = _counters_sql("keep", [schema], number) + text + _counters_sql("put_back", [schema], number)
    return Step(
        StepKind.QUEUE_STORAGE,
        f"install:{schema}",
        f"Awa's installer over queue-storage schema {schema} ({shape})",
        text,
        "AccessExclusive locks on every table of the schema; scans ready and done jobs",
    )


def _save_or_restore(what: Literal["keep", "put_back"], schemas: Iterable[str]) -> Step:
    """Return the step that saves, or restores, what old migrations write anew though it is no part of a schema."""
    title = {
        "keep": "keep the marker of queue storage and the counters of ended jobs aside",
        "put_back": "put the marker of queue storage and the counters of ended jobs back",
    }
    text = sqltext.load(f"fingerprint/repair/{what}_marker.sql") + _counters_sql(what, sorted(schemas))
    return Step(StepKind.REPAIR, what.replace("_", "-"), title[what], text, "exclusive locks on these tables")


def _counters_sql(what: Literal["keep", "put_back"], schemas: Iterable[str], first: int = 0) -> str:
    return "".join(
        sqltext.render(
            f"fingerprint/repair/{what}_counters.sql",
            **sqltext.schema_values(schema),
            # The name of the schema could be too long for a part of another one. Each schema has its own: they last
            # until the end of the transaction, in which others are repaired too.
            counters=sqltext.Name(f"awa_infra_counters_{number}"),
            trust=sqltext.Name(f"awa_infra_trust_{number}"),
        )
        for number, schema in enumerate(schemas, start=first)
    )


def _fillfactor(schema: str) -> Step:
    return Step(
        StepKind.QUEUE_STORAGE,
        f"fillfactor:{schema}",
        f"storage parameters of queue-storage schema {schema}",
        sqltext.render("fingerprint/repair/fillfactor.sql", schema=schema),
        "short locks on the partitions of leases and lease_claims",
    )


def _version_rows(release: Release, observed: ObservedState) -> Step:
    lost = release.versions - observed.versions
    statements = [
        found[0]
        for migration in release.migrations
        for found in _VERSION_ROW.finditer(migration.sql)
        if migration.version in lost and int(found[1]) == migration.version
    ]
    return Step(StepKind.REPAIR, "version-rows", "missing rows of awa.schema_version", "\n".join(statements))


def _sequences(existing: ObservedSchema) -> Step:
    name = existing.name
    title = f"{counted(len(existing.health.behind), 'sequence')} of schema {name.text} forward to the rows"
    text = forward_under_lock(name, existing.health.behind)
    return Step(StepKind.REPAIR, f"sequences:{name.text}", title, text, "new jobs of these lanes wait until the commit")


def _marker(schema: str) -> Step:
    return Step(
        StepKind.REPAIR,
        "marker",
        f"marker that queue storage is in schema {schema}",
        sqltext.render("fingerprint/repair/marker.sql", schema=schema),
    )
