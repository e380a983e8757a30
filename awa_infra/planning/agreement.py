"""Check that what would be run is what was agreed to. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from awa_infra.errors import StalePlanError
from awa_infra.model import AgreedPlan, DatabaseIdentity, DesiredState, Plan
from awa_infra.wording import listed


def require_agreed(
    agreed: AgreedPlan, plan: Plan, desired: DesiredState | None, database: DatabaseIdentity | None
) -> None:
    """Refuse anything but what was agreed to. Nothing to do is accepted: another session was faster.

    Args:
        agreed: the approved plan.
        plan: what would be run now.
        desired: what it was made for, where that is known.
        database: where, if that matters.

    Raises:
        StalePlanError: what differs is in the details.
    """
    if agreed.database is not None and database is not None and agreed.database.is_another_than(database):
        raise StalePlanError(
            f"The plan was made for database {agreed.database.name}, and this is another one: {database.name}"
            + (", restored or made anew." if agreed.database.name == database.name else "."),
            hint="Make a plan for this database. Nothing was changed.",
        )
    if not plan.steps:
        return
    differences = list(_differences(agreed, plan, desired))
    if differences:
        where = f"Database {database.name}" if database else "The database"
        raise StalePlanError(
            f"{where}, or the desired state, changed since the plan was made.",
            details=differences,
            hint="Give the options with which the plan was made; or look at a new plan, then apply that. Nothing was "
            "changed.",
        )


def _differences(agreed: AgreedPlan, plan: Plan, desired: DesiredState | None) -> Iterator[str]:
    if desired is not None and desired.transaction is not agreed.transaction:
        yield f"transaction: {agreed.transaction.value} then, {desired.transaction.value} now"
    if plan.digest == agreed.digest:
        return
    if plan.from_version != agreed.from_version:
        yield f"schema awa: at version {agreed.from_version} then, at version {plan.from_version} now"
    if desired is not None and agreed.release and desired.release.name != agreed.release:
        yield f"release: Awa {agreed.release} then, {desired.release.name} now"
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
