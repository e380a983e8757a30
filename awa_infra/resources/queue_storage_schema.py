"""The resource ``QueueStorageSchema``: one custom queue-storage schema, installed and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NotRequired, TypedDict

import pulumi
from pulumi.dynamic import Resource

from awa_infra.database.apply import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.lifecycle.queue_storage_schema import DROP, QueueStorageSchemaLifecycle
from awa_infra.resources.dynamic import LifecycleProvider


class QueueArgs(TypedDict):
    """A queue whose lanes are made ahead.

    Attributes:
        name: as jobs name it.
        priorities: those that have lanes; default 1 to 4.
        shards: shards that producers spread the queue over, 1 to 64, with a lane each for each priority; order is kept
            within each, not across them. Default: one lane, and ``awa.queue_meta.enqueue_shards`` is left as it is.
        stripes: physical queues that stand for it; default 1.
    """

    name: str
    priorities: NotRequired[list[int]]
    shards: NotRequired[int]
    stripes: NotRequired[int]


class QueueStorageSchemaProvider(LifecycleProvider):
    """Create, complete and read one custom queue-storage schema; drop it only where that is declared."""

    lifecycle: ClassVar = QueueStorageSchemaLifecycle()


class QueueStorageSchema(Resource, module="awa", name="QueueStorageSchema"):
    """A custom queue-storage schema beside the default one in ``awa``.

    Needs schema ``awa`` at version 24 or later in the same database: let it depend on the ``AwaSchema``.
    Name and shape are immutable, because Awa silently ignores other slot counts later. Creating it does not
    activate it. The resource is retained by default, and a delete changes nothing in the database, unless
    ``deletion_policy`` says ``drop`` and no gate objects.

    Attributes:
        owner: the role that owns the schema.
    """

    database_url: pulumi.Output[str]
    schema: pulumi.Output[str]
    queue_slots: pulumi.Output[int]
    lease_slots: pulumi.Output[int]
    claim_slots: pulumi.Output[int]
    receipts: pulumi.Output[bool]
    queues: pulumi.Output[list[Any]]
    deletion_policy: pulumi.Output[str]
    force_drop: pulumi.Output[bool]
    guard: pulumi.Output[bool]
    role: pulumi.Output[str | None]
    lock_timeout: pulumi.Output[float]
    lock_wait: pulumi.Output[float]
    owner: pulumi.Output[str]

    def __init__(  # noqa: PLR0913
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        schema: pulumi.Input[str],
        queue_slots: pulumi.Input[int] = 16,
        lease_slots: pulumi.Input[int] = 8,
        claim_slots: pulumi.Input[int] = 8,
        receipts: pulumi.Input[bool] = True,
        queues: pulumi.Input[Sequence[pulumi.Input[str | QueueArgs]]] = (),
        deletion_policy: Literal["retain", "drop"] = "retain",
        force_drop: pulumi.Input[bool] = False,
        guard: pulumi.Input[bool] = False,
        role: pulumi.Input[str] | None = None,
        lock_timeout: pulumi.Input[float] = LOCK_TIMEOUT,
        lock_wait: pulumi.Input[float] = LOCK_WAIT,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the schema.

        Args:
            resource_name: name of the resource in the stack.
            database_url: connection string of the database; always kept as a secret.
            schema: at most 18 characters, ``[a-z_][a-z0-9_]*``, not ``awa``, ``public`` or ``pg_*``.
            queue_slots: slots of the ready ring, at least 4.
            lease_slots: slots of the lease ring, at least 2.
            claim_slots: slots of the claim ring, at least 2.
            receipts: whether claims are held as receipts.
            queues: queues whose lanes are made ahead by the owner: names, or mappings with ``name``,
                ``priorities`` (default 1 to 4), ``shards`` (default: left as it is) and ``stripes`` (default 1). More
                can be added later; none is ever removed.
            deletion_policy: what a removal from the program does: ``retain`` leaves the schema and its jobs,
                ``drop`` drops it if no gate objects. The policy that was last applied counts.
            force_drop: with ``drop``, drop it although it holds unfinished, failed or dead jobs.
            guard: guard the schema with an event trigger, so that nobody drops it by accident; needs a superuser.
            role: become this role for the transaction, so that it owns what is made. Default: do not.
            lock_timeout: seconds to keep trying for table locks, in short waits with everything rolled back in between;
                0 tries for ever.
            lock_wait: seconds to wait for another migration to finish.
            opts: Pulumi's options; ``retain_on_delete`` is on unless set here, or ``deletion_policy`` is drop.
        """
        super().__init__(
            QueueStorageSchemaProvider(),
            resource_name,
            {
                "database_url": pulumi.Output.secret(database_url),
                "schema": schema,
                "queue_slots": queue_slots,
                "lease_slots": lease_slots,
                "claim_slots": claim_slots,
                "receipts": receipts,
                "queues": list(queues) if isinstance(queues, Sequence) else queues,
                "deletion_policy": deletion_policy,
                "force_drop": force_drop,
                "guard": guard,
                "role": role,
                "lock_timeout": lock_timeout,
                "lock_wait": lock_wait,
                "owner": None,
            },
            pulumi.ResourceOptions.merge(
                # A forced replacement drops first: the other way round it would drop what it has just adopted.
                pulumi.ResourceOptions(
                    retain_on_delete=deletion_policy != DROP, delete_before_replace=deletion_policy == DROP
                ),
                opts,
            ),
        )
