"""From findings to a plan that re-applies Awa's own idempotent SQL. Pure.

Never run again: version 1, and any single old migration, which would put back old functions. What is run again is
the complete ordered set from version 2 on with the patches (Awa 0.6.9: all of it but version 1 is idempotent), a
patch, or the installer of one queue-storage schema. Nothing here drops, and nothing activates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from awa_infra import sqltext
from awa_infra.facts.catalog import own_names, partition_of
from awa_infra.model import CANONICAL_SCHEMA, Gate, ObservedState, Plan, QueueStorage, Release, Shape, Step, StepKind
from awa_infra.planning.access import owned_steps
from awa_infra.planning.effort import shape_locks
from awa_infra.planning.gates import queue_storage_values
from awa_infra.planning.planner import CANONICAL_LOCKS, migration_step, patch_step
from awa_infra.verification.bodies import last_definer
from awa_infra.verification.catalog import relation_of
from awa_infra.verification.checks import BY_HAND, quote
from awa_infra.verification.findings import Finding, FindingKind

REPLAY = "replay"
INSTALLER = frozenset(("install_queue_storage_substrate", "apply_receipt_plane_fillfactor"))
"""Functions of schema ``awa`` that make queue storage (Awa 0.6.9)."""

_VERSION_ROW = re.compile(
    r"INSERT\s+INTO\s+awa\.schema_version\b[^;]*?\bVALUES\s*\(\s*(\d+)\b.*?ON\s+CONFLICT\s*\(version\)\s*DO\s+NOTHING\s*;",
    re.IGNORECASE | re.DOTALL,
)
_PRECIOUS = frozenset(("column", "sequence", "type"))
"""Parts that must not come back empty: defaults instead of data, counters from 1."""

_DEFINES = {
    "function": r"FUNCTION\s+awa\.{name}\s*\(",
    "body": r"FUNCTION\s+awa\.{name}\s*\(",
    "view": r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\s+awa\.{name}\b",
    "trigger": r"CREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\s+{name}\b",
    "index": r"CREATE\s+(UNIQUE\s+)?INDEX\s+(IF\s+NOT\s+EXISTS\s+)?{name}\b",
    "constraint": r"ADD\s+CONSTRAINT\s+{name}\b",
    "storage": r"ALTER\s+TABLE\s+awa\.{name}\s+SET\s*\(",
    "relation": r"CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?awa\.{name}\b",
}
"""What in Awa's texts makes an object of each part, and makes it again where it is missing."""

_REPLACEABLE = frozenset(("function", "body", "view", "trigger", "storage"))
"""Parts that Awa's texts put right where they stand but differ; the others they leave alone."""

_BACKUP = "Restore it from a backup: made anew it would be empty, and Awa would work with that."


def with_repairs(
    findings: Iterable[Finding], release: Release, substrate: Iterable[tuple[str, str]], *, known: bool
) -> tuple[Finding, ...]:
    """Return the findings, each with what would repair it.

    Args:
        findings: as :func:`awa_infra.verification.drift.examine` returns them.
        release: whose texts can be applied again.
        substrate: entries of the template of queue storage.
        known: whether there are facts about the release; without them nothing of the catalog is repaired.
    """
    own = own_names(dict.fromkeys(substrate, ""))
    judged = [_judged(f, release, own) if f.part != "state" and f.is_drift and known else f for f in findings]
    missing = {f.step for f in judged if f.code == "patch-missing"}
    hanging = [f for f in judged if f.part != "state" and f.step in missing]
    told = [f for f in judged if f not in hanging]
    told = [
        replace(f, also=sum(1 + h.also for h in hanging if h.step == f.step)) if f.code == "patch-missing" else f
        for f in told
    ]
    hopeless = any(f.part != "state" and f.is_drift and f.schema == CANONICAL_SCHEMA and not f.repairable for f in told)
    # Nobody knows which version an empty table stood for, unless every object is that of the release.
    lost = any(f.code == "version-rows-missing" and f.repair for f in told)
    differs = any(f.part != "state" and f.is_drift and f.schema == CANONICAL_SCHEMA for f in told)
    if hopeless or not known or (lost and differs):
        told = [
            replace(f, step=None, repair=f.repair or "Repair the rest first.")
            if f.code == "version-rows-missing"
            else f
            for f in told
        ]
    return tuple(_said(f) for f in told)


def make_repair(
    findings: Sequence[Finding],
    release: Release,
    observed: ObservedState,
    shapes: dict[str, Shape],
    *,
    sound_installer: bool = True,
) -> Plan:
    """Return the plan that repairs what can be repaired.

    Args:
        findings: with their repairs.
        release: whose texts are applied again.
        observed: what stands.
        shapes: of every queue-storage schema, as it stands.
        sound_installer: whether Awa's installer in schema ``awa`` is what the release ships.
    """
    wanted = {f.step for f in findings if f.step}
    steps: list[Step] = []
    replay = REPLAY in wanted
    if replay:
        steps.append(_aside("keep", shapes))
        steps += [migration_step(m) for m in release.migrations[1:]]
    steps += [patch_step(p) for p in release.patches if replay or f"patch:{p.name}" in wanted]
    for number, (schema, shape) in enumerate(sorted(shapes.items())):
        if f"install:{schema}" in wanted and not (replay and schema == CANONICAL_SCHEMA):
            steps.append(_install(schema, shape, number, alone=not replay))
        elif f"fillfactor:{schema}" in wanted and not replay:
            steps.append(_fillfactor(schema))
    if replay:
        steps.append(_aside("put_back", shapes))
    if "version-rows" in wanted:
        steps.append(_version_rows(release, observed))
    if "transition" in wanted:
        title = "row of Awa's storage transition: canonical, as without it"
        steps.append(Step(StepKind.REPAIR, "transition", title, sqltext.load("fingerprint/repair/transition.sql")))
    if "marker" in wanted and observed.transition:
        steps.append(_marker(str(observed.transition.details_schema)))
    locks = CANONICAL_LOCKS if replay else 0
    locks += sum(shape_locks(shape) for schema, shape in shapes.items() if replay or f"install:{schema}" in wanted)
    gates = _objections(findings, steps)
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


def _judged(finding: Finding, release: Release, own: frozenset[str]) -> Finding:
    if finding.kind is FindingKind.EXTRA:
        return replace(finding, repair=_extra_advice(finding), sql=_extra_sql(finding))
    if finding.kind is FindingKind.MISSING and finding.part in _PRECIOUS:
        return replace(finding, repair=_BACKUP)
    if finding.kind is FindingKind.CHANGED and finding.part not in _REPLACEABLE:
        return replace(finding, repair=_changed_advice(finding), sql=_changed_sql(finding))
    relation = relation_of((finding.part, finding.object), finding.expected or "") or finding.object.partition("(")[0]
    if relation.removesuffix("_*") in own or partition_of(relation) is not None:
        return _queue_storage(finding, release, relation)
    return _canonical(finding, release)


def _queue_storage(finding: Finding, release: Release, relation: str) -> Finding:
    if finding.part == "relation" and partition_of(relation.replace("_*", "_0")) is None:
        return replace(finding, repair=_BACKUP)
    # The installer makes tables with their constraints and partitions, and adds few to tables that are there.
    if finding.part == "partition" or (finding.part == "constraint" and _definer(finding, release) is None):
        return replace(finding, repair=BY_HAND)
    if finding.part == "storage" and re.fullmatch(r"(leases|lease_claims)_([0-9]+|\*)", finding.object):
        return replace(finding, step=f"fillfactor:{finding.schema}")
    return replace(finding, step=f"install:{finding.schema}")


def _canonical(finding: Finding, release: Release) -> Finding:
    definer = _definer(finding, release)
    if definer is not None and definer.startswith("patch:"):
        return replace(finding, step=definer)
    if finding.part == "relation":
        return replace(finding, repair=_BACKUP)
    first = f"V{release.migrations[0].version}"
    if definer is None or definer == first:
        return replace(finding, repair=f"Only {first} makes it, which cannot be run again. " + BY_HAND)
    return replace(finding, step=REPLAY)


def _definer(finding: Finding, release: Release) -> str | None:
    pattern = _DEFINES.get(finding.part)
    if pattern is None:
        return None
    name = finding.object.partition("(")[0]
    if finding.part in {"trigger", "constraint"}:
        name = name.partition(".")[2]
    return last_definer(release, pattern.replace("{name}", re.escape(name)))


def _extra_advice(finding: Finding) -> str:
    if finding.part == "reference":
        return "Awa deletes and moves the rows that it refers to, which it would refuse: drop it, and keep plain ids."
    if finding.part in {"policy", "rule", "trigger"}:
        return "Awa did not make it, and it can stop a worker; nothing here drops it."
    return "Awa did not make it, and nothing here drops it."


def _extra_sql(finding: Finding) -> tuple[str, ...]:
    relation, _, name = finding.object.partition(".")
    if finding.part not in {"policy", "rule"}:
        return ()
    return (f"DROP {finding.part.upper()} {quote(name)} ON {quote(finding.schema)}.{quote(relation)};",)


def _changed_advice(finding: Finding) -> str:
    if finding.part == "index":
        return "Run the statement when Awa is idle, then verify with --repair, which makes the index again."
    return BY_HAND


def _changed_sql(finding: Finding) -> tuple[str, ...]:
    return (f'DROP INDEX {finding.schema}."{finding.object}";',) if finding.part == "index" else ()


def _said(finding: Finding) -> Finding:
    step = finding.step or ""
    kind, _, name = step.partition(":")
    said = {
        "patch": f"--repair applies patch {name} again.",
        "install": f"--repair runs Awa's installer again over {name}, which locks its tables and scans its jobs.",
        "fillfactor": f"--repair sets the storage parameters of {name} again.",
        "version-rows": "--repair inserts them with the statements of Awa's own migrations.",
        "transition": "--repair puts it back as Awa's migrations made it; new jobs go where they go without it.",
        "marker": "--repair puts it back; routing stays as it is.",
        REPLAY: "--repair runs all migrations but the first again, with the patches, in one transaction.",
    }
    return replace(finding, repair=said[kind]) if kind else finding


def _objections(findings: Sequence[Finding], steps: Sequence[Step]) -> tuple[Gate, ...]:
    makes = any(s.kind in {StepKind.MIGRATION, StepKind.QUEUE_STORAGE} for s in steps)
    lost = [f for f in findings if f.kind is FindingKind.MISSING and f.repair == _BACKUP]
    if not (makes and lost):
        return ()
    listed = ", ".join(f"{f.part} {f.schema}.{f.object}" for f in lost[:3])
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""  # noqa: PLR2004
    return (
        Gate(
            "repair-would-invent-data",
            f"Lost with its data: {listed}{more}. Awa's SQL would make it anew, with defaults instead.",
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


def _aside(what: Literal["keep", "put_back"], schemas: Iterable[str]) -> Step:
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
            schema=schema,
            schema_name=sqltext.Name(schema),
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


def _marker(schema: str) -> Step:
    return Step(
        StepKind.REPAIR,
        "marker",
        f"marker that queue storage is in schema {schema}",
        sqltext.render("fingerprint/repair/marker.sql", schema=schema),
    )
