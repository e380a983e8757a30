"""The resource ``StorageActivation``: switch a fresh database to queue storage, only on request."""

from __future__ import annotations

from typing import ClassVar

import pulumi

from awa_infra.lifecycle.activation import ActivationLifecycle
from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.resources.dynamic import DeclaredResource, LifecycleProvider, documented


class StorageActivationProvider(LifecycleProvider):
    """Activate a fresh database, or find it active as declared."""

    lifecycle: ClassVar = ActivationLifecycle()


@documented(StorageActivationProvider.lifecycle, opts="``retain_on_delete`` is on unless set here.")
class StorageActivation(DeclaredResource, module="awa", name="StorageActivation"):
    """Queue storage, active in one schema: new jobs go there, and there is no supported way back.

    Let it depend on that schema. Nothing else here ever activates anything. A fresh database is activated; one that
    is active in this schema is adopted; anything else is refused, in the preview already. Deleting it changes
    nothing.
    """

    database_url: pulumi.Output[str]
    schema: pulumi.Output[str]
    role: pulumi.Output[str | None]
    lock_timeout: pulumi.Output[float]
    lock_wait: pulumi.Output[float]
    storage_state: pulumi.Output[str]
    active_schema: pulumi.Output[str]
    database_identity: pulumi.Output[str]

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
        """Declare the activation."""
        super().__init__(StorageActivationProvider(), resource_name, dict(locals()), opts)
