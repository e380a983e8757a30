"""A history that a stranger has made before the tool does: nothing of it runs with the rights of who migrates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from tests.support.bundles import render
from tests.support.people import forget, log_in
from tests.support.servers import Database, TestServer
from tests.tools.runners import RUNNERS, Runner

WITH_HISTORY = [runner for runner in RUNNERS.values() if runner.name != "psql"]

COLUMNS = {
    "goose": ("goose_db_version", "id serial, version_id bigint, is_applied boolean, tstamp timestamp DEFAULT now()"),
    "flyway": (
        "flyway_schema_history",
        (
            "installed_rank int PRIMARY KEY, version varchar(50), description varchar(200), type varchar(20),"
            " script varchar(1000), checksum int, installed_by varchar(100), installed_on timestamp DEFAULT now(),"
            " execution_time int, success boolean"
        ),
    ),
}
"""Tables that these tools take for their own."""

TRIGGER = """
CREATE TRIGGER trap BEFORE INSERT ON awa_migrations.{} FOR EACH ROW EXECUTE FUNCTION awa_migrations.trap()
"""

TRAP = """
CREATE SCHEMA awa_migrations;
CREATE FUNCTION awa_migrations.trap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER ROLE %I SUPERUSER', (SELECT relowner::regrole FROM pg_class WHERE oid = TG_RELID));
    RETURN NEW;
END $$;
"""


@pytest.fixture
def stranger(server: TestServer, database: Database) -> Iterator[Database]:
    role = f"stranger_of_{database.name}"
    database.rows(f"CREATE ROLE {role} LOGIN")
    database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {role}")
    try:
        yield log_in(database, role)
    finally:
        server.drop(database)
        forget(server, role)


@pytest.mark.parametrize("tool", WITH_HISTORY, ids=str)
def test_nothing_runs_where_a_stranger_has_made_the_history_before(
    tool: Runner, stranger: Database, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, 3)), bundle)
    stranger.rows(TRAP)
    if tool.name in COLUMNS:
        table, columns = COLUMNS[tool.name]
        stranger.rows(f"CREATE TABLE awa_migrations.{table} ({columns})")
        stranger.rows(TRIGGER.format(table))
    refused = tool.up(database.url, bundle)
    assert refused.status != 0
    assert f"role stranger_of_{database.name} owns schema awa_migrations" in refused.output
    assert "[history-other-owner]" in refused.output
    query = (
        f"SELECT rolsuper, to_regnamespace('awa') AS awa FROM pg_roles WHERE rolname = 'stranger_of_{database.name}'"
    )
    found = database.rows(query)
    assert found == [{"rolsuper": False, "awa": None}]


def test_a_table_that_a_stranger_has_made_in_the_history_is_refused_too_and_members_of_the_owner_are_none(
    stranger: Database, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    goose = RUNNERS["goose"]
    write(render("goose", DesiredState(release, 3)), bundle)
    role = f"stranger_of_{database.name}"
    database.rows("CREATE SCHEMA awa_migrations")
    database.rows(f"GRANT CREATE, USAGE ON SCHEMA awa_migrations TO {role}")
    stranger.rows("CREATE TABLE awa_migrations.other (id int)")
    refused = goose.up(database.url, bundle)
    assert refused.status != 0
    assert f"role {role} owns awa_migrations.other" in refused.output
    # Whoever can act as the owner of the database may do all that the table could.
    database.rows(f"ALTER DATABASE {database.name} OWNER TO {role}")
    done = goose.up(database.url, bundle)
    assert done.status == 0, done.output
