"""The resource ``StorageActivation``: the deliberate switch of a fresh database to queue storage."""

from __future__ import annotations

from typing import ClassVar

import pulumi
from pulumi.dynamic import Resource

from awa_infra.database.apply import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.lifecycle.activation import ActivationLifecycle
from awa_infra.resources.dynamic import LifecycleProvider


class StorageActivationProvider(LifecycleProvider):
    """Activate a fresh database, or find it active as declared."""

    lifecycle: ClassVar = ActivationLifecycle()


class StorageActivation(Resource, module="awa", name="StorageActivation"):
    """Queue storage, active in one schema: new jobs go there, and there is no supported way back.

    Nothing else here ever activates anything. A fresh database is activated; one that is active in this schema
    is adopted; anything else is refused, in the preview already. Deleting it changes nothing.

    Attributes:
        storage_state: Awa's storage-transition state.
        active_schema: the queue-storage schema that new jobs go to.
    """

    database_url: pulumi.Output[str]
    schema: pulumi.Output[str]
    role: pulumi.Output[str | None]
    lock_timeout: pulumi.Output[float]
    lock_wait: pulumi.Output[float]
    storage_state: pulumi.Output[str]
    active_schema: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        schema: pulumi.Input[str],
        role: pulumi.Input[str] | None = None,
        lock_timeout: pulumi.Input[float] = LOCK_TIMEOUT,
        lock_wait: pulumi.Input[float] = LOCK_WAIT,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the activation.

        Args:
            resource_name: name of the resource in the stack.
            database_url: connection string of the database; always kept as a secret.
            schema: ``awa``, or a custom queue-storage schema: let the activation depend on that. Immutable.
            role: become this role for the transaction. Default: do not.
            lock_timeout: seconds to keep trying for table locks, in short waits with everything rolled back in between;
                0 tries for ever.
            lock_wait: seconds to wait for another migration to finish.
            opts: Pulumi's options; ``retain_on_delete`` is on unless set here.
        """
        super().__init__(
            StorageActivationProvider(),
            resource_name,
            {
                "database_url": pulumi.Output.secret(database_url),
                "schema": schema,
                "role": role,
                "lock_timeout": lock_timeout,
                "lock_wait": lock_wait,
                "storage_state": None,
                "active_schema": None,
            },
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(retain_on_delete=True), opts),
        )
