"""Describe plans in words, and plans and states as plain data, the same for every command and the plugin. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from awa_infra.model import ObservedState, Plan, Step, StepKind
from awa_infra.wording import counted, listed


def pending_line(plan: Plan) -> str:
    """Return one line that says what a plan would do."""
    if not plan.steps:
        return f"Nothing is pending; schema awa is at version {plan.to_version}."
    parts = []
    versions = [s.version for s in plan.steps if s.kind is StepKind.MIGRATION]
    if versions:
        parts.append(f"{counted(len(versions), 'migration')} ({version_ranges(versions)})")
    # The step that sets the role is not one that makes other sessions wait.
    parts += [s.title for s in plan.steps if s.kind not in {StepKind.MIGRATION, StepKind.ACT_AS}]
    if versions:
        origin = f"version {plan.from_version}" if plan.from_version else "an empty database"
        return f"Pending from {origin}: {listed(parts)}."
    return f"Pending: {listed(parts)}."


def digest_line(plan: Plan) -> str:
    """Return one line with the digest of a plan, the same wherever the plan is shown."""
    return f"Digest: {plan.digest}"


def version_ranges(versions: Iterable[int]) -> str:
    """Return versions as ranges, for example ``V1-V7, V9-V40``."""
    ranges: list[list[int]] = []
    for version in sorted(versions):
        if ranges and version == ranges[-1][1] + 1:
            ranges[-1][1] = version
        else:
            ranges.append([version, version])
    return ", ".join(f"V{low}" if low == high else f"V{low}-V{high}" for low, high in ranges)


def locks_shown(plan: Plan, step: Step) -> str:
    """Return what a step of a plan locks; of Awa's texts nothing in an empty database, where nobody waits."""
    awas = step.kind in {StepKind.MIGRATION, StepKind.PATCH}
    return "" if awas and not plan.from_version else step.locks


def locks_line(plan: Plan) -> str:
    """Return one line that says what the steps of a plan lock, steps with the same locks together; empty if nothing."""
    groups: dict[str, list[str]] = {}
    for step in plan.steps:
        if step.locks:
            groups.setdefault(step.locks, []).append(step.key)
    return "; ".join(f"{_keys(keys)}: {locks}" for locks, keys in groups.items())


def _keys(keys: list[str]) -> str:
    versions = [int(key.removeprefix("V")) for key in keys if key.startswith("V")]
    return version_ranges(versions) if len(versions) == len(keys) else ", ".join(keys)


def step_data(step: Step) -> dict[str, Any]:
    """Return a step as JSON data, its SQL by hash and size."""
    return {
        "key": step.key,
        "kind": step.kind.value,
        "title": step.title,
        "locks": step.locks,
        "sha256": step.sha256,
        "bytes": len(step.sql.encode()),
    }


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    return {
        "from_version": plan.from_version,
        "to_version": plan.to_version,
        "digest": plan.digest,
        "gates": [asdict(gate) for gate in plan.gates],
        "notes": [asdict(note) for note in plan.notes],
        "lock_objects": plan.lock_objects,
        "steps": [step_data(step) for step in plan.steps],
    }


def state_data(observed: ObservedState) -> dict[str, Any]:
    """Return an observed state as JSON data."""
    return {
        "database": observed.database,
        "server_version": observed.server_version,
        "schema_exists": observed.schema_exists,
        "schema_version": observed.version,
        "patches": sorted(observed.patches),
        "storage_state": observed.storage_state,
        "active_schema": observed.active_schema,
        "queue_storage": [{"schema": s.schema, "owner": s.owner, **asdict(s.shape)} for s in observed.substrates],
        "unreadable_queue_storage": [
            {"schema": u.schema, "owner": u.owner, "damaged": u.damaged} for u in observed.unseen
        ],
        "lost_rows": [
            {"table": f"{row.schema}.{row.table}", "found": row.found, "expected": row.expected}
            for row in observed.lost_rows
        ],
    }
