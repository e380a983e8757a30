"""Read plans and drift for a declared object, also while its role is still pending."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from awa_infra.database.connection import ROLE_REFUSED
from awa_infra.database.fingerprint import read_drift
from awa_infra.database.observe import read_plan, read_state
from awa_infra.errors import AwaInfraError, RoleRefusedError
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import DesiredState, ObservedState, Plan
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding

_SHOWN = 3

T = TypeVar("T")


def as_role(read: Callable[[str | None], T], role: str | None) -> T:
    """Return what the role reads, or what the login reads while the role is pending itself."""
    return as_role_or_login(read, role)[0]


def as_role_or_login(read: Callable[[str | None], T], role: str | None) -> tuple[T, str]:
    """Return what :func:`as_role` does, and why PostgreSQL refused the role; empty if it did not."""
    try:
        return read(role), ""
    except AwaInfraError as exc:
        # Roles may be pending in the same run: there is no such role yet, or it is not granted yet.
        if role is None or exc.sqlstate not in ROLE_REFUSED:
            raise
        return read(None), exc.message if isinstance(exc, RoleRefusedError) else ""


def desired_plan(url: str, desired: DesiredState, role: str | None) -> tuple[ObservedState, Plan]:
    """Return the plan for a desired state, see :func:`as_role`."""
    return as_role(lambda acting: read_plan(url, desired, role=acting), role)


def state_as(url: str, role: str | None, only: Collection[str] = ()) -> ObservedState:
    """Return what is observed, of these queue-storage schemas alone if there are any; see :func:`as_role`."""
    return as_role(lambda acting: read_state(url, role=acting, only=only), role)


def comparison(url: str, desired: DesiredState, schema: str, role: str | None) -> Comparison:
    """Return the plan and what a verification of one schema found, see :func:`as_role`.

    Where the database is such that a verification could say nothing, or the schema is not there, nothing is found.
    """
    (observed, plan, found), refused = as_role_or_login(
        lambda acting: read_drift(url, desired, schema, role=acting), role
    )
    hashes = [f.found for f in found.fingerprints if f.schema == schema]
    return Comparison(observed, plan, found, hashes[0] if hashes else "", refused)


def warn_of_drift(schema: str, found: Examination, hint: str, show: Show) -> None:
    """Say in one line what differs from what the release promises, and in one more what was not compared."""
    if found.drift:
        shown = "; ".join(_words(finding) for finding in found.drift[:_SHOWN])
        more = f"; and {len(found.drift) - _SHOWN} more" if len(found.drift) > _SHOWN else ""
        show(f"Schema {schema} has drifted: {shown}{more}. Hint: {hint}", warning=True)
    for finding in found.unknown:
        show(f"Schema {schema} was not fully compared: {finding.message}. Hint: {finding.repair}", warning=True)


def _words(finding: Finding) -> str:
    return finding.message.rstrip(".") or f"{finding.kind.value} {finding.part} {finding.object}"
