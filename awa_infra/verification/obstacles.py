"""What stops a worker although every object of Awa exists: row security, publications, privileges. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awa_infra.naming import quote
from awa_infra.verification.catalog import Catalog, SchemaName
from awa_infra.verification.findings import Finding, state
from awa_infra.wording import counted, listed


@dataclass(frozen=True, slots=True)
class Denied:
    """Something that a role may not do.

    Attributes:
        role: which role.
        privilege: as GRANT names it, for example ``EXECUTE``.
        kind: of the object, as GRANT names it, for example ``FUNCTION``.
        object: its name, qualified and quoted.
    """

    role: str
    privilege: str
    kind: str
    object: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the database or of a role, with which its sessions start, and Awa fails.

    Attributes:
        of: whose it is, and its name.
        message: what it does.
        statements: take it back.
    """

    of: str
    message: str
    statements: Sequence[str]


def obstacle_findings(
    name: SchemaName,
    catalog: Catalog,
    published: Iterable[tuple[str, str]],
    denied: Iterable[Denied],
    settings: Iterable[Setting] = (),
) -> list[Finding]:
    """Return everything in one schema that keeps workers from their statements."""
    repair = "Run the statement, then restart what is connected: sessions keep their settings."
    found = [state("session-settings", name.text, one.of, one.message, repair, *one.statements) for one in settings]
    return [*_row_security(name, catalog), *_published(name, published), *_denied(name, denied), *found]


def _row_security(name: SchemaName, catalog: Catalog) -> list[Finding]:
    tables = sorted(table for part, table in catalog if part == "security")
    if not tables:
        return []
    message = (
        f"row-level security is on for {counted(len(tables), 'table')}: {listed(tables)}. Roles "
        "other than the owner see only the rows, and insert only those, that a policy allows"
    )
    repair = "Run the statements as the owner. If an event trigger turns it on for every new table, exempt schema "
    repair += f"{name.text} there."
    sql = [
        f"ALTER TABLE {name.quoted}.{quote(table)} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;"
        for table in tables
    ]
    return [state("row-level-security", name.text, "tables", message, repair, *sql)]


def _published(name: SchemaName, published: Iterable[tuple[str, str]]) -> list[Finding]:
    tables = list(published)
    if not tables:
        return []
    publications = ", ".join(dict.fromkeys(one for _table, found in tables for one in found.split(", ")))
    message = (
        f"publication {publications} publishes deletes or updates of {len(tables)} tables without a replica identity, "
        f"so PostgreSQL refuses those of Awa: {listed(t for t, _found in tables)}"
    )
    repair = (
        "Publish other tables, or inserts only; or run the statements as the owner, which write whole rows to the WAL."
    )
    sql = [f"ALTER TABLE {name.quoted}.{quote(table)} REPLICA IDENTITY FULL;" for table, _found in tables]
    return [state("publication-without-identity", name.text, publications, message, repair, *sql)]


def _denied(name: SchemaName, denied: Iterable[Denied]) -> list[Finding]:
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for entry in denied:
        grouped[entry.role, entry.privilege, entry.kind].append(entry.object)
    findings = []
    for (role, privilege, kind), objects in grouped.items():
        count = f"{len(objects)} {kind.lower()}s: " if len(objects) > 1 else f"{kind.lower()} "
        message = f"role {role} works in schema {name.text}, but lacks {privilege} on {count}{listed(objects)}"
        grant = f"GRANT {privilege} ON {kind} {', '.join(objects)} TO {quote(role)};"
        code_object = f"{role} {kind.lower()}"
        findings.append(state("privileges-missing", name.text, code_object, message, "Grant them as the owner.", grant))
    return findings
