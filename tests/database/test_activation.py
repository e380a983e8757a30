"""Activation: from fresh to active in so many words, and everything that stands against it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import psycopg
import pytest

from awa_infra.database.activation import activate, read_activation
from awa_infra.database.apply import apply
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import BlockedError, CommitUnknownError
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape, Step
from tests.matrix import canonical_jobs
from tests.support.people import people
from tests.support.proxy import LossyProxy
from tests.support.servers import Database, TestServer

SMALL = Shape(4, 2, 2)


@pytest.fixture(scope="module")
def template(server: TestServer, awa_template: Database, release: Release) -> Iterator[Database]:
    """Give a fresh database with a small custom schema, to be copied."""
    made = server.create(awa_template.name)
    apply(made.url, DesiredState(release, None, (QueueStorage("acme", SMALL, (Queue("emails"),)),)))
    yield made
    server.drop(made)


@pytest.fixture
def fresh(server: TestServer, template: Database) -> Iterator[Database]:
    """Give a copy of it."""
    made = server.create(template.name)
    yield made
    server.drop(made)


def refused(database: Database, schema: str, code: str) -> str:
    """Return what the only gate says, which must stop an activation too and leave the state as it was."""
    before = database.transition()
    (gate,) = read_activation(database.url, schema)[1].gates
    assert gate.code == code
    with pytest.raises(BlockedError) as caught:
        activate(database.url, schema)
    assert caught.value.code == code
    assert database.transition() == before
    return gate.message


@pytest.mark.parametrize("schema", ["awa", "acme"])
def test_a_fresh_database_becomes_active_once(fresh: Database, schema: str) -> None:
    assert [step.key for step in read_activation(fresh.url, schema)[1].steps] == [f"activation:{schema}"]
    assert read_state(fresh.url).transition == read_activation(fresh.url, schema)[0].transition
    report = activate(fresh.url, schema)
    assert report.changed
    assert report.before.transition is not None
    assert report.before.transition.active_schema is None
    transition = read_state(fresh.url).transition
    assert transition is not None
    assert transition.state == "active"
    assert transition.details_schema == transition.marker_schema == transition.active_schema == schema
    assert fresh.rows("SELECT awa.active_queue_storage_schema() AS schema") == [{"schema": schema}]
    before = fresh.transition()
    assert not activate(fresh.url, schema).changed
    assert read_activation(fresh.url, schema)[1].empty
    assert fresh.transition() == before


@pytest.mark.parametrize("only_terminal", [False, True], ids=["unfinished", "finished"])
def test_jobs_in_the_canonical_tables_stand_against_it(fresh: Database, *, only_terminal: bool) -> None:
    with psycopg.connect(fresh.url) as connection:
        canonical_jobs.insert(connection, only_terminal=only_terminal)
    assert "jobs in the canonical tables, finished ones included" in refused(fresh, "acme", "activation-not-fresh")


def test_a_worker_that_was_seen_lately_blocks_the_activation(fresh: Database) -> None:
    fresh.rows(
        "INSERT INTO awa.runtime_instances (instance_id, hostname, pid, version, started_at, last_seen_at, "
        "snapshot_interval_ms, healthy, postgres_connected, poll_loop_alive, heartbeat_alive, maintenance_alive, "
        "shutting_down, leader) SELECT gen_random_uuid(), 'here', 7, '0.6.9', now(), now() - interval '50 s', 10000, "
        "true, true, true, true, true, false, false"
    )
    assert "runtime here (pid 7) was seen 50 s ago, less than 90" in refused(fresh, "acme", "activation-not-fresh")
    fresh.rows("UPDATE awa.runtime_instances SET last_seen_at = now() - interval '91 s'")
    assert activate(fresh.url, "acme").changed


def test_a_transition_that_has_begun_blocks_the_activation(fresh: Database) -> None:
    fresh.rows("""SELECT awa.storage_prepare('queue_storage', '{"schema": "acme"}')""")
    assert "its storage state is prepared" in refused(fresh, "acme", "activation-not-fresh")


def test_a_schema_that_is_not_there_is_never_activated(fresh: Database) -> None:
    assert refused(fresh, "beta", "activation-schema-missing").startswith("beta is no queue-storage schema")
    fresh.rows("DROP INDEX acme.idx_acme_ready_0_job")
    assert refused(fresh, "acme", "activation-schema-missing").startswith("acme is incomplete")


def test_there_is_no_way_from_one_schema_to_another(fresh: Database) -> None:
    activate(fresh.url, "acme")
    codes = {gate.code for gate in read_activation(fresh.url, "awa")[1].gates}
    assert codes == {"activation-elsewhere", "activation-not-fresh"}
    with pytest.raises(BlockedError, match="2 conditions do not hold"):
        activate(fresh.url, "awa")


def test_a_database_without_awa_gets_a_hint_to_migrate_first(database: Database) -> None:
    (gate,) = read_activation(database.url, "awa")[1].gates
    assert gate.code == "canonical-schema-missing"


def test_a_schema_that_a_newer_release_migrated_is_never_activated(fresh: Database) -> None:
    fresh.rows("INSERT INTO awa.schema_version (version, description) VALUES (41, 'of a newer Awa')")
    assert "is at version 41, newer than the 40" in refused(fresh, "acme", "newer-schema")


@pytest.mark.parametrize("active", [True, False], ids=["active", "not active"])
def test_a_login_that_may_not_read_awa_says_so_whether_or_not_queue_storage_is_active(
    server: TestServer, fresh: Database, active: bool
) -> None:
    if active:
        activate(fresh.url, "acme")
    with people(server, fresh, superuser=False) as staff:
        weak = Database(fresh.name, staff.administrator.url)
        before = fresh.transition()
        plan = read_activation(weak.url, "acme")[1]
        assert [gate.code for gate in plan.gates] == ["history-unreadable"]
        assert plan.steps == ()
        with pytest.raises(BlockedError) as caught:
            activate(weak.url, "acme")
        assert caught.value.code == "history-unreadable"
        assert fresh.transition() == before


def test_a_schema_that_lost_its_history_is_not_taken_for_an_old_one(fresh: Database) -> None:
    fresh.rows("DELETE FROM awa.schema_version")
    refused(fresh, "acme", "empty-history")


def test_of_two_at_once_one_activates_and_the_other_finds_it_done(fresh: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: activate(fresh.url, "acme"), range(2)))
    assert sorted(report.changed for report in reports) == [False, True]


def test_of_two_that_want_different_schemas_one_is_refused(fresh: Database) -> None:
    def attempt(schema: str) -> str:
        try:
            activate(fresh.url, schema)
        except BlockedError:
            return "refused"
        return schema

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(attempt, ["acme", "awa"])
    assert sorted(["refused", {first, second}.difference({"refused"}).pop()]) == sorted([first, second])
    transition = read_state(fresh.url).transition
    assert transition is not None
    assert transition.active_schema in {first, second}


def test_the_owner_activates_for_whoever_may_act_as_it(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        apply(staff.administrator.url, DesiredState(release, 40, roles=staff.roles))
        migrator = staff.login("migrator")
        assert activate(migrator.url, "awa", role=staff.roles.owner).before.user == staff.roles.owner
        assert not activate(staff.administrator.url, "awa").changed


def test_an_interruption_leaves_it_as_it_was(fresh: Database) -> None:
    def interrupt(_number: int, _total: int, _step: Step) -> None:
        raise KeyboardInterrupt

    before = fresh.transition()
    with pytest.raises(KeyboardInterrupt):
        activate(fresh.url, "acme", options=ApplyOptions(progress=interrupt))
    assert fresh.transition() == before
    assert activate(fresh.url, "acme").changed


@pytest.mark.parametrize("lose", ["answer", "question"])
def test_after_a_lost_commit_the_next_run_finds_out(fresh: Database, lose: Literal["answer", "question"]) -> None:
    with LossyProxy(fresh.url, lose) as proxy, pytest.raises(CommitUnknownError):
        activate(proxy.url, "acme")
    assert activate(fresh.url, "acme").changed == (lose == "question")
