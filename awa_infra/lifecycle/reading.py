"""Plans and drift as declared objects need them: with roles that may be pending, and in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from awa_infra.database.fingerprint import READING, verify
from awa_infra.database.observe import read_plan, read_state
from awa_infra.errors import AwaInfraError, BlockedError
from awa_infra.lifecycle.base import Tell, role_is_pending
from awa_infra.model import DesiredState, ObservedState, Plan, Release
from awa_infra.planning.drift import Examination
from awa_infra.planning.findings import Finding

_SHOWN = 3

T = TypeVar("T")


def as_role(read: Callable[[str | None], T], role: str | None) -> T:
    """Return what the role reads, or what the login reads while the role is pending itself."""
    try:
        return read(role)
    except AwaInfraError as exc:
        if role is None or not role_is_pending(exc):
            raise
        return read(None)


def desired_plan(url: str, desired: DesiredState, role: str | None) -> tuple[ObservedState, Plan]:
    """Return the plan for a desired state, see :func:`as_role`."""
    return as_role(lambda acting: read_plan(url, desired, role=acting), role)


def state_as(url: str, role: str | None) -> ObservedState:
    """Return what is observed, see :func:`as_role`."""
    return as_role(lambda acting: read_state(url, role=acting), role)


def fingerprint(url: str, release: Release, schema: str, role: str | None = None) -> tuple[str, Examination]:
    """Return the fingerprint of a schema and what was found; both empty where there is nothing to compare with.

    Args:
        url: connection string; hidden from every message.
        release: the one that is installed.
        schema: which one.
        role: become this role first, see :func:`as_role`.
    """
    try:
        _observed, found = as_role(lambda acting: verify(url, release, [schema], role=acting), role)
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
