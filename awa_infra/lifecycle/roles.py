"""``AwaRoles``: who owns Awa's objects and who may use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from awa_infra.database.observe import read_plan
from awa_infra.database.roles import apply_roles
from awa_infra.database.target import Target
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.connections import same_connection
from awa_infra.lifecycle.progress import apply_options, show_result
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import DesiredState, ObservedState, Plan
from awa_infra.planning.access import ROLES_KEY, missing_roles
from awa_infra.release import installed_release
from awa_infra.spec.base import UNKNOWN, Props
from awa_infra.spec.roles import RolesInputs, RolesOutputs
from awa_infra.spec.rules import LOGINS
from awa_infra.wording import and_listed, listed


class RolesLifecycle(Lifecycle[RolesInputs]):
    """Create or adopt roles, grant and grant again; never drop one, and revoke nothing but Awa's installer."""

    name: ClassVar = "AwaRoles"
    declares = RolesInputs
    reports: ClassVar = RolesOutputs
    needed: ClassVar = ("database_url", "owner", *LOGINS, "queue_storage_schemas", "lane_schemas")

    def identifier(self, wanted: RolesInputs) -> str:
        """Return the owner's name."""
        return str(wanted.owner)

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why it cannot change, and the way out."""
        return (
            f"{name} cannot change from {old} to {new}: everything belongs to it.",
            "Hand it over with REASSIGN OWNED BY, then declare a new AwaRoles and remove this one. No role is dropped.",
        )

    def desired(self, wanted: RolesInputs) -> DesiredState:
        """Return what the database is to have."""
        passwords = tuple(duty for duty, password in wanted.passwords().items() if password is not None)
        roles = replace(wanted.wanted(wanted.queue_storage_schemas), passwords=passwords)
        return DesiredState(installed_release(), None, roles=roles)

    def plan(self, olds: Props, wanted: RolesInputs) -> tuple[ObservedState, Plan]:  # noqa: ARG002
        """Return what roles and privileges are missing."""
        return read_plan(wanted.database_url, self.desired(wanted))

    def show_pending(self, wanted: RolesInputs, seen: Comparison, show: Show) -> None:
        """Say what is missing, so that a preview shows what was revoked."""
        keys = [step.key for step in seen.plan.steps]
        if ROLES_KEY in keys:
            super().show_pending(wanted, seen, show)
            return
        missing = [entry.text for entry in seen.observed.missing or ()]
        if missing:
            show(f"Pending: {listed(missing, '; ')}.")

    def show_changed(self, olds: Props, wanted: RolesInputs, inputs: tuple[str, ...], show: Show) -> None:  # noqa: ARG002
        """Say whose passwords an update sets: a secret shows no difference."""
        if not wanted.known(*self.needed):
            return
        roles = [
            str(wanted.logins()[duty])
            for duty in self._to_be_set(olds, wanted)
            if wanted.known(f"{duty}_password") and wanted.logins()[duty]
        ]
        if roles:
            show(f"The update sets the password of {and_listed(roles)}.")

    def apply(self, olds: Props, wanted: RolesInputs, show: Show) -> dict[str, Any]:
        """Make what is missing, and set the passwords that changed."""
        names, passwords = wanted.logins(), wanted.passwords()
        declared = {duty: password for duty, password in passwords.items() if password is not None}
        changed = self._to_be_set(olds, wanted)
        report = apply_roles(
            wanted.database_url,
            self.desired(wanted),
            {str(names[duty]): declared[duty] for duty in changed},
            when_made={str(names[duty]): password for duty, password in declared.items()},
            options=apply_options(wanted, show),
        )
        show_result(report, show)
        return _urls(wanted)

    def foresee(self, olds: Props, wanted: RolesInputs, observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Return the connection strings, but only where one can log in: a known one would be connected to."""
        unknown = LOGINS if plan.steps else self._to_be_set(olds, wanted)
        return _urls(wanted) | {f"{duty}_url": UNKNOWN for duty in unknown if wanted.logins()[duty]}

    def follows(self, wanted: RolesInputs) -> dict[str, Any]:
        """Return the connection strings."""
        return _urls(wanted)

    def connections(self, olds: Props, wanted: RolesInputs) -> tuple[object, object]:
        """Return what was given, or where a provider gave it what was kept of it in a role's own."""
        before, now = super().connections(olds, wanted)
        kept = _kept_url(olds)
        if not kept or not isinstance(now, str) or not same_connection(before, now):
            return before, now
        # a role logs in with a name and a password of its own
        return Target.of(kept).with_login("x", None), Target.of(now).with_login("x", None)

    def _to_be_set(self, olds: Props, wanted: RolesInputs) -> tuple[str, ...]:
        """Return the duties whose passwords are new, or new on this server."""
        before = self.normal(olds)
        elsewhere = _server(_kept_url(olds) or before.database_url) != _server(wanted.database_url)
        old, new = ({d: (v.passwords()[d], v.logins()[d]) for d in LOGINS} for v in (before, wanted))
        return tuple(duty for duty in LOGINS if new[duty][0] is not None and (elsewhere or old[duty] != new[duty]))

    def kept_of_failed(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return it without the passwords: none was set, and the next update has to."""
        return {**found, **{f"{duty}_password": None for duty in LOGINS}}

    def named(self, id_: str) -> dict[str, Any]:
        """Return the owner; the database does not record which duties other roles have."""
        return {"owner": id_}

    def observe(self, wanted: RolesInputs) -> dict[str, Any] | None:
        """Look for the owner: without it there is nothing to adopt."""
        observed, _plan = self.plan({}, wanted)
        return None if wanted.owner in missing_roles(observed) else _urls(wanted)

    def delete(self, props: Props, show: Show) -> None:
        """Change nothing: roles own things, and sessions may be using them."""
        names = ", ".join(str(props[duty]) for duty in ("owner", *LOGINS) if props.get(duty))
        show(f"Roles {names} and their privileges are left as they are. Pulumi only forgets them.", warning=True)


def _kept_url(olds: Props) -> str:
    """Return the connection string of any role, which says where the roles were made; empty without one."""
    found = [olds.get(f"{duty}_url") for duty in LOGINS]
    return next((url for url in found if isinstance(url, str) and url), "")


def _server(url: Any) -> str | None:  # noqa: ANN401  a text, or what is not known
    """Return which server a connection string points to, without login and database."""
    return Target.of(url).address()[0] if isinstance(url, str) else None


def _urls(wanted: RolesInputs) -> dict[str, Any]:
    return {f"{duty}_url": _url(wanted, duty) for duty in LOGINS}


def _url(wanted: RolesInputs, duty: str) -> Any:  # noqa: ANN401  text, or what is not known yet
    role, password = wanted.logins()[duty], wanted.passwords()[duty]
    if not wanted.known(f"{duty}_password"):
        return UNKNOWN
    return Target.of(wanted.database_url).with_login(role, password) if role else ""
