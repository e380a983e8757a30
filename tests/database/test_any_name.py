"""Roles and databases with every name that PostgreSQL allows, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from awa_infra.bundles.writing import write
from awa_infra.database.apply import apply
from awa_infra.database.databases import alter_database, ensure_database
from awa_infra.database.fingerprint import verify
from awa_infra.database.observe import read_plan
from awa_infra.database.roles import apply_roles
from awa_infra.database.target import Target
from awa_infra.lifecycle.roles import RolesLifecycle
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Roles, Shape
from awa_infra.planning.new_database import DatabaseOptions
from tests.support.bundles import render
from tests.support.servers import Database, TestServer
from tests.tools.bundle_tools import unverified
from tests.tools.runners import psql

PASSWORD = "p@ss/w%rd"  # noqa: S105  made for the test

NAMES = (
    ("app-owner", "svc@project.iam", "Ümlaut", "observer of jobs"),
    ("user", 'say "hi"', "it's", "select"),
    ("$awa_infra$", "a/b?c#d", "100%", "x=1, public EXECUTE"),
)


@pytest.fixture(params=NAMES, ids=["dashes", "quotes", "signs"])
def odd(request: pytest.FixtureRequest, server: TestServer) -> Iterator[tuple[Database, Roles]]:
    """Give an empty database and roles, none of which can be written without quotes."""
    roles = replace(Roles(*request.param), schemas=("acme",), lane_schemas=("acme",))
    name = f"my-db of {roles.owner}"
    assert ensure_database(server.url, name, DatabaseOptions(template="template0"))
    yield Database(name, Target.of(server.url).with_database(name)), roles
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for role in request.param:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def test_roles_of_any_name_are_made_and_can_work(odd: tuple[Database, Roles], release: Release) -> None:
    database, roles = odd
    wanted = DesiredState(
        release, release.schema_version, (QueueStorage("acme", Shape(4, 2, 2), (Queue("emails"),)),), roles=roles
    )
    passwords = {str(role): PASSWORD for role in (roles.migrator, roles.runtime, roles.observer)}
    apply_roles(database.url, wanted, passwords)
    assert read_plan(database.url, wanted)[1].empty
    migrator, runtime, observer = (
        Database(database.name, Target.of(database.url).with_login(login, PASSWORD)) for login in passwords
    )
    assert Target.of(runtime.url).describe().startswith(f"{roles.runtime}@")
    assert Target.of(runtime.url).describe().endswith(f"/{database.name}")
    assert migrator.rows("SELECT current_user::text AS who") == [{"who": roles.owner}]
    assert not apply(migrator.url, replace(wanted, roles=None)).changed
    runtime.rows("INSERT INTO awa.jobs (kind, queue, args) VALUES ('greet', 'emails', '{}')")
    assert len(observer.rows("SELECT * FROM awa.jobs")) == 1
    assert verify(database.url, release)[1].drift == ()
    alter_database(database.url, database.name, owner=roles.owner, connection_limit=7)


def test_a_bundle_for_roles_of_any_name_does_the_same(
    odd: tuple[Database, Roles], release: Release, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database, roles = odd
    bundle = tmp_path_factory.mktemp("bundle")
    wanted = DesiredState(
        release, release.schema_version, (QueueStorage("acme", Shape(4, 2, 2), (Queue("emails"),)),), roles=roles
    )
    write(render("psql", wanted), bundle)
    for script in ("roles.sql", "apply.sql"):
        done = psql(database.url, bundle / script)
        assert done.status == 0, done.output
    assert unverified(database, bundle) == []
    assert read_plan(database.url, wanted)[1].empty


@pytest.mark.parametrize("names", NAMES)
def test_a_declaration_takes_them(names: tuple[str, ...]) -> None:
    lifecycle = RolesLifecycle()
    duties = dict(zip(("owner", "migrator", "runtime", "observer"), names, strict=True))
    assert lifecycle.problems({"database_url": "postgresql://h/d", **duties}) == []
