"""A release that awa-infra does not know is compared for real, with a database of the same release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from awa_infra.database.connection import Connection
from awa_infra.database.reference import measured_facts
from awa_infra.database.session import session
from awa_infra.errors import BlockedError, SqlFailedError
from awa_infra.model import Migration, Provenance, Release
from tests.support.command import Run
from tests.support.people import forget, log_in
from tests.support.servers import Database, TestServer


@pytest.fixture
def unknown(release: Release, monkeypatch: pytest.MonkeyPatch) -> Release:
    """Make the installed release one that no facts are about."""
    newer = replace(release, name="0.6.99", provenance=Provenance.UNKNOWN)
    monkeypatch.setattr("awa_infra.cli.verify.installed_release", lambda: newer)
    return newer


@pytest.fixture
def leftovers(server: TestServer) -> Iterator[None]:
    """Require that no scratch database is left."""
    yield
    with psycopg.connect(server.url) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'awa_infra_reference%'")
        assert found.fetchall() == []


@pytest.mark.usefixtures("unknown")
def test_without_facts_nothing_is_called_healthy(awa_database: Database, run: Run) -> None:
    awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time; DROP FUNCTION awa.canonical_live_backlog()")
    done = run("verify", url=awa_database.url)
    assert done.status == 9
    assert done.out.splitlines()[-1] == (
        f"Database {awa_database.name}, Awa 0.6.99: no drift found. Not everything was compared: see awa above."
    )
    assert "--reference" in done.out
    data = run("verify", "--json", url=awa_database.url).data
    assert (data["healthy"], data["compared"]) == (False, False)


@pytest.mark.usefixtures("unknown", "leftovers")
def test_a_reference_finds_what_the_facts_would(awa_database: Database, run: Run) -> None:
    for schema, receipts in (("acme", "true"), ("plain", "false")):
        awa_database.rows(f"SELECT awa.install_queue_storage_substrate('{schema}', 6, 3, 2, {receipts})")
        awa_database.rows(f"SELECT awa.apply_receipt_plane_fillfactor('{schema}')")
    healthy = run("verify", "--reference", url=awa_database.url)
    assert (healthy.status, healthy.out.splitlines()[-1]) == (
        0,
        f"Database {awa_database.name}, Awa 0.6.99: healthy.",
    )
    awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time; DROP FUNCTION awa.storage_status()")
    awa_database.rows("ALTER TABLE plain.dlq_entries ADD COLUMN note text")
    awa_database.rows("GRANT EXECUTE ON FUNCTION awa.install_queue_storage_substrate TO public")
    found = run("verify", "--reference", "--json", url=awa_database.url).data["findings"]
    assert {(f["kind"], f["schema"], f["object"]) for f in found} == {
        ("missing", "awa", "idx_awa_dlq_queue_time"),
        ("missing", "awa", "storage_status()"),
        ("extra", "plain", "dlq_entries.note"),
        ("state", "awa", "install_queue_storage_substrate"),
    }
    repaired = run("verify", "--reference", "--repair", url=awa_database.url)
    assert repaired.out.splitlines()[-1].endswith("Awa 0.6.99: 1 finding.")


def test_another_database_can_be_the_reference(
    awa_database: Database, awa_template: Database, database: Database, run: Run
) -> None:
    assert run("verify", "--reference-url", awa_template.url, url=awa_database.url).status == 0
    assert run("verify", "--reference-url", awa_template.name, url=awa_database.url).status == 0
    awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time")
    assert run("verify", "--reference-url", awa_template.name, url=awa_database.url).status == 1
    for url, reason in ((awa_database.url, "it is the database that is verified"), (database.url, "version 0")):
        done = run("verify", "--reference-url", url, url=awa_database.url)
        assert done.status == 3
        assert reason in done.err
        assert "[reference-unusable]" in done.err


def test_a_kind_of_schema_that_the_reference_lacks_is_not_called_healthy(
    awa_database: Database, awa_template: Database, run: Run
) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('plain', 4, 2, 2, false)")
    awa_database.rows("SELECT awa.apply_receipt_plane_fillfactor('plain')")
    done = run("verify", "--reference-url", awa_template.url, url=awa_database.url)
    assert (done.status, "without receipts" in done.out) == (9, True)
    assert run("verify", "--reference", url=awa_database.url).status == 0


def test_a_role_that_may_not_create_databases_learns_what_helps(
    awa_database: Database, server: TestServer, release: Release
) -> None:
    admin = Database("", server.url)
    admin.rows("CREATE ROLE awa_infra_test_reader LOGIN PASSWORD 'reader'")
    try:
        info = psycopg.conninfo.conninfo_to_dict(awa_database.url)
        given = {**info, "user": "awa_infra_test_reader", "password": "reader"}
        with pytest.raises(BlockedError) as raised:
            measured_facts(psycopg.conninfo.make_conninfo("", **given), release)
        assert raised.value.code == "no-createdb"
        assert "ALTER ROLE awa_infra_test_reader CREATEDB" in raised.value.hint
    finally:
        admin.rows("DROP ROLE awa_infra_test_reader")


@pytest.mark.usefixtures("leftovers")
def test_a_scratch_database_goes_also_when_its_migration_fails(awa_database: Database, release: Release) -> None:
    broken = replace(release, migrations=(*release.migrations, Migration(41, "broken", "SELECT 1/0", "")))
    with pytest.raises(SqlFailedError, match="Step V041 failed: division by zero"):
        measured_facts(awa_database.url, broken)


@pytest.mark.usefixtures("leftovers")
def test_a_scratch_database_goes_also_when_somebody_interrupts_while_it_is_made(
    awa_database: Database, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    @contextmanager
    def interrupted(connection: Connection, lock_timeout: float) -> Iterator[None]:
        with session(connection, lock_timeout):
            yield
        if not made:
            made.append("a database")
            raise KeyboardInterrupt

    monkeypatch.setattr("awa_infra.database.reference.session", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measured_facts(awa_database.url, release)
    assert made


def test_a_role_that_may_not_read_the_identifier_of_the_server_compares_too(
    awa_database: Database, server: TestServer, run: Run
) -> None:
    reader = f"reader_of_{awa_database.name}"
    awa_database.rows(f"CREATE ROLE {reader} IN ROLE pg_read_all_data LOGIN")
    awa_database.rows("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_control_system() FROM PUBLIC")
    other = server.create(awa_database.name)
    try:
        url = log_in(awa_database, reader).url
        done = run("verify", "--reference-url", other.name, url=url)
        assert done.status == 0, done.err
        same = run("verify", "--reference-url", awa_database.name, url=url)
        assert same.status == 3
        assert "may not execute pg_control_system()" in same.err
    finally:
        server.drop(other)
        server.drop(awa_database)
        forget(server, reader)
