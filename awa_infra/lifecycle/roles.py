"""``AwaRoles``: who owns Awa's objects and who may use them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from awa_infra.database.observe import read_plan
from awa_infra.database.roles import apply_roles
from awa_infra.database.target import Target
from awa_infra.lifecycle.base import Comparison, Lifecycle, Problem, Tell
from awa_infra.lifecycle.connections import same_connection
from awa_infra.lifecycle.fields import DATABASE_URL, UNKNOWN, WAITING, Input, Output, Props, Type, waits_of
from awa_infra.lifecycle.progress import live_progress, live_retry, tell_result
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan, Roles
from awa_infra.naming import role_name_problem, schema_name_problem
from awa_infra.planning.access import ROLES_KEY
from awa_infra.planning.describe import listed
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release

LOGINS = ("migrator", "runtime", "observer")
"""Duties of roles that log in; each may have a password."""


class RolesLifecycle(Lifecycle):
    """Create or adopt roles, grant and grant again; never drop one, and revoke nothing but Awa's installer."""

    name: ClassVar = "AwaRoles"
    needed: ClassVar = ("database_url", "owner", *LOGINS, "queue_storage_schemas", "lane_schemas")
    inputs: ClassVar = (
        DATABASE_URL,
        Input("owner", Type.STRING, "Role that owns everything; made without login.", required=True, fixed=True),
        Input("migrator", Type.STRING, "Login that migrates, acting as the owner in this database. Default: none."),
        Input("runtime", Type.STRING, "Login of workers and producers. Default: none."),
        Input("observer", Type.STRING, "Login that may only read. Default: none."),
        Input("queue_storage_schemas", Type.STRINGS, "Custom queue-storage schemas that it all holds for.", ()),
        Input(
            "lane_schemas",
            Type.STRINGS,
            "Where the runtime role may make the sequences of new lanes: the schema that is or will be active. "
            "Default: the custom schemas, or awa if there are none.",
        ),
        *(
            Input(
                f"{duty}_password",
                Type.STRING,
                f"Password of the {duty}; always kept as a secret, and sent as a SCRAM verifier only. Default: "
                "none is set.",
                secret=True,
            )
            for duty in LOGINS
        ),
        *WAITING,
    )
    outputs: ClassVar = tuple(
        Output(
            f"{duty}_url",
            Type.STRING,
            f"Connection string of the {duty}, with the password if it is declared; empty without one.",
            secret=True,
        )
        for duty in LOGINS
    )

    def identifier(self, wanted: Mapping[str, Any]) -> str:
        """Return the owner's name."""
        return str(wanted["owner"])

    def problems(self, wanted: Mapping[str, Any]) -> list[Problem]:
        """Refuse bad names, one role with two duties, and a password without a role."""
        return [
            *super().problems(wanted),
            *_duty_problems(wanted),
            *_password_problems(wanted),
            *_schema_problems(wanted),
        ]

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why it cannot change, and the way out."""
        return (
            f"{name} cannot change from {old} to {new}: everything belongs to it.",
            "Hand it over with REASSIGN OWNED BY, then declare a new AwaRoles and remove this one. No role is dropped.",
        )

    def draft(self, wanted: Mapping[str, Any]) -> Plan:
        """Return what an empty database would get."""
        return make_plan(_desired(wanted), ObservedState())

    def plan(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[ObservedState, Plan]:  # noqa: ARG002
        """Return what roles and privileges are missing."""
        return read_plan(wanted["database_url"], _desired(wanted))

    def tell_pending(self, wanted: Mapping[str, Any], seen: Comparison, tell: Tell) -> None:
        """Say what is missing, so that a preview shows what somebody revoked."""
        keys = [step.key for step in seen.plan.steps]
        if ROLES_KEY in keys:
            super().tell_pending(wanted, seen, tell)
            return
        lacks = [lack.text for lack in seen.observed.lacks or ()]
        if lacks:
            tell(f"Pending: {listed(lacks, '; ')}.")

    def apply(self, olds: Props, wanted: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        """Make what is missing, and set the passwords that changed."""
        declared = {duty: wanted[f"{duty}_password"] for duty in LOGINS if wanted[f"{duty}_password"] is not None}
        changed = self._to_be_set(olds, wanted)
        report = apply_roles(
            wanted["database_url"],
            _desired(wanted),
            {wanted[duty]: declared[duty] for duty in changed},
            when_made={wanted[duty]: password for duty, password in declared.items()},
            waits=waits_of(wanted, tell),
            progress=live_progress(tell),
            on_retry=live_retry(tell),
        )
        tell_result(report, tell)
        return _urls(wanted)

    def foresee(self, olds: Props, wanted: Mapping[str, Any], observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Return the connection strings, but only where one can log in: a known one would be connected to."""
        unknown = LOGINS if plan.steps else self._to_be_set(olds, wanted)
        return _urls(wanted) | {f"{duty}_url": UNKNOWN for duty in unknown if wanted[duty]}

    def follows(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the connection strings."""
        return _urls(wanted)

    def connections(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[object, object]:
        """Return what was given, or where a provider gave it what was kept of it in a role's own."""
        before, now = super().connections(olds, wanted)
        kept = _kept_url(olds)
        if not kept or not isinstance(now, str) or not same_connection(before, now):
            return before, now
        # a role logs in with a name and a password of its own
        return Target.of(kept).with_login("x", None), Target.of(now).with_login("x", None)

    def _to_be_set(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the duties whose passwords are new, or new on this server."""
        before = self.normal(olds)
        elsewhere = _server(_kept_url(olds) or before["database_url"]) != _server(wanted["database_url"])
        return tuple(
            duty
            for duty in LOGINS
            if wanted[f"{duty}_password"] is not None
            and (elsewhere or (before[f"{duty}_password"], before[duty]) != (wanted[f"{duty}_password"], wanted[duty]))
        )

    def kept_of_failed(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return it without the passwords: none was set, and the next update has to."""
        return {**found, **{f"{duty}_password": None for duty in LOGINS}}

    def named(self, id_: str) -> dict[str, Any]:
        """Return the owner; which duties other roles have, nobody can see."""
        return {"owner": id_}

    def observe(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """Look for the owner: without it there is nothing to adopt."""
        observed, _plan = self.plan({}, wanted)
        gone = f"role {wanted['owner']} does not exist"
        return None if any(lack.text == gone for lack in observed.lacks or ()) else _urls(wanted)

    def delete(self, props: Props, tell: Tell) -> None:
        """Change nothing: roles own things, and sessions may be using them."""
        names = ", ".join(str(props[duty]) for duty in ("owner", *LOGINS) if props.get(duty))
        tell(f"Roles {names} and their privileges are left as they are. Pulumi only forgets them.", warning=True)


def _duty_problems(wanted: Mapping[str, Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for duty in ("owner", *LOGINS):
        role = wanted[duty]
        if not isinstance(role, str):
            continue
        problem = role_name_problem(role)
        if problem is None and role in seen:
            problem = f"{role!r} is the {seen[role]} already; every duty needs a role of its own"
        if problem:
            yield Problem(duty, problem)
        seen.setdefault(role, duty)


def _password_problems(wanted: Mapping[str, Any]) -> Iterator[Problem]:
    for duty in LOGINS:
        key = f"{duty}_password"
        if wanted[key] is not None and wanted[duty] is None:
            yield Problem(key, f"there is no {duty} to have it")
        elif wanted[key] == "":
            yield Problem(key, "is empty; leave it out to set none")


def _schema_problems(wanted: Mapping[str, Any]) -> Iterator[Problem]:
    declared = _texts(wanted["queue_storage_schemas"])
    for name in declared:
        problem = schema_name_problem(name)
        if problem:
            yield Problem("queue_storage_schemas", problem)
    if wanted["queue_storage_schemas"] is UNKNOWN:
        return
    # Elsewhere nothing would be granted, and workers would find out.
    for name in _texts(wanted["lane_schemas"]):
        if name not in {CANONICAL_SCHEMA, *declared}:
            near = difflib.get_close_matches(name, [CANONICAL_SCHEMA, *declared], n=1)
            hint = f"did you mean {near[0]}?" if near else f"name {CANONICAL_SCHEMA} or one of those"
            yield Problem("lane_schemas", f"{name!r} is not in queue_storage_schemas; {hint}")


def _texts(names: object) -> list[str]:
    return [name for name in names if isinstance(name, str)] if isinstance(names, list | tuple) else []


def _desired(wanted: Mapping[str, Any]) -> DesiredState:
    schemas = tuple(str(s) for s in wanted["queue_storage_schemas"])
    lanes = wanted["lane_schemas"]
    roles = Roles(
        owner=wanted["owner"],
        migrator=wanted["migrator"],
        runtime=wanted["runtime"],
        observer=wanted["observer"],
        schemas=schemas,
        lane_schemas=tuple(str(s) for s in lanes) if lanes is not None else schemas or (CANONICAL_SCHEMA,),
    )
    return DesiredState(installed_release(), None, roles=roles)


def _kept_url(olds: Props) -> str:
    """Return the connection string of any role, which says where the roles were made; empty without one."""
    found = [olds.get(f"{duty}_url") for duty in LOGINS]
    return next((url for url in found if isinstance(url, str) and url), "")


def _server(url: Any) -> str | None:  # noqa: ANN401  a text, or what is not known
    """Return which server a connection string points to, whoever connects to whichever database."""
    return (
        Target.of(Target.of(Target.of(url).with_database("x")).with_login("x", None)).describe()
        if isinstance(url, str)
        else None
    )


def _urls(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{duty}_url": _url(wanted, duty) for duty in LOGINS}


def _url(wanted: Mapping[str, Any], duty: str) -> Any:  # noqa: ANN401  text, or what is not known yet
    role, password = wanted[duty], wanted[f"{duty}_password"]
    if password is UNKNOWN:
        return UNKNOWN
    return Target.of(wanted["database_url"]).with_login(role, password) if role else ""
