"""What a verification could not compare, as findings: nobody may call that healthy. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from awa_infra.model import CANONICAL_SCHEMA, ObservedState, Release
from awa_infra.planning.catalog import SchemaName
from awa_infra.planning.findings import Finding, unknown

REFERENCE = "Run awa-infra verify --reference: it compares with a scratch database of the same release."
"""The way to compare where no facts about a release are here."""


def release_unknown(release: Release, schema: str) -> Finding:
    """Return that no facts about the release are here, so that the objects of a schema were not compared."""
    how = "were not compared"
    if schema != CANONICAL_SCHEMA:
        how = "were only compared with the default queue storage in schema awa"
    message = f"this awa-infra has no facts about Awa {release.name}: the objects of schema {schema} {how}"
    return unknown("release-unknown", schema, "release", message, REFERENCE)


def no_counterpart(schema: str) -> Finding:
    """Return that the reference has no schema of the same kind."""
    message = f"schema {schema} was not compared: the reference has no queue-storage schema without receipts"
    return unknown("not-compared", schema, "objects", message, REFERENCE)


def version_differs(release: Release, observed: ObservedState, schema: str) -> Finding:
    """Return that the objects of a schema were not compared, because the database is at another version."""
    if observed.versions:
        message = (
            f"the objects of schema {schema} were not compared: the database is at version {observed.version}, and "
            f"Awa {release.name} at {release.schema_version}"
        )
    else:
        message = f"the objects of schema {schema} were not compared: at which version they are is not recorded"
    return unknown("not-compared", schema, "objects", message, "Do what the other findings say, then verify again.")


def unreadable(name: SchemaName, tables: Iterable[str], user: str) -> list[Finding]:
    """Return which tables of a schema a role may not read, so that their rows were not looked at."""
    listed = sorted(tables)
    if not listed:
        return []
    message = f"role {user} may not read {', '.join(listed)} of schema {name.text}: rows were not checked"
    quoted = '"' + user.replace('"', '""') + '"'
    grants = (
        f"GRANT USAGE ON SCHEMA {name.quoted} TO {quoted};",
        f"GRANT SELECT ON {', '.join(f'{name.quoted}.{table}' for table in listed)} TO {quoted};",
    )
    repair = "Connect as the owner, use --role, or grant them."
    return [unknown("not-readable", name.text, "rows", message, repair, *grants)]
