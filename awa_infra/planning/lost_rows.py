"""Rows of Awa's state that are gone: what is found, what can be put back, and what they block. Pure.

A database restored from ``pg_dump --schema-only``, or emptied by a test suite, has every object and none of the rows
that Awa's migrations put there: the version rows, the storage-transition row, the rings of each queue-storage schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awa_infra.model import CANONICAL_SCHEMA, Gate, LostRows, ObservedState
from awa_infra.planning.checks import Health
from awa_infra.planning.describe import listed
from awa_infra.planning.findings import Finding, state

TRANSITION = "storage_transition_state"
"""The table of one row that says where new jobs go (Awa 0.6.9)."""

STATE_ROWS_HINT = "Run awa-infra verify: it says what --repair can put back, and what must come from a backup."


def state_row_findings(schema: str, observed: ObservedState, healths: Mapping[str, Health]) -> list[Finding]:
    """Return what is gone in one schema, with its repair where no job can be lost by it.

    Args:
        schema: which one.
        observed: what was observed.
        healths: of every schema of the database, with the tables that hold rows.
    """
    findings = []
    lost = [row for row in observed.lost_rows if row.schema == schema]
    rings = [row for row in lost if row.table != TRANSITION]
    if rings:
        holding = healths[schema].holding
        repair = (
            "Restore them from a backup: made anew, a ring starts at slot 0 and generation 0, and jobs that are in "
            f"{listed(holding)} would be lost to Awa."
        )
        message = f"rows of Awa's rings are gone: {listed([str(row) for row in rings])}"
        step = None if holding else f"install:{schema}"
        findings.append(state("state-rows-missing", schema, "rings", message, repair, step=step))
    if len(lost) > len(rings):
        findings.append(_transition(observed, healths))
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
        f"the row of awa.{TRANSITION}, which says where new jobs go, is gone",
        f"Restore it from a backup, because queue storage may have been active: {', '.join(reasons)}.",
        step=None if reasons else "transition",
    )


def state_row_gates(lost: Sequence[LostRows], database: str) -> tuple[Gate, ...]:
    """Return the gate that blocks whatever relies on rows that are gone."""
    if not lost:
        return ()
    shown = listed([str(row) for row in lost])
    return (
        Gate("state-rows-missing", f"Rows of Awa's state are gone in database {database}: {shown}.", STATE_ROWS_HINT),
    )
