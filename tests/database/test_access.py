"""Roles and their privileges, declared and made, on a real server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.observe import read_plan
from awa_infra.errors import BlockedError
from awa_infra.localserver.host import binaries, wheel_major
from awa_infra.model import DesiredState, Gate, QueueStorage, Release, Shape
from tests.support.people import DUTIES, People, forget, log_in, people, take_over
from tests.support.schemas import EARLY
from tests.support.servers import Database, TestServer
from tests.support.tools import awa, dump_schema

SMALL = Shape(4, 2, 2)
MAJOR = int(os.environ.get("AWA_INFRA_TEST_MAJOR") or wheel_major())

OWNERS = """
    WITH of_awa (oid) AS (SELECT oid FROM pg_namespace WHERE nspname ~ '^(awa|acme|beta)$')
    SELECT array_agg(DISTINCT pg_get_userbyid(owner)::text) AS owners FROM (
        SELECT nspowner AS owner FROM pg_namespace JOIN of_awa USING (oid)
        UNION ALL SELECT relowner FROM pg_class JOIN of_awa ON relnamespace = of_awa.oid
        UNION ALL SELECT proowner FROM pg_proc JOIN of_awa ON pronamespace = of_awa.oid
        UNION ALL SELECT typowner FROM pg_type JOIN of_awa ON typnamespace = of_awa.oid) x
"""


@pytest.fixture(params=["superuser", "administrator"])
def staff(request: pytest.FixtureRequest, server: TestServer, database: Database) -> Iterator[People]:
    """Give the people of an empty database."""
    with people(server, database, superuser=request.param == "superuser") as found:
        yield found


@pytest.fixture
def adopters(server: TestServer, awa_database: Database) -> Iterator[People]:
    """Give the people of a database that a superuser migrated with Awa's command."""
    with people(server, awa_database) as found:
        yield found


def wanted(staff: People, release: Release, target: int | None = 40) -> DesiredState:
    schemas = tuple(QueueStorage(schema, SMALL) for schema in staff.roles.schemas)
    return DesiredState(release, target, schemas, roles=staff.roles)


def keys(staff: People, desired: DesiredState) -> list[str]:
    plan = read_plan(staff.administrator.url, desired)[1]
    assert plan.gates == ()
    return [step.key for step in plan.steps]


def nothing_is_left(staff: People, release: Release) -> None:
    desired = wanted(staff, release)
    assert not apply(staff.administrator.url, desired).changed
    assert read_plan(staff.administrator.url, desired)[0].missing == ()
    assert staff.database.rows(OWNERS) == [{"owners": [staff.roles.owner]}]
    assert verify(staff.administrator.url, release)[1].drift == ()


def objections(staff: People, desired: DesiredState) -> dict[str, Gate]:
    return {gate.code: gate for gate in read_plan(staff.administrator.url, desired)[1].gates}


def refused(staff: People, desired: DesiredState, code: str) -> Gate:
    """Return the only gate that objects, which must stop an apply."""
    found = objections(staff, desired)
    assert list(found) == [code]
    with pytest.raises(BlockedError) as caught:
        apply(staff.administrator.url, desired)
    assert caught.value.code == code
    return found[code]


@pytest.mark.parametrize("schemas", [(), ("acme",), ("acme", "beta")], ids=["awa", "one", "two"])
def test_declared_roles_are_made_and_own_all_of_an_empty_database(
    staff: People, release: Release, schemas: tuple[str, ...]
) -> None:
    staff = staff.with_schemas(*schemas, lanes=schemas[-1] if schemas else "awa")
    assert apply(staff.administrator.url, wanted(staff, release)).changed
    nothing_is_left(staff, release)


def test_a_database_of_another_owner_is_left_alone_until_it_is_handed_over(adopters: People, release: Release) -> None:
    staff = adopters.with_schemas("acme", lanes="acme")
    before = dump_schema(staff.database.url)
    gate = refused(staff, wanted(staff, release), "schema-other-owner")
    assert gate.message == (
        f"Schema awa in database {staff.database.name} belongs to postgres, not to the declared owner "
        f"{staff.roles.owner}."
    )
    assert dump_schema(staff.database.url) == before
    take_over(staff)
    assert [key for key in keys(staff, wanted(staff, release)) if key.startswith("V")] == []
    assert apply(staff.administrator.url, wanted(staff, release)).changed
    nothing_is_left(staff, release)


def test_reassign_owned_hands_over_what_an_ordinary_role_migrated(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        awa("migrate", url=staff.administrator.url)
        boss = staff.name("boss")
        refused(staff, wanted(staff, release), "schema-other-owner")
        database.rows(f"CREATE ROLE {staff.roles.owner}")
        database.rows(f"REASSIGN OWNED BY {boss} TO {staff.roles.owner}")
        database.rows(f"ALTER DATABASE {database.name} OWNER TO {boss}")
        # Who made the owner alone can make somebody a member of it from PostgreSQL 16 on.
        database.rows(f"GRANT {staff.roles.owner} TO {boss} WITH ADMIN OPTION")
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        nothing_is_left(staff, release)


def test_what_later_migrations_and_patches_make_is_usable_at_once(staff: People, release: Release) -> None:
    apply(staff.administrator.url, wanted(staff, release, target=39))
    assert keys(staff, wanted(staff, release)) == ["act-as", "V040", "patch:wait_free_dirty_marks"]
    assert apply(staff.administrator.url, wanted(staff, release)).changed
    nothing_is_left(staff, release)
    staff.login("runtime").rows("INSERT INTO awa.admin_dirty_queue_marks (queue) VALUES ('emails')")
    assert len(staff.login("observer").rows("SELECT * FROM awa.admin_dirty_queue_marks")) == 1


REVOKED = {
    "REVOKE INSERT ON awa.jobs_hot FROM {runtime}": ["act-as", "access:awa"],
    "REVOKE UPDATE ON SEQUENCE acme.job_id_seq FROM {runtime}": ["act-as", "access:acme"],
    "REVOKE USAGE ON SCHEMA acme FROM {observer}": ["act-as", "access:acme"],
    "REVOKE CREATE ON SCHEMA acme FROM {runtime}": ["act-as", "access:acme"],
    "REVOKE TRUNCATE ON acme.ready_entries_0 FROM {runtime}": ["act-as", "access:acme"],
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA awa REVOKE SELECT ON TABLES FROM {observer}":
        ["act-as", "access:awa"],
    "REVOKE {owner} FROM {migrator}": ["roles"],
    "ALTER ROLE {migrator} IN DATABASE {database} RESET role": ["roles"],
    "REVOKE CREATE ON DATABASE {database} FROM {owner}": ["roles"],
}  # fmt: skip


def test_what_was_revoked_by_hand_is_found_and_granted_again_by_its_step_alone(
    server: TestServer, awa_database: Database, release: Release
) -> None:
    with people(server, awa_database) as adopters:
        staff = adopters.with_schemas("acme", lanes="acme")
        take_over(staff)
        apply(staff.administrator.url, wanted(staff, release))
        nothing_is_left(staff, release)
        names = {**{duty: staff.name(duty) for duty in DUTIES}, "database": staff.database.name}
        for statement, expected in REVOKED.items():
            staff.database.rows(statement.format(**names))
            assert keys(staff, wanted(staff, release)) == expected, statement
            assert apply(staff.administrator.url, wanted(staff, release)).changed
            nothing_is_left(staff, release)


def test_a_migrator_that_may_not_act_as_the_owner_is_found_and_may_afterwards(
    server: TestServer, awa_database: Database, release: Release
) -> None:
    if awa_database.rows("SELECT current_setting('server_version_num')::int < 160000 AS old")[0]["old"]:
        pytest.skip("PostgreSQL before 16 knows no membership without SET")
    with people(server, awa_database, superuser=False) as staff:
        take_over(staff)
        apply(staff.administrator.url, wanted(staff, release))
        staff.administrator.rows(f"GRANT {staff.roles.owner} TO {staff.name('migrator')} WITH SET FALSE")
        assert keys(staff, wanted(staff, release)) == ["roles"]
        apply(staff.administrator.url, wanted(staff, release))
        nothing_is_left(staff, release)
        assert staff.login("migrator").rows("SELECT current_user::text AS who") == [{"who": staff.roles.owner}]


@pytest.mark.parametrize("duty", ["runtime", "observer"])
@pytest.mark.parametrize(
    ("power", "words"),
    [("ALTER ROLE {role} SUPERUSER", "is a superuser"), ("GRANT {owner} TO {role}", "can act as the owner")],
)
def test_a_role_that_no_privilege_holds_back_is_refused(
    staff: People, release: Release, duty: str, power: str, words: str
) -> None:
    role, owner = staff.name(duty), staff.roles.owner
    staff.database.rows(f"CREATE ROLE {owner}")
    staff.database.rows(f"CREATE ROLE {role}")
    staff.database.rows(power.format(role=role, owner=owner))
    gates = objections(staff, wanted(staff, release))
    assert words in gates["role-too-powerful"].message
    assert role in gates["role-too-powerful"].hint


def test_who_may_not_create_roles_is_told_which_are_missing(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        database.rows(f"ALTER ROLE {staff.name('boss')} NOCREATEROLE")
        database.rows(f"CREATE ROLE {staff.roles.runtime}")
        gate = refused(staff, wanted(staff, release), "roles-not-creatable")
        assert staff.roles.owner in gate.message
        assert str(staff.roles.runtime) not in gate.message
        assert not database.rows(f"SELECT rolname FROM pg_roles WHERE rolname = '{staff.roles.owner}'")


def test_who_does_not_own_the_database_is_told_what_its_owner_must_grant(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        database.rows(f"ALTER DATABASE {database.name} OWNER TO postgres")
        gate = refused(staff, wanted(staff, release), "database-not-owned")
        assert gate.hint == f"As postgres: GRANT CREATE ON DATABASE {database.name} TO {staff.roles.owner};"
        database.rows(f"CREATE ROLE {staff.roles.owner}")
        database.rows(f"GRANT {staff.roles.owner} TO {staff.name('boss')} WITH ADMIN OPTION")
        database.rows(gate.hint.removeprefix("As postgres: "))
        assert apply(staff.administrator.url, wanted(staff, release, EARLY)).changed


def test_an_administrator_who_is_no_superuser_is_told_how_to_hand_over_the_lanes_that_a_worker_made(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        assert apply(staff.administrator.url, wanted(staff, release, EARLY)).changed
        staff.login("runtime").rows(f"CREATE SEQUENCE awa.queue_claim_seq_{'0' * 32}")
        gate = refused(staff, wanted(staff, release), "objects-other-owner")
        statement, semicolon, then = gate.hint.partition(": ")[2].partition(";")
        assert f"{semicolon}{then}".startswith(f"; then awa-infra apply as {staff.name('boss')} hands them over")
        staff.administrator.rows(statement)
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        nothing_is_left(staff, release)


def test_with_nothing_pending_the_administrator_reads_in_a_note_how_to_hand_over(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        staff.login("runtime").rows(f"CREATE SEQUENCE awa.queue_claim_seq_{'0' * 32}")
        plan = read_plan(staff.administrator.url, wanted(staff, release))[1]
        assert (plan.steps, plan.gates) == ((), ())
        [note] = [note for note in plan.notes if note.code == "objects-other-owner"]
        assert f"GRANT {staff.name('runtime')} TO {staff.name('boss')}" in note.message
        assert "superuser" not in note.message
        staff.administrator.rows(note.message.partition("member of ")[2].partition(": ")[2].partition(";")[0])
        assert apply(staff.administrator.url, wanted(staff, release)).changed


def test_with_roles_a_login_that_inherits_nothing_is_told_how_to_inherit(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        assert apply(staff.administrator.url, wanted(staff, release, EARLY)).changed
        boss, owner = staff.name("boss"), staff.roles.owner
        old = database.rows("SELECT current_setting('server_version_num')::int < 160000 AS old")[0]["old"]
        database.rows(f"ALTER ROLE {boss} NOINHERIT" if old else f"GRANT {owner} TO {boss} WITH INHERIT FALSE")
        if not old:  # what it gave itself counts too
            staff.administrator.rows(f"GRANT {owner} TO {boss} WITH INHERIT FALSE")
        gate = objections(staff, wanted(staff, release))["history-unreadable"]
        database.rows(gate.hint.rpartition(": ")[2])
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        nothing_is_left(staff, release)


def test_roles_that_others_made_are_used_by_whoever_may_act_as_the_owner(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        boss, owner = staff.name("boss"), staff.roles.owner
        for duty in DUTIES:
            database.rows(f"CREATE ROLE {staff.name(duty)} LOGIN")
        database.rows(f"ALTER ROLE {boss} NOCREATEROLE")
        database.rows(f"GRANT {owner} TO {staff.name('migrator')}")
        database.rows(f"ALTER ROLE {staff.name('migrator')} IN DATABASE {database.name} SET role = {owner}")
        database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {owner}")
        refused(staff, wanted(staff, release), "cannot-act-as-owner")
        database.rows(f"GRANT {owner} TO {boss}")
        assert "roles" not in keys(staff, wanted(staff, release))
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        nothing_is_left(staff, release)


def test_an_administrator_becomes_a_member_of_an_owner_that_it_made_by_hand(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        boss, owner, migrator = staff.administrator, staff.roles.owner, staff.name("migrator")
        for duty in DUTIES:
            boss.rows(f"CREATE ROLE {staff.name(duty)} LOGIN")
        boss.rows(f"GRANT {owner} TO {migrator}")
        boss.rows(f"ALTER ROLE {migrator} IN DATABASE {database.name} SET role = {owner}")
        boss.rows(f"GRANT CREATE ON DATABASE {database.name} TO {owner}")
        # Nothing is missing but the right to act as the owner.
        assert keys(staff, wanted(staff, release))[:2] == ["roles", "act-as"]
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        nothing_is_left(staff, release)


def test_a_migrator_that_cannot_be_made_a_member_is_reported_before_anything_runs(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        boss = staff.name("boss")
        for duty in DUTIES:
            database.rows(f"CREATE ROLE {staff.name(duty)} LOGIN")
        database.rows(f"GRANT {staff.roles.owner} TO {boss}")
        database.rows(f"ALTER ROLE {boss} NOCREATEROLE")
        found = read_plan(staff.administrator.url, wanted(staff, release))[1].gates
        assert [gate.code for gate in found] == ["roles-not-grantable"] * 2
        for gate in found:
            database.rows(gate.hint.removeprefix("As an administrator: "))
        assert apply(staff.administrator.url, wanted(staff, release)).changed
        nothing_is_left(staff, release)


def test_what_a_runtime_owns_is_reported_before_it_stops_the_owner(
    server: TestServer, awa_database: Database, release: Release
) -> None:
    with people(server, awa_database) as adopters:
        staff = adopters.with_schemas("acme", lanes="acme")
        take_over(staff)
        apply(staff.administrator.url, wanted(staff, release))
        runtime = staff.login("runtime")
        runtime.rows("INSERT INTO acme.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('lazy', 1, 0)")
        # The migrator may not take them from the runtime; what does not need them goes on all the same.
        migrator = replace(staff, administrator=staff.login("migrator"))
        assert keys(migrator, replace(wanted(staff, release), roles=None)) == []
        staff.database.rows("DROP TABLE awa.admin_dirty_kind_marks")
        with pytest.raises(BlockedError, match=f"In schema acme, 1 object belongs to {staff.roles.runtime}"):
            apply(migrator.administrator.url, replace(wanted(staff, release), roles=None))
        # A superuser may, and then grants again what the runtime and the observer need.
        steps = read_plan(staff.administrator.url, wanted(staff, release))[1].steps
        assert [s.key for s in steps][:3] == ["ownership", "act-as", "access:acme"]
        assert steps[0].title == f"hand over 1 object in schema acme from {staff.roles.runtime} to {staff.roles.owner}"
        apply(staff.administrator.url, wanted(staff, release))
        nothing_is_left(staff, release)


def test_queue_storage_that_migrations_as_the_owner_would_skip_is_reported(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database) as staff:
        apply(database.url, wanted(staff, release, target=39))
        database.rows("SELECT awa.install_queue_storage_substrate('beta', 4, 2, 2, true)")
        gate = refused(staff, wanted(staff, release), "queue-storage-unusable")
        assert "Queue-storage schema beta belongs to postgres" in gate.message


def test_a_second_administrator_goes_on_where_the_first_stopped(
    server: TestServer, awa_database: Database, release: Release
) -> None:
    database = awa_database
    with people(server, database, superuser=False) as staff:
        take_over(staff)
        apply(staff.administrator.url, wanted(staff, release))
        database.rows(f"REVOKE INSERT ON awa.jobs_hot FROM {staff.roles.runtime}")
        second = f"second_of_{database.name}"
        database.rows(f"CREATE ROLE {second} LOGIN")
        try:
            other = replace(staff, administrator=log_in(database, second))
            # Nor can it read what the owner made, and knows of nothing in it.
            assert objections(other, wanted(staff, release)).keys() == {"cannot-act-as-owner", "history-unreadable"}
            database.rows(f"GRANT {staff.roles.owner} TO {second}")
            assert keys(other, wanted(staff, release)) == ["act-as", "access:awa"]
            assert apply(other.administrator.url, wanted(staff, release)).changed
            nothing_is_left(staff, release)
        finally:
            server.drop(database)
            forget(server, second)


def restored_as(owner: str, source: Database, target: Database) -> None:
    programs = {name: str(binaries() / name) for name in ("pg_dump", "pg_restore")}
    dump = [programs["pg_dump"], "--format=custom", f"--dbname={source.url}"]
    kept = subprocess.run(dump, capture_output=True, timeout=300, check=True).stdout
    words = [
        programs["pg_restore"],
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        *([f"--role={owner}"] if owner else []),
    ]
    subprocess.run([*words, f"--dbname={target.url}"], input=kept, capture_output=True, timeout=300, check=True)


@pytest.mark.skipif(wheel_major() != MAJOR, reason="pg_dump has to be of the server's major")
@pytest.mark.parametrize("as_the_owner", [True, False])
def test_a_backup_restored_without_owners_is_granted_again_if_the_declared_owner_restored_it(
    server: TestServer, awa_database: Database, release: Release, *, as_the_owner: bool
) -> None:
    with people(server, server.create()) as staff:
        database, owner = staff.database, staff.name("owner")
        database.rows(f"CREATE ROLE {owner}")
        database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {owner}")
        restored_as(owner if as_the_owner else "", awa_database, database)
        desired = wanted(staff, release)
        if not as_the_owner:
            with pytest.raises(BlockedError, match="schema-other-owner"):
                apply(database.url, desired)
            return
        [finding] = verify(database.url, release)[1].drift
        assert finding.code == "public-may-install"
        for statement in finding.sql:
            database.rows(statement)
        assert apply(database.url, desired).changed
        nothing_is_left(staff, release)
        assert verify(database.url, release)[1].drift == ()
        assert staff.login("runtime").rows("SELECT count(*) FROM awa.jobs") == [{"count": 0}]
