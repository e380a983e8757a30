"""The two tools with their bundles, and the schema that they have to arrive at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from devtools.java_tools import LIQUIBASES
from tests.support.bundles import render
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema
from tests.tools.bundle_tools import CUSTOM, PASSWORD, SCHEMAS
from tests.tools.old_releases import old_release
from tests.tools.runners import OLDER_FLYWAYS, Tool, flyway_tool, liquibase_tool


@pytest.fixture(scope="session")
def flyway(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """Return Flyway and a bundle for it."""
    return flyway_tool(_bundle("flyway", release, tmp_path_factory))


@pytest.fixture(scope="session", params=OLDER_FLYWAYS)
def older_flyway(flyway: Tool, request: pytest.FixtureRequest) -> Tool:
    """Return an older Flyway that the bundle is for, with the same bundle."""
    return flyway_tool(flyway.bundle, request.param)


@pytest.fixture(scope="session")
def liquibase_bundle(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle for every version of Liquibase."""
    return _bundle("liquibase", release, tmp_path_factory)


@pytest.fixture(scope="session", params=LIQUIBASES)
def liquibase(liquibase_bundle: Path, request: pytest.FixtureRequest) -> Tool:
    """Return Liquibase, each version in turn, and a bundle for it."""
    return liquibase_tool(liquibase_bundle, request.param)


@pytest.fixture(scope="session")
def old() -> Release:
    """Return a release from before Awa edited migrations in place."""
    return old_release()


@pytest.fixture
def plain_database(server: TestServer) -> Iterator[Database]:
    """Give an empty database as a role sees it that may do nothing but create schemas in it."""
    made = server.create()
    role = f"{made.name}_dba"
    names = {"role": sql.Identifier(role), "database": sql.Identifier(made.name)}
    with psycopg.connect(made.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {role} LOGIN PASSWORD {}").format(PASSWORD, **names))
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {database} TO {role}").format(**names))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    where = urlsplit(made.url)
    login = f"{role}:{quote(PASSWORD, safe='')}@{where.hostname}:{where.port}"
    yield Database(made.name, urlunsplit(where._replace(netloc=login)))
    server.drop(made)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE {role}").format(**names))


@pytest.fixture(scope="session")
def schema_of_awa(server: TestServer, awa_template: Database) -> Iterator[str]:
    """Give what ``pg_dump`` says after the real ``awa migrate`` and Awa's own installer."""
    made = server.create(awa_template.name)
    for wanted in CUSTOM:
        shape = wanted.shape
        made.rows(
            f"SELECT awa.install_queue_storage_substrate('{wanted.schema}', {shape.queue_slots}, "
            f"{shape.lease_slots}, {shape.claim_slots}, {shape.receipts})"
        )
        made.rows(f"SELECT awa.apply_receipt_plane_fillfactor('{wanted.schema}')")
    yield dump_schema(made.url, *SCHEMAS)
    server.drop(made)


def _bundle(form: str, release: Release, folders: pytest.TempPathFactory) -> Path:
    folder = folders.mktemp(form) / "bundle"
    write(render(form, DesiredState(release, release.schema_version, CUSTOM)), folder)
    return folder
