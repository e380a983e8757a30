"""Privileges that a role of workers, or the owner, lost: each found, and given back by the printed statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.model import DesiredState, Release
from tests.database.test_structure_script import as_verify_says, proof
from tests.database.test_verify_statements import SMALL, small, template
from tests.support.servers import Database, TestServer

__all__ = ["small", "template"]

GIVEN = """
    GRANT USAGE ON SCHEMA awa, small TO {0};
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA awa, small TO {0};
    GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA awa, small TO {0}
"""
ACTIVE = (
    (
        "UPDATE awa.storage_transition_state SET current_engine = 'queue_storage', state = 'active', "
        """details = '{"schema": "small"}'"""
    ),
    "INSERT INTO awa.runtime_storage_backends (backend, schema_name) VALUES ('queue_storage', 'small')",
)


@pytest.fixture
def worker(server: TestServer, small: Database) -> Iterator[str]:
    """Give a role that works in both schemas."""
    name = f"worker_of_{small.name}"
    small.rows(f"CREATE ROLE {name}")
    small.rows(GIVEN.format(name))
    yield name
    small.rows(f"DROP OWNED BY {name}")
    Database("", server.url).rows(f"DROP ROLE {name}")


def require_given_back(small: Database, release: Release, lacks: str) -> None:
    """Require one finding that says so, the same in the script, and none after its statement."""
    found = verify(small.url, release)[1].drift
    assert [f.code for f in found] == ["privileges-missing"]
    assert lacks in found[0].message
    said = {row["what"] for row in proof(small, release, SMALL) if row["ok"] is False}
    assert said == as_verify_says(small, release)
    small.rows(found[0].sql[0])
    assert verify(small.url, release)[1].healthy


@pytest.mark.parametrize(
    ("lost", "lacks"),
    [
        ("REVOKE DELETE ON small.leases FROM {0}", "lacks DELETE on table small.leases"),
        (
            "REVOKE ALL ON awa.job_unique_claims FROM {0}",
            "SELECT, INSERT, UPDATE, DELETE on table awa.job_unique_claims",
        ),
        ("REVOKE TRUNCATE ON small.done_entries_1 FROM {0}", "lacks TRUNCATE on table small.done_entries_1"),
        ("REVOKE SELECT ON awa.jobs FROM {0}", "lacks SELECT on table awa.jobs"),
    ],
)
def test_a_worker_that_lost_a_privilege_on_one_table(
    small: Database, release: Release, worker: str, lost: str, lacks: str
) -> None:
    assert verify(small.url, release)[1].healthy
    small.rows(lost.format(worker))
    require_given_back(small, release, lacks)


def test_an_owner_that_lost_privileges_of_its_own(database: Database, release: Release) -> None:
    small, owner = database, f"owner_of_{database.name}"
    small.rows(f"CREATE ROLE {owner}; GRANT CREATE ON DATABASE {small.name} TO {owner}")
    try:
        apply(small.url, DesiredState(release, release.schema_version, SMALL), role=owner)
        for lost, lacks in (
            ("TRUNCATE ON small.leases_0", "lacks TRUNCATE on table small.leases_0"),
            ("CREATE ON SCHEMA small", "lacks CREATE on schema small"),
        ):
            small.rows(f"SET ROLE {owner}; REVOKE {lost} FROM {owner}")
            require_given_back(small, release, lacks)
    finally:
        small.rows(f"DROP OWNED BY {owner} CASCADE; DROP ROLE {owner}")


def test_where_new_jobs_go_a_worker_needs_create(small: Database, release: Release, worker: str) -> None:
    for statement in ACTIVE:
        small.rows(statement)
    lane = f"SET ROLE {worker}; SELECT small.ensure_lane_sequences('q', 1::smallint, 0::smallint)"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        small.rows(lane)
    require_given_back(small, release, "lacks CREATE on schema small")
    small.rows(lane)


def test_a_role_that_only_adds_jobs_or_reads_lacks_nothing(small: Database, release: Release, worker: str) -> None:
    small.rows(f"REVOKE UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA awa, small FROM {worker}")
    small.rows(f"REVOKE INSERT ON small.leases, awa.schema_version FROM {worker}")
    assert verify(small.url, release)[1].healthy


def test_a_worker_need_not_write_what_says_where_jobs_go(small: Database, release: Release, worker: str) -> None:
    small.rows(
        "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON awa.schema_version, awa.storage_transition_state, "
        f"awa.runtime_storage_backends FROM {worker}"
    )
    assert verify(small.url, release)[1].healthy


@pytest.mark.parametrize(
    ("whose", "setting", "effect"),
    [
        ("DATABASE {database}", "session_replication_role = replica", "no trigger of Awa fires"),
        ("DATABASE {database}", "default_transaction_read_only = true", "no job can be added"),
        ("ROLE {worker} IN DATABASE {database}", "session_replication_role = replica", "no trigger of Awa fires"),
        ("ROLE {worker}", "default_transaction_read_only = on", "no job can be added"),
    ],
)
def test_settings_with_which_sessions_start_and_awa_fails(
    small: Database, release: Release, worker: str, whose: str, setting: str, effect: str
) -> None:
    target = whose.format(database=small.name, worker=worker)
    small.rows(f"ALTER {target} SET {setting}")
    [finding] = verify(small.url, release)[1].drift
    assert (finding.code, effect in finding.message) == ("session-settings", True)
    said = {row["what"] for row in proof(small, release, SMALL) if row["ok"] is False}
    assert said == as_verify_says(small, release)
    take_back(small, finding.sql)
    assert verify(small.url, release)[1].healthy


def take_back(small: Database, statements: Iterable[str]) -> None:
    with psycopg.connect(small.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_a_database_that_is_read_only_for_all_but_a_worker_is_somebodys_plan(
    small: Database, release: Release, worker: str
) -> None:
    small.rows(
        f"ALTER DATABASE {small.name} SET default_transaction_read_only = on; "
        f"ALTER ROLE {worker} IN DATABASE {small.name} SET default_transaction_read_only = off"
    )
    assert verify(small.url, release)[1].healthy
    ended = f"ALTER DATABASE {small.name} RESET default_transaction_read_only"
    take_back(small, ("SET default_transaction_read_only = off", ended))
