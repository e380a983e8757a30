"""How Alembic runs this bundle: one transaction, under Awa's migration lock, after the checks.

The database is the one of the environment variable AWA_DATABASE_URL, for example
postgresql+psycopg://ROLE@HOST:5432/DATABASE.
"""

import importlib.util
import logging
import os
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine

HERE = Path(__file__).parent

logging.basicConfig(format="%(levelname)s [%(name)s] %(message)s")
logging.getLogger("alembic").setLevel(logging.INFO)


def database_url() -> str:
    url = os.environ.get("AWA_DATABASE_URL", "").strip()
    scheme, found, rest = url.partition("://")
    if not found:
        message = "Set AWA_DATABASE_URL, for example postgresql+psycopg://ROLE@HOST:5432/DATABASE."
        raise SystemExit(message)
    if scheme in {"postgres", "postgresql"}:
        # SQLAlchemy refuses the first, and takes psycopg2 for the second even where only psycopg is installed.
        driver = "psycopg" if importlib.util.find_spec("psycopg") else "psycopg2"
        return f"postgresql+{driver}://{rest}"
    return url


def run() -> None:
    if context.is_offline_mode():
        message = "This bundle asks the database what it lacks, so it cannot be written out with --sql."
        raise SystemExit(message)
    # no_parameters: a percent sign or a colon in the text is only that.
    engine = create_engine(database_url(), execution_options={"no_parameters": True})
    with engine.begin() as connection:
        for name in ("lock.sql", "preflight.sql", "stop.sql"):
            connection.exec_driver_sql((HERE / "awa_infra" / name).read_text(encoding="utf-8"))
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS awa_migrations")
        context.configure(
            connection=connection,
            target_metadata=None,
            version_table="alembic_version",
            version_table_schema="awa_migrations",
        )
        context.run_migrations()
        connection.exec_driver_sql((HERE / "awa_infra" / "installer.sql").read_text(encoding="utf-8"))


run()
