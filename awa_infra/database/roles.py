"""Apply roles with passwords, a step for each beside the plan of every apply; and read what roles have too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from awa_infra import sqltext
from awa_infra.database.apply import apply_plans
from awa_infra.database.connection import Connection
from awa_infra.database.look import Look
from awa_infra.database.observe import plan_from
from awa_infra.database.options import ApplyOptions
from awa_infra.database.reading import reading
from awa_infra.database.run import Planner
from awa_infra.database.session import read_transaction
from awa_infra.errors import SqlFailedError
from awa_infra.model import DesiredState, ObservedState, Plan, Report, Roles, Step, StepKind
from awa_infra.planning.access import excess_query, missing_roles, retried
from awa_infra.planning.planner import make_plan
from awa_infra.verification.obstacles import Privilege
from awa_infra.wording import listed


def apply_roles(
    url: str,
    desired: DesiredState,
    passwords: Mapping[str, str],
    *,
    when_made: Mapping[str, str] = MappingProxyType({}),
    options: ApplyOptions = ApplyOptions(),  # noqa: B008  frozen
) -> Report:
    """Make the declared roles and privileges, and set passwords, in one transaction.

    Args:
        url: connection string; hidden from every message.
        desired: with the roles.
        passwords: by role, those that are to be set; never sent, only a verifier made of each.
        when_made: the same for roles that get theirs only if they are missing and made now.
        options: how to wait for locks, and what to call on the way.

    Raises:
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """

    def plan(connection: Connection, seen: Look) -> Plan:
        found = plan_from(connection, desired, seen)
        roles = [step for step in found.steps if step.kind is StepKind.ROLES]
        rest = found.steps[len(roles) :]
        # Before the transaction acts as the owner, who may not set passwords.
        made = missing_roles(seen.state)
        wanted = {**{role: password for role, password in when_made.items() if role in made}, **passwords}
        set_here = [_password_step(connection, role, password) for role, password in wanted.items()]
        return replace(found, steps=(*roles, *set_here, *rest))

    def require_done(_connection: Connection, _before: ObservedState, after: ObservedState) -> None:
        left = make_plan(desired, after).steps
        if left:
            missing = listed((entry.text for entry in after.missing or ()), "; ")
            raise SqlFailedError(
                f"After the last step this was still missing: {missing}; nothing was kept.",
                hint="Connect as a role that may grant it; PostgreSQL only warns of grants that have no effect.",
            )

    planner = Planner(plan, require_done, desired)
    return apply_plans(url, planner, options=options)


def read_excess(url: str, roles: Roles, active: str | None) -> tuple[Privilege, ...]:
    """Return what declared roles have beyond what they are declared for; writes nothing.

    ``active`` is the schema where new jobs go, if that is queue storage.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with reading(url) as connection, read_transaction(connection):
        rows = connection.execute(excess_query(roles, active).encode()).fetchall()
    return tuple(Privilege(**row) for row in rows)


def _password_step(connection: Connection, role: str, password: str) -> Step:
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    text = retried(
        ["password"], {"role": role, "role_name": sqltext.Name(role), "verifier": verifier}, "internal_error"
    )
    return Step(StepKind.ROLES, f"password:{role}", f"password of {role}", text)
