"""What stops a worker although every object of Awa exists, and who may do too much. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from awa_infra.naming import quote
from awa_infra.verification.catalog import Catalog, SchemaName
from awa_infra.verification.findings import Finding, state
from awa_infra.wording import FEW, counted, listed


@dataclass(frozen=True, slots=True)
class Privilege:
    """Something that a role lacks, or has beyond what it needs.

    Attributes:
        role: which role, or ``PUBLIC``.
        privilege: as GRANT names it, for example ``EXECUTE``.
        kind: of the object, as GRANT names it, for example ``FUNCTION``.
        object: its name, qualified and quoted.
        schema: where; only of declared roles.
        duty: what the role is declared as.
        through: the role that has the privilege, where the declared one only is a member of it.
    """

    role: str
    privilege: str
    kind: str
    object: str
    schema: str = ""
    duty: str = ""
    through: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the database or of a role with which Awa fails, or the database's collation; statements mend it."""

    of: str
    message: str
    statements: Sequence[str]


@dataclass(frozen=True, slots=True)
class Adopted:
    """An object that an extension has adopted, so that a dump leaves it out and dropping the extension drops it.

    Its name is as a catalog has it, or ``(schema)``; its kind as ALTER EXTENSION has it.
    """

    object: str
    extension: str
    kind: str


def obstacle_findings(
    name: SchemaName,
    catalog: Catalog,
    published: Iterable[tuple[str, str]],
    denied: Iterable[Privilege],
    settings: Iterable[Setting] = (),
    public: Iterable[Privilege] = (),
) -> list[Finding]:
    """Return everything in one schema that keeps workers from their statements, or lets everybody interfere."""
    repair = "Run the statement, then restart what is connected: sessions keep their settings."
    found = [state("session-settings", name.text, one.of, one.message, repair, *one.statements) for one in settings]
    found += _public(name, public)
    return [*_row_security(name, catalog), *_published(name, published), *_denied(name, denied), *found]


def collation_findings(name: SchemaName, collations: Iterable[Setting]) -> list[Finding]:
    """Return where text sorts otherwise than when the indexes were built."""
    repair = "Stop what writes, and run the statements as the owner of the database."
    return [state("collation-changed", name.text, one.of, one.message, repair, *one.statements) for one in collations]


def excess_findings(given: Iterable[Privilege]) -> list[Finding]:
    """Return what declared roles have beyond what they are declared for."""
    findings = []
    for one, objects in _grouped(given):
        role = f"role {one.role}, declared as {one.duty},"
        through = one.through and quote(one.through)
        message = f"{role} has {_on(one, objects)}" + (f", as a member of {one.through}" if through else "")
        sql = f"REVOKE {through} FROM {quote(one.role)};" if through else _revoke(one, objects, quote(one.role))
        repair = "Run the statement as who granted it, or declare another role."
        code_object = f"{one.role} {one.kind.lower()}"
        findings.append(state("privileges-extra", one.schema, code_object, message, repair, sql))
    return findings


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
    publications = _publications(tables)
    message = (
        f"publication {publications} publishes deletes or updates of {len(tables)} tables without a replica identity, "
        f"so PostgreSQL refuses those of Awa: {listed(t for t, _found in tables)}"
    )
    repair = (
        "Publish other tables, or inserts only; or run the statements as the owner, which write whole rows to the WAL."
    )
    sql = [f"ALTER TABLE {name.quoted}.{quote(table)} REPLICA IDENTITY FULL;" for table, _found in tables]
    return [state("publication-without-identity", name.text, publications, message, repair, *sql)]


def narrowed_findings(name: SchemaName, narrowed: Iterable[tuple[str, str]]) -> list[Finding]:
    """Return which tables PostgreSQL refuses to change because of what a publication leaves out."""
    tables = list(narrowed)
    if not tables:
        return []
    publications = _publications(tables)
    message = (
        f"publication {publications} publishes deletes or updates with a row filter or a column list that does not fit "
        f"the replica identity of {len(tables)} tables, so PostgreSQL refuses those of Awa: "
        f"{listed(t for t, _found in tables)}"
    )
    repair = "Filter by columns of the replica identity alone and list all of them, or publish inserts only."
    return [state("publication-without-identity", name.text, publications, message, repair)]


def adopted_findings(name: SchemaName, adopted: Iterable[Adopted]) -> list[Finding]:
    """Return what of a schema extensions have adopted, one finding for each of them."""
    grouped: dict[str, list[Adopted]] = defaultdict(list)
    for one in adopted:
        grouped[one.extension].append(one)
    findings = []
    for extension, ones in grouped.items():
        message = f"extension {extension} has adopted what Awa made: {listed((one.object for one in ones), most=FEW)}"
        sql = [f"ALTER EXTENSION {quote(extension)} DROP {one.kind} {_of_extension(name, one)};" for one in ones]
        repair = (
            "pg_dump leaves them out, and DROP EXTENSION drops them. Run the statements, which only let go of them."
        )
        findings.append(state("extension-adopted", name.text, extension, message, repair, *sql))
    return findings


def _of_extension(name: SchemaName, one: Adopted) -> str:
    return name.quoted if one.kind == "SCHEMA" else name.qualified(one.object)


def _publications(tables: Iterable[tuple[str, str]]) -> str:
    return ", ".join(dict.fromkeys(one for _table, found in tables for one in found.split(", ")))


def _denied(name: SchemaName, denied: Iterable[Privilege]) -> list[Finding]:
    findings = []
    for one, objects in _grouped(denied):
        message = f"role {one.role} works in schema {name.text}, but lacks {_on(one, objects)}"
        grant = f"GRANT {one.privilege} ON {one.kind} {', '.join(objects)} TO {quote(one.role)};"
        code_object = f"{one.role} {one.kind.lower()}"
        findings.append(state("privileges-missing", name.text, code_object, message, "Grant them as the owner.", grant))
    return findings


def _public(name: SchemaName, public: Iterable[Privilege]) -> list[Finding]:
    findings = []
    for one, objects in _grouped(public):
        message = f"PUBLIC, so every role, has {_on(one, objects)}"
        revoke = _revoke(one, objects, one.role)
        code_object = f"{one.privilege} {one.kind.lower()}"
        findings.append(state("public-may-write", name.text, code_object, message, "Revoke it as the owner.", revoke))
    return findings


def _grouped(privileges: Iterable[Privilege]) -> Iterator[tuple[Privilege, list[str]]]:
    """Yield the first of those that differ in their object alone, with all objects."""
    grouped: dict[Privilege, list[str]] = defaultdict(list)
    for one in privileges:
        grouped[replace(one, object="")].append(one.object)
    yield from grouped.items()


def _on(one: Privilege, objects: Sequence[str]) -> str:
    count = f"{len(objects)} {one.kind.lower()}s: " if len(objects) > 1 else f"{one.kind.lower()} "
    return f"{one.privilege} on {count}{listed(objects)}"


def _revoke(one: Privilege, objects: Iterable[str], role: str) -> str:
    return f"REVOKE {one.privilege} ON {one.kind} {', '.join(objects)} FROM {role};"
