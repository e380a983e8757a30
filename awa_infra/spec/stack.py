"""The whole stack: every key of namespace ``awa``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictBool

from awa_infra.model import CANONICAL_SCHEMA, LOCK_TIMEOUT, LOCK_WAIT, QueueStorage, Roles
from awa_infra.spec.base import Entry, Outputs
from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.paths import Found
from awa_infra.spec.queue_storage import QueueStorageEntry
from awa_infra.spec.roles import RolesEntry
from awa_infra.spec.rules import stack_checks
from awa_infra.spec.schema import Lanes, Migrating, Version
from awa_infra.spec.values import IS_A_LIST, SECRET, Encrypted, Identifier, Seconds, Secret, TextOrMapping

NAMESPACE = "awa"
"""Pulumi configuration namespace of every key read here."""

PREFIX = f"{NAMESPACE}:"
"""How such a key begins."""


def _password(role: str) -> str:
    return f"Password of the {role} role, which must be declared; keep it secret."


class Place(Entry):
    """Where the database of a stack is."""

    database_url: Secret | None = Field(
        None,
        description="Connection string; keep it secret (pulumi config set --secret). Default: $DATABASE_URL.",
    )
    database: Annotated[DatabaseEntry, TextOrMapping(DatabaseEntry, "name")] | None = Field(
        None, description="Create this database on the server of the connection string if it is missing, and use it."
    )


class Objects(Entry):
    """What a stack holds beside schema ``awa``."""

    roles: RolesEntry | None = Field(None, description="Who owns Awa's objects, and who may use them.")
    migrator_password: Secret | None = Field(None, description=_password("migrator"))
    runtime_password: Secret | None = Field(None, description=_password("runtime"))
    observer_password: Secret | None = Field(None, description=_password("observer"))
    queue_storage_schemas: Annotated[tuple[QueueStorageEntry, ...], IS_A_LIST] = Field(
        (), description="Custom queue-storage schemas beside the default one in awa."
    )


class Together(Entry):
    """What holds for all objects of a stack."""

    activation: Identifier | None = Field(
        None,
        description="Activate queue storage in this schema of a fresh database: awa, or a declared one. There is no "
        "way back. Default: nothing is activated.",
    )
    lock_timeout: Seconds | None = Field(
        None,
        description="Seconds to keep trying for table locks, in short waits with everything rolled back in between; 0 "
        f"tries for ever. Default: {LOCK_TIMEOUT:g}. A bundle cannot try again: it waits that long once, by default 2.",
    )
    lock_wait: Seconds | None = Field(
        None, description=f"Seconds to wait for another migration to finish. Default: {LOCK_WAIT:g}."
    )


# The keys have the order of these classes from right to left: pydantic collects fields in the reverse order of bases.
class StackConfig(Migrating, Together, Lanes, Objects, Version, Place):
    """Everything that a stack may declare in namespace ``awa``."""

    guard: StrictBool = Field(
        False,  # noqa: FBT003
        description="Guard schema awa and the declared schemas with event triggers, so that they are not dropped by "
        "accident; needs a superuser.",
    )

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Found:
        """Check everything against each other."""
        return stack_checks(values)

    def queue_storage(self) -> tuple[QueueStorage, ...]:
        """Return the queue storage of all schemas as plans want it; that of schema awa only with declared queues."""
        return (*self.own_queue_storage(), *(entry.wanted() for entry in self.queue_storage_schemas))

    def schemas(self) -> tuple[str, ...]:
        """Return the names of the declared queue-storage schemas."""
        return tuple(entry.schema_name for entry in self.queue_storage_schemas)

    def guarded(self) -> tuple[str, ...]:
        """Return the schemas that are to be guarded."""
        return (CANONICAL_SCHEMA, *self.schemas()) if self.guard else ()

    def roles_wanted(self) -> Roles | None:
        """Return the declared roles as plans want them, for every declared schema."""
        return None if self.roles is None else self.roles.wanted(self.schemas(), self.activation)

    def secrets(self) -> dict[str, str | Encrypted]:
        """Return the secrets that are given, by key."""
        given = {key: getattr(self, name) for key, name in self.attributes().items() if key in SECRETS}
        return {key: value for key, value in given.items() if value is not None}


class StackOutputs(Outputs):
    """What a stack as a whole reports."""

    schema_version: int = Field(description="The version that schema awa is at.")
    release: str = Field(description="The Awa release that applied it.")
    patches: tuple[str, ...] = Field(description="Names of the repeatable patches that are applied.")
    queue_storage_schemas: tuple[str, ...] = Field(description="The declared custom queue-storage schemas.")
    database_url: Annotated[str, SECRET] = Field(description="Connection string of the database.")


SECRETS = frozenset(field.key for field in StackConfig.described() if field.secret)
"""Keys whose values are in no message, and may be encrypted in the file."""
