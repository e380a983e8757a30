"""How Alembic runs this bundle: one transaction, under Awa's migration lock, after the checks.

The database is the one of the environment variable AWA_DATABASE_URL, for example
postgresql+psycopg://ROLE@HOST:5432/DATABASE.
"""

import importlib
import importlib.util
import logging
import os
from pathlib import Path

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError

HERE = Path(__file__).parent

logging.basicConfig(format="%(levelname)s [%(name)s] %(message)s")
logging.getLogger("alembic").setLevel(logging.INFO)


DRIVERS = ("psycopg", "psycopg2")


def database_url() -> tuple[str, str]:
    """Return the driver, and the URL without it."""
    url = os.environ.get("AWA_DATABASE_URL", "").strip()
    scheme, _, rest = url.partition("://")
    dialect, _, driver = scheme.partition("+")
    if not rest or dialect not in {"postgres", "postgresql"} or driver not in {"", *DRIVERS}:
        message = "Set AWA_DATABASE_URL, for example postgresql+psycopg://ROLE@HOST:5432/DATABASE."
        raise SystemExit(message)
    # SQLAlchemy refuses "postgres", and takes psycopg2 for "postgresql" even where only psycopg is installed.
    there = [name for name in DRIVERS if importlib.util.find_spec(name) and driver in {"", name}]
    if not there:
        message = f"Install {driver or DRIVERS[0]} beside Alembic: it connects to PostgreSQL."
        raise SystemExit(message)
    return there[0], rest


def make_engine() -> Engine:
    name, rest = database_url()
    # no_parameters: a percent sign or a colon in the text is only that.
    options = {"no_parameters": True}
    # The files are UTF-8, whatever PGCLIENTENCODING says.
    encoding = {"client_encoding": "utf8"}
    try:
        return create_engine(f"postgresql+{name}://{rest}", execution_options=options, connect_args=encoding)
    except (ArgumentError, ValueError):
        # SQLAlchemy cannot read several hosts with ports; libpq, in the driver, can.
        driver = importlib.import_module(name)

    def connect() -> object:
        try:
            return driver.connect(f"postgresql://{rest}", **encoding)
        except driver.ProgrammingError:
            # What libpq says of an address that it cannot read has the password in it.
            message = "AWA_DATABASE_URL cannot be read: it has to be postgresql+psycopg://ROLE@HOST:5432/DATABASE."
            raise SystemExit(message) from None

    return create_engine(f"postgresql+{name}://", execution_options=options, creator=connect)


def run() -> None:
    if context.is_offline_mode():
        message = "This bundle asks the database what it lacks, so it cannot be written out with --sql."
        raise SystemExit(message)
    with make_engine().begin() as connection:
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
