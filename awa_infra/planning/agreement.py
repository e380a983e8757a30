"""Check that what would be run is what was agreed to. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from awa_infra.errors import StalePlanError
from awa_infra.model import AgreedPlan, DatabaseIdentity, DesiredState, Plan
from awa_infra.wording import listed

_POLICY = "policy"


def declared_data(desired: DesiredState, role: str | None) -> dict[str, Any]:
    """Return what a plan is made for, as JSON data: the desired state without Awa's texts, and the options."""
    data = {
        "target_version": desired.target_version,
        "role": role,
        "queue_storage": [asdict(wanted) for wanted in desired.queue_storage],
        "roles": None if desired.roles is None else asdict(desired.roles),
        "guarded": desired.guarded,
        _POLICY: asdict(desired.policy),
    }
    found: dict[str, Any] = json.loads(json.dumps(data))
    return found


def require_agreed(
    agreed: AgreedPlan,
    plan: Plan,
    desired: DesiredState | None,
    database: DatabaseIdentity | None,
    role: str | None = None,
) -> None:
    """Raise a StalePlanError, with what differs in its details, for anything but what was agreed to.

    Nothing to do is accepted: another session was faster.
    """
    if agreed.database is not None and database is not None and agreed.database.is_another_than(database):
        raise StalePlanError(
            f"The plan was made for database {agreed.database.name}, and {_another(agreed.database, database)}",
            hint="Make a plan for this database. Nothing was changed.",
        )
    # What would be nothing to do for somebody who wants something else says nothing about what was agreed to.
    differences = list(_other_wishes(agreed, desired, role))
    if plan.steps:
        differences += _differences(agreed, plan)
    if differences:
        where = f"Database {database.name}" if database else "The database"
        raise StalePlanError(
            f"{where}, or the desired state, changed since the plan was made.",
            details=differences,
            hint="Give the options with which the plan was made; or look at a new plan, then apply that. Nothing was "
            "changed.",
        )


def _another(agreed: DatabaseIdentity, now: DatabaseIdentity) -> str:
    """Return why a database is another one than the one of the plan."""
    if agreed.name != now.name:
        # Its number says nothing on another server.
        renamed = agreed.system is not None and (agreed.oid, agreed.system) == (now.oid, now.system)
        return f"it is called {now.name} now." if renamed else f"this is another one: {now.name}."
    if agreed.oid != now.oid:
        return f"this is another one: {now.name}, restored or made anew."
    return "the server's data have another identifier now: they were made anew, or upgraded with pg_upgrade."


def _other_wishes(agreed: AgreedPlan, desired: DesiredState | None, role: str | None) -> Iterator[str]:
    if desired is None:
        return
    if desired.transaction is not agreed.transaction:
        yield f"transaction: {agreed.transaction.value} then, {desired.transaction.value} now"
    if agreed.release and desired.release.name != agreed.release:
        yield f"release: Awa {agreed.release} then, {desired.release.name} now"
    then, now = agreed.declared, declared_data(desired, role)
    if then is None or then == now:
        return
    for name, value in now.items():
        before = then.get(name)
        if name == _POLICY and isinstance(before, dict):
            yield from (
                _changed(one, before.get(one), allowed) for one, allowed in value.items() if before.get(one) != allowed
            )
        elif before != value:
            whole = isinstance(value or before, list | dict)
            yield f"{name}: the configuration declares something else" if whole else _changed(name, before, value)


def _changed(name: str, then: object, now: object) -> str:
    return f"{name}: {json.dumps(then, ensure_ascii=False)} then, {json.dumps(now, ensure_ascii=False)} now"


def _differences(agreed: AgreedPlan, plan: Plan) -> Iterator[str]:
    if plan.digest == agreed.digest:
        return
    if plan.from_version != agreed.from_version:
        yield f"schema awa: at version {agreed.from_version} then, at version {plan.from_version} now"
    then, now = dict(agreed.steps), {step.key: step.sha256 for step in plan.steps}
    for what, keys in (
        ("no longer in the plan", [key for key in then if key not in now]),
        ("new in the plan", [key for key in now if key not in then]),
        ("with another SQL", [key for key in now if then.get(key, now[key]) != now[key]]),
    ):
        if keys:
            yield f"{what}: {listed(keys)}"
    if list(then) != list(now) and set(then) == set(now):
        yield "the order of the steps"
