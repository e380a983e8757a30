"""A plan as a file that can be looked at, agreed to, and applied later. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from awa_infra.errors import ConfigurationError
from awa_infra.model import AgreedPlan, DatabaseIdentity, DesiredState, Plan, Transaction
from awa_infra.model.plan import digest_of
from awa_infra.planning.agreement import declared_data
from awa_infra.planning.describe import plan_data

PLAN_FILE_VERSION = 1
"""Grows when a field is removed or changes its meaning."""


class _Strict(BaseModel):
    # Fields that a later awa-infra adds are for people, or it would have raised the version.
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Database(_Strict):
    name: str
    oid: int
    system_identifier: str | None


class _Step(_Strict):
    key: str
    sha256: str


class _Document(_Strict):
    plan_file_version: int
    release: str
    transaction: str
    database: _Database
    from_version: int
    digest: str
    steps: list[_Step]
    declared: dict[str, Any]


def document(
    plan: Plan,
    desired: DesiredState,
    database: DatabaseIdentity,
    *,
    role: str | None = None,
    made_at: datetime,
    made_by: str,
) -> dict[str, Any]:
    """Return the document of a plan: no SQL, but the hash of every step."""
    return {
        "plan_file_version": PLAN_FILE_VERSION,
        "made_at": made_at.isoformat(timespec="seconds"),
        "made_by": made_by,
        "release": desired.release.name,
        "transaction": desired.transaction.value,
        "database": {"name": database.name, "oid": database.oid, "system_identifier": database.system},
        "declared": declared_data(desired, role),
        **plan_data(plan),
    }


def read_document(text: str, source: str) -> AgreedPlan:
    """Return the plan that a file holds.

    Raises:
        ConfigurationError: it is no plan file, is of a later awa-infra, or was edited.
    """
    try:
        data = json.loads(text)
        version = data["plan_file_version"] if isinstance(data, Mapping) else None
    except (ValueError, KeyError, RecursionError):
        version = None
    if not isinstance(version, int):
        raise ConfigurationError(f"{source} is no plan file.", hint=_HINT)
    if version > PLAN_FILE_VERSION:
        raise ConfigurationError(
            f"{source} was made by a later awa-infra.", hint="Make the plan and apply it with the same awa-infra."
        )
    try:
        found = _Document.model_validate(data)
    except ValidationError as exc:
        wrong = [".".join(str(part) for part in error["loc"]) + f": {error['msg']}" for error in exc.errors()]
        raise ConfigurationError(f"{source} is no whole plan file.", details=wrong, hint=_HINT) from exc
    steps = tuple((step.key, step.sha256) for step in found.steps)
    if digest_of(steps) != found.digest:
        raise ConfigurationError(f"{source} was edited: its digest is not that of its steps.", hint=_HINT)
    if found.transaction not in {mode.value for mode in Transaction}:
        raise ConfigurationError(f"{source}: transaction {found.transaction!r} is unknown.", hint=_HINT)
    identity = DatabaseIdentity(found.database.name, found.database.oid, found.database.system_identifier)
    mode = Transaction(found.transaction)
    return AgreedPlan(found.from_version, found.digest, steps, mode, identity, found.release, found.declared)


_HINT = "Make one with awa-infra plan --out FILE."
