"""A connection that changes: a rotated password, and a database that moved to another server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.target import Target
from awa_infra.resources.database import AwaDatabaseProvider
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from awa_infra.resources.roles import AwaRolesProvider
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.people import forget
from tests.support.plugin import UNKNOWN, Plugin, secret
from tests.support.provider import CallFailed, ProviderProcess
from tests.support.servers import Database, TestServer, embedded_server

WRITTEN = """
    SELECT 'database' AS what, datname::text AS name, xmin::text FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'role', rolname::text, xmin::text FROM pg_authid WHERE rolname !~ '^(pg_|deployer)'
    UNION ALL SELECT 'schema', nspname::text, xmin::text FROM pg_namespace
    ORDER BY 1, 2
"""
"""Which transaction last wrote each of them."""

ROTATED = "The password of the connection changed. That changes nothing in the database."


@dataclass
class Deployer:
    """An administrator whose password can be rotated."""

    server: TestServer
    name: str

    def rotated(self, password: str) -> str:
        """Set a new password; return the connection string with it."""
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            text = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(self.name), sql.Literal(password))
            connection.execute(text)
        return Target.of(self.server.url).with_login(self.name, password)

    def end_sessions(self) -> None:
        """End what a provider keeps for its next call."""
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [self.name])


@pytest.fixture
def deployer(server: TestServer, database: Database) -> Iterator[Deployer]:
    name = f"deployer_of_{database.name}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER LOGIN").format(sql.Identifier(name)))
    yield Deployer(server, name)
    server.drop(database)
    forget(server, *(f"{duty}_of_{database.name}" for duty in ("observer", "runtime", "owner")), name)


@pytest.fixture(scope="module")
def other_server() -> Iterator[TestServer]:
    with embedded_server() as found:
        yield found


def test_a_rotated_password_of_the_provider_reaches_the_url_of_a_database(
    plugin: Plugin, database: Database, deployer: Deployer
) -> None:
    plugin.use("Database").configure({"databaseUrl": secret(deployer.rotated("first"))})
    inputs = {"name": database.name}
    _id, kept = plugin.create(inputs)
    written = database.rows(WRITTEN)
    rotated = deployer.rotated("second")
    plugin.configure({"databaseUrl": secret(rotated)})
    plugin.engine.lines.clear()
    assert plugin.check(inputs, inputs)[1] == {}
    assert plugin.diff(kept, inputs, inputs).changes
    assert plugin.log == [ROTATED]
    wanted = secret(Target.of(rotated).with_database(database.name))
    assert plugin.update(kept, inputs, preview=True)["url"] == wanted
    kept = plugin.update(kept, inputs)
    assert kept["url"] == wanted
    assert not plugin.diff(kept, inputs, inputs).changes
    assert [row for row in database.rows(WRITTEN) if row not in written] == []


def test_another_server_of_the_provider_is_named_in_the_preview_of_a_database(
    plugin: Plugin, server: TestServer, other_server: TestServer, database: Database
) -> None:
    plugin.use("Database").configure({"databaseUrl": secret(server.url)})
    inputs = {"name": database.name}
    _id, kept = plugin.create(inputs)
    plugin.configure({"databaseUrl": secret(other_server.url)})
    plugin.engine.lines.clear()
    assert plugin.check(inputs, inputs)[1] == {}
    assert plugin.diff(kept, inputs, inputs).changes
    (before, _old), (now, _new) = Target.of(server.url).address(), Target.of(other_server.url).address()
    leads = f"database {database.name} at {now} now, and led to {database.name} at {before} before."
    assert plugin.log == [
        f"The connection leads to {leads} Nothing is copied from there, and nothing removed.",
        f"Database {database.name} is missing and is created.",
    ]
    assert plugin.update(kept, inputs, preview=True)["url"] == secret(UNKNOWN)
    kept = plugin.update(kept, inputs)
    assert kept["url"] == secret(Target.of(other_server.url).with_database(database.name))
    assert not plugin.diff(kept, inputs, inputs).changes


@pytest.mark.usefixtures("deployer")
def test_urls_of_roles_and_their_passwords_follow_the_provider_to_another_server(
    plugin: Plugin, other_server: TestServer, database: Database
) -> None:
    owner, runtime = f"owner_of_{database.name}", f"runtime_of_{database.name}"
    inputs = {"owner": owner, "runtime": runtime, "runtimePassword": secret("s3cret")}
    plugin.use("Roles").configure({"databaseUrl": secret(database.url)})
    _id, kept = plugin.create(inputs)
    # the server that it moves to has a role of that name already, with another password
    moved = Target.of(other_server.url).with_database(database.name)
    with psycopg.connect(other_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database.name)))
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'other'").format(sql.Identifier(runtime)))
    plugin.configure({"databaseUrl": secret(moved)})
    plugin.engine.lines.clear()
    assert plugin.check(inputs, inputs)[1] == {}
    assert plugin.diff(kept, inputs, inputs).changes
    assert plugin.log[0] == f"The update sets the password of {runtime}."
    assert plugin.log[1].startswith(f"The connection leads to database {database.name} at ")
    assert plugin.update(kept, inputs, preview=True)["runtimeUrl"] == secret(UNKNOWN)
    kept = plugin.update(kept, inputs)
    found = str(kept["runtimeUrl"]["value"])
    assert Target.of(found).address() == Target.of(moved).address()
    psycopg.connect(found).close()
    assert not plugin.diff(kept, inputs, inputs).changes


def test_a_password_of_a_worker_that_changes_together_with_the_login_is_said_too(
    plugin: Plugin, database: Database, deployer: Deployer
) -> None:
    owner, runtime, observer = (f"{duty}_of_{database.name}" for duty in ("owner", "runtime", "observer"))
    first = {"databaseUrl": secret(Target.of(deployer.rotated("first")).with_database(database.name))}
    roles = {"owner": owner, "runtime": runtime, "observer": observer}
    before = {**first, **roles, "runtimePassword": secret("s3cret"), "observerPassword": secret("s3cret")}
    _id, kept = plugin.use("Roles").create(before)
    alone = {**before, "runtimePassword": secret("an0ther")}
    plugin.engine.lines.clear()
    assert plugin.diff(kept, alone, before).changes
    assert plugin.log == [f"The update sets the password of {runtime}."]
    both = {**alone, "databaseUrl": secret(Target.of(deployer.rotated("second")).with_database(database.name))}
    plugin.engine.lines.clear()
    assert plugin.diff(kept, both, before).changes
    assert plugin.log == [f"The update sets the password of {runtime}.", ROTATED]
    unknown = {**before, "runtimePassword": secret(UNKNOWN), "observerPassword": secret("an0ther")}
    plugin.engine.lines.clear()
    assert plugin.diff(kept, unknown, before).changes
    assert plugin.log == [f"The update sets the password of {observer}."]


@pytest.mark.usefixtures("deployer")
def test_urls_of_roles_follow_a_parameter_of_the_connection_and_the_database_stays_as_it_is(
    plugin: Plugin, database: Database
) -> None:
    owner, runtime = f"owner_of_{database.name}", f"runtime_of_{database.name}"
    inputs = {"owner": owner, "runtime": runtime, "runtimePassword": secret("s3cret")}
    plugin.use("Roles").configure({"databaseUrl": secret(database.url)})
    _id, kept = plugin.create(inputs)
    written = database.rows(WRITTEN)
    plugin.configure({"databaseUrl": secret(f"{database.url}?connect_timeout=7")})
    plugin.engine.lines.clear()
    assert plugin.diff(kept, inputs, inputs).changes
    assert plugin.log == ["The connect_timeout of the connection changed. That changes nothing in the database."]
    kept = plugin.update(kept, inputs)
    assert "connect_timeout=7" in kept["runtimeUrl"]["value"]
    assert not plugin.diff(kept, inputs, inputs).changes
    assert [row for row in database.rows(WRITTEN) if row not in written] == []


def test_a_rotated_password_of_a_connection_that_the_program_gives_is_said_in_words(
    plugin: Plugin, awa_database: Database, deployer: Deployer
) -> None:
    first = {"databaseUrl": secret(Target.of(deployer.rotated("first")).with_database(awa_database.name))}
    _id, kept = plugin.use("Schema").create(first)
    now = {"databaseUrl": secret(Target.of(deployer.rotated("second")).with_database(awa_database.name))}
    plugin.engine.lines.clear()
    found = plugin.diff(kept, now, first)
    assert (found.changes, found.kinds) == (True, {"databaseUrl": "UPDATE"})
    assert plugin.log == [ROTATED]


@pytest.mark.parametrize("given", [True, False])
def test_a_connection_that_moves_between_program_and_provider_is_an_update(
    plugin: Plugin, awa_database: Database, given: bool
) -> None:
    plugin.configure({"databaseUrl": secret(awa_database.url)})
    there: dict[str, object] = {"databaseUrl": secret(awa_database.url)}
    nowhere: dict[str, object] = {}
    before, now = (there, nowhere) if given else (nowhere, there)
    _id, kept = plugin.create(before)
    found = plugin.diff(kept, now, before)
    assert (found.changes, found.kinds) == (True, {"databaseUrl": "DELETE" if given else "ADD"})
    kept = plugin.update(kept, now)
    assert ("databaseUrl" in kept) is not given
    assert not plugin.diff(kept, now, now).changes


def test_a_rotated_password_is_an_update_of_a_dynamic_database_that_touches_nothing(
    provider: ProviderProcess, database: Database, deployer: Deployer
) -> None:
    databases = provider.use(AwaDatabaseProvider())
    before = {"server_url": deployer.rotated("first"), "name": database.name}
    _id, kept = databases.create(before)
    written = database.rows(WRITTEN)
    now = {"server_url": deployer.rotated("second"), "name": database.name}
    provider.engine.lines.clear()
    assert databases.check(now, before) == {}
    assert databases.changes(kept, now)
    assert databases.log == [ROTATED]
    assert databases.update(kept, now)["url"] == Target.of(now["server_url"]).with_database(database.name)
    assert [row for row in database.rows(WRITTEN) if row not in written] == []


def test_a_dynamic_schema_names_the_server_that_it_moves_to(
    provider: ProviderProcess, awa_database: Database, other_server: TestServer
) -> None:
    schemas = provider.use(AwaSchemaProvider())
    before = {"database_url": awa_database.url}
    _id, kept = schemas.create(before)
    with psycopg.connect(other_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(awa_database.name)))
    now = {"database_url": Target.of(other_server.url).with_database(awa_database.name)}
    provider.engine.lines.clear()
    assert schemas.check(now, before) == {}
    assert schemas.changes(kept, now)
    assert schemas.log[0].startswith(f"The connection leads to database {awa_database.name} at ")
    assert schemas.log[1].startswith("Pending from an empty database: 39 migrations")


@pytest.mark.parametrize(("provider_of", "own"), [(AwaSchemaProvider, {}), (AwaRolesProvider, {"owner": "o"})])
def test_an_update_with_an_unknown_connection_says_what_may_follow(
    provider: ProviderProcess, provider_of: type, own: dict[str, str]
) -> None:
    used = provider.use(provider_of())
    kept = {"database_url": "postgresql://127.0.0.1:1/x", **own}
    now = {"database_url": UNKNOWN, **own}
    assert used.check(now, kept) == {}
    assert used.changes(kept, now)
    (line,) = used.log
    assert line.startswith(
        "The connection is not known yet. The same database as before is only updated if it is not as "
    )


LAST_UP = "use the connection that the last pulumi up kept: if the login or the address has changed, run that first."


@pytest.mark.parametrize("inputs", [{}, {"schema": "acme", "deletionPolicy": "drop"}])
def test_a_refresh_or_a_removal_with_a_login_that_is_gone_says_that_it_is_the_one_in_the_state(
    plugin: Plugin, own_plugin: Plugin, awa_database: Database, deployer: Deployer, inputs: dict[str, str]
) -> None:
    plugin.use("QueueStorageSchema" if inputs else "Schema")
    given = {"databaseUrl": secret(Target.of(deployer.rotated("first")).with_database(awa_database.name)), **inputs}
    id_, kept = plugin.create(given)
    deployer.rotated("second")
    deployer.end_sessions()
    with pytest.raises(CallFailed, match="password authentication failed") as refused:
        plugin.read(id_, kept)
    assert LAST_UP in str(refused.value)
    if inputs:
        with pytest.raises(CallFailed, match="password authentication failed") as refused:
            own_plugin.use("QueueStorageSchema").delete(id_, kept)
        assert LAST_UP in str(refused.value)
    # An import and a preview log in with what is configured now.
    plugin.configure({"databaseUrl": given["databaseUrl"]})
    with pytest.raises(CallFailed, match="password authentication failed") as refused:
        plugin.check(given, given)
    assert LAST_UP not in str(refused.value)


def test_a_refresh_of_dynamic_resources_says_it_too(
    provider: ProviderProcess, awa_database: Database, deployer: Deployer
) -> None:
    schemas = provider.use(QueueStorageSchemaProvider())
    url = Target.of(deployer.rotated("first")).with_database(awa_database.name)
    id_, kept = schemas.create({"database_url": url, "schema": "acme", "deletion_policy": "drop"})
    deployer.rotated("second")
    deployer.end_sessions()
    with pytest.raises(CallFailed, match="password authentication failed") as refused:
        schemas.read(id_, kept)
    assert LAST_UP in str(refused.value)
