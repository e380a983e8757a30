"""An application's own migrations in the same database, set up as the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from awa_infra.bundles.writing import write
from awa_infra.database.apply import apply
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Release
from devtools import docs_shown, node_packages
from devtools.docs_shown import ROOT
from tests.support.bundles import render
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema, fingerprints
from tests.tools.bundle_tools import CUSTOM, SCHEMAS
from tests.tools.runners import Tool, command, liquibase, liquibase_tool
from tests.tools.test_docs_bundles import sandbox
from tests.unit.test_docs_commands import NOT_RUN, RUN_BESIDE_YOUR_MIGRATIONS

PAGE = ROOT / RUN_BESIDE_YOUR_MIGRATIONS

MODEL = """
import sqlalchemy
from alembic import context

target_metadata = sqlalchemy.MetaData()
sqlalchemy.Table("orders", target_metadata, sqlalchemy.Column("id", sqlalchemy.BigInteger, primary_key=True))

with sqlalchemy.create_engine(context.get_x_argument(True)["url"]).connect() as connection:
"""
RUN = """
with context.begin_transaction():
    context.run_migrations()
connection.commit()
"""
ALL_OF_AWA = 500
"""Statements, at least, that Alembic makes up about schema awa."""

UNNAMED = """
context.configure(connection=connection, target_metadata=target_metadata, include_schemas=True)
"""


def application(folder: Path, configured: str) -> None:
    """Write an application with one table and Alembic's settings for it."""
    subprocess.run([sys.executable, "-m", "alembic", "init", "."], cwd=folder, check=True, capture_output=True)
    body = "\n".join(f"    {line}" for line in (configured + RUN).splitlines())
    (folder / "env.py").write_text(MODEL + body + "\n")


def alembic(url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the application's Alembic."""
    where = f"url={url.replace('postgresql://', 'postgresql+psycopg://', 1)}"
    return subprocess.run(
        [sys.executable, "-m", "alembic", "-x", where, *words], cwd=folder, check=False, capture_output=True, text=True
    )


def revision(url: str, folder: Path) -> str:
    """Have Alembic write what it wants to change."""
    done = alembic(url, folder, "revision", "--autogenerate", "-m", "orders")
    assert done.returncode == 0, done.stderr
    (written,) = (folder / "versions").glob("*_orders.py")
    return written.read_text()


@pytest.fixture
def migrated(database: Database, release: Release) -> Database:
    """Give a database with Awa in it."""
    apply(database.url, DesiredState(release, release.schema_version, CUSTOM))
    return database


def test_alembic_that_was_told_its_schemas_leaves_those_of_awa_alone(migrated: Database, tmp_path: Path) -> None:
    before = fingerprints(migrated.url, SCHEMAS)
    (shown,) = docs_shown.blocks(PAGE, "python")
    application(tmp_path, shown.text)
    wanted = revision(migrated.url, tmp_path).partition("def downgrade")[0]
    assert "op.create_table('orders'" in wanted
    assert "op.drop" not in wanted
    assert alembic(migrated.url, tmp_path, "upgrade", "head").returncode == 0
    assert migrated.rows("SELECT to_regclass('public.orders')::text AS orders") == [{"orders": "orders"}]
    assert fingerprints(migrated.url, SCHEMAS) == before


def test_what_alembic_makes_up_about_awa_fails_as_the_role_of_the_application(
    plain_database: Database, server: TestServer, release: Release, tmp_path: Path
) -> None:
    administrator = Database(plain_database.name, Target.of(server.url).with_database(plain_database.name))
    apply(administrator.url, DesiredState(release, release.schema_version, CUSTOM))
    # It may read Awa's tables, as an application that shows its jobs does.
    role = f"{plain_database.name}_dba"
    administrator.rows(f"GRANT USAGE, CREATE ON SCHEMA public TO {role}")
    for schema in SCHEMAS:
        administrator.rows(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        administrator.rows(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    before = fingerprints(administrator.url, SCHEMAS)
    application(tmp_path, UNNAMED)
    assert revision(plain_database.url, tmp_path).count("schema='awa'") > ALL_OF_AWA
    failed = alembic(plain_database.url, tmp_path, "upgrade", "head")
    assert failed.returncode != 0
    assert "must be owner of" in failed.stderr
    assert fingerprints(administrator.url, SCHEMAS) == before
    assert administrator.rows("SELECT to_regclass('public.orders') AS orders") == [{"orders": None}]


def test_dropping_all_with_the_bundle_for_liquibase_forgets_the_history_only(
    database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("liquibase", DesiredState(release, release.schema_version, CUSTOM)), bundle)
    assert liquibase(database.url, bundle).status == 0
    assert liquibase_tool(bundle).run(database.url, "drop-all").status == 0
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert liquibase(database.url, bundle).status == 0
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


def test_the_page_about_other_migrations_is_right(database: Database, release: Release, tmp_path: Path) -> None:
    apply(database.url, DesiredState(release, release.schema_version, CUSTOM[:1]))
    words = (*command(node_packages.dbmate), "--url", f"{database.url}?sslmode=disable")
    made = sandbox(Tool(words, ("PGHOST", "PGUSER", "PGPASSWORD"), tmp_path), "dbmate", database, tmp_path)
    assert docs_shown.problems(docs_shown.run(PAGE, made, NOT_RUN), made) == []
    dumped = (tmp_path / "quickstart" / "schema.sql").read_text()
    made_by_it = re.findall("CREATE (?:TABLE|FUNCTION|SCHEMA|EVENT TRIGGER) (.+?)[ (]", dumped)
    assert made_by_it == ["public.schema_migrations"]
