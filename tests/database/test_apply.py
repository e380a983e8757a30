from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from awa_infra.database.activation import read_activation
from awa_infra.database.apply import apply
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import AwaInfraError, BlockedError, LockTimeoutError, SqlFailedError, StalePlanError
from awa_infra.model import DesiredState, QueueStorage, Release, Shape, Step, Transaction
from tests.support.plans import agreed_to
from tests.support.schemas import ACME
from tests.support.servers import Database
from tests.support.tools import awa, dump_everything, dump_schema

Desired = Callable[..., DesiredState]

SMALL = QueueStorage("small", Shape(4, 2, 2, receipts=False))


def test_an_empty_database_ends_in_the_schema_of_awa_migrate(
    database: Database, awa_database: Database, desired: Desired
) -> None:
    report = apply(database.url, desired())
    assert len(report.applied) == 40
    assert report.after.version == 40
    assert report.after.patches == {"wait_free_dirty_marks"}
    assert dump_schema(database.url, "awa") == dump_schema(awa_database.url, "awa")
    assert database.rows("SELECT count(*) AS n, max(version) AS v FROM awa.schema_version") == [{"n": 39, "v": 40}]


def test_a_second_apply_changes_nothing(applied: Callable[[DesiredState], Database], desired: Desired) -> None:
    database = applied(desired(ACME))
    before = dump_schema(database.url)
    again = apply(database.url, desired(ACME))
    assert not again.changed
    assert dump_schema(database.url) == before


def test_a_database_that_awa_migrated_is_adopted_without_a_write(awa_database: Database, desired: Desired) -> None:
    # Which transaction wrote each function and each row of the versions last.
    written = (
        "SELECT p.oid::bigint AS n, p.xmin::text AS x FROM pg_proc p WHERE pronamespace = 'awa'::regnamespace "
        "UNION ALL SELECT version, xmin::text FROM awa.schema_version ORDER BY 1"
    )
    before = awa_database.rows(written), dump_everything(awa_database.url)
    report = apply(awa_database.url, desired())
    assert not report.changed
    assert report.after.version == 40
    assert (awa_database.rows(written), dump_everything(awa_database.url)) == before


def test_applying_in_two_parts_ends_in_the_same_schema(
    database: Database, awa_database: Database, desired: Desired
) -> None:
    halfway = apply(database.url, desired(target=23))
    assert halfway.after.version == 23
    assert halfway.after.patches == frozenset()
    assert [r.key for r in apply(database.url, desired()).applied][:2] == ["V024", "V025"]
    assert dump_schema(database.url, "awa") == dump_schema(awa_database.url, "awa")


def test_an_empty_schema_awa_that_is_already_there_is_used(database: Database, desired: Desired) -> None:
    database.rows("CREATE SCHEMA awa")
    assert apply(database.url, desired()).after.version == 40


def test_a_lost_patch_is_found_and_applied_again(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    report = apply(awa_database.url, desired())
    assert [r.key for r in report.applied] == ["patch:wait_free_dirty_marks"]
    assert report.after.patches == {"wait_free_dirty_marks"}


def test_custom_schemas_get_exactly_the_shape_that_is_asked_for(database: Database, desired: Desired) -> None:
    report = apply(database.url, desired(QueueStorage("acme_jobs"), SMALL))
    existing = {s.schema: s for s in report.after.substrates}
    assert existing["acme_jobs"].shape == Shape(16, 8, 8, receipts=True)
    assert existing["small"].shape == Shape(4, 2, 2, receipts=False)
    assert (existing["acme_jobs"].tables, existing["acme_jobs"].indexes) == (184, 525)
    assert existing["small"].partitions_without_fillfactor == 0


def test_a_custom_schema_equals_the_one_that_awa_prepares(awa_database: Database, desired: Desired) -> None:
    awa("storage", "prepare-queue-storage-schema", "--schema", "acme_awas", url=awa_database.url)
    apply(awa_database.url, desired(QueueStorage("acme_ours")))
    ours = dump_schema(awa_database.url, "acme_ours").replace("acme_ours", "acme_awas")
    assert ours == dump_schema(awa_database.url, "acme_awas")


def test_a_custom_schema_without_its_storage_parameters_is_completed(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme_jobs', 6, 3, 2)")
    assert [r.key for r in apply(awa_database.url, desired(ACME)).applied] == ["queue-storage:acme_jobs"]
    assert not apply(awa_database.url, desired(ACME)).changed


HIDING = {
    "a partition": (
        "DROP TABLE small.ready_entries_3",
        # As many indexes as the partition had: a primary key and two.
        "CREATE TABLE small.mine (a int PRIMARY KEY, b int UNIQUE, c int UNIQUE)",
    ),
    "a partition, by one that is no partition of Awa's table": (
        "DROP TABLE small.ready_entries_3",
        "CREATE TABLE small.ready_entries_3 (LIKE small.ready_entries INCLUDING ALL)",
    ),
    "an index, by one on Awa's own table": (
        "DROP INDEX small.idx_small_deferred_due",
        "CREATE INDEX mine ON small.deferred_jobs (job_id)",
    ),
    "a function, by one with other arguments": (
        "DROP FUNCTION small.ensure_lane_sequences",
        "CREATE FUNCTION small.ensure_lane_sequences(text) RETURNS int LANGUAGE sql AS 'SELECT 1 AS mine'",
    ),
    "the indexes of a table, by those on its partitions": (
        "DROP INDEX small.idx_small_leases_0_job, small.idx_small_leases_1_job",
        "CREATE INDEX mine ON small.leases (job_id)",
    ),
}


@pytest.mark.parametrize("statements", HIDING.values(), ids=HIDING)
def test_what_somebody_added_to_a_schema_does_not_hide_what_is_missing(
    awa_database: Database, desired: Desired, statements: tuple[str, ...]
) -> None:
    apply(awa_database.url, desired(SMALL))
    for statement in statements:
        awa_database.rows(statement)
    assert [step.key for step in read_plan(awa_database.url, desired(SMALL))[1].steps] == ["queue-storage:small"]
    gates = read_activation(awa_database.url, "small")[1].gates
    assert ["small is incomplete" in gate.message for gate in gates] == [True]
    if "mine" in statements[1]:
        assert apply(awa_database.url, desired(SMALL)).changed
        assert not apply(awa_database.url, desired(SMALL)).changed
        assert not read_activation(awa_database.url, "small")[1].gates
    else:
        with pytest.raises(AwaInfraError, match="is incomplete after its installation: 57 tables instead of 58"):
            apply(awa_database.url, desired(SMALL))


def test_an_installation_counts_only_functions_that_awa_makes(awa_database: Database, desired: Desired) -> None:
    apply(awa_database.url, desired(SMALL))
    awa_database.rows("DROP FUNCTION small.set_sequence_next(text, bigint)")
    awa_database.rows("CREATE FUNCTION small.set_sequence_next(text) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    awa_database.rows("ALTER TABLE small.leases_0 RESET (fillfactor)")
    apply(awa_database.url, desired(SMALL))
    assert awa_database.rows("SELECT to_regprocedure('small.set_sequence_next(text, bigint)')::text AS f") != [
        {"f": None}
    ]


@pytest.mark.parametrize("schemas", [(), (ACME, SMALL)], ids=["awa alone", "with custom schemas"])
def test_nothing_here_activates_queue_storage(
    awa_database: Database, desired: Desired, schemas: tuple[QueueStorage, ...]
) -> None:
    before = awa_database.transition()
    read_plan(awa_database.url, desired(*schemas))
    apply(awa_database.url, desired(*schemas))
    read_state(awa_database.url)
    apply(awa_database.url, desired(*schemas))
    assert awa_database.transition() == before
    assert before["state"] == "canonical"
    assert before["marker"] is None


def test_an_active_storage_stays_as_it_is(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("SELECT awa.storage_auto_finalize_if_fresh('awa')")
    before = awa_database.transition()
    apply(awa_database.url, desired(ACME))
    assert awa_database.transition() == before
    assert read_state(awa_database.url).transition is not None
    assert before["state"] == "active"


def test_planning_writes_nothing(database: Database, desired: Desired) -> None:
    observed, plan = read_plan(database.url, desired(ACME))
    assert not observed.schema_exists
    assert len(plan.steps) == 41
    assert not read_state(database.url).schema_exists


def test_a_failing_step_leaves_the_database_as_it_was(database: Database, release: Release) -> None:
    good, bad = release.migrations[:2]
    broken = Release(
        release.name,
        (good, type(bad)(bad.version, bad.description, "SELECT no_such_function()", bad.sha256)),
        (),
        release.provenance,
    )
    with pytest.raises(SqlFailedError, match="Step V002 failed: function no_such_function") as caught:
        apply(database.url, DesiredState(broken, 2))
    assert caught.value.sqlstate == "42883"
    assert not read_state(database.url).schema_exists


def test_a_migration_that_records_no_version_is_not_committed(database: Database, release: Release) -> None:
    first = release.migrations[0]
    silent = Release("9.9.9", (type(first)(1, "forgets its row", "CREATE SCHEMA awa", ""),), (), release.provenance)
    with pytest.raises(SqlFailedError, match="V001 would still be to do"):
        apply(database.url, DesiredState(silent, 1))
    assert not read_state(database.url).schema_exists


def test_the_lock_wait_is_bounded_and_says_who_holds_it(database: Database, desired: Desired) -> None:
    with psycopg.connect(database.url, application_name="the other one") as holder:
        holder.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK_KEY})")
        with pytest.raises(LockTimeoutError, match=r"held by pid \d+ \(user \w+, program the other one") as caught:
            apply(database.url, desired(), options=ApplyOptions(migration_lock=0.2))
    assert caught.value.exit_status == 5
    assert not read_state(database.url).schema_exists


def test_a_plan_that_somebody_else_made_stale_is_not_applied(database: Database, desired: Desired) -> None:
    _observed, plan = read_plan(database.url, desired())
    apply(database.url, desired(target=10))
    with pytest.raises(StalePlanError) as caught:
        apply(database.url, desired(), agreed=agreed_to(plan, Transaction.WHOLE))
    assert caught.value.details[0] == "schema awa: at version 0 then, at version 10 now"
    assert read_state(database.url).version == 10


def test_a_plan_that_somebody_else_already_applied_is_fine(database: Database, desired: Desired) -> None:
    _observed, plan = read_plan(database.url, desired())
    apply(database.url, desired())
    assert not apply(database.url, desired(), agreed=agreed_to(plan, Transaction.WHOLE)).changed


def test_of_several_at_once_one_applies_and_the_others_find_it_done(database: Database, desired: Desired) -> None:
    changed: list[bool] = []
    workers = [
        threading.Thread(target=lambda: changed.append(apply(database.url, desired()).changed)) for _ in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert sorted(changed) == [False] * 5 + [True]


def test_awa_migrate_waits_for_us_and_finds_it_done(database: Database, desired: Desired) -> None:
    started = threading.Event()
    other: list[str] = []

    def migrate() -> None:
        started.wait(60)
        other.append(awa("migrate", url=database.url))

    thread = threading.Thread(target=migrate)
    thread.start()

    def pause(number: int, _total: int, _step: Step) -> None:
        if number == 1:
            started.set()
            time.sleep(0.5)

    report = apply(database.url, desired(), options=ApplyOptions(progress=pause))
    thread.join(timeout=120)
    assert len(report.applied) == 40
    assert "applied successfully" in other[0]
    assert read_state(database.url).version == 40


def test_every_gate_that_objects_is_reported_at_once(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'from the future')")
    awa_database.rows("CREATE SCHEMA taken; CREATE TABLE taken.other ()")
    before = dump_schema(awa_database.url)
    with pytest.raises(BlockedError) as caught:
        apply(awa_database.url, desired(QueueStorage("taken")))
    assert any("is at version 99, newer than the 40 that Awa 0.6.9 knows" in d for d in caught.value.details)
    assert any("Schema taken exists" in d for d in caught.value.details)
    assert dump_schema(awa_database.url) == before
