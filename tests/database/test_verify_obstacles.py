"""Everything in the catalog that can stop a worker although every object of Awa is there."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair, verify
from awa_infra.database.observe import read_plan
from awa_infra.model import DesiredState, Release
from awa_infra.verification.findings import Finding
from tests.database.test_structure_script import as_verify_says, proof
from tests.support.servers import Database, TestServer


def drift(database: Database, release: Release) -> list[Finding]:
    return list(verify(database.url, release)[1].drift)


def run_statements(database: Database, findings: list[Finding]) -> None:
    for finding in findings:
        for statement in finding.sql:
            database.rows(statement)


@pytest.fixture
def runtime(server: TestServer, awa_database: Database) -> Iterator[str]:
    """Give a role that was granted what workers need, in the way of an administrator."""
    name = f"runtime_of_{awa_database.name}"
    awa_database.rows(f"CREATE ROLE {name}")
    awa_database.rows(
        f"GRANT USAGE ON SCHEMA awa TO {name}; GRANT ALL ON ALL TABLES IN SCHEMA awa TO {name};"
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA awa TO {name}"
    )
    yield name
    awa_database.rows(f"DROP OWNED BY {name}")
    Database("", server.url).rows(f"DROP ROLE {name}")


def test_row_level_security_on_every_table_is_one_finding_with_the_way_back(
    awa_database: Database, release: Release
) -> None:
    # As an event trigger of a hosted platform does it.
    awa_database.rows(
        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'awa'::regnamespace "
        "AND relkind IN ('r', 'p') LOOP EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t); END LOOP; END $$"
    )
    awa_database.rows("CREATE POLICY mine ON awa.jobs_hot FOR SELECT USING (true)")
    before = verify(awa_database.url, release)[1]
    codes = {f.code: f for f in before.drift}
    assert set(codes) == {"row-level-security", "object-extra"}
    assert "row-level security is on for 217 tables" in codes["row-level-security"].message
    assert codes["object-extra"].sql == ('DROP POLICY "mine" ON "awa"."jobs_hot";',)
    assert before.fingerprints[0].found != before.fingerprints[0].expected
    assert repair(awa_database.url, release)[0].applied == ()
    run_statements(awa_database, list(before.drift))
    assert verify(awa_database.url, release)[1].healthy


@pytest.mark.parametrize(
    ("damage", "part", "name"),
    [
        ("CREATE RULE quiet AS ON DELETE TO awa.dlq_entries DO INSTEAD NOTHING", "rule", "dlq_entries.quiet"),
        (
            "CREATE TABLE mine (job bigint CONSTRAINT of_mine REFERENCES awa.batch_operations)",
            "reference",
            "batch_operations.of_mine",
        ),
        ("CREATE COLLATION awa.mine (locale = 'C')", "other", "collation awa.mine"),
        (
            "ALTER TABLE awa.batch_operation_items DISABLE TRIGGER ALL",
            "trigger",
            "batch_operation_items.batch_operation_items_operation_id_fkey",
        ),
    ],
)
def test_what_no_release_makes_is_found_whatever_its_kind(
    awa_database: Database, release: Release, damage: str, part: str, name: str
) -> None:
    try:
        column = awa_database.rows(
            "SELECT format_type(atttypid, -1) AS t FROM pg_attribute WHERE attrelid = 'awa.batch_operations'::regclass "
            "AND attnum = 1"
        )
        awa_database.rows(damage.replace("bigint", column[0]["t"]))
        [finding] = drift(awa_database, release)
        assert (finding.kind.value, finding.part, finding.object) == ("extra", part, name)
        assert not finding.repairable
    finally:
        awa_database.rows("DROP TABLE IF EXISTS mine")


def test_a_column_with_another_collation_is_changed(awa_database: Database, release: Release) -> None:
    awa_database.rows('ALTER TABLE awa.cron_jobs ALTER COLUMN kind TYPE text COLLATE "C"')
    [finding] = drift(awa_database, release)
    assert (finding.object, finding.found) == ("cron_jobs.kind", "text collate C not null")


def test_a_publication_that_makes_awas_deletes_fail_is_reported_by_plan_and_verify(
    awa_database: Database, database: Database, release: Release
) -> None:
    awa_database.rows("CREATE PUBLICATION everything FOR ALL TABLES")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        awa_database.rows("DELETE FROM awa.job_unique_claims")
    [finding] = drift(awa_database, release)
    assert finding.code == "publication-without-identity"
    [note] = read_plan(awa_database.url, DesiredState(release, release.schema_version))[1].notes
    assert (note.code, "everything" in note.message, "awa" in note.message) == (finding.code, True, True)
    run_statements(awa_database, [finding])
    awa_database.rows("DELETE FROM awa.job_unique_claims")
    assert drift(awa_database, release) == []
    assert read_plan(awa_database.url, DesiredState(release, release.schema_version))[1].notes == ()
    awa_database.rows("DROP PUBLICATION everything")
    database.rows("CREATE PUBLICATION all_of_it FOR ALL TABLES")
    notes = read_plan(database.url, DesiredState(release, release.schema_version))[1].notes
    assert ["will refuse" in note.message for note in notes if note.code == finding.code] == [True]
    database.rows("DROP PUBLICATION all_of_it")


@pytest.mark.parametrize(
    "publication",
    ["FOR TABLE awa.job_unique_claims, awa.queue_terminal_count_deltas", "FOR TABLES IN SCHEMA awa"],
)
def test_publications_of_single_tables_and_of_the_schema_count_too(
    awa_database: Database, release: Release, publication: str
) -> None:
    if "SCHEMA" in publication and verify(awa_database.url, release)[0].server_version < 150000:
        publication = "FOR TABLE awa.job_unique_claims, awa.queue_terminal_count_deltas"
    awa_database.rows(f"CREATE PUBLICATION part {publication} WITH (publish_via_partition_root = true)")
    [finding] = drift(awa_database, release)
    [note] = read_plan(awa_database.url, DesiredState(release, release.schema_version))[1].notes
    assert f" of {len(finding.sql)} tables" in note.message
    assert "job_unique_claims" in str(finding.sql)
    assert "queue_terminal_count_deltas_0" in str(finding.sql)
    awa_database.rows("ALTER PUBLICATION part SET (publish = 'insert')")
    assert drift(awa_database, release) == []
    awa_database.rows("DROP PUBLICATION part")


def test_functions_and_types_that_a_role_of_workers_may_not_use(
    awa_database: Database, release: Release, runtime: str
) -> None:
    assert drift(awa_database, release) == []
    awa_database.rows(
        "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA awa FROM PUBLIC; REVOKE USAGE ON TYPE awa.job_state FROM PUBLIC"
    )
    found = drift(awa_database, release)
    assert [(f.code, f.object) for f in found] == [
        ("privileges-missing", f"{runtime} function"),
        ("privileges-missing", f"{runtime} type"),
    ]
    assert "install_queue_storage_substrate" not in str(found[0].sql)
    run_statements(awa_database, found)
    assert drift(awa_database, release) == []


def test_lost_privileges_of_an_owner_are_reported(database: Database, release: Release) -> None:
    owner = f"owner_of_{database.name}"
    database.rows(f"CREATE ROLE {owner}; GRANT CREATE ON DATABASE {database.name} TO {owner}")
    try:
        apply(database.url, DesiredState(release, release.schema_version), role=owner)
        assert drift(database, release) == []
        database.rows(f"SET ROLE {owner}; REVOKE DELETE ON awa.jobs_hot FROM {owner}")
        [finding] = drift(database, release)
        assert (finding.code, finding.object) == ("privileges-missing", f"{owner} table")
        database.rows(f"SET ROLE {owner}; {finding.sql[0]}")
        assert drift(database, release) == []
    finally:
        database.rows(f"DROP OWNED BY {owner} CASCADE; DROP ROLE {owner}")


@pytest.mark.parametrize(
    ("publication", "refused"),
    [
        ("TABLE awa.jobs_hot WHERE (queue = 'mine')", "DELETE FROM awa.jobs_hot"),
        ("TABLE awa.jobs_hot (kind, queue)", "DELETE FROM awa.jobs_hot"),
        ("TABLE awa.jobs_hot (id, kind) WHERE (kind = 'a')", "UPDATE awa.jobs_hot SET kind = 'b'"),
        ("TABLE awa.dlq_entries (queue)", "DELETE FROM awa.dlq_entries"),
        ("TABLE awa.ready_entries (payload) WITH (publish_via_partition_root)", "DELETE FROM awa.ready_entries_1"),
        # Of these PostgreSQL refuses nothing.
        ("TABLE awa.jobs_hot WHERE (id > 7)", ""),
        ("TABLE awa.jobs_hot (id, kind)", ""),
        ("TABLE awa.jobs_hot (kind) WITH (publish = 'insert')", ""),
    ],
)
def test_a_publication_with_a_filter_or_columns_that_do_not_fit_the_identity(
    awa_database: Database, release: Release, publication: str, refused: str
) -> None:
    if verify(awa_database.url, release)[0].server_version < 150000:
        pytest.skip("PostgreSQL 14 has no row filters and no column lists")
    awa_database.rows(f"CREATE PUBLICATION narrow FOR {publication}")
    if not refused:
        awa_database.rows("DELETE FROM awa.jobs_hot")
        assert drift(awa_database, release) == []
        return
    with pytest.raises(psycopg.errors.InvalidColumnReference):
        awa_database.rows(refused)
    [finding] = drift(awa_database, release)
    assert finding.code == "publication-without-identity"
    assert "publication narrow publishes deletes or updates with a row filter or a column list" in finding.message
    said = {row["what"] for row in proof(awa_database, release, ()) if row["ok"] is False}
    assert said == as_verify_says(awa_database, release)
    awa_database.rows("ALTER PUBLICATION narrow SET (publish = 'insert')")
    assert drift(awa_database, release) == []


def test_a_library_that_sorts_otherwise_than_before_is_a_finding_until_indexes_are_built_anew(
    awa_database: Database, release: Release
) -> None:
    """As after the server moved to another operating system, by pg_upgrade or by a failover."""
    if int(awa_database.rows("SHOW server_version_num")[0]["server_version_num"]) < 170000:
        return  # no collation that has a version and is on every machine
    awa_database.rows(
        "UPDATE pg_database SET datlocprovider = 'b', datlocale = 'C.UTF-8', datcollversion = '0.1' "
        "WHERE datname = current_database()"
    )
    [finding] = drift(awa_database, release)
    assert (finding.schema, finding.code) == ("awa", "collation-changed")
    assert finding.message.startswith(
        f"database {awa_database.name} was made with version 0.1 of its collation, and the "
    )
    assert finding.message.endswith("library of the server has 1: indexes of texts may miss rows")
    said = {row["what"] for row in proof(awa_database, release, ()) if row["ok"] is False}
    assert said == as_verify_says(awa_database, release)
    run_statements(awa_database, [finding])
    assert verify(awa_database.url, release)[1].healthy
