"""Decide which database a program without Pulumi uses: of an option, the environment or the stack configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from awa_infra.database.observe import refuse_other_database
from awa_infra.database.target import Target
from awa_infra.errors import ConfigurationError

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig  # pydantic takes a third of a second to import

LIBPQ = ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE")
"""Variables that tell libpq, and with it psql, where to connect."""


def url_for(url: str | None, config: StackConfig | None) -> str:
    """Return the database URL: the given one, else one that the configuration holds in clear, else libpq's variables.

    Args:
        url: of an option or ``DATABASE_URL``.
        config: the stack's, if there is one.

    Raises:
        ConfigurationError: there is none, or both are given and name different servers or databases.
    """
    url = url if url and url.strip() else None
    declared = config.database_url if config else None
    if config is None or not isinstance(declared, str):
        return url or _of_environment()
    if not url:
        return declared if config.database is None else Target.of(declared).with_database(config.database.name)
    # With awa:database the URL names any database of the server; a gate compares the database itself.
    parts = 2 if config.database is None else 1
    if Target.of(url).address()[:parts] != Target.of(declared).address()[:parts]:
        raise ConfigurationError(
            f"awa:databaseUrl of the configuration leads to {Target.of(declared).describe()}, the given database URL "
            f"to {Target.of(url).describe()}.",
            hint="Make both lead to the same database, or unset DATABASE_URL to use the one of the configuration.",
        )
    return url


def database_of(url: str | None, config: StackConfig | None) -> str:
    """Return the name of the database that :func:`url_for` leads to, as far as it is known without a connection.

    Raises:
        ConfigurationError: see :func:`url_for`.
    """
    declared = config.database.name if config and config.database else None
    return declared or Target.of(url_for(url, config)).address()[1]


def url_to_read(url: str | None, config: StackConfig | None) -> str:
    """Return :func:`url_for` a configuration, for a command that only reads one database.

    Raises:
        ConfigurationError: see :func:`url_for`.
        BlockedError: the URL leads to another database than the declared one.
    """
    checked = url_for(url, config)
    refuse_other_database(checked, config.database.name if config and config.database else None)
    return checked


def _of_environment() -> str:
    """Return a URL that leaves everything to the environment of libpq, if that says where to connect."""
    if any(os.environ.get(name) for name in LIBPQ):
        return "postgresql://"
    raise ConfigurationError(
        "There is no database URL.",
        hint="Set DATABASE_URL=postgresql://user:password@host:5432/database, or variables that psql reads, such as "
        "PGHOST.",
    )
