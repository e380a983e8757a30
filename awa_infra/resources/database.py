"""The resource ``AwaDatabase``: a database for Awa, created if it is missing and never dropped."""

from __future__ import annotations

from typing import ClassVar

import pulumi

from awa_infra.lifecycle.database import DatabaseLifecycle
from awa_infra.model import UNLIMITED
from awa_infra.resources.dynamic import DeclaredResource, LifecycleProvider, documented


class AwaDatabaseProvider(LifecycleProvider):
    """Create and read a database; never drop it."""

    lifecycle: ClassVar = DatabaseLifecycle()


@documented(AwaDatabaseProvider.lifecycle, opts="``retain_on_delete`` is on unless set here.")
class AwaDatabase(DeclaredResource, module="awa", name="AwaDatabase"):
    """A database on a server, created if it is missing, adopted as it is if it is there.

    Retained by default, and a delete changes nothing on the server.
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
        """Declare the database."""
        super().__init__(AwaDatabaseProvider(), resource_name, dict(locals()), opts)
