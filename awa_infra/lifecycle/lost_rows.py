"""Put lost rows of Awa's state back for a declaration with ``repair``, as ``awa-infra verify --repair`` does."""

from __future__ import annotations

from dataclasses import replace

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import read_repair, repair
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import BlockedError
from awa_infra.lifecycle.reading import as_role, state_as
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan, Report
from awa_infra.spec.schema import SchemaInputs

_GATES = frozenset({"state-rows-missing", "empty-history"})
_FINDINGS = frozenset({"state-rows-missing", "version-rows-missing"})


def plan_with_repair(wanted: SchemaInputs, desired: DesiredState, observed: ObservedState, plan: Plan) -> Plan:
    """Return the plan with the steps that put lost rows back in place of the gate about them, where all can be.

    Raises:
        AwaInfraError: the database cannot be read.
    """
    if wanted.repair is not True or not any(gate.code in _GATES for gate in plan.gates):
        return plan
    _state, found, made = as_role(
        lambda acting: read_repair(
            wanted.database_url, desired.release, _schemas(observed), policy=desired.policy, role=acting
        ),
        wanted.role,
    )
    if not all(finding.repairable for finding in found.drift if finding.code in _FINDINGS):
        return plan
    others = tuple(gate for gate in plan.gates if gate.code not in _GATES)
    gates = others + tuple(gate for gate in made.gates if gate not in others)
    return replace(plan, gates=gates, steps=(*made.steps, *plan.steps))


def apply_with_repair(wanted: SchemaInputs, desired: DesiredState, options: ApplyOptions) -> Report:
    """Do what :func:`awa_infra.database.apply.apply` does; where only lost rows block it, put them back first.

    Raises:
        BlockedError: gates block, or rows cannot be put back.
        AwaInfraError: as for ``apply``.
    """
    url = wanted.database_url
    try:
        return apply(url, desired, role=wanted.role, options=options)
    except BlockedError as exc:
        if not wanted.repair or not {part.code for part in exc.parts or (exc,)} <= _GATES:
            raise
        schemas = _schemas(state_as(url, wanted.role))
        report, found = repair(url, desired.release, schemas, policy=wanted.policy(), role=wanted.role, options=options)
        if not report.changed or any(finding.code in _FINDINGS for finding in found.drift):
            raise
    done = apply(url, desired, role=wanted.role, options=options)
    return replace(done, applied=(*report.applied, *done.applied), seconds=report.seconds + done.seconds)


def _schemas(observed: ObservedState) -> tuple[str, ...]:
    """Return schema ``awa`` and every schema that lost rows: nothing else is repaired."""
    return tuple(dict.fromkeys((CANONICAL_SCHEMA, *(row.schema for row in observed.lost_rows))))
