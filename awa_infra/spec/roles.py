"""Who owns Awa's objects and who may use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from awa_infra.model import CANONICAL_SCHEMA, Roles
from awa_infra.spec.base import Entry, Outputs
from awa_infra.spec.connection import Connected, Waiting
from awa_infra.spec.paths import Found
from awa_infra.spec.rules import LOGINS, roles_checks
from awa_infra.spec.values import DISTINCT, FIXED, IS_A_LIST, SECRET, Identifier, Password, RoleName, SchemaName


def _password(duty: str) -> str:
    return f"Password of the {duty}; always kept as a secret, and sent as a SCRAM verifier only. Default: none is set."


def _url(duty: str) -> str:
    return f"Connection string of the {duty}, with the password if it is declared; empty without one."


class RolesEntry(Entry):
    """Who owns Awa's objects, and who may use them. Roles that are missing are made; all names differ."""

    owner: Annotated[RoleName, FIXED] = Field(description="Role that owns everything; made without login.")
    migrator: RoleName | None = Field(
        None, description="Login that migrates, acting as the owner in this database. Default: none."
    )
    runtime: RoleName | None = Field(
        None, description="Login of workers and producers: changes jobs, owns nothing. Default: none."
    )
    observer: RoleName | None = Field(None, description="Login that may only read. Default: none.")
    lane_schemas: Annotated[tuple[Identifier, ...], IS_A_LIST, DISTINCT] | None = Field(
        None,
        description="Where the runtime role may make the sequences of new lanes, as Awa 0.6.8 and 0.6.9 ask for in the "
        "schema that jobs go to: awa, or declared ones. Default: the schema that the stack activates, else "
        "all declared ones, else awa.",
        json_schema_extra={"uniqueItems": True},
    )

    def wanted(self, schemas: Sequence[str], activation: str | None = None) -> Roles:
        """Return the value that plans are made from, for the declared queue-storage schemas and activation."""
        lanes = self.lane_schemas
        if lanes is None:
            # Jobs go to the schema that is or will be active; until one is activated, it may be any.
            lanes = (activation,) if activation else tuple(schemas) or (CANONICAL_SCHEMA,)
        return Roles(self.owner, self.migrator, self.runtime, self.observer, tuple(schemas), lanes)


class _Granted(RolesEntry):
    queue_storage_schemas: Annotated[tuple[SchemaName, ...], IS_A_LIST] = Field(
        (), description="Custom queue-storage schemas that it all holds for."
    )
    migrator_password: Annotated[Password | None, SECRET] = Field(None, description=_password("migrator"))
    runtime_password: Annotated[Password | None, SECRET] = Field(None, description=_password("runtime"))
    observer_password: Annotated[Password | None, SECRET] = Field(None, description=_password("observer"))


class RolesInputs(Waiting, _Granted, Connected):
    """Inputs of ``AwaRoles``."""

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Found:
        """Check duties, passwords and the schemas of lanes."""
        return roles_checks(values)

    def logins(self) -> dict[str, str | None]:
        """Return the roles that log in, by duty."""
        return {duty: getattr(self, duty) for duty in LOGINS}

    def passwords(self) -> dict[str, str | None]:
        """Return the passwords, by duty."""
        return {duty: getattr(self, f"{duty}_password") for duty in LOGINS}


class RolesOutputs(Outputs):
    """Outputs of ``AwaRoles``."""

    migrator_url: Annotated[str, SECRET] = Field(description=_url("migrator"))
    runtime_url: Annotated[str, SECRET] = Field(description=_url("runtime"))
    observer_url: Annotated[str, SECRET] = Field(description=_url("observer"))
