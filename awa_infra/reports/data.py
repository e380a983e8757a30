"""Write what a verification found as data: the document of ``awa-infra verify --json``. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from awa_infra.model import ObservedState, Plan, Report
from awa_infra.planning.describe import step_data
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding


def verification_data(
    observed: ObservedState, release: str, found: Examination, report: Report | None, plan: Plan | None
) -> dict[str, Any]:
    """Return a verification as JSON data."""
    data: dict[str, Any] = {
        "database": observed.database,
        "release": release,
        "schema_version": observed.version,
        "healthy": found.healthy,
        "compared": not found.unknown,
        "fingerprints": [{"schema": f.schema, "found": f.found, "expected": f.expected} for f in found.fingerprints],
        "findings": [_finding_data(f) for f in found.findings],
    }
    if plan is not None:
        data["would_run"] = [step_data(step) for step in plan.steps]
        data["gates"] = [asdict(gate) for gate in plan.gates]
    if report is not None:
        data["repaired"] = [{"key": r.key, "title": r.title, "seconds": round(r.seconds, 3)} for r in report.applied]
    return data


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "code": finding.code,
        "schema": finding.schema,
        "part": finding.part,
        "object": finding.object,
        "also": finding.also,
        "expected": finding.expected,
        "found": finding.found,
        "message": finding.message,
        "diff": list(finding.diff),
        "repair": finding.repair,
        "repairable": finding.repairable,
        "sql": list(finding.sql),
    }
