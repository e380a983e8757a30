"""What a stack may declare in namespace ``awa``: keys, types, bounds, defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from awa_infra.config.fields import (
    DISTINCT,
    IS_A_LIST,
    DatabaseName,
    Encoding,
    Encrypted,
    Identifier,
    QueueName,
    ReleaseName,
    RoleName,
    SchemaName,
    Seconds,
    Secret,
    TemplateName,
    TextOrMapping,
    forms,
)
from awa_infra.model import CANONICAL_SCHEMA, Queue, QueueStorage, Roles, Shape

NAMESPACE = "awa"
"""Pulumi configuration namespace of every key read here."""

PASSWORDS = {"migratorPassword": "migrator", "runtimePassword": "runtime", "observerPassword": "observer"}
"""Which role of ``roles`` each password is for."""

_CLOSED = ConfigDict(extra="forbid", frozen=True)


class DatabaseEntry(BaseModel):
    """A database to create if it is missing. One that exists is taken as it is, whatever else is given here."""

    model_config = _CLOSED

    name: DatabaseName = Field(description="Name of the database: any that PostgreSQL allows.")
    owner: RoleName | None = Field(None, description="Role that owns it. Default: the one that creates it.")
    encoding: Encoding | None = Field(None, description="Encoding, such as UTF8. Default: that of the template.")
    template: TemplateName | None = Field(None, description="Database to copy. Default: template1.")
    connection_limit: StrictInt = Field(
        -1, alias="connectionLimit", ge=-1, le=2**31 - 1, description="Connections at once; -1 is no limit."
    )


class RolesEntry(BaseModel):
    """Who owns Awa's objects, and who may use them. Roles that are missing are made; all names differ."""

    model_config = _CLOSED

    owner: RoleName = Field(description="Owns everything; cannot log in when it is made here.")
    migrator: RoleName | None = Field(None, description="May act as the owner, and so migrate.")
    runtime: RoleName | None = Field(None, description="For workers and producers: changes jobs, owns nothing.")
    observer: RoleName | None = Field(None, description="May only read.")
    lane_schemas: Annotated[tuple[Identifier, ...], IS_A_LIST, DISTINCT] | None = Field(
        None,
        alias="laneSchemas",
        description="Schemas in which the runtime role may create sequences, as Awa 0.6.8 and 0.6.9 ask for in the "
        "schema that jobs go to: awa, or declared ones. Default: the one of awa:activation, else all declared ones, "
        "else awa.",
        json_schema_extra={"uniqueItems": True},
    )


class QueueEntry(BaseModel):
    """A queue whose lanes are made ahead, by the owner, so that no runtime role has to own any sequence."""

    model_config = _CLOSED | ConfigDict(
        json_schema_extra={
            "if": {"properties": {"stripes": {"minimum": 2}}, "required": ["stripes"]},
            "then": {"properties": {"name": {"not": {"pattern": "#"}}}},
        }
    )

    name: QueueName = Field(description="Name of the queue; without # if it has stripes.")
    priorities: Annotated[tuple[Annotated[StrictInt, Field(ge=1, le=4)], ...], IS_A_LIST, DISTINCT] = Field(
        (1, 2, 3, 4),
        min_length=1,
        description="Each has lanes of its own; 1 is the highest.",
        json_schema_extra={"uniqueItems": True},
    )
    shards: StrictInt | None = Field(
        None,
        ge=1,
        le=64,
        description="Shards that producers spread the queue over, with a lane each for each priority; sets "
        "awa.queue_meta.enqueue_shards. With more than 1 order is kept within each shard, not across them. Default: "
        "one lane, and the setting is left as it is.",
    )
    stripes: StrictInt = Field(
        1,
        ge=1,
        le=64,
        description="Physical queues name#0, name#1, ..., as workers' queue_storage_queue_stripe_count.",
    )

    def wanted(self) -> Queue:
        """Return the value that plans are made from."""
        return Queue(self.name, self.priorities, self.shards, self.stripes)


class QueueStorageEntry(BaseModel):
    """One custom queue-storage schema. Bounds are those of Awa's installer (0.6.9)."""

    model_config = _CLOSED | ConfigDict(
        json_schema_extra={
            "if": {"properties": {"forceDrop": {"const": True}}, "required": ["forceDrop"]},
            "then": {"properties": {"deletionPolicy": {"const": "drop"}}, "required": ["deletionPolicy"]},
        }
    )

    schema_name: SchemaName = Field(
        alias="schema", description="Name of the schema: a-z, 0-9 and _, at most 18 characters."
    )
    queue_slots: StrictInt = Field(16, alias="queueSlots", ge=4, description="Ready-queue ring slots; immutable.")
    lease_slots: StrictInt = Field(8, alias="leaseSlots", ge=2, description="Lease ring slots; immutable.")
    claim_slots: StrictInt = Field(8, alias="claimSlots", ge=2, description="Claim ring slots; immutable.")
    receipts: StrictBool = Field(True, description="Whether claims are held as receipts; immutable.")  # noqa: FBT003
    queues: Annotated[tuple[Annotated[QueueEntry, TextOrMapping(QueueEntry, "name")], ...], IS_A_LIST] = Field(
        (), description="Queues whose lanes are made ahead; a text is a name."
    )
    deletion_policy: Literal["retain", "drop"] = Field(
        "retain",
        alias="deletionPolicy",
        description="What happens to the schema when it is no longer declared: retain leaves it, drop drops it unless "
        "something objects.",
    )
    force_drop: StrictBool = Field(
        False,  # noqa: FBT003
        alias="forceDrop",
        description="Drop it although it holds unfinished, failed or dead jobs; needs deletionPolicy drop.",
    )

    def wanted(self) -> QueueStorage:
        """Return the value that plans are made from."""
        return QueueStorage(
            self.schema_name,
            Shape(self.queue_slots, self.lease_slots, self.claim_slots, self.receipts),
            tuple(queue.wanted() for queue in self.queues),
        )


def _password(role: str) -> Secret | None:
    return Field(
        None,
        alias=f"{role}Password",
        repr=False,
        description=f"Password of the {role} role, which must be declared; keep it secret.",
    )


class StackConfig(BaseModel):
    """Everything that a stack may declare in namespace ``awa``."""

    model_config = _CLOSED

    database_url: Secret | None = Field(
        None,
        alias="databaseUrl",
        repr=False,
        description="Connection string; keep it secret (pulumi config set --secret). Default: $DATABASE_URL.",
    )
    database: Annotated[DatabaseEntry, TextOrMapping(DatabaseEntry, "name")] | None = Field(
        None, description="Create this database on the server of databaseUrl if it is missing, and use it."
    )
    release: ReleaseName | None = Field(
        None, description="The Awa release that must be installed, as a guard. Default: whichever is."
    )
    target_version: StrictInt | None = Field(
        None,
        alias="targetVersion",
        ge=1,
        description="Migrate schema awa up to this version, inclusive. Default: all that the release has.",
    )
    roles: RolesEntry | None = Field(None, description="Who owns Awa's objects, and who may use them.")
    migrator_password: Secret | None = _password("migrator")
    runtime_password: Secret | None = _password("runtime")
    observer_password: Secret | None = _password("observer")
    queue_storage_schemas: Annotated[tuple[QueueStorageEntry, ...], IS_A_LIST] = Field(
        (),
        alias="queueStorageSchemas",
        description="Custom queue-storage schemas beside the default one in awa.",
    )
    queues: Annotated[tuple[Annotated[QueueEntry, TextOrMapping(QueueEntry, "name")], ...], IS_A_LIST] = Field(
        (), description="Queues of schema awa whose lanes are made ahead; a text is a name."
    )
    guard: StrictBool = Field(
        False,  # noqa: FBT003
        description="Guard schema awa and the declared schemas with event triggers, so that nobody drops them by "
        "accident; needs a superuser.",
    )
    activation: Identifier | None = Field(
        None,
        description="Activate queue storage in this schema of a fresh database: awa, or a declared one. There is no "
        "way back. Default: nothing is activated.",
    )
    lock_timeout: Seconds | None = Field(
        None,
        alias="lockTimeout",
        description="Seconds to keep trying for table locks, in short waits with everything rolled back in between; 0 "
        "tries for ever. Default: 30. A bundle cannot try again: it waits that long once, by default 2.",
    )
    lock_wait: Seconds | None = Field(
        None, alias="lockWait", description="Seconds to wait for another migration to finish. Default: 60."
    )
    transaction: Literal["whole", "each"] = Field(
        "whole",
        description="What is committed together: whole (all or nothing; locks are held until the end) or each (every "
        "migration by itself; locks are short, and what an interrupted run has committed is kept).",
    )
    allow_live_runtimes: StrictBool = Field(
        False,  # noqa: FBT003
        alias="allowLiveRuntimes",
        description="Overrule the gates runtime-too-old and live-runtimes.",
    )
    repair: StrictBool = Field(
        False,  # noqa: FBT003
        description="Run Awa's own SQL again where the database differs from the release and that is enough.",
    )

    def queue_storage(self) -> tuple[QueueStorage, ...]:
        """Return the queue storage of all schemas as plans want it; that of schema awa only with declared queues."""
        own = (QueueStorage(CANONICAL_SCHEMA, queues=self.queues_wanted()),) if self.queues else ()
        return (*own, *(entry.wanted() for entry in self.queue_storage_schemas))

    def guarded(self) -> tuple[str, ...]:
        """Return the schemas that are to be guarded."""
        declared = (entry.schema_name for entry in self.queue_storage_schemas)
        return (CANONICAL_SCHEMA, *declared) if self.guard else ()

    def queues_wanted(self) -> tuple[Queue, ...]:
        """Return the declared queues of schema awa as plans want them."""
        return tuple(queue.wanted() for queue in self.queues)

    def roles_wanted(self) -> Roles | None:
        """Return the declared roles as plans want them, for every declared schema."""
        if self.roles is None:
            return None
        schemas = tuple(entry.schema_name for entry in self.queue_storage_schemas)
        lanes = self.roles.lane_schemas
        if lanes is None:
            # Jobs go to the schema that is or will be active; as long as nobody says which, it may be any.
            lanes = (self.activation,) if self.activation else schemas or (CANONICAL_SCHEMA,)
        return Roles(self.roles.owner, self.roles.migrator, self.roles.runtime, self.roles.observer, schemas, lanes)

    @classmethod
    def secret_fields(cls) -> set[str]:
        """Return the attributes that hold secrets."""
        return {name for name, field in cls.model_fields.items() if Encrypted in forms(field.annotation)}

    def secrets(self) -> dict[str, str | Encrypted]:
        """Return the secrets that are given, by key."""
        fields = {field.alias or name: name for name, field in type(self).model_fields.items()}
        given = {key: getattr(self, name) for key, name in fields.items() if key in SECRETS}
        return {key: value for key, value in given.items() if value is not None}


def aliases(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model as people write them."""
    return [field.alias or name for name, field in model.model_fields.items()]


SECRETS = frozenset(StackConfig.model_fields[name].alias or name for name in StackConfig.secret_fields())
"""Keys whose values are in no message, and may be encrypted in the file."""
