"""Roles of a test: an administrator, and the four that are declared, named after the database and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from awa_infra.database.target import Target
from awa_infra.model import Roles
from devtools import docs_shown
from devtools.docs_shown import ROOT
from tests.support.servers import Database, TestServer

DUTIES = ("owner", "migrator", "runtime", "observer")
PASSWORD = "let-me-in"  # noqa: S105  of roles that live as long as a test


@dataclass(frozen=True)
class People:
    """Who works with the database of a test.

    Attributes:
        database: the database, as its superuser.
        roles: what is declared.
        administrator: who declares it.
    """

    database: Database
    roles: Roles
    administrator: Database = field(repr=False)

    def name(self, duty: str) -> str:
        """Return the role of a duty."""
        return f"{duty}_of_{self.database.name}"

    def with_schemas(self, *schemas: str, lanes: str = "awa") -> People:
        """Return the same people with custom schemas declared, and with the one that is or will be active."""
        return replace(self, roles=replace(self.roles, schemas=schemas, lane_schemas=(lanes,)))

    def login(self, duty: str) -> Database:
        """Return the database as the role of a duty, which may log in with a password from now on."""
        return log_in(self.database, self.name(duty))


def log_in(database: Database, role: str) -> Database:
    """Return the database as another role, which gets a password."""
    text = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(PASSWORD))
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(text)
    where = Target.of(database.url).parameters
    return Database(
        database.name, f"postgresql://{role}:{PASSWORD}@{where['host']}:{where.get('port', '5432')}/{database.name}"
    )


def hand_over(database: Database, owner: str) -> None:
    """Hand schema awa to an owner that is there, with the statements of the how-to."""
    (block,) = docs_shown.blocks(ROOT / "docs/how-to/set-up-roles.md", "sql")
    database.rows(block.text.replace("awa_owner", owner))


def take_over(staff: People) -> None:
    """Hand a database that a superuser migrated to the declared owner, whom the administrator makes and can act as."""
    staff.administrator.rows(f"CREATE ROLE {staff.roles.owner}")
    if staff.administrator is not staff.database:
        staff.administrator.rows(f"GRANT {staff.roles.owner} TO CURRENT_USER")
    hand_over(staff.database, staff.roles.owner)


@contextmanager
def people(server: TestServer, database: Database, *, superuser: bool = True) -> Iterator[People]:
    """Give the people of a database; afterwards they are gone, and the database with them.

    Args:
        server: where the database is.
        database: made for this test.
        superuser: whether the administrator is one; else it has CREATEROLE and owns the database.
    """
    names = {duty: f"{duty}_of_{database.name}" for duty in DUTIES}
    administrator = database
    boss = f"boss_of_{database.name}"
    if not superuser:
        database.rows(f"CREATE ROLE {boss} LOGIN CREATEROLE")
        database.rows(f"ALTER DATABASE {database.name} OWNER TO {boss}")
        administrator = log_in(database, boss)
    try:
        roles = Roles(names["owner"], names["migrator"], names["runtime"], names["observer"])
        yield People(database, roles, administrator)
    finally:
        server.drop(database)  # and with it all that they own and may do there
        forget(server, boss, *names.values())


def forget(server: TestServer, *roles: str) -> None:
    """Drop those of the roles that are there."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)", [list(roles)]).fetchall()
        if found:
            names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
            connection.execute(sql.SQL("DROP ROLE {}").format(names))
