"""The resource ``AwaDatabase``: a database for Awa, created if it is missing and never dropped."""

from __future__ import annotations

from typing import ClassVar

import pulumi
from pulumi.dynamic import Resource

from awa_infra.database.databases import UNLIMITED
from awa_infra.lifecycle.database import DatabaseLifecycle
from awa_infra.resources.dynamic import LifecycleProvider


class AwaDatabaseProvider(LifecycleProvider):
    """Create and read a database; never drop it."""

    lifecycle: ClassVar = DatabaseLifecycle()


class AwaDatabase(Resource, module="awa", name="AwaDatabase"):
    """A database on a server, created if it is missing, adopted as it is if it is there.

    Retained by default, and a delete changes nothing on the server.

    Attributes:
        url: connection string of the database; a secret.
    """

    server_url: pulumi.Output[str]
    name: pulumi.Output[str]
    owner: pulumi.Output[str | None]
    encoding: pulumi.Output[str | None]
    template: pulumi.Output[str | None]
    connection_limit: pulumi.Output[int]
    url: pulumi.Output[str]

    def __init__(  # noqa: PLR0913
        self,
        resource_name: str,
        *,
        server_url: pulumi.Input[str],
        name: pulumi.Input[str],
        owner: pulumi.Input[str] | None = None,
        encoding: pulumi.Input[str] | None = None,
        template: pulumi.Input[str] | None = None,
        connection_limit: pulumi.Input[int] = UNLIMITED,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the database.

        Args:
            resource_name: name of the resource in the stack.
            server_url: connection string of an existing database of the server, with a role that may create
                databases; always kept as a secret.
            name: any that PostgreSQL allows, at most 63 bytes. Immutable.
            owner: role that owns it, which must exist. Default: the role of ``server_url``.
            encoding: encoding of a new database, for example ``UTF8``. Immutable. Default: the template's.
            template: what a new database is a copy of. Immutable. Default: ``template1``.
            connection_limit: connections at the same time; -1 for no limit.
            opts: Pulumi's options; ``retain_on_delete`` is on unless set here.
        """
        defaults = pulumi.ResourceOptions(retain_on_delete=True, additional_secret_outputs=["url"])
        super().__init__(
            AwaDatabaseProvider(),
            resource_name,
            {
                "server_url": pulumi.Output.secret(server_url),
                "name": name,
                "owner": owner,
                "encoding": encoding,
                "template": template,
                "connection_limit": connection_limit,
                "url": None,
            },
            pulumi.ResourceOptions.merge(defaults, opts),
        )
