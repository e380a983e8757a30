"""Plans and drift as declared objects need them: with roles that may be pending, and in few words."""

from __future__ import annotations

from collections.abc import Callable

from awa_infra.database.fingerprint import READING, verify
from awa_infra.database.observe import read_plan
from awa_infra.errors import AwaInfraError, BlockedError
from awa_infra.lifecycle.base import Tell, role_is_pending
from awa_infra.model import DesiredState, ObservedState, Plan, Release
from awa_infra.planning.drift import Examination
from awa_infra.planning.findings import Finding

_SHOWN = 3

Read = Callable[[str | None], tuple[ObservedState, Plan]]
"""Reads a plan as a role."""


def plan_as(read: Read, role: str | None) -> tuple[ObservedState, Plan]:
    """Return the plan as the role would see it, or as the login sees it while the role is pending itself."""
    try:
        return read(role)
    except AwaInfraError as exc:
        if role is None or not role_is_pending(exc):
            raise
        return read(None)


def desired_plan(url: str, desired: DesiredState, role: str | None) -> tuple[ObservedState, Plan]:
    """Return :func:`plan_as` for a desired state."""
    return plan_as(lambda acting: read_plan(url, desired, role=acting), role)


def fingerprint(url: str, release: Release, schema: str) -> tuple[str, Examination]:
    """Return the fingerprint of a schema and what was found; both empty where there is nothing to compare with."""
    try:
        _observed, found = verify(url, release, [schema])
    except BlockedError as exc:
        if exc.code in READING or exc.code == BlockedError.code:
            return "", Examination((), ())
        raise
    hashes = [f.found for f in found.fingerprints if f.schema == schema]
    return (hashes[0] if hashes else ""), found


def warn_of_drift(schema: str, found: Examination, hint: str, tell: Tell) -> None:
    """Say in one line what differs from what the release promises, and in one more what was not compared."""
    if found.drift:
        shown = "; ".join(_words(finding) for finding in found.drift[:_SHOWN])
        more = f"; and {len(found.drift) - _SHOWN} more" if len(found.drift) > _SHOWN else ""
        tell(f"Schema {schema} has drifted: {shown}{more}. Hint: {hint}", warning=True)
    for finding in found.unknown:
        tell(f"Schema {schema} was not fully compared: {finding.message}. Hint: {finding.repair}", warning=True)


def _words(finding: Finding) -> str:
    return finding.message.rstrip(".") or f"{finding.kind.value} {finding.part} {finding.object}"
