"""``QueueStorageSchema``: one custom queue-storage schema, installed, kept complete, and dropped only on request."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from awa_infra.database.apply import apply
from awa_infra.database.identity import address, place, read_identity
from awa_infra.database.removal import jobs_in, read_removal, remove
from awa_infra.database.target import Target
from awa_infra.errors import AwaInfraError, ConfigurationError, DatabaseMissingError
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.connections import PLACE, kept_place
from awa_infra.lifecycle.progress import apply_options, show_result
from awa_infra.lifecycle.reading import as_role, comparison, desired_plan, state_as, warn_of_drift
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan
from awa_infra.planning.pure_gates import raise_if_blocked
from awa_infra.planning.removal import missing_gate
from awa_infra.release import installed_release
from awa_infra.spec.base import Props
from awa_infra.spec.queue_storage import DROP, QueueStorageInputs, QueueStorageOutputs


class QueueStorageSchemaLifecycle(Lifecycle[QueueStorageInputs]):
    """Create, complete and read one custom queue-storage schema; drop it only where that is declared."""

    name: ClassVar = "QueueStorageSchema"
    declares = QueueStorageInputs
    reports: ClassVar = QueueStorageOutputs
    needed: ClassVar = (
        "database_url",
        "role",
        "schema",
        "queue_slots",
        "lease_slots",
        "claim_slots",
        "receipts",
        "queues",
    )
    # In a preview the migrations that this schema needs may still be pending in the same run.
    satisfied_by_dependency: ClassVar = frozenset({"canonical-schema-missing"})

    def identifier(self, wanted: QueueStorageInputs) -> str:
        """Return the name of the schema."""
        return str(wanted.schema_name)

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why a shape cannot change, and the way out."""
        return (
            f"{name} of a queue-storage schema cannot change from {old} to {new}.",
            "Keep it, or declare a second QueueStorageSchema and move the workers there.",
        )

    def desired(self, wanted: QueueStorageInputs) -> DesiredState:
        """Return what the database is to have."""
        guarded = (wanted.schema_name,) if wanted.guard is True else ()
        return DesiredState(installed_release(), None, (wanted.wanted(),), guarded=guarded)

    def plan(self, olds: Props, wanted: QueueStorageInputs) -> tuple[ObservedState, Plan]:  # noqa: ARG002
        """Return the installation, if something is missing, and the lanes that are."""
        return desired_plan(wanted.database_url, self.desired(wanted), wanted.role)

    def compare(self, olds: Props, wanted: QueueStorageInputs) -> Comparison:  # noqa: ARG002
        """Return the plan, and what differs in this schema; no other is looked at."""
        return comparison(wanted.database_url, self.desired(wanted), wanted.schema_name, wanted.role)

    def drifted(self, wanted: QueueStorageInputs, seen: Comparison, show: Show) -> bool:
        """Warn of drift; `repair` of the AwaSchema or `awa-infra verify --repair` repairs it."""
        schema = wanted.schema_name
        warn_of_drift(schema, seen.found, f"awa-infra verify --schema {schema} shows it object by object", show)
        return False

    def apply(self, olds: Props, wanted: QueueStorageInputs, show: Show) -> dict[str, Any]:  # noqa: ARG002
        """Install the schema, or complete an existing one of the same shape; create lanes that are missing."""
        report = apply(
            wanted.database_url,
            self.desired(wanted),
            role=wanted.role,
            options=apply_options(wanted, show),
        )
        show_result(report, show)
        existing = report.after.substrate(wanted.schema_name)
        return {"owner": existing.owner if existing else "", PLACE: str(place(wanted.database_url, report.after))}

    def foresee(self, olds: Props, wanted: QueueStorageInputs, observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Say who will own it."""
        existing = observed.substrate(wanted.schema_name)
        owner = existing.owner if existing else wanted.role or observed.user
        return {"owner": owner, PLACE: str(place(wanted.database_url, observed))}

    def named(self, id_: str) -> dict[str, Any]:
        """Return the schema; its shape is read."""
        return {"schema": id_}

    def observe(self, wanted: QueueStorageInputs) -> dict[str, Any] | None:
        """Read the schema again."""
        url, schema = wanted.database_url, str(wanted.schema_name)
        observed = state_as(url, wanted.role, [CANONICAL_SCHEMA, schema])
        existing = observed.substrate(schema)
        if existing is None:
            # A schema that this role may not read, or that is damaged, looks missing; the gate reports which it is.
            _observed, plan = as_role(lambda acting: read_removal(url, schema, role=acting), wanted.role)
            raise_if_blocked(plan.gates, observed.database)
            return None
        return {**asdict(existing.shape), "owner": existing.owner, PLACE: str(place(url, observed))}

    def droppable(self, props: Props) -> str:
        """Return database and schema, without the login."""
        wanted = self.normal(props)
        if props.get("database_url") is None or not wanted.known("database_url", "schema"):
            return ""
        return "/".join((*Target.of(wanted.database_url).address(), wanted.schema_name))

    def drops(self, props: Props) -> bool:
        """Whether that is declared."""
        return self.normal(props).deletion_policy == DROP

    def located(self, props: Props) -> str:
        """Return the schema by the identifiers of its server's data and of its database."""
        if not self.droppable(props):
            return ""
        wanted = self.normal(props)
        try:
            found = read_identity(wanted.database_url)
        except AwaInfraError:
            return ""  # a create or delete of it reports that
        return f"{found.system}:{found.oid}/{wanted.schema_name}" if found.system else ""

    def delete(self, props: Props, show: Show) -> None:
        """Forget the schema, or drop it if that is declared and no gate blocks."""
        wanted = self.normal(props)
        schema, url = wanted.schema_name, wanted.database_url
        if wanted.deletion_policy != DROP:
            show(
                f"Queue-storage schema {schema} and its jobs are left as they are. Pulumi only forgets it.",
                warning=True,
            )
            return
        if props.get("database_url") is None:
            raise ConfigurationError(
                f"Queue-storage schema {schema} is to be dropped, and there is no connection to its database.",
                hint="Keep it as the secret awa:databaseUrl, or give it to the provider of the resource.",
            )
        force, made_in = bool(wanted.force_drop), kept_place(props)
        try:
            lost = jobs_in(url, schema, role=wanted.role) if force else ""
            report = remove(
                url,
                schema,
                force=force,
                made_in=made_in,
                role=wanted.role,
                options=apply_options(wanted, show),
            )
        except DatabaseMissingError:
            elsewhere = missing_gate(schema, made_in, address(url))
            raise_if_blocked([elsewhere] if elsewhere else [], "")
            show(f"The database of queue-storage schema {schema} is gone, and the schema with it.", warning=True)
            return
        done = "was dropped, as its deletion_policy says" if report.changed else "was gone already"
        show(f"Queue-storage schema {schema} {done}.{' Lost: ' + lost if lost else ''}", warning=True)
