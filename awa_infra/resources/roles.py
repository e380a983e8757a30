"""The resource ``AwaRoles``: who owns Awa's objects and who may use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pulumi
from pulumi.dynamic import Resource

from awa_infra.database.apply import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.lifecycle.roles import LOGINS, RolesLifecycle
from awa_infra.resources.dynamic import LifecycleProvider


class AwaRolesProvider(LifecycleProvider):
    """Create or adopt roles, grant and grant again; never drop one."""

    lifecycle: ClassVar = RolesLifecycle()


class AwaRoles(Resource, module="awa", name="AwaRoles"):
    """An owner without login, and logins with exactly the privileges that Awa needs.

    Makes the schemas too where they are missing, empty, so that privileges hold for everything that is made in
    them later: let ``AwaSchema`` and ``QueueStorageSchema`` depend on it, with ``role`` set to the owner.
    Roles that are there are adopted. Nothing is ever dropped. Nothing is revoked
    but EXECUTE on Awa's installer, where default privileges gave it away. The resource is retained by default.

    Attributes:
        migrator_url: connection string of the migrator, with the password if it is declared; a secret.
        runtime_url: connection string of the runtime; a secret.
        observer_url: connection string of the observer; a secret.
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
        queue_storage_schemas: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        lane_schemas: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        migrator_password: pulumi.Input[str] | None = None,
        runtime_password: pulumi.Input[str] | None = None,
        observer_password: pulumi.Input[str] | None = None,
        lock_timeout: pulumi.Input[float] = LOCK_TIMEOUT,
        lock_wait: pulumi.Input[float] = LOCK_WAIT,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the roles.

        Args:
            resource_name: name of the resource in the stack.
            database_url: connection string of the database, with a role that may create roles and owns the
                database; always kept as a secret.
            owner: owns everything; made without login.
            migrator: login that migrates, and acts as the owner in this database. Default: none.
            runtime: login of workers and producers. Default: none.
            observer: login that may only read. Default: none.
            queue_storage_schemas: custom queue-storage schemas that it all holds for, beside ``awa``.
            lane_schemas: where the runtime may make the sequences of new lanes: the schema that is or will be
                active. Default: the custom schemas, or ``awa`` if there are none.
            migrator_password: kept as a secret, sent as a SCRAM verifier only. Default: none is set.
            runtime_password: the same for the runtime.
            observer_password: the same for the observer.
            lock_timeout: seconds to keep trying for table locks, in short waits with everything rolled back in between;
                0 tries for ever.
            lock_wait: seconds to wait for another migration to finish.
            opts: Pulumi's options; ``retain_on_delete`` is on unless set here.
        """
        passwords = {"migrator": migrator_password, "runtime": runtime_password, "observer": observer_password}
        defaults = pulumi.ResourceOptions(
            retain_on_delete=True, additional_secret_outputs=[f"{duty}_url" for duty in LOGINS]
        )
        super().__init__(
            AwaRolesProvider(),
            resource_name,
            {
                "database_url": pulumi.Output.secret(database_url),
                "owner": owner,
                "migrator": migrator,
                "runtime": runtime,
                "observer": observer,
                "queue_storage_schemas": _listed(queue_storage_schemas),
                "lane_schemas": _listed(lane_schemas),
                **{
                    f"{duty}_password": None if password is None else pulumi.Output.secret(password)
                    for duty, password in passwords.items()
                },
                "lock_timeout": lock_timeout,
                "lock_wait": lock_wait,
                **{f"{duty}_url": None for duty in LOGINS},
            },
            pulumi.ResourceOptions.merge(defaults, opts),
        )


def _listed(
    names: pulumi.Input[Sequence[pulumi.Input[str]]] | None,
) -> pulumi.Input[Sequence[pulumi.Input[str]]] | None:
    # A tuple is no list to Pulumi.
    return list(names) if isinstance(names, Sequence) else names
