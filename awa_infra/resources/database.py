"""The resource ``AwaDatabase``: a database for Awa, created if it is missing and never dropped."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from awa_infra.database.databases import database_exists, ensure_database
from awa_infra.database.url import with_database
from awa_infra.naming import database_name_problem
from awa_infra.resources.engine_call import WARNING, clean_errors, is_unknown, log


class AwaDatabaseProvider(ResourceProvider):
    """Create and read a database; never drop it.

    Stateless on purpose: Pulumi stores this class in its state by import path.
    """

    @clean_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse bad and changed names and unreachable servers in the preview; on create say what is there."""
        name = news.get("name")
        if is_unknown(name):
            return CheckResult(news, [])
        problem = database_name_problem(str(name))
        if problem is None and "name" in _olds and _olds["name"] != name:
            problem = (
                f"the database cannot be renamed from {_olds['name']} to {name}. "
                "Hint: keep the name, or declare a second AwaDatabase."
            )
        if problem:
            return CheckResult(news, [CheckFailure("name", problem)])
        if not _olds and not is_unknown(news.get("server_url")):
            found = database_exists(news["server_url"], str(name))
            log(f"Database {name} exists and is adopted." if found else f"Database {name} is missing and is created.")
        return CheckResult(news, [])

    @clean_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare with the live server: a database that is gone would be created again."""
        if is_unknown(_news.get("server_url")) or is_unknown(_news.get("name")):
            return DiffResult(changes=True)
        if not database_exists(_news["server_url"], _news["name"]):
            log(f"Database {_news['name']} is missing and is created.")
            return DiffResult(changes=True)
        return DiffResult(changes=_olds.get("server_url") != _news["server_url"])

    @clean_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the database, or adopt the one that is there."""
        return CreateResult(str(props["name"]), _ensure(props))

    @clean_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Create the database again if it is gone; otherwise only the connection changes."""
        return UpdateResult(_ensure(_news))

    @clean_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for the database; it is only reported as gone when the server says so."""
        if not database_exists(props["server_url"], props["name"]):
            return ReadResult("", {})
        return ReadResult(id_, props)

    @clean_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Change nothing: the database may hold jobs."""
        log(f"Database {_props.get('name')} is left as it is. Pulumi only forgets it.", severity=WARNING)


class AwaDatabase(Resource, module="awa", name="AwaDatabase"):
    """A database on a server, created if it is missing, adopted if it is there.

    Retained by default, and a delete changes nothing on the server.

    Attributes:
        url: connection string of the database; a secret.
    """

    server_url: pulumi.Output[str]
    name: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        server_url: pulumi.Input[str],
        name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the database.

        Args:
            resource_name: name of the resource in the stack.
            server_url: connection string of an existing database of the server, with a role that may create
                databases; always kept as a secret.
            name: lower-case letters, digits and ``_``, at most 63 characters.
            opts: Pulumi's options; ``retain_on_delete`` is on unless set here.
        """
        defaults = pulumi.ResourceOptions(retain_on_delete=True, additional_secret_outputs=["url"])
        super().__init__(
            AwaDatabaseProvider(),
            resource_name,
            {"server_url": pulumi.Output.secret(server_url), "name": name, "url": None},
            pulumi.ResourceOptions.merge(defaults, opts),
        )


def _ensure(props: dict[str, Any]) -> dict[str, Any]:
    ensure_database(props["server_url"], props["name"])
    url = with_database(props["server_url"], props["name"])
    return {"server_url": props["server_url"], "name": props["name"], "url": url}
