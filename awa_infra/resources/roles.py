"""The resource ``AwaRoles``: who owns Awa's objects and who may use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pulumi

from awa_infra.lifecycle.roles import RolesLifecycle
from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.resources.dynamic import DeclaredResource, LifecycleProvider, documented


class AwaRolesProvider(LifecycleProvider):
    """Create or adopt roles, grant and grant again; never drop one."""

    lifecycle: ClassVar = RolesLifecycle()


@documented(AwaRolesProvider.lifecycle, opts="``retain_on_delete`` is on unless set here.")
class AwaRoles(DeclaredResource, module="awa", name="AwaRoles"):
    """An owner without login, and logins with exactly the privileges that Awa needs.

    Makes the schemas too where they are missing, empty, so that privileges hold for everything that is made in
    them later: let ``AwaSchema`` and ``QueueStorageSchema`` depend on it, with ``role`` set to the owner.
    The login of ``database_url`` must be allowed to create roles, and own the database. Roles that are there are
    adopted. Nothing is ever dropped. Nothing is revoked but EXECUTE on Awa's installer, where default privileges gave
    it away. The resource is retained by default.
    """

    database_url: pulumi.Output[str]
    owner: pulumi.Output[str]
    migrator: pulumi.Output[str | None]
    runtime: pulumi.Output[str | None]
    observer: pulumi.Output[str | None]
    queue_storage_schemas: pulumi.Output[list[str]]
    lane_schemas: pulumi.Output[list[str] | None]
    migrator_password: pulumi.Output[str | None]
    runtime_password: pulumi.Output[str | None]
    observer_password: pulumi.Output[str | None]
    lock_timeout: pulumi.Output[float]
    lock_wait: pulumi.Output[float]
    migrator_url: pulumi.Output[str]
    runtime_url: pulumi.Output[str]
    observer_url: pulumi.Output[str]

    def __init__(  # noqa: PLR0913
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        owner: pulumi.Input[str],
        migrator: pulumi.Input[str] | None = None,
        runtime: pulumi.Input[str] | None = None,
        observer: pulumi.Input[str] | None = None,
        lane_schemas: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        queue_storage_schemas: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        migrator_password: pulumi.Input[str] | None = None,
        runtime_password: pulumi.Input[str] | None = None,
        observer_password: pulumi.Input[str] | None = None,
        lock_timeout: pulumi.Input[float] = LOCK_TIMEOUT,
        lock_wait: pulumi.Input[float] = LOCK_WAIT,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the roles."""
        super().__init__(AwaRolesProvider(), resource_name, dict(locals()), opts)
