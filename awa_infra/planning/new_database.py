"""Gates of a database that is to be created: what PostgreSQL would refuse, reported before anything runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awa_infra.model import UNLIMITED, Gate
from awa_infra.naming import quote

TEMPLATE = "template1"
"""What PostgreSQL copies if no template is given."""


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """How a new database is made.

    Attributes:
        owner: the role that owns it; the one of the connection if ``None``.
        encoding: for example ``UTF8``; that of the template if ``None``. Immutable.
        template: copied; ``template1`` if ``None``, as PostgreSQL has it. Only matters when it is made.
        connection_limit: connections at the same time, -1 for no limit.
    """

    owner: str | None = None
    encoding: str | None = None
    template: str | None = None
    connection_limit: int = UNLIMITED


@dataclass(frozen=True, slots=True)
class DatabaseLook:
    """A server, seen by one role that is to create a database there.

    Attributes:
        found: whether the database exists.
        role: the role of the connection.
        may_create: whether it may create databases.
        owner_found: whether the declared owner exists.
        may_give: whether the role may give a database to it.
        template_found: whether the template exists.
        may_copy: whether the role may copy it.
        encoding_found: whether the server has the declared encoding.
        encoding_fits: whether a copy of the template may have it.
        template_encoding: encoding of the template; empty if there is none.
    """

    found: bool
    role: str
    may_create: bool = True
    owner_found: bool = True
    may_give: bool = True
    template_found: bool = True
    may_copy: bool = True
    encoding_found: bool = True
    encoding_fits: bool = True
    template_encoding: str = ""


def new_database_gates(seen: DatabaseLook, name: str, declared: DatabaseOptions) -> tuple[Gate, ...]:
    """Return everything that keeps a database from being created; what is not known yet counts as not declared."""
    found: list[Gate] = []
    if not seen.may_create:
        found.append(
            Gate(
                "database-not-creatable",
                f"Role {seen.role} may not create database {name}.",
                f"Let a superuser run ALTER ROLE {quote(seen.role)} CREATEDB, or create the database: it is adopted.",
            )
        )
    template = declared.template or TEMPLATE
    found += owner_gates(seen, name, declared.owner)
    found += _template_gates(seen, name, template)
    found += _encoding_gates(seen, name, template, declared.encoding)
    return tuple(found)


def owner_gates(seen: DatabaseLook, name: str, owner: str | None) -> tuple[Gate, ...]:
    """Return what keeps a database from being given to its declared owner."""
    if owner is None or (seen.owner_found and seen.may_give):
        return ()
    if not seen.owner_found:
        return (
            Gate(
                "database-owner-unusable",
                f"Database {name} is to belong to role {owner}, which does not exist.",
                "Correct the name, or create the role first.",
            ),
        )
    return (
        Gate(
            "database-owner-unusable",
            f"Role {seen.role} may not give database {name} to role {owner}: it cannot act as that role.",
            f"As an administrator: GRANT {quote(owner)} TO {quote(seen.role)};",
        ),
    )


def _template_gates(seen: DatabaseLook, name: str, template: str) -> Iterator[Gate]:
    if not seen.template_found:
        yield Gate(
            "database-template-unusable",
            f"Database {name} is to be a copy of database {template}, which does not exist.",
            "Correct the name, or create the template first.",
        )
    elif not seen.may_copy:
        yield Gate(
            "database-template-unusable",
            f"Role {seen.role} may not copy database {template}: it does not own it, and it is not marked as a "
            "template.",
            f"Let its owner run ALTER DATABASE {quote(template)} IS_TEMPLATE true, or name another template.",
        )


def _encoding_gates(seen: DatabaseLook, name: str, template: str, encoding: str | None) -> Iterator[Gate]:
    if encoding is None:
        return
    if not seen.encoding_found:
        yield Gate(
            "database-encoding-unusable",
            f"Database {name} is to have encoding {encoding}, which this server does not have.",
            "Name an encoding of PostgreSQL's servers, such as UTF8.",
        )
    elif not seen.encoding_fits:
        yield Gate(
            "database-encoding-unusable",
            f"Database {name} is to have encoding {encoding}, and its template {template} has "
            f"{seen.template_encoding}: PostgreSQL copies a template only in its own encoding.",
            f"Declare encoding {seen.template_encoding}, or template0 as the template.",
        )
