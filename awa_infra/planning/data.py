"""Plans and states as plain data, the same for ``--json`` and for the functions of the plugin."""

from __future__ import annotations

from typing import Any

from awa_infra.model import Gate, ObservedState, Plan, Step


def gate_data(gate: Gate) -> dict[str, str]:
    """Return a gate as JSON data."""
    return {"code": gate.code, "message": gate.message, "hint": gate.hint}


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
        "gates": [gate_data(gate) for gate in plan.gates],
        "notes": [{"code": note.code, "message": note.message} for note in plan.notes],
        "lock_objects": plan.lock_objects,
        "steps": [step_data(step) for step in plan.steps],
    }


def state_data(observed: ObservedState) -> dict[str, Any]:
    """Return an observed state as JSON data."""
    transition = observed.transition
    return {
        "database": observed.database,
        "server_version": observed.server_version,
        "schema_exists": observed.schema_exists,
        "schema_version": observed.version,
        "patches": sorted(observed.patches),
        "storage_state": transition.state if transition else None,
        "active_schema": transition.active_schema if transition else None,
        "queue_storage": [
            {
                "schema": s.schema,
                "owner": s.owner,
                "queue_slots": s.shape.queue_slots,
                "lease_slots": s.shape.lease_slots,
                "claim_slots": s.shape.claim_slots,
                "receipts": s.shape.receipts,
            }
            for s in observed.substrates
        ],
        "unreadable_queue_storage": [
            {"schema": u.schema, "owner": u.owner, "damaged": u.damaged} for u in observed.unseen
        ],
        "lost_rows": [
            {"table": f"{row.schema}.{row.table}", "found": row.found, "expected": row.expected}
            for row in observed.lost_rows
        ],
    }
