"""The resource ``AwaSchema``: Awa's versioned migrations, applied on create and on update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pulumi

from awa_infra.lifecycle.schema import SchemaLifecycle
from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.resources.dynamic import DeclaredResource, LifecycleProvider, documented
from awa_infra.resources.queue_storage_schema import QueueArgs


class AwaSchemaProvider(LifecycleProvider):
    """Create, update and read the canonical schema; never delete it."""

    lifecycle: ClassVar = SchemaLifecycle()


@documented(AwaSchemaProvider.lifecycle, opts="``protect`` and ``retain_on_delete`` are on unless set here.")
class AwaSchema(DeclaredResource, module="awa", name="AwaSchema"):
    """The canonical schema ``awa`` of one database, migrated to a version of the installed Awa release.

    Creating and updating apply the pending migrations and patches of the ``awa-pg`` wheel in one transaction
    under Awa's migration lock. A preview names them. Nothing activates queue storage. The resource is
    protected and retained by default, and even without that a delete changes nothing in the database.
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
    database_identity: pulumi.Output[str]

    def __init__(  # noqa: PLR0913
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        release: pulumi.Input[str] | None = None,
        target_version: pulumi.Input[int] | None = None,
        queues: pulumi.Input[Sequence[pulumi.Input[str | QueueArgs]]] = (),
        guard: pulumi.Input[bool] = False,
        transaction: pulumi.Input[str] = "whole",
        allow_live_runtimes: pulumi.Input[bool] = False,
        repair: pulumi.Input[bool] = False,
        role: pulumi.Input[str] | None = None,
        lock_timeout: pulumi.Input[float] = LOCK_TIMEOUT,
        lock_wait: pulumi.Input[float] = LOCK_WAIT,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the schema."""
        super().__init__(AwaSchemaProvider(), resource_name, dict(locals()), opts, protect=True)
