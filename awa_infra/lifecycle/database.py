"""``AwaDatabase``: a database for Awa, created if it is missing and never dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from awa_infra.database.databases import (
    UNLIMITED,
    DatabaseOptions,
    alter_database,
    database_exists,
    ensure_database,
)
from awa_infra.database.target import Target
from awa_infra.lifecycle.base import Comparison, Lifecycle, Problem, Tell
from awa_infra.lifecycle.fields import UNKNOWN, Input, Output, Props, Type, is_known
from awa_infra.model import ObservedState, Plan, Step, StepKind
from awa_infra.naming import database_name_problem, role_name_problem

_ONLY_WHEN_MADE = ("encoding", "template")
"""Inputs that matter only where the database is made."""


class DatabaseLifecycle(Lifecycle):
    """Create or adopt a database; change its owner and limit where that is declared; never drop it."""

    name: ClassVar = "AwaDatabase"
    connection: ClassVar = "server_url"
    needed: ClassVar = ("server_url", "name")
    inputs: ClassVar = (
        Input(
            "server_url",
            Type.STRING,
            "Connection string of an existing database of the server, with a role that may create databases; always "
            "kept as a secret.",
            required=True,
            secret=True,
        ),
        Input(
            "name",
            Type.STRING,
            "Name of the database: any that PostgreSQL allows, at most 63 bytes.",
            required=True,
            fixed=True,
        ),
        Input("owner", Type.STRING, "Role that owns it, which must exist. Default: the role of server_url."),
        Input(
            "encoding",
            Type.STRING,
            "Encoding of a new database, for example UTF8. Default: the template's.",
            fixed=True,
        ),
        Input("template", Type.STRING, "What a new database is a copy of. Default: template1.", fixed=True),
        Input(
            "connection_limit",
            Type.INTEGER,
            "Connections at the same time; -1 for no limit.",
            UNLIMITED,
            minimum=UNLIMITED,
            maximum=2**31 - 1,
        ),
    )
    outputs: ClassVar = (Output("url", Type.STRING, "Connection string of the database; a secret.", secret=True),)

    def identifier(self, wanted: Mapping[str, Any]) -> str:
        """Return the name."""
        return str(wanted["name"])

    def problems(self, wanted: Mapping[str, Any]) -> list[Problem]:
        """Refuse bad names and limits."""
        problems = super().problems(wanted)
        for key, rule in (("name", database_name_problem), ("owner", role_name_problem)):
            value = wanted[key]
            problem = rule(value) if isinstance(value, str) else None
            if problem:
                problems.append(Problem(key, problem))
        return problems

    def _fixed(self, olds: Props, wanted: Mapping[str, Any]) -> list[Problem]:
        """Refuse a changed name, encoding or template; one that is declared later, or no more, is ignored."""
        before = self.normal(olds)
        return [
            problem
            for problem in super()._fixed(olds, wanted)
            if problem.input not in _ONLY_WHEN_MADE
            or not any(values[problem.input] is None for values in (before, wanted))
        ]

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why it cannot change, and the way out."""
        if name == "name":
            said = f"the database cannot be renamed from {old} to {new}."
            return said, "Keep the name, or declare a second AwaDatabase."
        said = f"{name} of a database cannot change from {old} to {new}."
        return said, "Keep it, or declare a second AwaDatabase."

    def plan(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[ObservedState, Plan]:  # noqa: ARG002
        """Return a step if the database is missing. It carries no SQL of a transaction: creating one is its own."""
        name = wanted["name"]
        steps: tuple[Step, ...] = ()
        if not database_exists(wanted["server_url"], name):
            steps = (Step(StepKind.DATABASE, f"database:{name}", f"database {name}", ""),)
        return ObservedState(database=str(name)), Plan(0, 0, steps=steps)

    def tell_pending(self, wanted: Mapping[str, Any], seen: Comparison, tell: Tell) -> None:
        """Say whether it is there."""
        missing = bool(seen.plan.steps)
        tell(f"Database {wanted['name']} {'is missing and is created' if missing else 'exists and is adopted'}.")

    def apply(self, olds: Props, wanted: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        """Create it, or adopt the one that is there; of an adopted one change only what changed in the program."""
        url, name, limit = wanted["server_url"], wanted["name"], wanted["connection_limit"]
        options = DatabaseOptions(wanted["owner"], wanted["encoding"], wanted["template"], limit)
        created = ensure_database(url, name, options)
        ignored = [key for key in _ONLY_WHEN_MADE if not created and self.normal(olds)[key] != wanted[key]]
        if ignored:
            tell(f"Database {name} exists and is taken as it is: {' and '.join(ignored)} ignored.", warning=True)
        before = self.normal(olds)
        if olds and not created and (before["owner"], before["connection_limit"]) != (wanted["owner"], limit):
            alter_database(
                url,
                name,
                owner=wanted["owner"] if before["owner"] != wanted["owner"] else None,
                connection_limit=limit if before["connection_limit"] != limit else None,
            )
        return self.follows(wanted)

    def follows(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the connection string of the database."""
        return {"url": Target.of(wanted["server_url"]).with_database(wanted["name"])}

    def connections(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[object, object]:
        """Return the database's own: where a provider gave the server's, no other was kept."""
        return olds.get("url"), self.follows(wanted)["url"] if is_known(wanted, *self.needed) else UNKNOWN

    def foresee(self, olds: Props, wanted: Mapping[str, Any], observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Return the connection string, but only of a database that is there: a known one would be connected to."""
        return {"url": UNKNOWN} if plan.steps else self.follows(wanted)

    def named(self, id_: str) -> dict[str, Any]:
        """Return the name."""
        return {"name": id_}

    def observe(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """Look for the database; only the server can say that it is gone."""
        return self.follows(wanted) if database_exists(wanted["server_url"], wanted["name"]) else None

    def delete(self, props: Props, tell: Tell) -> None:
        """Change nothing: the database may hold jobs."""
        tell(f"Database {props.get('name')} is left as it is. Pulumi only forgets it.", warning=True)
