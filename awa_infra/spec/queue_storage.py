"""A custom queue-storage schema, and queues whose lanes are created in advance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from awa_infra.model import Queue, QueueStorage, Shape
from awa_infra.spec.base import Entry
from awa_infra.spec.connection import Acting, Connected, Placed, Waiting
from awa_infra.spec.paths import Found
from awa_infra.spec.rules import entry_checks
from awa_infra.spec.values import DISTINCT, FIXED, IS_A_LIST, MAX_INTEGER, QueueName, SchemaName, TextOrMapping

RETAIN: Final = "retain"
DROP: Final = "drop"

_SHAPE, _QUEUE = Shape(), Queue("")


class QueueEntry(Entry):
    """A queue whose lanes are created in advance, by the owner, so that no runtime role has to own any sequence."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"stripes": {"minimum": 2}}, "required": ["stripes"]},
            "then": {"properties": {"name": {"not": {"pattern": "#"}}}},
        }
    )

    name: QueueName = Field(description="Name of the queue; without # if it has stripes.")
    priorities: Annotated[tuple[Annotated[StrictInt, Field(ge=1, le=4)], ...], IS_A_LIST, DISTINCT] = Field(
        _QUEUE.priorities,
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
        _QUEUE.stripes,
        ge=1,
        le=64,
        description="Physical queues name#0, name#1, ..., as workers' queue_storage_queue_stripe_count.",
    )

    def wanted(self) -> Queue:
        """Return the value that plans are made from."""
        return Queue(self.name, self.priorities, self.shards, self.stripes)


Queues = Annotated[
    tuple[Annotated[QueueEntry, TextOrMapping(QueueEntry, "name")], ...],
    IS_A_LIST,
    Field(
        description="Queues whose lanes are created in advance by the owner: names, or mappings of name, priorities, "
        "shards, stripes. More can be added later; none is ever removed."
    ),
]

Guard = Annotated[
    StrictBool,
    Field(
        description="Guard the schema with an event trigger, so that it is not dropped by accident; needs a superuser."
    ),
]


class QueueStorageEntry(Entry):
    """One custom queue-storage schema. Bounds are those of Awa's installer (0.6.9)."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"forceDrop": {"const": True}}, "required": ["forceDrop"]},
            "then": {"properties": {"deletionPolicy": {"const": "drop"}}, "required": ["deletionPolicy"]},
        }
    )

    schema_name: Annotated[SchemaName, FIXED] = Field(
        alias="schema",
        description="Name of the schema: at most 18 lower-case letters, digits and underscores, no digit first; not "
        "awa, public, awa_migrations, awa_infra_guard, a reserved word of SQL or a name that begins with pg_.",
    )
    queue_slots: Annotated[StrictInt, FIXED] = Field(
        _SHAPE.queue_slots, ge=4, le=MAX_INTEGER, description="Slots of the ready ring, at least 4."
    )
    lease_slots: Annotated[StrictInt, FIXED] = Field(
        _SHAPE.lease_slots, ge=2, le=MAX_INTEGER, description="Slots of the lease ring, at least 2."
    )
    claim_slots: Annotated[StrictInt, FIXED] = Field(
        _SHAPE.claim_slots, ge=2, le=MAX_INTEGER, description="Slots of the claim ring, at least 2."
    )
    receipts: Annotated[StrictBool, FIXED] = Field(_SHAPE.receipts, description="Whether claims are held as receipts.")
    queues: Queues = ()
    deletion_policy: Literal["retain", "drop"] = Field(
        RETAIN,
        description="What a removal from the program does: retain (the schema and its jobs stay) or drop (they "
        "are dropped, unless a gate blocks that). The policy that was last applied decides. With drop, rename "
        "the resource only with an alias: an up with the old name as the only target drops the schema.",
    )
    force_drop: StrictBool = Field(
        False,  # noqa: FBT003
        description="Drop it although it holds unfinished, failed or dead jobs; only where the policy is drop.",
    )

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Found:
        """Check the queues against each other, and the removal."""
        return entry_checks(values)

    def wanted(self) -> QueueStorage:
        """Return the value that plans are made from."""
        shape = Shape(self.queue_slots, self.lease_slots, self.claim_slots, self.receipts)
        return QueueStorage(self.schema_name, shape, tuple(queue.wanted() for queue in self.queues))


class _Guarded(QueueStorageEntry):
    guard: Guard = False


class QueueStorageInputs(Waiting, Acting, _Guarded, Connected):
    """Inputs of ``QueueStorageSchema``."""


class QueueStorageOutputs(Placed):
    """Outputs of ``QueueStorageSchema``."""

    owner: str = Field(description="The role that owns the schema.")
