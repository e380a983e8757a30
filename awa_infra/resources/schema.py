"""The resource ``AwaSchema``: Awa's versioned migrations, applied on create and on update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from awa_infra.database.apply import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.lifecycle.schema import SchemaLifecycle
from awa_infra.resources.dynamic import LifecycleProvider
from awa_infra.resources.queue_storage_schema import QueueArgs


class AwaSchemaProvider(LifecycleProvider):
    """Create, update and read the canonical schema; never delete it."""

    lifecycle: ClassVar = SchemaLifecycle()


class AwaSchema(Resource, module="awa", name="AwaSchema"):
    """The canonical schema ``awa`` of one database, migrated to a version of the installed Awa release.

    Creating and updating apply the pending migrations and patches of the ``awa-pg`` wheel in one transaction
    under Awa's migration lock. A preview names them. Nothing activates queue storage. The resource is
    protected and retained by default, and even without that a delete changes nothing in the database.

    Attributes:
        schema_version: the version that the schema stands at.
        release: the Awa release that applied it.
        patches: names of the repeatable patches that are applied.
        fingerprint: hash of the structure of schema ``awa``; empty below the release's own version.
        storage_state: Awa's storage-transition state (``canonical`` until a worker or an operator activates
            queue storage).
        active_schema: the queue-storage schema that new jobs go to; empty while storage is canonical.
    """

    database_url: pulumi.Output[str]
    target_version: pulumi.Output[int | None]
    release: pulumi.Output[str]
    role: pulumi.Output[str | None]
    lock_timeout: pulumi.Output[float]
    lock_wait: pulumi.Output[float]
    transaction: pulumi.Output[str]
    allow_live_runtimes: pulumi.Output[bool]
    repair: pulumi.Output[bool]
    queues: pulumi.Output[list[Any]]
    guard: pulumi.Output[bool]
    schema_version: pulumi.Output[int]
    patches: pulumi.Output[list[str]]
    fingerprint: pulumi.Output[str]
    storage_state: pulumi.Output[str]
    active_schema: pulumi.Output[str]

    def __init__(  # noqa: PLR0913
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        target_version: pulumi.Input[int] | None = None,
        release: pulumi.Input[str] | None = None,
        role: pulumi.Input[str] | None = None,
        lock_timeout: pulumi.Input[float] = LOCK_TIMEOUT,
        lock_wait: pulumi.Input[float] = LOCK_WAIT,
        transaction: pulumi.Input[str] = "whole",
        allow_live_runtimes: pulumi.Input[bool] = False,
        repair: pulumi.Input[bool] = False,
        queues: pulumi.Input[Sequence[pulumi.Input[str | QueueArgs]]] = (),
        guard: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the schema.

        Args:
            resource_name: name of the resource in the stack.
            database_url: connection string of the database; always kept as a secret.
            target_version: migrate up to this version, inclusive. Default: all that the installed release has.
            release: the Awa release that must be installed where the program runs, for example ``0.6.9``.
                Default: whichever is.
            role: become this role for the transaction, so that it owns what is made. Default: do not.
            lock_timeout: seconds to keep trying for table locks, in short waits with everything rolled back in between;
                0 tries for ever.
            lock_wait: seconds to wait for another migration to finish.
            transaction: what is committed together: ``whole``, all or nothing, with locks that are held until the end,
                or ``each``, every migration by itself: locks are short, and what an interrupted run has committed is
                kept.
            allow_live_runtimes: migrate although live runtimes are too old or would have to be away.
            repair: re-apply what Awa's own idempotent SQL can put right, whenever the schema has drifted, and put lost
                rows of Awa's state back where no job can be lost by it.
            queues: queues of schema ``awa`` whose lanes are made ahead by the owner: names, or mappings with ``name``,
                ``priorities``, ``shards`` and ``stripes``, see :class:`QueueStorageSchema`. Default: none.
            guard: guard the schema with an event trigger, so that nobody drops it by accident; needs a superuser.
            opts: Pulumi's options; ``protect`` and ``retain_on_delete`` are on unless set here.
        """
        defaults = pulumi.ResourceOptions(protect=True, retain_on_delete=True)
        super().__init__(
            AwaSchemaProvider(),
            resource_name,
            {
                "database_url": pulumi.Output.secret(database_url),
                "target_version": target_version,
                "release": release,
                "role": role,
                "lock_timeout": lock_timeout,
                "lock_wait": lock_wait,
                "transaction": transaction,
                "allow_live_runtimes": allow_live_runtimes,
                "repair": repair,
                "queues": list(queues) if isinstance(queues, Sequence) else queues,
                "guard": guard,
                "schema_version": None,
                "patches": None,
                "fingerprint": None,
                "storage_state": None,
                "active_schema": None,
            },
            pulumi.ResourceOptions.merge(defaults, opts),
        )
