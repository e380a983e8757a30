"""A guarded database refuses to lose the schemas of Awa, whoever asks, and lets everything else go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import awa as awa_sdk
import psycopg
import pytest
from psycopg import sql

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair, verify
from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.removal import remove
from awa_infra.errors import BlockedError, SqlFailedError
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from awa_infra.planning.guard import guard_step
from tests.support.bundles import render
from tests.support.people import forget, log_in, people
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


def test_who_may_not_make_event_triggers_is_reported_before_anything_is_written(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        (gate,) = read_plan(staff.administrator.url, declared(release))[1].gates
        assert gate.code == "guard-not-allowed"
        assert "Guarding schema acme, awa needs an event trigger" in gate.message
        many = replace(declared(release), guarded=("awa", *(f"s{n:02}" for n in range(9))))
        (gate,) = read_plan(staff.administrator.url, many)[1].gates
        assert "Guarding schema awa, s00, s01, s02, s03, s04, s05, s06 and 2 more needs an event" in gate.message
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


FUNCTION_OF_APP = """
    CREATE FUNCTION awa_infra_guard.awa() RETURNS event_trigger LANGUAGE plpgsql
    AS $$ BEGIN EXECUTE 'ALTER ROLE {} SUPERUSER'; END $$
"""


@contextmanager
def app(server: TestServer, database: Database) -> Iterator[Database]:
    """Give the database as a role that may create schemas in it and nothing else."""
    role = f"app_of_{database.name}"
    database.rows(f"CREATE ROLE {role} LOGIN")
    database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {role}")
    try:
        yield log_in(database, role)
    finally:
        server.drop(database)
        forget(server, role)


@pytest.mark.parametrize("made", ["schema", "function", "both"])
def test_what_another_role_made_in_the_place_of_a_guard_is_never_taken_for_it(
    server: TestServer, awa_database: Database, release: Release, made: str
) -> None:
    """A superuser would run the function of that role, whose owner can replace it at any time."""
    with app(server, awa_database) as intruder:
        role = f"app_of_{awa_database.name}"
        if made == "function":
            awa_database.rows("CREATE SCHEMA awa_infra_guard")
            awa_database.rows(f"GRANT CREATE, USAGE ON SCHEMA awa_infra_guard TO {role}")
        else:
            intruder.rows("CREATE SCHEMA awa_infra_guard")
        if made != "schema":
            intruder.rows(FUNCTION_OF_APP.format(role))
        (gate,) = read_plan(awa_database.url, declared(release))[1].gates
        assert gate.code == "guard-other-owner"
        assert f"{'function awa_infra_guard.awa()' if made == 'function' else 'schema awa_infra_guard'}" in gate.message
        assert f"belongs to role {role}" in gate.message
        with pytest.raises(BlockedError):
            apply(awa_database.url, declared(release))
        script = render("psql", declared(release))["guard.sql"].decode()
        assert guard_step("awa").sql.rstrip() in script
        with psycopg.connect(awa_database.url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege) as no:
            connection.execute(guard_step("awa").sql.encode())
        assert f"belongs to role {role}" in (no.value.diag.message_primary or "")
        assert not awa_database.rows("SELECT FROM pg_event_trigger")
        # The hint of both says what to do, and then it works.
        assert "DROP SCHEMA awa_infra_guard CASCADE" in gate.hint
        awa_database.rows("DROP SCHEMA awa_infra_guard CASCADE")
        assert apply(awa_database.url, declared(release)).changed
        assert not apply(awa_database.url, declared(release)).changed


def test_a_guard_that_an_earlier_version_made_over_the_function_of_another_role_is_reported(
    server: TestServer, guarded: Database, release: Release
) -> None:
    with app(server, guarded):
        guarded.rows(f"ALTER FUNCTION awa_infra_guard.awa() OWNER TO app_of_{guarded.name}")
        plan = read_plan(guarded.url, declared(release))[1]
        assert [step.key for step in plan.steps] == ["guard:awa"]
        (gate,) = plan.gates
        assert gate.code == "guard-other-owner"
        # Dropping the schema alone would run the function once more, as the superuser who drops it.
        assert gate.hint.index("DROP EVENT TRIGGER IF EXISTS awa_infra_guard_acme") < gate.hint.index("DROP SCHEMA")


@pytest.mark.parametrize(
    "change",
    [
        (
            "CREATE OR REPLACE FUNCTION awa_infra_guard.awa() RETURNS event_trigger LANGUAGE plpgsql "
            "SET search_path = pg_catalog, pg_temp AS $$ BEGIN END $$"
        ),
        "ALTER FUNCTION awa_infra_guard.awa() RESET ALL",
        "ALTER FUNCTION awa_infra_guard.awa() SET search_path = public",
        (
            "DROP EVENT TRIGGER awa_infra_guard_awa; CREATE EVENT TRIGGER awa_infra_guard_awa ON sql_drop "
            "WHEN TAG IN ('DROP EXTENSION') EXECUTE FUNCTION awa_infra_guard.awa()"
        ),
        "ALTER EVENT TRIGGER awa_infra_guard_awa ENABLE REPLICA",
    ],
    ids=["empty body", "no search_path", "other search_path", "other commands", "replica only"],
)
def test_a_guard_that_was_changed_is_no_guard_and_is_made_anew(
    guarded: Database, release: Release, change: str
) -> None:
    for statement in change.split("; "):
        guarded.rows(statement)
    plan = read_plan(guarded.url, declared(release))[1]
    assert [step.key for step in plan.steps] == ["guard:awa"]
    assert plan.gates == ()
    assert apply(guarded.url, declared(release)).changed
    assert not apply(guarded.url, declared(release)).changed
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        guarded.rows("DROP SCHEMA awa CASCADE")


def test_an_event_trigger_of_others_that_uses_the_function_of_a_guard_is_named(
    guarded: Database, release: Release
) -> None:
    guarded.rows('CREATE EVENT TRIGGER "Mine" ON sql_drop EXECUTE FUNCTION awa_infra_guard.awa()')
    guarded.rows("ALTER EVENT TRIGGER awa_infra_guard_awa DISABLE")
    with pytest.raises(
        SqlFailedError, match="event trigger Mine uses the function of the guard of schema awa"
    ) as caught:
        apply(guarded.url, declared(release))
    statement = caught.value.hint.partition("owner: ")[2].partition(";")[0]
    assert statement == 'DROP EVENT TRIGGER "Mine"'
    guarded.rows(statement)
    assert apply(guarded.url, declared(release)).changed


def test_an_event_trigger_that_refuses_what_a_migration_does_is_named_with_what_to_do(
    database: Database, release: Release
) -> None:
    database.rows(
        'CREATE FUNCTION public."No DDL"() RETURNS event_trigger LANGUAGE plpgsql '
        "AS $$ BEGIN RAISE EXCEPTION 'not before Monday'; END $$"
    )
    database.rows('CREATE EVENT TRIGGER frozen ON ddl_command_start EXECUTE FUNCTION public."No DDL"()')
    with pytest.raises(SqlFailedError, match="failed: not before Monday") as caught:
        apply(database.url, DesiredState(release, 40))
    assert "Event trigger frozen of this database, whose owner is postgres, refused the statement." in caught.value.hint
    assert not read_state(database.url).schema_exists
    database.rows("ALTER EVENT TRIGGER frozen DISABLE")
    assert apply(database.url, DesiredState(release, 40)).changed


def test_a_login_that_may_not_make_guards_sees_the_ones_that_are_there(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        apply(database.url, replace(declared(release), roles=staff.roles, queue_storage=(), guarded=("awa",)))
        plan = read_plan(staff.login("migrator").url, replace(declared(release), queue_storage=(), guarded=("awa",)))[1]
        assert plan.gates == ()
        assert not [step for step in plan.steps if step.key.startswith("guard")]


def test_a_guard_of_the_first_version_is_still_one(awa_database: Database, release: Release) -> None:
    awa_database.rows("CREATE SCHEMA awa_infra_guard")
    awa_database.rows(FIRST_VERSION)
    awa_database.rows(
        "CREATE EVENT TRIGGER awa_infra_guard_awa ON sql_drop WHEN TAG IN ('DROP SCHEMA', 'DROP OWNED', "
        "'DROP EXTENSION') EXECUTE FUNCTION awa_infra_guard.awa()"
    )
    assert read_plan(awa_database.url, DesiredState(release, 40, guarded=("awa",)))[1].empty


FIRST_VERSION = """
CREATE OR REPLACE FUNCTION awa_infra_guard."awa"() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $awa_infra$
BEGIN
    IF current_setting('awa_infra.allow_drop', true) IS DISTINCT FROM 'awa'
       AND EXISTS (SELECT FROM pg_event_trigger_dropped_objects() AS o
                    WHERE o.object_type = 'schema' AND o.object_name = 'awa') THEN
        RAISE EXCEPTION 'Schema % of database % is guarded, so it is not dropped.', 'awa', current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('It belongs to Awa and may hold jobs. If it has to go: SET awa_infra.allow_drop = %L; then drop it in the same session.',
                                'awa');
    END IF;
END
$awa_infra$
"""  # noqa: E501  its text as it was
"""What ``guard.sql`` had before it compared the text of the function."""
