from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.observe import read_plan, read_state
from awa_infra.model import DesiredState, Release
from tests.support.bundles import render
from tests.support.servers import Database
from tests.support.tools import awa, dump_schema
from tests.tools.bundle_tools import CUSTOM, LOCK_HOLDERS, SCHEMAS, unverified
from tests.tools.runners import psql

STOPPED = 3
"""Exit status of psql when a statement of a script failed."""


@pytest.fixture(scope="module")
def bundle(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("psql") / "bundle"
    write(render("psql", DesiredState(release, release.schema_version, CUSTOM)), folder)
    return folder


def test_a_psql_bundle_brings_an_empty_database_to_the_schema_of_awa_migrate(
    bundle: Path, database: Database, release: Release, schema_of_awa: str
) -> None:
    first = psql(database.url, bundle / "apply.sql")
    assert first.status == 0, first.output
    assert "NOTICE" not in first.output
    titles = [line for line in first.output.splitlines() if line.startswith("V")]
    assert titles == [f"V{m.version} {m.description}" for m in release.migrations]
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, bundle) == []

    before = database.transition()
    assert (before["state"], before["marker"]) == ("canonical", None)
    second = psql(database.url, bundle / "apply.sql")
    assert second.status == 0, second.output
    assert not [line for line in second.output.splitlines() if line.startswith(("V", "patch"))]
    assert database.transition() == before
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


def test_a_dry_run_of_psql_does_everything_and_keeps_nothing(bundle: Path, database: Database) -> None:
    done = psql(database.url, bundle / "apply.sql", "-v", "dry_run=1")
    assert done.status == 0, done.output
    assert "everything was rolled back" in done.output
    assert database.rows("SELECT nspname FROM pg_namespace WHERE nspname IN ('awa', 'acme_jobs', 'beta')") == []


def test_psql_commits_every_migration_by_itself_if_asked_to(
    bundle: Path, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    # No transaction may count on the defaults of a database.
    database.rows(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    (broken / "upstream" / "V030.sql").write_text("SELECT 1 / 0;\n", encoding="utf-8")
    stopped = psql(database.url, broken / "apply.sql", "-v", "each=1")
    assert stopped.status == STOPPED, stopped.output
    assert read_state(database.url).version == 29
    assert database.rows("SELECT FROM pg_locks WHERE locktype = 'advisory'") == []
    # Between two migrations the session has the lock, although no transaction does.
    script = bundle / "apply.sql"
    watching = script.with_name("watching.sql")
    between = "COMMIT;\n        SELECT 'held ' || count(*) FROM pg_locks WHERE objid = 1296648018 AND granted;\n"
    watching.write_text(script.read_text(encoding="utf-8").replace("COMMIT;\n        ", between), encoding="utf-8")
    done = psql(database.url, watching, "-v", "each=1")
    watching.unlink()
    assert done.status == 0, done.output
    lines = done.output.splitlines()
    assert [line for line in lines if line.startswith("held")] == ["held 1"] * 10
    assert [line for line in lines if line.startswith("V")] == [
        f"V{m.version} {m.description}" for m in release.migrations if m.version > 29
    ]
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, bundle) == []


def test_psql_takes_over_a_database_of_awa_migrate_and_obeys_the_conditions(
    bundle: Path, awa_database: Database, schema_of_awa: str
) -> None:
    done = psql(awa_database.url, bundle / "apply.sql")
    assert done.status == 0, done.output
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa

    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    awa_database.rows("UPDATE beta.queue_ring_state SET slot_count = 5")
    refused = psql(awa_database.url, bundle / "apply.sql")
    assert refused.status == STOPPED
    assert "[newer-schema]" in refused.output
    assert "[queue-storage-shape]" in refused.output
    assert "Nothing was run." in refused.output
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa


@pytest.mark.parametrize("stopped_at", [1, 30, 39])
def test_psql_goes_on_where_a_migration_stopped(
    bundle: Path, applied: Callable[[DesiredState], Database], release: Release, schema_of_awa: str, stopped_at: int
) -> None:
    database = applied(DesiredState(release, stopped_at))
    done = psql(database.url, bundle / "apply.sql")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


def test_psql_puts_a_missing_patch_back_and_runs_nothing_else(
    bundle: Path, awa_database: Database, release: Release, schema_of_awa: str
) -> None:
    last = release.migrations[-1]
    awa_database.rows("ALTER FUNCTION awa.recompute_dirty_admin_metadata(integer) RENAME TO put_aside")
    done = psql(awa_database.url, bundle / "apply.sql")
    assert done.status == 0, done.output
    assert f"patch {release.patches[0].name}" in done.output
    assert last.description not in done.output
    awa_database.rows("DROP FUNCTION awa.put_aside(integer)")
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa


def test_a_failure_in_the_middle_of_psql_leaves_the_database_as_it_was(
    bundle: Path, database: Database, tmp_path: Path
) -> None:
    broken = tmp_path / "bundle"
    for path in bundle.rglob("*.sql"):
        copy = broken / path.relative_to(bundle)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (broken / "upstream" / "V020.sql").write_text("SELECT 1/0;")
    done = psql(database.url, broken / "apply.sql")
    assert done.status == STOPPED
    assert "division by zero" in done.output
    assert database.rows("SELECT FROM pg_namespace WHERE nspname = 'awa'") == []


def test_a_result_that_the_bundle_did_not_promise_is_rolled_back(bundle: Path, awa_database: Database) -> None:
    # A version row that was lost is nothing that the files, which go by the highest one, would bring back.
    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 17")
    done = psql(awa_database.url, bundle / "apply.sql")
    assert done.status == STOPPED
    assert "schema awa: versions recorded: 38 instead of 39" in done.output
    assert awa_database.rows("SELECT FROM pg_namespace WHERE nspname = 'acme_jobs'") == []


def test_what_was_committed_before_a_result_that_was_not_promised_is_not_said_to_be_rolled_back(
    bundle: Path, awa_database: Database
) -> None:
    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 17")
    done = psql(awa_database.url, bundle / "apply.sql", "-v", "each=1")
    assert done.status == STOPPED
    assert "What was committed before stays." in done.output
    assert "rolled back" not in done.output


@pytest.mark.parametrize("each", [[], ["-v", "each=1"]], ids=["whole", "each"])
def test_what_a_superuser_runs_later_is_a_warning_until_it_has_been_run(
    each: list[str], awa_database: Database, release: Release, tmp_path: Path
) -> None:
    wanted = DesiredState(release, release.schema_version, CUSTOM[:1], guarded=("awa",))
    write(render("psql", wanted), tmp_path / "bundle")
    first = psql(awa_database.url, tmp_path / "bundle/apply.sql", *each)
    assert first.status == 0, first.output
    assert f"WARNING:  Database {awa_database.name} still waits for an administrator:" in first.output
    assert "guards: schema awa is not guarded" in first.output
    assert unverified(awa_database, tmp_path / "bundle") == ["guards"]
    assert psql(awa_database.url, tmp_path / "bundle/guard.sql").status == 0
    second = psql(awa_database.url, tmp_path / "bundle/apply.sql", *each)
    assert (second.status, "WARNING" in second.output) == (0, False), second.output
    assert unverified(awa_database, tmp_path / "bundle") == []


def test_psql_waits_for_awa_migrate_and_awa_migrate_for_psql(bundle: Path, database: Database) -> None:
    results: list[int] = []
    with psycopg.connect(database.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK_KEY])
        runs = [
            threading.Thread(target=lambda: results.append(psql(database.url, bundle / "apply.sql").status)),
            threading.Thread(target=awa, args=["migrate"], kwargs={"url": database.url}),
        ]
        for run in runs:
            run.start()
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
        while len(holder.execute(waiting, [holder.info.backend_pid]).fetchall()) < len(runs):
            assert all(run.is_alive() for run in runs)
        assert database.rows(LOCK_HOLDERS) == [{"holders": 1}]
        assert database.rows("SELECT FROM pg_namespace WHERE nspname = 'awa'") == []
    for run in runs:
        run.join()
    assert results == [0]
    assert unverified(database, bundle) == []


HELD = """
    SELECT l.relation::regclass::text AS relation
      FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'awa' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def test_psql_that_waits_for_a_migration_holds_nothing_that_it_wants(bundle: Path, awa_database: Database) -> None:
    results: list[int] = []
    with psycopg.connect(awa_database.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK_KEY])
        run = threading.Thread(target=lambda: results.append(psql(awa_database.url, bundle / "apply.sql").status))
        run.start()
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s AND query ~ 'DECLARE'"
        while not holder.execute(waiting, [holder.info.backend_pid]).fetchall():
            assert run.is_alive()
        assert [row for _ in range(20) for row in awa_database.rows(HELD)] == []
    run.join()
    assert results == [0]


def test_a_bundle_that_starts_in_the_middle_runs_on_nothing_less(
    database: Database,
    applied: Callable[[DesiredState], Database],
    release: Release,
    schema_of_awa: str,
    tmp_path: Path,
) -> None:
    desired = DesiredState(release, release.schema_version, CUSTOM)
    write(dict(package("psql", desired, from_version=30).files), tmp_path)
    refused = psql(database.url, tmp_path / "apply.sql")
    assert refused.status == STOPPED
    assert "and this bundle starts after version 30. [start-not-reached]\nHint: " in refused.output
    database = applied(DesiredState(release, 29))
    refused = psql(database.url, tmp_path / "apply.sql")
    assert "is at version 29, and this bundle starts after version 30" in refused.output
    thirtieth = next(migration.sql for migration in release.migrations if migration.version == 30)
    database.rows("SET client_min_messages = warning;" + thirtieth)
    done = psql(database.url, tmp_path / "apply.sql")
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


def test_an_administrator_guards_the_schemas_with_one_script(
    awa_database: Database, release: Release, tmp_path: Path
) -> None:
    wanted = DesiredState(release, release.schema_version, guarded=("awa",))
    script = tmp_path / "guard.sql"
    script.write_bytes(render("psql", wanted)["guard.sql"])
    for _ in range(2):
        assert psql(awa_database.url, script).status == 0
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        awa_database.rows("DROP SCHEMA awa CASCADE")
    assert read_plan(awa_database.url, wanted)[1].empty
