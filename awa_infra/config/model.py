"""What a stack may declare in namespace ``awa``: keys, types, bounds, defaults."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from awa_infra.model import QueueStorage, Shape
from awa_infra.naming import database_name_problem, schema_name_problem

NAMESPACE = "awa"
"""Pulumi configuration namespace of every key read here."""


def _schema_name(value: str) -> str:
    problem = schema_name_problem(value)
    if problem:
        raise PydanticCustomError("schema_name", "{problem}", {"problem": problem})
    return value


def _database_name(value: str) -> str:
    problem = database_name_problem(value)
    if problem:
        raise PydanticCustomError("database_name", "{problem}", {"problem": problem})
    return value


class Encrypted(BaseModel):
    """A value that Pulumi encrypted (``secure: ...``); it stays so unless the engine hands it over."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    secure: str = Field(repr=False)


class QueueStorageEntry(BaseModel):
    """One custom queue-storage schema. Bounds are those of Awa's installer (0.6.9)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_name: Annotated[str, AfterValidator(_schema_name)] = Field(
        alias="schema", description="Name of the schema: a-z, 0-9 and _, at most 18 characters."
    )
    queue_slots: StrictInt = Field(16, alias="queueSlots", ge=4, description="Ready-queue ring slots; immutable.")
    lease_slots: StrictInt = Field(8, alias="leaseSlots", ge=2, description="Lease ring slots; immutable.")
    claim_slots: StrictInt = Field(8, alias="claimSlots", ge=2, description="Claim ring slots; immutable.")
    receipts: StrictBool = Field(True, description="Whether claims are held as receipts; immutable.")  # noqa: FBT003

    def wanted(self) -> QueueStorage:
        """Return the value that plans are made from."""
        return QueueStorage(
            self.schema_name, Shape(self.queue_slots, self.lease_slots, self.claim_slots, self.receipts)
        )


class StackConfig(BaseModel):
    """Everything that a stack may declare in namespace ``awa``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str | Encrypted | None = Field(
        None,
        alias="databaseUrl",
        repr=False,
        description="Connection string; keep it secret (pulumi config set --secret). Default: $DATABASE_URL.",
    )
    database: Annotated[str, AfterValidator(_database_name)] | None = Field(
        None,
        description="Create this database on the server of databaseUrl if it is missing, and use it.",
    )
    queue_storage_schemas: tuple[QueueStorageEntry, ...] = Field(
        (),
        alias="queueStorageSchemas",
        description="Custom queue-storage schemas beside the default one in awa.",
    )

    def queue_storage(self) -> tuple[QueueStorage, ...]:
        """Return the custom queue-storage schemas as plans want them."""
        return tuple(entry.wanted() for entry in self.queue_storage_schemas)
