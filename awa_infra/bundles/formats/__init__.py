"""The bundle formats, one for each migration tool, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from awa_infra.bundles.contents import Format
from awa_infra.bundles.formats.alembic import ALEMBIC
from awa_infra.bundles.formats.flyway import FLYWAY
from awa_infra.bundles.formats.liquibase import LIQUIBASE
from awa_infra.bundles.formats.numbered import DBMATE, GOLANG_MIGRATE, GOOSE
from awa_infra.bundles.formats.psql import PSQL
from awa_infra.bundles.formats.sqitch import SQITCH
from awa_infra.errors import ConfigurationError
from awa_infra.naming import nearest

FORMATS: Mapping[str, Format] = MappingProxyType(
    {form.name: form for form in (FLYWAY, LIQUIBASE, PSQL, ALEMBIC, GOLANG_MIGRATE, GOOSE, DBMATE, SQITCH)}
)
"""Every format by the name that the command line takes."""


def format_named(name: str) -> Format:
    """Return the format of a name.

    Raises:
        ConfigurationError: there is none; the nearest one is named.
    """
    if name in FORMATS:
        return FORMATS[name]
    near = nearest(name, FORMATS)
    hint = f"Did you mean {near}?" if near else f"Use one of: {', '.join(FORMATS)}."
    raise ConfigurationError(f"There is no bundle format {name!r}.", hint=hint)
