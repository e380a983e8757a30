from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.bundles.writing import write
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Roles
from tests.support.bundles import render
from tests.support.servers import Database
from tests.tools.bundle_tools import unverified
from tests.tools.runners import Result, flyway_tool, liquibase_tool, psql

Run = Callable[[str], Result]

LANES = QueueStorage("acme_jobs", queues=(Queue("emails"), Queue("reports", (1, 2), shards=2)))

OWNERS = """
    SELECT DISTINCT pg_get_userbyid(owner)::text AS owner FROM (
        SELECT nspowner AS owner FROM pg_namespace WHERE nspname IN ('awa', 'acme_jobs')
        UNION ALL SELECT relowner FROM pg_class WHERE relnamespace IN ('awa'::regnamespace, 'acme_jobs'::regnamespace)
        UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace IN ('awa'::regnamespace, 'acme_jobs'::regnamespace)
    ) x
"""

NOT_EXECUTABLE = """
    SELECT p.proname::text AS name FROM pg_proc p
     WHERE p.pronamespace IN ('awa'::regnamespace, 'acme_jobs'::regnamespace)
       AND NOT has_function_privilege('{}', p.oid, 'EXECUTE')
"""

COUNTS = """
    SELECT (SELECT count(*) FROM acme_jobs.queue_lanes) AS lanes,
           (SELECT count(*) FROM acme_jobs.queue_enqueue_heads) AS heads
"""


@pytest.fixture
def roles(database: Database) -> Iterator[Roles]:
    """Give names of roles that no other test has, and drop the roles afterwards."""
    owner, migrator, runtime, observer = names = tuple(
        f"{duty}_{database.name}" for duty in ("owner", "migrator", "runtime", "observer")
    )
    yield Roles(owner, migrator, runtime, observer, schemas=("acme_jobs",))
    with psycopg.connect(database.url, autocommit=True) as connection:
        for name in names:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None:
                connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def runner(form: str, bundle: Path) -> Run:
    """Return how a bundle is run."""
    if form == "psql":
        return lambda url: psql(url, bundle / "apply.sql")
    tool = flyway_tool(bundle) if form == "flyway" else liquibase_tool(bundle)
    return lambda url: tool.run(url, "migrate" if form == "flyway" else "update")


@pytest.mark.parametrize("form", ["flyway", "liquibase", "psql"])
def test_a_migrator_that_an_administrator_made_installs_everything_for_the_owner(
    form: str, database: Database, roles: Roles, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(form, DesiredState(release, release.schema_version, (LANES,), roles=roles)), bundle)
    run = runner(form, bundle)
    if form == "liquibase":
        assert psql(database.url, bundle / "prerequisite.sql").status == 0

    refused = run(database.url)
    assert refused.status != 0
    assert "[owner-not-acting]" in refused.output
    assert f"then connect as {roles.migrator}" in refused.output
    assert "[role" not in refused.output
    if form == "liquibase":
        database.rows("DROP SCHEMA awa_migrations CASCADE")

    # Twice, as after a change.
    for _ in range(2):
        made = psql(database.url, bundle / "roles.sql")
        assert made.status == 0, made.output
    database.rows(f"ALTER DEFAULT PRIVILEGES FOR ROLE {roles.owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    where = Target.of(database.url).parameters
    migrator = f"postgresql://{roles.migrator}:m1grate@{where['host']}:{where['port']}/{database.name}"
    database.rows(f"ALTER ROLE {roles.migrator} PASSWORD 'm1grate'")
    if form == "flyway":
        database.rows("DROP SCHEMA awa_migrations CASCADE")
    if form == "liquibase":
        assert psql(migrator, bundle / "prerequisite.sql").status == 0
    done = run(migrator)
    assert done.status == 0, done.output
    assert database.rows(OWNERS) == [{"owner": roles.owner}]
    assert database.rows(COUNTS) == [{"lanes": 6, "heads": 8}]
    assert unverified(database, bundle) == []
    for role in (roles.runtime, roles.observer):
        assert database.rows(NOT_EXECUTABLE.format(role)) == [{"name": "install_queue_storage_substrate"}]

    again = run(migrator)
    assert again.status == 0, again.output
    assert database.rows(COUNTS) == [{"lanes": 6, "heads": 8}]
    for name in (roles.runtime, roles.observer):
        database.rows(f"ALTER ROLE {name} PASSWORD 'r1ead'")
        reader = Database(database.name, f"postgresql://{name}:r1ead@{where['host']}:{where['port']}/{database.name}")
        assert unverified(reader, bundle) == []
    # verify.sql tells what is missing, in words.
    database.rows(f"REVOKE SELECT ON awa.jobs_hot FROM {roles.observer}")
    database.rows("DELETE FROM acme_jobs.queue_lanes WHERE queue = 'emails'")
    assert unverified(database, bundle) == ["roles and privileges", "lanes in acme_jobs"]


def test_the_roles_script_names_the_owner_of_a_schema_that_another_role_has(
    awa_database: Database, roles: Roles, release: Release, tmp_path: Path
) -> None:
    write(render("psql", DesiredState(release, release.schema_version, roles=roles)), tmp_path / "bundle")
    refused = psql(awa_database.url, tmp_path / "bundle/roles.sql")
    assert refused.status != 0
    assert f"belongs to postgres, not to the declared owner {roles.owner}. [schema-other-owner]" in refused.output
    assert "permission denied" not in refused.output
    assert awa_database.rows(f"SELECT FROM pg_roles WHERE rolname = '{roles.owner}'") == []
