"""The resource ``QueueStorageSchema``: one custom queue-storage schema, installed and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NotRequired, TypedDict

import pulumi

from awa_infra.lifecycle.queue_storage_schema import QueueStorageSchemaLifecycle
from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.resources.dynamic import DeclaredResource, LifecycleProvider, documented
from awa_infra.spec.queue_storage import DROP


class QueueArgs(TypedDict):
    """A queue whose lanes are created in advance.

    Attributes:
        name: as jobs name it.
        priorities: those that have lanes; default 1 to 4.
        shards: shards that producers spread the queue over, 1 to 64, with a lane each for each priority; order is kept
            within each, not across them. Default: one lane, and ``awa.queue_meta.enqueue_shards`` is left as it is.
        stripes: physical queues that it is split into; default 1.
    """

    name: str
    priorities: NotRequired[list[int]]
    shards: NotRequired[int]
    stripes: NotRequired[int]


class QueueStorageSchemaProvider(LifecycleProvider):
    """Create, complete and read one custom queue-storage schema; drop it only where that is declared."""

    lifecycle: ClassVar = QueueStorageSchemaLifecycle()


@documented(
    QueueStorageSchemaProvider.lifecycle,
    opts="``retain_on_delete`` is on unless set here, or ``deletion_policy`` is drop.",
)
class QueueStorageSchema(DeclaredResource, module="awa", name="QueueStorageSchema"):
    """A custom queue-storage schema beside the default one in ``awa``.

    Needs schema ``awa`` at version 24 or later in the same database: let it depend on the ``AwaSchema``.
    Name and shape are immutable, because Awa silently ignores other slot counts later. Creating it does not
    activate it. The resource is retained by default, and a delete changes nothing in the database, unless
    ``deletion_policy`` says ``drop`` and no gate blocks.
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
    database_identity: pulumi.Output[str]

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
        """Declare the schema."""
        drops = deletion_policy == DROP
        # A forced replacement drops first: the other way round it would drop what it has just adopted.
        super().__init__(
            QueueStorageSchemaProvider(),
            resource_name,
            dict(locals()),
            opts,
            retain_on_delete=not drops,
            delete_before_replace=drops,
        )
