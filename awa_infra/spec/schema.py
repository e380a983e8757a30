"""Awa's canonical schema: its versioned migrations and its queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, StrictBool, StrictInt

from awa_infra.model import CANONICAL_SCHEMA, Policy, QueueStorage, Transaction
from awa_infra.spec.base import Entry
from awa_infra.spec.connection import Acting, Connected, Placed, Waiting
from awa_infra.spec.paths import Found
from awa_infra.spec.queue_storage import Guard, Queues
from awa_infra.spec.rules import queues_checks
from awa_infra.spec.values import MAX_INTEGER, ReleaseName

_TRANSACTIONS = frozenset(mode.value for mode in Transaction)


class Version(Entry):
    """Which release and version are wanted."""

    release: ReleaseName | None = Field(
        None, description="The Awa release that must be installed, for example 0.6.9. Default: whichever is."
    )
    target_version: StrictInt | None = Field(
        None,
        ge=1,
        le=MAX_INTEGER,
        description="Migrate schema awa up to this version, inclusive. Default: all that the installed release has.",
    )


class Lanes(Entry):
    """Lanes of schema ``awa``, and its guard."""

    queues: Queues = ()
    guard: Guard = False

    def own_queue_storage(self) -> tuple[QueueStorage, ...]:
        """Return the queue storage of schema ``awa`` as plans want it: none without declared queues."""
        queues = tuple(queue.wanted() for queue in self.queues)
        return (QueueStorage(CANONICAL_SCHEMA, queues=queues),) if queues else ()


class Migrating(Entry):
    """How schema ``awa`` is migrated."""

    transaction: Literal["whole", "each"] = Field(
        "whole",
        description="What is committed together: whole (all or nothing; locks are held until the end) or each (every "
        "migration by itself; locks are short, and what an interrupted run has committed is kept).",
    )
    allow_live_runtimes: StrictBool = Field(
        False,  # noqa: FBT003
        description="Migrate although live runtimes are too old or would have to be away: overrules the gates "
        "runtime-too-old and live-runtimes.",
    )
    repair: StrictBool = Field(
        False,  # noqa: FBT003
        description="Re-apply what Awa's own idempotent SQL can put right, whenever the schema has drifted, and put "
        "lost rows of Awa's state back where no job can be lost by it.",
    )

    def policy(self) -> Policy:
        """Return which gates are overruled."""
        return Policy(allow_live_runtimes=bool(self.allow_live_runtimes))

    def together(self) -> Transaction:
        """Return what is committed together; while that is unknown, everything."""
        return Transaction(self.transaction) if self.transaction in _TRANSACTIONS else Transaction.WHOLE


class SchemaEntry(Migrating, Lanes, Version):
    """What a stack declares of schema ``awa``, each as a key of its own."""

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Found:
        """Check the queues against each other."""
        return queues_checks(values)


class SchemaInputs(Waiting, Acting, SchemaEntry, Connected):
    """Inputs of ``AwaSchema``."""


class SchemaOutputs(Placed):
    """Outputs of ``AwaSchema``."""

    schema_version: int = Field(description="The version that the schema is at.")
    patches: tuple[str, ...] = Field(description="Names of the repeatable patches that are applied.")
    fingerprint: str = Field(description="Hash of the structure of schema awa; empty below the release's own version.")
    storage_state: str = Field(
        description="Awa's storage-transition state: canonical until a worker or an operator activates queue storage."
    )
    active_schema: str = Field(
        description="The queue-storage schema that new jobs go to; empty while storage is canonical."
    )
