"""``StorageActivation``: switch a fresh database to queue storage in one schema, only on request."""

from __future__ import annotations

from typing import Any, ClassVar

from awa_infra.database.activation import activate, read_activation
from awa_infra.database.identity import place
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.connections import PLACE
from awa_infra.lifecycle.progress import apply_options
from awa_infra.lifecycle.reading import as_role_or_login, state_as
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import ObservedState, Plan
from awa_infra.spec.activation import ActivationInputs, ActivationOutputs
from awa_infra.spec.base import Props


class ActivationLifecycle(Lifecycle[ActivationInputs]):
    """Activate a fresh database, or find it active as declared; nothing leads back."""

    name: ClassVar = "StorageActivation"
    approvable: ClassVar = False
    declares = ActivationInputs
    reports: ClassVar = ActivationOutputs
    needed: ClassVar = ("database_url", "role", "schema")
    # In a preview the migrations and the schema may still be pending in the same run.
    satisfied_by_dependency: ClassVar = frozenset({"canonical-schema-missing", "activation-schema-missing"})

    def identifier(self, wanted: ActivationInputs) -> str:
        """Return the name of the schema."""
        return str(wanted.schema_name)

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Say that there is no way."""
        if name != "schema":
            return super().fixed_message(name, old, new)
        return f"queue storage cannot move from {old} to {new}: Awa knows no way there.", f"Declare {old} again."

    def plan(self, olds: Props, wanted: ActivationInputs) -> tuple[ObservedState, Plan]:
        """Return the one step, or nothing if it is active as declared."""
        seen = self.compare(olds, wanted)
        return seen.observed, seen.plan

    def compare(self, olds: Props, wanted: ActivationInputs) -> Comparison:  # noqa: ARG002
        """Return the plan, and whether the role was refused."""
        url, schema = wanted.database_url, wanted.schema_name
        (observed, plan), refused = as_role_or_login(lambda role: read_activation(url, schema, role=role), wanted.role)
        return Comparison(observed, plan, refused=refused)

    def show_pending(self, wanted: ActivationInputs, seen: Comparison, show: Show) -> None:
        """Warn: this cannot be taken back."""
        if seen.plan.steps:
            self.show_unknown(wanted, show)

    def show_unknown(self, wanted: ActivationInputs, show: Show) -> None:
        """Warn as well where the database is not known yet."""
        schema = wanted.schema_name
        show(
            f"Queue storage will be activated in schema {schema}: new jobs go there, and this cannot be undone.",
            warning=True,
        )

    def show_still_unknown(self, wanted: ActivationInputs, show: Show) -> None:
        """Say in which case it would happen once more."""
        show(
            "The connection is not known yet. If it leads to another database, queue storage will be activated there "
            f"in schema {wanted.schema_name}, and there is no way back.",
            warning=True,
        )

    def apply(self, olds: Props, wanted: ActivationInputs, show: Show) -> dict[str, Any]:  # noqa: ARG002
        """Activate it, unless it is active as declared."""
        report = activate(
            wanted.database_url,
            wanted.schema_name,
            role=wanted.role,
            options=apply_options(wanted, show),
        )
        show(
            f"queue storage {'is now' if report.changed else 'was already'} active in schema {wanted.schema_name}",
            ephemeral=True,
        )
        return _outputs(wanted.database_url, report.after)

    def foresee(self, olds: Props, wanted: ActivationInputs, observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Return the declared schema: it is active then, or the apply fails."""
        now = _outputs(wanted.database_url, observed)
        return now | {"storage_state": "active", "active_schema": wanted.schema_name}

    def named(self, id_: str) -> dict[str, Any]:
        """Return the schema that is active."""
        return {"schema": id_}

    def imported(self, id_: str, props: Props) -> dict[str, Any] | None:
        """Find only the schema that is active: another one would be activated, or refused, by the next update."""
        found = super().imported(id_, props)
        return found if found and found["active_schema"] == id_ else None

    def observe(self, wanted: ActivationInputs) -> dict[str, Any] | None:
        """Read the state again."""
        observed = state_as(wanted.database_url, wanted.role)
        return _outputs(wanted.database_url, observed) if observed.schema_exists else None

    def delete(self, props: Props, show: Show) -> None:
        """Change nothing: there is no way back."""
        show(
            f"Queue storage stays as it is in schema {props.get('schema')}: nothing deactivates it. "
            "Pulumi only forgets it.",
            warning=True,
        )


def _outputs(url: str, observed: ObservedState) -> dict[str, Any]:
    return {
        PLACE: str(place(url, observed)),
        "storage_state": observed.storage_state or "canonical",
        "active_schema": observed.active_schema or "",
    }
