from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.observe import read_plan
from awa_infra.database.url import parameters
from awa_infra.model import DesiredState, QueueStorage, Shape
from tests.support.servers import Database

Desired = Callable[..., DesiredState]


def codes(url: str, desired: DesiredState) -> list[str]:
    return sorted(gate.code for gate in read_plan(url, desired)[1].gates)


def test_a_healthy_database_passes_every_gate(awa_database: Database, desired: Desired) -> None:
    assert codes(awa_database.url, desired(QueueStorage("acme_jobs"))) == []


def test_an_empty_database_passes_every_gate(database: Database, desired: Desired) -> None:
    assert codes(database.url, desired(QueueStorage("acme_jobs"))) == []


def test_a_newer_schema_is_refused(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (41, 'newer')")
    assert codes(awa_database.url, desired()) == ["newer-schema"]
    assert codes(awa_database.url, desired(QueueStorage("acme_jobs"), target=None)) == ["newer-schema"]


def test_a_downgrade_is_refused(awa_database: Database, desired: Desired) -> None:
    assert codes(awa_database.url, desired(target=39)) == ["downgrade"]


def test_a_version_beyond_the_release_is_refused(database: Database, desired: Desired) -> None:
    assert codes(database.url, desired(target=41)) == ["target-unknown"]


@pytest.mark.parametrize("rows", ["(3)", "(5)", "(6)"])
def test_the_numbering_of_awa_before_0_4_is_recognised_by_reading_alone(
    database: Database, desired: Desired, rows: str
) -> None:
    database.rows(
        "CREATE SCHEMA awa; CREATE TYPE awa.job_state AS ENUM ('available'); CREATE TABLE awa.schema_version "
        "(version int PRIMARY KEY, description text, applied_at timestamptz DEFAULT now());"
        f"INSERT INTO awa.schema_version (version) VALUES {rows}"
    )
    assert codes(database.url, desired()) == ["legacy-numbering"]
    assert len(database.rows("SELECT * FROM awa.schema_version")) == 1


def test_a_schema_that_lost_its_history_is_refused(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DELETE FROM awa.schema_version")
    assert codes(awa_database.url, desired()) == ["empty-history"]
    awa_database.rows("DROP TABLE awa.schema_version")
    assert codes(awa_database.url, desired()) == ["lost-history"]


@pytest.mark.parametrize("shape", [Shape(32, 8, 8), Shape(16, 4, 8), Shape(16, 8, 4), Shape(receipts=False)], ids=str)
def test_another_shape_of_a_standing_schema_is_refused(awa_database: Database, desired: Desired, shape: Shape) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme_jobs')")
    assert codes(awa_database.url, desired(QueueStorage("acme_jobs", shape))) == ["queue-storage-shape"]


def test_a_schema_with_foreign_objects_is_never_taken_over(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("CREATE SCHEMA shop; CREATE TABLE shop.orders (id int)")
    assert codes(awa_database.url, desired(QueueStorage("shop"))) == ["queue-storage-foreign"]


def test_queue_storage_alone_needs_the_canonical_schema(database: Database, desired: Desired) -> None:
    assert codes(database.url, desired(QueueStorage("acme_jobs"), target=None)) == ["canonical-schema-missing"]


def test_a_read_only_database_is_refused(database: Database, desired: Desired) -> None:
    database.rows(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    assert "read-only" in codes(database.url, desired())


@pytest.fixture
def stranger(awa_database: Database) -> str:
    """Return the URL of a role that owns nothing in the database."""
    name = f"stranger_of_{awa_database.name}"
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA awa TO {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA awa TO {}").format(sql.Identifier(name)))
    found = parameters(awa_database.url)
    return f"postgresql://{name}:x@{found['host']}:{found['port']}/{awa_database.name}"


def test_a_role_without_the_privileges_is_told_all_of_them_at_once(
    awa_database: Database, stranger: str, desired: Desired
) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme_jobs')")
    assert codes(stranger, desired()) == ["no-create-privilege", "not-owner", "queue-storage-unusable"]
