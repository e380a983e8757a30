"""Many databases of one server, declared at the same moment with one set of role names."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from awa_infra.bundles.writing import write
from awa_infra.database.options import ApplyOptions
from awa_infra.database.roles import apply_roles
from awa_infra.model import DesiredState, Release, Roles
from tests.support.bundles import render
from tests.support.people import DUTIES, forget
from tests.support.servers import Database, TestServer
from tests.tools.runners import psql

SIZE = 6
ROUNDS = 3


@pytest.fixture
def fleet(server: TestServer) -> Iterator[tuple[list[Database], Roles]]:
    """Give empty databases, and names of roles that no other test has."""
    databases = [server.create() for _ in range(SIZE)]
    owner, migrator, runtime, observer = names = [f"{duty}_of_fleet_{databases[0].name}" for duty in DUTIES]
    yield databases, Roles(owner, migrator, runtime, observer)
    for database in databases:
        server.drop(database)
    forget(server, *names)


def again(server: TestServer, databases: list[Database], roles: Roles) -> None:
    """Take everything back, for another round."""
    names = [name for name in (roles.owner, roles.migrator, roles.runtime, roles.observer) if name]
    for database in databases:
        for name in names:
            database.rows(f"DROP OWNED BY {name} CASCADE")
    forget(server, *names)


def test_databases_of_one_server_share_roles_that_are_made_at_the_same_moment(
    server: TestServer, fleet: tuple[list[Database], Roles], release: Release
) -> None:
    databases, roles = fleet
    wanted = DesiredState(release, None, roles=roles)
    passwords = {str(name): "let-me-in" for name in (roles.migrator, roles.runtime, roles.observer)}

    def one(database: Database) -> bool:
        return apply_roles(database.url, wanted, passwords, options=ApplyOptions(migration_lock=60)).changed

    with ThreadPoolExecutor(SIZE) as pool:
        for number in range(ROUNDS):
            assert list(pool.map(one, databases)) == [True] * SIZE
            # Passwords alone, as after a rotation.
            assert list(pool.map(one, databases)) == [True] * SIZE
            if number < ROUNDS - 1:
                again(server, databases, roles)


def test_administrators_run_roles_sql_of_one_bundle_for_many_databases_at_once(
    server: TestServer, fleet: tuple[list[Database], Roles], release: Release, tmp_path: Path
) -> None:
    databases, roles = fleet
    write(render("psql", DesiredState(release, release.schema_version, roles=roles)), tmp_path / "bundle")
    with ThreadPoolExecutor(SIZE) as pool:
        for number in range(ROUNDS):
            for done in pool.map(lambda database: psql(database.url, tmp_path / "bundle" / "roles.sql"), databases):
                assert done.status == 0, done.output
            if number < ROUNDS - 1:
                again(server, databases, roles)


def test_who_waits_for_the_roles_of_another_database_is_reported(
    server: TestServer, fleet: tuple[list[Database], Roles], release: Release
) -> None:
    databases, roles = fleet
    told: list[str] = []
    with psycopg.connect(server.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(4708303813097770067)")
        waits = ApplyOptions(migration_lock=0.3, on_wait=told.append)
        # The wait is bounded, and roles are made without the lock then: PostgreSQL's own locks still hold.
        assert apply_roles(databases[0].url, DesiredState(release, None, roles=roles), {}, options=waits).changed
    assert told == ["Waiting for another database of this server, whose roles are being made."]
