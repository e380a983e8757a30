"""``AwaDatabase``: a database for Awa, created if it is missing and never dropped."""

from __future__ import annotations

from typing import Any, ClassVar

from awa_infra.database.databases import alter_database, database_exists, ensure_database, look_for_database
from awa_infra.database.listed import listed
from awa_infra.database.target import Target
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.foreseen import foreseen
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import ObservedState, Plan, Step, StepKind
from awa_infra.planning.new_database import DatabaseOptions, new_database_gates, owner_gates
from awa_infra.planning.pure_gates import raise_if_blocked
from awa_infra.spec.base import UNKNOWN, Props
from awa_infra.spec.database import DatabaseInputs, DatabaseOutputs
from awa_infra.spec.problems import Problem

_ONLY_WHEN_MADE = ("encoding", "template")
"""Inputs that matter only where the database is made."""


class DatabaseLifecycle(Lifecycle[DatabaseInputs]):
    """Create or adopt a database; change its owner and limit where that is declared; never drop it."""

    name: ClassVar = "AwaDatabase"
    declares = DatabaseInputs
    reports: ClassVar = DatabaseOutputs
    approvable: ClassVar = False
    connection: ClassVar = "server_url"
    needed: ClassVar = ("server_url", "name")
    # A resource of another provider in the same program may create the role, or grant what is missing.
    satisfied_by_dependency: ClassVar = frozenset({"database-owner-unusable", "database-template-unusable"})

    def identifier(self, wanted: DatabaseInputs) -> str:
        """Return the name."""
        return str(wanted.name)

    def _fixed(self, olds: Props, wanted: DatabaseInputs) -> list[Problem]:
        """Refuse a changed name, encoding or template; one that is declared later, or no more, is ignored."""
        before = self.normal(olds)
        return [
            problem
            for problem in super()._fixed(olds, wanted)
            if problem.key not in _ONLY_WHEN_MADE
            or not any(getattr(values, problem.key) is None for values in (before, wanted))
        ]

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why it cannot change, and the way out."""
        if name == "name":
            message = f"the database cannot be renamed from {old} to {new}."
            return message, "Keep the name, or declare a second AwaDatabase."
        message = f"{name} of a database cannot change from {old} to {new}."
        return message, "Keep it, or declare a second AwaDatabase."

    def plan(self, olds: Props, wanted: DatabaseInputs) -> tuple[ObservedState, Plan]:
        """Return a step if the database is missing, with what PostgreSQL would refuse of it as gates.

        The step carries no SQL of a transaction: creating a database is its own.
        """
        name = str(wanted.name)
        # What is not known yet is as good as not declared: nothing can be said about it.
        known = {key: getattr(wanted, key) for key in ("owner", "encoding", "template") if wanted.known(key)}
        declared = DatabaseOptions(**known)
        seen = look_for_database(wanted.server_url, name, declared)
        observed = ObservedState(database=name)
        if seen.found:
            changed = bool(olds) and self.normal(olds).owner != wanted.owner
            return observed, Plan(0, 0, gates=owner_gates(seen, name, declared.owner) if changed else ())
        gates = new_database_gates(seen, name, declared)
        step = Step(StepKind.DATABASE, f"database:{name}", f"database {name}", "")
        return observed, Plan(0, 0, steps=(step,), gates=gates)

    def read_ahead(self, olds: Props, wanted: DatabaseInputs) -> Comparison | None:
        """Return what a look for another database of the server has just shown: that this one is there."""
        if not olds or self.normal(olds).owner != wanted.owner or not listed.take(wanted.server_url, wanted.name):
            return None
        return Comparison(ObservedState(database=wanted.name), Plan(0, 0))

    def foresee_next(self, olds: Props, wanted: DatabaseInputs, seen: Comparison) -> None:
        """Remember where a schema is asked for, of a database that is as declared."""
        if not seen.plan.steps and not self.changed(olds, wanted):
            foreseen.note(self.follows(wanted)["url"])

    def show_pending(self, wanted: DatabaseInputs, seen: Comparison, show: Show) -> None:
        """Say whether it is there."""
        missing = bool(seen.plan.steps)
        show(f"Database {wanted.name} {'is missing and is created' if missing else 'exists and is adopted'}.")
        self.drifted(wanted, seen, show)

    def drifted(self, wanted: DatabaseInputs, seen: Comparison, show: Show) -> bool:  # noqa: ARG002
        """Warn of what must be there before the update, unless something in the same run brings it."""
        for gate in seen.plan.gates:
            if gate.code in self.satisfied_by_dependency:
                show(f"{gate.message} The update fails if it is still so by then. {gate.hint}", warning=True)
        return False

    def apply(self, olds: Props, wanted: DatabaseInputs, show: Show) -> dict[str, Any]:
        """Create it, or adopt the one that is there; of an adopted one change only what changed in the program."""
        url, name, limit = wanted.server_url, wanted.name, wanted.connection_limit
        observed, plan = self.plan(olds, wanted)
        raise_if_blocked(plan.gates, observed.database)
        before = self.normal(olds)
        options = DatabaseOptions(wanted.owner, wanted.encoding, wanted.template, limit)
        created = ensure_database(url, name, options)
        ignored = [key for key in _ONLY_WHEN_MADE if not created and getattr(before, key) != getattr(wanted, key)]
        if ignored:
            show(f"Database {name} exists and is taken as it is: {' and '.join(ignored)} ignored.", warning=True)
        if olds and not created and (before.owner, before.connection_limit) != (wanted.owner, limit):
            alter_database(
                url,
                name,
                owner=wanted.owner if before.owner != wanted.owner else None,
                connection_limit=limit if before.connection_limit != limit else None,
            )
        return self.follows(wanted)

    def follows(self, wanted: DatabaseInputs) -> dict[str, Any]:
        """Return the connection string of the database."""
        return {"url": Target.of(wanted.server_url).with_database(wanted.name)}

    def connections(self, olds: Props, wanted: DatabaseInputs) -> tuple[object, object]:
        """Return the database's own: where a provider gave the server's, no other was kept."""
        return olds.get("url"), self.follows(wanted)["url"] if wanted.known(*self.needed) else UNKNOWN

    def foresee(self, olds: Props, wanted: DatabaseInputs, observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Return the connection string, but only of a database that is there: a known one would be connected to."""
        return {"url": UNKNOWN} if plan.steps else self.follows(wanted)

    def named(self, id_: str) -> dict[str, Any]:
        """Return the name."""
        return {"name": id_}

    def observe(self, wanted: DatabaseInputs) -> dict[str, Any] | None:
        """Look for the database; only the server can say that it is gone."""
        return self.follows(wanted) if database_exists(wanted.server_url, wanted.name) else None

    def delete(self, props: Props, show: Show) -> None:
        """Change nothing: the database may hold jobs."""
        show(f"Database {props.get('name')} is left as it is. Pulumi only forgets it.", warning=True)
