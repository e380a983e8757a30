"""Build the desired state from options, for the commands that use a database directly or write a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from awa_infra.cli.options import required_url
from awa_infra.cli.output import warn
from awa_infra.database.observe import refuse_other_database
from awa_infra.database.target import Target
from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.desired import desired_state

if TYPE_CHECKING:
    from awa_infra.bundles.contents import Waits
    from awa_infra.spec.stack import StackConfig

__all__ = ["declared_waits", "desired_state", "read_config", "url_for", "url_to_read"]


def read_config(path: Path | None) -> StackConfig | None:
    """Return the configuration of an option, or ``None`` without one; warn of passwords that are not encrypted in it.

    Raises:
        ConfigurationError: the configuration is wrong; every problem is listed.
    """
    if path is None:
        return None
    from awa_infra import config as stack_config  # noqa: PLC0415  pydantic takes a third of a second to import

    found = stack_config.load(path)
    warn(stack_config.clear_warning(found.secrets(), str(path)))
    return found


def url_for(url: str | None, config: StackConfig | None) -> str:
    """Return the database URL: the option or ``DATABASE_URL``, else one that the configuration holds in clear.

    Raises:
        ConfigurationError: there is none, or both are given and name different servers or databases.
    """
    declared = config.database_url if config else None
    if not isinstance(declared, str):
        return required_url(url)
    if not url:
        return (
            declared
            if config is None or config.database is None
            else Target.of(declared).with_database(config.database.name)
        )
    # With awa:database the URL names any database of the server; a gate compares the database itself.
    parts = 1 if config is not None and config.database is not None else 2
    if Target.of(url).address()[:parts] != Target.of(declared).address()[:parts]:
        raise ConfigurationError(
            f"awa:databaseUrl of the configuration leads to {Target.of(declared).describe()}, the given database URL "
            f"to {Target.of(url).describe()}.",
            hint="Make both lead to the same database, or unset DATABASE_URL to use the one of the configuration.",
        )
    return url


def declared_waits(config: StackConfig | None) -> Waits:
    """Return the lock waits of a bundle: what the configuration declares, else the defaults."""
    from awa_infra.bundles.contents import Waits  # noqa: PLC0415  only package writes bundles

    if config is None:
        return Waits()
    declared = {"table_lock": config.lock_timeout, "migration_lock": config.lock_wait}
    return Waits(**{name: value for name, value in declared.items() if value is not None})


def url_to_read(url: str | None, path: Path | None) -> str:
    """Return :func:`url_for` the configuration that an option names, for a command that only reads one database.

    Raises:
        ConfigurationError: the configuration is wrong, or there is no URL.
        BlockedError: the URL leads to another database than the declared one.
    """
    return declared_url_to_read(url, read_config(path))


def declared_url_to_read(url: str | None, config: StackConfig | None) -> str:
    """Return :func:`url_for` a configuration, for a command that only reads one database.

    Raises:
        ConfigurationError: there is no URL.
        BlockedError: the URL leads to another database than the declared one.
    """
    found = url_for(url, config)
    refuse_other_database(found, config.database.name if config and config.database else None)
    return found
