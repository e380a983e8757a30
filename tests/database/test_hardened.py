"""Where PUBLIC may execute nothing by default, the declared roles may execute all that they need, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_plan
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.people import People, people
from tests.support.servers import Database, TestServer

INSTALLER = "install_queue_storage_substrate"

FUNCTIONS = """
    SELECT p.proname::text AS name FROM pg_proc p
     WHERE p.pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^(awa|acme)$')
       AND {}has_function_privilege('{}', p.oid, 'EXECUTE') ORDER BY 1
"""

TYPES = """
    SELECT t.typname::text AS name FROM pg_type t
     WHERE t.typnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^(awa|acme)$') AND t.typtype = 'e'
       AND NOT has_type_privilege('{}', t.oid, 'USAGE')
"""


@pytest.fixture
def hardened(server: TestServer, database: Database) -> Iterator[People]:
    """Give the people of a database whose owner lets nobody execute what it makes."""
    with people(server, database) as found:
        staff = found.with_schemas("acme", lanes="acme")
        database.rows(f"CREATE ROLE {staff.roles.owner}")
        for what in ("EXECUTE ON FUNCTIONS", "USAGE ON TYPES"):
            database.rows(f"ALTER DEFAULT PRIVILEGES FOR ROLE {staff.roles.owner} REVOKE {what} FROM PUBLIC")
        yield staff


def desired(staff: People, release: Release) -> DesiredState:
    return DesiredState(release, release.schema_version, (QueueStorage("acme", Shape(4, 2, 2)),), roles=staff.roles)


def usable(staff: People) -> None:
    """Require that runtime and observer may execute everything but Awa's installer, and a worker's insert works."""
    for duty in ("runtime", "observer"):
        role = staff.name(duty)
        assert [row["name"] for row in staff.database.rows(FUNCTIONS.format("NOT ", role))] == [INSTALLER]
        assert staff.database.rows(TYPES.format(role)) == []
    staff.login("runtime").rows("INSERT INTO awa.jobs (kind, queue, args) VALUES ('greet', 'emails', '{}')")
    assert len(staff.login("observer").rows("SELECT * FROM awa.jobs")) == 1


def test_declared_roles_may_execute_everything_but_the_installer(hardened: People, release: Release) -> None:
    apply(hardened.administrator.url, desired(hardened, release))
    usable(hardened)
    assert read_plan(hardened.administrator.url, desired(hardened, release))[1].steps == ()


def test_what_is_migrated_after_the_roles_were_made_is_executable_too(hardened: People, release: Release) -> None:
    everything = desired(hardened, release)
    roles = replace(everything, target_version=None, queue_storage=())
    apply(hardened.administrator.url, roles)
    # As a stack does it: the roles first, then the rest, which knows of no roles but the owner.
    apply(hardened.administrator.url, replace(everything, roles=None), role=hardened.roles.owner)
    usable(hardened)
    assert read_plan(hardened.administrator.url, roles)[1].steps == ()


def test_a_function_that_may_not_be_executed_is_found_and_granted_again(hardened: People, release: Release) -> None:
    apply(hardened.administrator.url, desired(hardened, release))
    runtime = hardened.roles.runtime
    hardened.database.rows(f"REVOKE EXECUTE ON FUNCTION awa.backoff_duration FROM {runtime}")
    hardened.database.rows(f"REVOKE USAGE ON TYPE awa.job_state FROM {runtime}")
    observed, plan = read_plan(hardened.administrator.url, desired(hardened, release))
    assert [step.key for step in plan.steps] == ["act-as", "access:awa"]
    assert [entry.text for entry in observed.missing or ()] == [
        f"role {runtime} lacks EXECUTE on 1 functions of schema awa",
        f"role {runtime} lacks USAGE on 1 types of schema awa",
    ]
    apply(hardened.administrator.url, desired(hardened, release))
    usable(hardened)


def test_an_installer_that_default_privileges_gave_away_is_taken_back(hardened: People, release: Release) -> None:
    apply(hardened.administrator.url, desired(hardened, release))
    hardened.database.rows(f"GRANT EXECUTE ON FUNCTION awa.{INSTALLER} TO {hardened.roles.runtime}")
    plan = read_plan(hardened.administrator.url, desired(hardened, release))[1]
    assert [step.key for step in plan.steps] == ["act-as", "installer"]
    apply(hardened.administrator.url, desired(hardened, release))
    usable(hardened)
