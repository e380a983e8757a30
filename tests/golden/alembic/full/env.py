"""How Alembic runs this bundle: one transaction, under Awa's migration lock, after the checks.

The database is the one of the environment variable AWA_DATABASE_URL, for example
postgresql+psycopg://ROLE@HOST:5432/DATABASE.
"""

import importlib.util
import logging
import os
from pathlib import Path

from alembic import context
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

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
    # The files are UTF-8, whatever PGCLIENTENCODING says.
    engine = create_engine(
        database_url(),
        execution_options={"no_parameters": True},
        connect_args={"client_encoding": "utf8"},
    )
    with engine.begin() as connection:
        # Writes, whatever the default of the role or the database is; on a standby a condition says so.
        if connection.exec_driver_sql("SHOW in_hot_standby").scalar() == "off":
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
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


def reason(error: DBAPIError) -> str:
    """Return what the server said, without the statement that it said it about."""
    said = getattr(error.orig, "diag", None)
    parts = [said.message_primary, said.message_detail, said.message_hint] if said else []
    return "\n".join(part for part in parts if part) or str(error.orig)


try:
    run()
except DBAPIError as error:
    raise CommandError(f"Everything was rolled back. {reason(error)}") from error
