"""A guarded database refuses to lose the schemas of Awa, whoever asks, and lets everything else go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import awa as awa_sdk
import psycopg
import pytest
from psycopg import sql

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair, verify
from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.removal import remove
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.people import people
from tests.support.servers import Database, TestServer

ACME = QueueStorage("acme", Shape(4, 2, 2))


@pytest.fixture
def guarded(awa_database: Database, release: Release) -> Database:
    """Give a migrated database whose schemas are guarded."""
    apply(awa_database.url, declared(release))
    return awa_database


def declared(release: Release) -> DesiredState:
    return DesiredState(release, release.schema_version, (ACME,), guarded=("awa", "acme"))


def test_a_guard_is_a_step_of_the_plan_and_made_once(awa_database: Database, release: Release) -> None:
    _state, plan = read_plan(awa_database.url, declared(release))
    assert [step.key for step in plan.steps][:2] == ["guard:awa", "guard:acme"]
    assert plan.steps[0].title == "guard of schema awa against being dropped"
    assert apply(awa_database.url, declared(release)).changed
    assert not apply(awa_database.url, declared(release)).changed
    awa_database.rows("ALTER EVENT TRIGGER awa_infra_guard_awa DISABLE")
    assert [step.key for step in read_plan(awa_database.url, declared(release))[1].steps] == ["guard:awa"]
    assert apply(awa_database.url, declared(release)).changed


@pytest.mark.parametrize("schema", ["awa", "acme"])
@pytest.mark.parametrize("statement", ["DROP SCHEMA {} CASCADE", "DROP SCHEMA IF EXISTS public, {} CASCADE"])
def test_dropping_a_guarded_schema_is_refused_with_the_way_out(guarded: Database, schema: str, statement: str) -> None:
    with (
        psycopg.connect(guarded.url) as connection,
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as caught,
    ):
        connection.execute(sql.SQL(statement).format(sql.Identifier(schema)))
    assert caught.value.diag.message_primary == (
        f"Schema {schema} of database {guarded.name} is guarded, so it is not dropped."
    )
    assert f"SET awa_infra.allow_drop = '{schema}';" in (caught.value.diag.message_hint or "")
    state = read_state(guarded.url)
    assert state.version == 40
    assert state.substrate("acme") is not None


def test_drop_owned_by_the_owner_is_refused(server: TestServer, database: Database, release: Release) -> None:
    with people(server, database) as staff:
        owned = replace(declared(release), roles=staff.roles, queue_storage=())
        apply(database.url, owned)
        with psycopg.connect(database.url) as connection, pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(staff.roles.owner)))
        assert read_state(database.url).version == 40


def test_awas_own_reset_is_refused(guarded: Database) -> None:
    """Awa's Python client drops the schema that it is told to reset, the canonical one too."""

    async def reset() -> None:
        client = awa_sdk.AsyncClient(guarded.url)
        try:
            await client.install_queue_storage(schema="awa", reset=True)
        finally:
            await client.close()

    with pytest.raises(awa_sdk.AwaError, match="is guarded, so it is not dropped"):
        asyncio.run(reset())
    assert read_state(guarded.url).version == 40


def test_a_session_that_allows_it_by_name_may_drop_that_schema_and_no_other(guarded: Database) -> None:
    with psycopg.connect(guarded.url, autocommit=True) as connection:
        connection.execute("SET awa_infra.allow_drop = 'acme'")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute("DROP SCHEMA awa CASCADE")
        connection.execute("DROP SCHEMA acme CASCADE")
    assert [s.schema for s in read_state(guarded.url).substrates] == ["awa"]


def test_migrations_repair_and_our_own_removal_go_on(guarded: Database, release: Release) -> None:
    guarded.rows("DROP TABLE awa.admin_dirty_kind_marks")
    assert apply(guarded.url, declared(release)).changed
    guarded.rows("DROP INDEX acme.idx_acme_deferred_due")
    assert repair(guarded.url, release)[0].changed
    assert verify(guarded.url, release)[1].drift == ()
    assert remove(guarded.url, "acme").changed
    assert read_state(guarded.url).substrate("acme") is None
    guarded.rows("CREATE SCHEMA mine CREATE TABLE t (n int)")
    guarded.rows("DROP SCHEMA mine CASCADE")


def test_who_may_not_make_event_triggers_is_told_before_anything_is_written(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        (gate,) = read_plan(staff.administrator.url, declared(release))[1].gates
        assert gate.code == "guard-not-allowed"
        assert "Guarding schema acme, awa needs an event trigger" in gate.message
        with pytest.raises(BlockedError):
            apply(staff.administrator.url, declared(release))
        assert not read_state(database.url).schema_exists


def test_a_superuser_who_acts_as_the_owner_makes_the_guard_as_itself(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database) as staff:
        apply(database.url, DesiredState(release, None, roles=staff.roles))
        report = apply(database.url, declared(release), role=staff.roles.owner)
        assert report.changed
        owners = database.rows("SELECT DISTINCT pg_get_userbyid(relowner)::text AS o FROM pg_class WHERE oid > 16384")
        assert owners == [{"o": staff.roles.owner}]
