"""Lost rows of Awa's state: report them, and say which ones can be inserted again. Pure.

A database restored from ``pg_dump --schema-only``, or emptied by a test suite, has every object and none of the rows
that Awa's migrations put there: the version rows, the storage-transition row, the rings of each queue-storage schema.
"""

from __future__ import annotations

from collections.abc import Mapping

from awa_infra.model import CANONICAL_SCHEMA, ObservedState
from awa_infra.planning.pure_gates import TRANSITION
from awa_infra.verification.checks import Health
from awa_infra.verification.findings import Finding, state
from awa_infra.wording import listed


def state_row_findings(schema: str, observed: ObservedState, healths: Mapping[str, Health]) -> list[Finding]:
    """Return what is gone in one schema, with its repair where no job can be lost by it."""
    findings = []
    lost = [row for row in observed.lost_rows if row.schema == schema]
    rings = [row for row in lost if row.table != TRANSITION]
    if rings:
        holding = healths[schema].holding
        repair = (
            "Restore them from a backup: a new ring starts at slot 0 and generation 0, and jobs that are in "
            f"{listed(holding)} would be lost to Awa."
        )
        message = f"rows of Awa's rings are missing: {listed([str(row) for row in rings])}"
        step = None if holding else f"install:{schema}"
        findings.append(state("state-rows-missing", schema, "rings", message, repair, step=step))
    if len(lost) > len(rings):
        findings.append(_transition(observed, healths))
    return [*findings, *_positions(schema, observed, healths)]


def _positions(schema: str, observed: ObservedState, healths: Mapping[str, Health]) -> list[Finding]:
    """Return which rings are at a slot that they do not have: Awa finds no partition for what it writes."""
    substrate = observed.substrate(schema)
    if substrate is None or schema not in healths:
        return []
    findings = []
    for ring in ("queue", "lease", "claim"):
        position, count = healths[schema].slots.get(f"{ring}_position"), getattr(substrate.shape, f"{ring}_slots")
        if position is not None and not 0 <= position < count:
            message = f"the {ring} ring is at slot {position}, but its slots are 0 to {count - 1}"
            repair = (
                f"While no worker runs, set current_slot of {schema}.{ring}_ring_state to the slot that has the ring's "
                f"generation in {schema}.{ring}_ring_slots, or restore the row from a backup."
            )
            findings.append(state("ring-slot-missing", schema, f"{ring}_ring_state", message, repair))
    return findings


def _transition(observed: ObservedState, healths: Mapping[str, Health]) -> Finding:
    holding = [f"{schema}.{table}" for schema, health in healths.items() for table in health.holding]
    reasons = [f"the marker names schema {observed.marker_schema}"] if observed.marker_schema else []
    reasons += [f"there are rows in {listed(holding)}"] if holding else []
    reasons += [f"schema {unseen.schema} cannot be read" for unseen in observed.unseen]
    return state(
        "state-rows-missing",
        CANONICAL_SCHEMA,
        TRANSITION,
        f"the row of awa.{TRANSITION}, which says where new jobs go, is missing",
        f"Restore it from a backup, because queue storage may have been active: {', '.join(reasons)}.",
        step=None if reasons else "transition",
    )
