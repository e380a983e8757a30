"""Where a database is not what its configuration declares, as findings beside those about the release. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan, StepKind
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding, state
from awa_infra.verification.obstacles import Privilege, excess_findings

_OF_THE_RELEASE = frozenset(
    {StepKind.NUMBERING, StepKind.MIGRATION, StepKind.PATCH, StepKind.OWNERSHIP, StepKind.ACT_AS}
)
"""Steps that a verification has findings of its own about, or that are about the run."""

_CONTRADICTIONS = frozenset(
    {"queue-storage-foreign", "queue-storage-shape", "role-cannot-log-in", "role-too-powerful", "schema-other-owner"}
)
"""Gates that say how what is there contradicts what is declared, not what is in the way of a migration."""

_OF_WORKERS = frozenset({"privileges-missing", "sequences-without-update"})
"""Findings about what a worker lacks."""

_KINDS = ("function", "schema", "table", "type")
"""Of the objects of those findings."""

_APPLY = "Run awa-infra apply with this configuration; awa-infra plan shows what it would do."


def with_declared(
    found: Examination,
    observed: ObservedState,
    plan: Plan,
    desired: DesiredState,
    activation: str | None,
    given: Iterable[Privilege] = (),
) -> Examination:
    """Return an examination with what is declared and missing, and without drift that is declared.

    What declared roles have beyond what they are declared for is ``given``.
    """
    findings = list(found.findings)
    if observed.version == desired.target_version != desired.release.schema_version:
        findings = [_held(finding) for finding in findings if finding.code != "pending"]
    known = {finding.schema for finding in findings if finding.code == "schema-missing"}
    for step in plan.steps:
        schema = step.subject if step.kind is StepKind.QUEUE_STORAGE else CANONICAL_SCHEMA
        if step.kind not in _OF_THE_RELEASE and schema not in known:
            message = f"declared, and missing: {step.title}"
            findings.append(state("declared-missing", schema, step.key, message, _APPLY))
    findings += [
        state("declared-missing", CANONICAL_SCHEMA, gate.code, f"not as declared: {gate.message}", gate.hint)
        for gate in plan.gates
        if gate.code in _CONTRADICTIONS
    ]
    if activation is not None and observed.active_schema != activation:
        message = f"declared, and missing: activation of queue storage in {activation}; new jobs go elsewhere"
        repair = "Run awa-infra up, or declare no activation."
        findings.append(state("declared-missing", CANONICAL_SCHEMA, "activation", message, repair))
    if desired.roles is not None and desired.roles.observer is not None:
        # One that may insert looks like a worker that lost everything else.
        names = {desired.roles.observer, *(f"{desired.roles.observer} {kind}" for kind in _KINDS)}
        findings = [finding for finding in findings if not (finding.code in _OF_WORKERS and finding.object in names)]
    return replace(found, findings=(*findings, *excess_findings(given)))


def _held(finding: Finding) -> Finding:
    """Return a finding as it is where an earlier version than that of the release is declared."""
    if finding.code != "not-compared":
        return finding
    hint = "The configuration declares this version: awa-infra plan --check shows whether anything is pending."
    return replace(finding, repair=hint)
