"""Make a plan from the desired and the observed state. Pure, and the only place that decides what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence

from awa_infra import sqltext
from awa_infra.facts.measured import CANONICAL_LOCKS, REFRESHES_CUSTOM, shape_locks
from awa_infra.model import (
    CANONICAL_SCHEMA,
    DesiredState,
    Migration,
    ObservedState,
    Patch,
    Plan,
    QueueStorage,
    Release,
    Step,
    StepKind,
    Transaction,
)
from awa_infra.planning.access import access_steps, installer_steps, lanes_steps, owned_steps
from awa_infra.planning.effort import INSTALLER, locks_text, replays_installer
from awa_infra.planning.gates import queue_storage_values
from awa_infra.planning.guard import guard_steps
from awa_infra.planning.pure_gates import pure_gates, release_notes
from awa_infra.planning.substrate import expected_counts, is_complete
from awa_infra.planning.transactions import transactions


def make_plan(desired: DesiredState, observed: ObservedState) -> Plan:
    """Return what it takes to bring the database from observed to desired."""
    reached = [m.version for m in desired.release.migrations if m.version <= (desired.target_version or 0)]
    canonical = _canonical_steps(desired, observed)
    steps = owned_steps(
        desired.roles,
        observed,
        [
            *access_steps(desired.roles, observed),
            *canonical,
            *installer_steps(desired.roles, observed, made=any(map(replays_installer, canonical))),
            *_queue_storage_steps(desired, observed),
            *lanes_steps(desired, observed),
        ],
    )
    # First, as the login: the role that the plan acts as may not create event triggers.
    steps = (*guard_steps(desired, observed), *steps)
    return Plan(
        lock_objects=lock_objects(desired, observed, steps, desired.transaction),
        from_version=observed.version,
        to_version=max([observed.version, *reached]),
        gates=pure_gates(desired, observed),
        notes=release_notes(desired.release),
        steps=steps,
    )


def lock_objects(desired: DesiredState, observed: ObservedState, steps: Sequence[Step], mode: Transaction) -> int:
    """Return about how many objects the largest transaction of these steps will have locked at its end."""
    return max((_lock_objects(desired, observed, together) for together in transactions(steps, mode)), default=0)


def migration_step(migration: Migration) -> Step:
    """Return the step that runs one migration of Awa, its text untouched."""
    locks = locks_text(migration.sql)
    if locks is None:
        replays = "replays the queue-storage installer; " if INSTALLER in migration.sql else ""
        locks = f"{replays}what it locks was not measured"
    return Step(
        StepKind.MIGRATION,
        f"V{migration.version:03d}",
        f"V{migration.version} {migration.description}",
        migration.sql,
        locks,
    )


def numbering_step(release: Release, observed: ObservedState) -> Step:
    """Return the step that rewrites the version rows of Awa before 0.4 in today's numbering."""
    reached = [
        {"version": m.version, "description": m.description}
        for m in release.migrations
        if m.version <= observed.version
    ]
    return Step(
        StepKind.NUMBERING,
        "numbering",
        f"rewrite the version rows of Awa before 0.4 (highest {max(observed.versions)}) as version {observed.version}",
        sqltext.render("numbering/normalise.sql", versions=json.dumps(reached)),
    )


def patch_step(patch: Patch) -> Step:
    """Return the step that runs one repeatable patch of Awa, its text untouched."""
    locks = locks_text(patch.sql)
    if locks is None:
        locks = "what it locks was not measured"
    return Step(StepKind.PATCH, f"patch:{patch.name}", f"patch {patch.name}", patch.sql, locks or "replaces functions")


def queue_storage_step(wanted: QueueStorage) -> Step:
    """Return the step that installs or completes one custom queue-storage schema."""
    shape = wanted.shape
    return Step(
        StepKind.QUEUE_STORAGE,
        f"queue-storage:{wanted.schema}",
        f"queue-storage schema {wanted.schema} ({shape})",
        sqltext.render("queue_storage/install.sql", **queue_storage_values(wanted), **expected_counts(wanted.shape)),
        f"about {shape_locks(shape)} lock objects in one transaction",
    )


def _canonical_steps(desired: DesiredState, observed: ObservedState) -> list[Step]:
    if desired.target_version is None:
        return []
    release = desired.release
    steps = [numbering_step(release, observed)] if observed.legacy_numbering else []
    steps += [migration_step(m) for m in release.migrations if observed.version < m.version <= desired.target_version]
    if max(desired.target_version, observed.version) != release.schema_version:
        return steps
    # A patch replaces functions that older migrations create, so any migration puts it back in question.
    steps += [patch_step(p) for p in release.patches if steps or p.name not in observed.patches]
    return steps


def _queue_storage_steps(desired: DesiredState, observed: ObservedState) -> list[Step]:
    # The one in awa comes with the migrations; declared here it only holds its queues.
    custom = (wanted for wanted in desired.queue_storage if wanted.schema != CANONICAL_SCHEMA)
    return [queue_storage_step(wanted) for wanted in custom if not is_complete(observed.substrate(wanted.schema))]


def _lock_objects(desired: DesiredState, observed: ObservedState, steps: Sequence[Step]) -> int:
    """Return about how many objects the transaction of these steps will have locked at its end."""
    objects = CANONICAL_LOCKS if any(s.kind in {StepKind.MIGRATION, StepKind.PATCH} for s in steps) else 0
    if any(replays_installer(s) or s.key in REFRESHES_CUSTOM for s in steps):
        objects += sum(shape_locks(s.shape) for s in observed.substrates if s.schema != CANONICAL_SCHEMA)
    # Those that are there were counted with the migrations that refresh them.
    installed = {s.schema for s in observed.substrates} if objects else set()
    wanted = {f"queue-storage:{q.schema}": q for q in desired.queue_storage if q.schema not in installed}
    return objects + sum(shape_locks(wanted[s.key].shape) for s in steps if s.key in wanted)
