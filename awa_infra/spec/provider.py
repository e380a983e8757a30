"""Inputs of the plugin besides the objects: the provider's configuration, arguments and results of functions."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt

from awa_infra.spec.base import Inputs, Outputs
from awa_infra.spec.connection import Acting, Waiting
from awa_infra.spec.values import IS_A_LIST, MAX_INTEGER, SECRET, ActingRole, SchemaName, Url


class ProviderPlace(Inputs):
    """Where the database is, for every resource that does not say so itself."""

    database_url: Annotated[Url | None, SECRET] = Field(
        None,
        description="Connection string for every resource that declares none of its own; kept as a secret, and out of "
        "the state of those resources.",
    )


class ProviderInputs(Waiting, Acting, ProviderPlace):
    """What can be configured once for all resources of a provider."""


class FunctionPlace(Inputs):
    """Which database a function reads."""

    database_url: Annotated[Url | None, SECRET] = Field(
        None, description="Connection string. Default: that of the provider."
    )


class Reading(Inputs):
    """As whom a function reads."""

    role: ActingRole | None = Field(
        None, description="Become this role to read. Default: that of the provider, else none."
    )


class StatusInputs(Reading, FunctionPlace):
    """What ``getStatus`` takes."""


class StatusOutputs(Outputs):
    """What ``getStatus`` returns."""

    database: str = Field(description="Name of the database.")
    server_version: int = Field(description="PostgreSQL's version as a number, for example 180006.")
    schema_version: int = Field(description="The version that schema awa is at; 0 if it is not migrated.")
    patches: tuple[str, ...] = Field(description="Names of the repeatable patches that are applied.")
    storage_state: str = Field(description="Awa's storage-transition state; empty where there is none yet.")
    active_schema: str = Field(description="The queue-storage schema that new jobs go to; empty while canonical.")
    queue_storage_schemas: tuple[str, ...] = Field(description="Every queue-storage schema, awa included.")


class PlanInputs(StatusInputs):
    """What ``getPlan`` takes."""

    target_version: StrictInt | None = Field(
        None,
        ge=1,
        le=MAX_INTEGER,
        description="Plan up to this version, inclusive. Default: all that the installed release has.",
    )
    queue_storage_schemas: Annotated[tuple[SchemaName, ...], IS_A_LIST] = Field(
        (), description="Custom queue-storage schemas of the default shape to plan for as well."
    )


class Gate(BaseModel):
    """A condition that does not hold, and what to do about it."""

    code: str = Field(description="Stable identifier; `awa-infra explain CODE` says more.")
    message: str = Field(description="What does not hold.")
    hint: str = Field(description="What to do.")


class PlanOutputs(Outputs):
    """What ``getPlan`` returns."""

    from_version: int = Field(description="The version that schema awa is at.")
    to_version: int = Field(description="The version that it would have.")
    steps: tuple[str, ...] = Field(description="Titles of the pending steps, in order; none if nothing is pending.")
    gates: tuple[Gate, ...] = Field(
        description="What would keep an apply from beginning: code, message and hint of each gate."
    )
    objections: tuple[str, ...] = Field(
        description="The gates as text: message and code, the hint on a line of its own."
    )
    digest: str = Field(description="Hash of the plan: the same as long as the same would be done.")
