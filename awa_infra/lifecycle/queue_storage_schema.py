"""``QueueStorageSchema``: one custom queue-storage schema, installed, kept complete, and dropped only on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from awa_infra.config import QueueStorageEntry, queue_storage_problems
from awa_infra.database.apply import apply
from awa_infra.database.deliberate import jobs_in, read_removal, remove
from awa_infra.database.target import Target
from awa_infra.errors import ConfigurationError, DatabaseMissingError
from awa_infra.lifecycle.base import Comparison, Lifecycle, Problem, Tell
from awa_infra.lifecycle.fields import (
    DATABASE_URL,
    GUARD,
    QUEUES,
    ROLE,
    UNKNOWN,
    WAITING,
    Input,
    Output,
    Props,
    Type,
    is_known,
    waits_of,
)
from awa_infra.lifecycle.progress import live_progress, live_retry, tell_result
from awa_infra.lifecycle.reading import as_role, comparison, desired_plan, state_as, warn_of_drift
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan, Shape
from awa_infra.planning.gates import raise_if_blocked
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release

RETAIN, DROP = "retain", "drop"

_DECLARED = (
    "schema",
    "queue_slots",
    "lease_slots",
    "claim_slots",
    "receipts",
    "queues",
    "deletion_policy",
    "force_drop",
)
"""Inputs that the stack configuration has too; one model checks both."""


class QueueStorageSchemaLifecycle(Lifecycle):
    """Create, complete and read one custom queue-storage schema; drop it only where that is declared."""

    name: ClassVar = "QueueStorageSchema"
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
    inputs: ClassVar = (
        DATABASE_URL,
        Input(
            "schema",
            Type.STRING,
            "At most 18 characters, [a-z_][a-z0-9_]*, not awa, public, pg_* or a reserved word of SQL.",
            required=True,
            fixed=True,
        ),
        Input("queue_slots", Type.INTEGER, "Slots of the ready ring, at least 4.", Shape().queue_slots, fixed=True),
        Input("lease_slots", Type.INTEGER, "Slots of the lease ring, at least 2.", Shape().lease_slots, fixed=True),
        Input("claim_slots", Type.INTEGER, "Slots of the claim ring, at least 2.", Shape().claim_slots, fixed=True),
        Input("receipts", Type.BOOLEAN, "Whether claims are held as receipts.", Shape().receipts, fixed=True),
        QUEUES,
        Input(
            "deletion_policy",
            Type.STRING,
            "What a removal from the program does: retain (the schema and its jobs stay) or drop.",
            RETAIN,
        ),
        Input(
            "force_drop",
            Type.BOOLEAN,
            "With deletion_policy drop: drop it although it holds unfinished, failed or dead jobs.",
            default=False,
        ),
        GUARD,
        ROLE,
        *WAITING,
    )
    outputs: ClassVar = (Output("owner", Type.STRING, "The role that owns the schema."),)

    def identifier(self, wanted: Mapping[str, Any]) -> str:
        """Return the name of the schema."""
        return str(wanted["schema"])

    def problems(self, wanted: Mapping[str, Any]) -> list[Problem]:
        """Refuse bad names, shapes and queues, all at once."""
        known = {key: wanted[key] for key in _DECLARED if wanted[key] is not UNKNOWN and wanted[key] is not None}
        # What the model checks as well, it explains better; only what is missing it cannot see.
        mine = [p for p in super().problems(wanted) if p.input not in known]
        return [*mine, *(Problem(*found) for found in queue_storage_problems(known))]

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why a shape cannot change, and the way out."""
        return (
            f"{name} of a queue-storage schema cannot change from {old} to {new}.",
            "Keep it, or declare a second QueueStorageSchema and move the workers there.",
        )

    def draft(self, wanted: Mapping[str, Any]) -> Plan:
        """Return what an empty database would get."""
        return make_plan(_desired(wanted), ObservedState())

    def plan(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[ObservedState, Plan]:  # noqa: ARG002
        """Return the installation, if something is missing, and the lanes that are."""
        return desired_plan(wanted["database_url"], _desired(wanted), wanted["role"])

    def compare(self, olds: Props, wanted: Mapping[str, Any]) -> Comparison:  # noqa: ARG002
        """Return the plan, and what differs in this schema; no other is looked at."""
        return comparison(wanted["database_url"], _desired(wanted), wanted["schema"], wanted["role"])

    def drifted(self, wanted: Mapping[str, Any], seen: Comparison, tell: Tell) -> bool:
        """Warn of drift; repairing is asked for at the AwaSchema or with awa-infra verify."""
        schema = wanted["schema"]
        warn_of_drift(schema, seen.found, f"awa-infra verify --schema {schema} shows it object by object", tell)
        return False

    def apply(self, olds: Props, wanted: Mapping[str, Any], tell: Tell) -> dict[str, Any]:  # noqa: ARG002
        """Install the schema, or complete one that stands with the same shape; make lanes that are missing."""
        report = apply(
            wanted["database_url"],
            _desired(wanted),
            role=wanted["role"],
            waits=waits_of(wanted, tell),
            progress=live_progress(tell),
            on_retry=live_retry(tell),
        )
        tell_result(report, tell)
        standing = report.after.substrate(wanted["schema"])
        return {"owner": standing.owner if standing else ""}

    def foresee(self, olds: Props, wanted: Mapping[str, Any], observed: ObservedState, plan: Plan) -> dict[str, Any]:  # noqa: ARG002
        """Say who will own it."""
        standing = observed.substrate(wanted["schema"])
        return {"owner": standing.owner if standing else wanted["role"] or observed.user}

    def named(self, id_: str) -> dict[str, Any]:
        """Return the schema; its shape is read."""
        return {"schema": id_}

    def observe(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """Read the schema again."""
        url, schema = wanted["database_url"], str(wanted["schema"])
        observed = state_as(url, wanted["role"], [CANONICAL_SCHEMA, schema])
        standing = observed.substrate(schema)
        if standing is None:
            # A schema that this role may not read, or that is damaged, looks as if it were gone; the gate tells.
            _observed, plan = as_role(lambda acting: read_removal(url, schema, role=acting), wanted["role"])
            raise_if_blocked(plan.gates, observed.database)
            return None
        shape = standing.shape
        return {
            "queue_slots": shape.queue_slots,
            "lease_slots": shape.lease_slots,
            "claim_slots": shape.claim_slots,
            "receipts": shape.receipts,
            "owner": standing.owner,
        }

    def droppable(self, props: Props) -> str:
        """Return database and schema, whoever connects."""
        if props.get("database_url") is None or not is_known(props, "database_url", "schema"):
            return ""
        # One user for all; names of databases and users may have @ and / in them.
        return f"{Target.of(Target.of(props['database_url']).with_login('whoever', None)).describe()}/{props['schema']}"

    def delete(self, props: Props, tell: Tell) -> None:
        """Forget the schema, or drop it where that was declared and nothing objects."""
        wanted = self.normal(props)
        schema, url = wanted["schema"], wanted["database_url"]
        if wanted["deletion_policy"] != DROP:
            tell(
                f"Queue-storage schema {schema} and its jobs are left as they are. Pulumi only forgets it.",
                warning=True,
            )
            return
        if url is None:
            raise ConfigurationError(
                f"Queue-storage schema {schema} is to be dropped, and there is no connection to its database.",
                hint="Keep it as the secret awa:databaseUrl, or give it to the provider of the resource.",
            )
        force = bool(wanted["force_drop"])
        try:
            lost = jobs_in(url, schema, role=wanted["role"]) if force else ""
            report = remove(
                url,
                schema,
                force=force,
                role=wanted["role"],
                waits=waits_of(wanted, tell),
                progress=live_progress(tell),
                on_retry=live_retry(tell),
            )
        except DatabaseMissingError:
            tell(f"The database of queue-storage schema {schema} is gone, and the schema with it.", warning=True)
            return
        done = "was dropped, as its deletion_policy says" if report.changed else "was gone already"
        tell(f"Queue-storage schema {schema} {done}.{' Lost: ' + lost if lost else ''}", warning=True)


def _desired(wanted: Mapping[str, Any]) -> DesiredState:
    keys = {"schema": "schema"} | {name: f.alias or name for name, f in QueueStorageEntry.model_fields.items()}
    entry = QueueStorageEntry.model_validate({keys[name]: wanted[name] for name in _DECLARED})
    guarded = (entry.schema_name,) if wanted["guard"] is True else ()
    return DesiredState(installed_release(), None, (entry.wanted(),), guarded=guarded)
