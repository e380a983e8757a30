"""A database for Awa."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt

from awa_infra.model import UNLIMITED
from awa_infra.spec.base import Entry, Inputs, Outputs
from awa_infra.spec.values import FIXED, MAX_INTEGER, SECRET, DatabaseName, Encoding, RoleName, TemplateName, Url


class DatabaseEntry(Entry):
    """A database to create if it is missing. One that exists is taken as it is, whatever else is given here."""

    name: Annotated[DatabaseName, FIXED] = Field(
        description="Name of the database: any that PostgreSQL allows, at most 63 bytes."
    )
    owner: RoleName | None = Field(
        None,
        description="Role that owns it, which must exist before: Awa's roles are created after the database. Default: "
        "the one that creates it.",
    )
    encoding: Annotated[Encoding | None, FIXED] = Field(
        None, description="Encoding of a new database, for example UTF8. Default: the template's."
    )
    template: Annotated[TemplateName | None, FIXED] = Field(
        None, description="What a new database is a copy of. Default: template1."
    )
    connection_limit: StrictInt = Field(
        UNLIMITED, ge=UNLIMITED, le=MAX_INTEGER, description="Connections at the same time; -1 for no limit."
    )


class Server(Inputs):
    """Where the server is."""

    server_url: Annotated[Url, SECRET] = Field(
        description="Connection string of an existing database of the server, with a role that may create databases; "
        "always kept as a secret."
    )


class DatabaseInputs(DatabaseEntry, Server):
    """Inputs of ``AwaDatabase``."""


class DatabaseOutputs(Outputs):
    """Outputs of ``AwaDatabase``."""

    url: Annotated[str, SECRET] = Field(description="Connection string of the database; a secret.")
