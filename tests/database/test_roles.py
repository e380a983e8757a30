from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_plan
from awa_infra.database.target import Target
from awa_infra.errors import SqlFailedError
from awa_infra.model import DesiredState
from tests.support.schemas import ACME
from tests.support.servers import Database
from tests.support.tools import dump_schema

Desired = Callable[..., DesiredState]

OWNERS = """
    SELECT DISTINCT pg_get_userbyid(owner)::text AS owner FROM (
        SELECT nspowner AS owner FROM pg_namespace WHERE nspname IN ('awa', 'acme_jobs')
        UNION ALL SELECT relowner FROM pg_class WHERE relnamespace IN ('awa'::regnamespace, 'acme_jobs'::regnamespace)
        UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace IN ('awa'::regnamespace, 'acme_jobs'::regnamespace)
        UNION ALL SELECT typowner FROM pg_type WHERE typnamespace IN ('awa'::regnamespace, 'acme_jobs'::regnamespace)) x
"""


@pytest.fixture
def migrator(database: Database) -> Iterator[tuple[str, str]]:
    """Give the URL of a login that is no superuser, and the role without login that is to own everything."""
    owner, login = f"owner_of_{database.name}", f"migrator_of_{database.name}"
    with psycopg.connect(database.url, autocommit=True) as connection:
        for text in (
            "CREATE ROLE {owner} NOLOGIN",
            "CREATE ROLE {login} LOGIN PASSWORD 'm1grate' IN ROLE {owner}",
            "GRANT CREATE ON DATABASE {database} TO {owner}",
        ):
            connection.execute(
                sql.SQL(text).format(
                    owner=sql.Identifier(owner), login=sql.Identifier(login), database=sql.Identifier(database.name)
                )
            )
    where = Target.of(database.url).parameters
    yield f"postgresql://{login}:m1grate@{where['host']}:{where['port']}/{database.name}", owner
    with psycopg.connect(database.url, autocommit=True) as connection:
        names = {"owner": sql.Identifier(owner), "login": sql.Identifier(login)}
        connection.execute(sql.SQL("DROP OWNED BY {login}, {owner} CASCADE").format(**names))
        connection.execute(sql.SQL("DROP ROLE {login}, {owner}").format(**names))


def test_everything_belongs_to_the_role_that_is_asked_for_and_no_superuser_is_needed(
    database: Database, awa_database: Database, migrator: tuple[str, str], desired: Desired
) -> None:
    url, owner = migrator
    report = apply(url, desired(ACME), role=owner)
    assert report.changed
    assert database.rows(OWNERS) == [{"owner": owner}]
    assert not apply(url, desired(ACME), role=owner).changed
    ours = dump_schema(database.url, "awa").replace(owner, "postgres")
    assert ours == dump_schema(awa_database.url, "awa")


def test_gates_ask_about_the_role_that_will_act(migrator: tuple[str, str], desired: Desired) -> None:
    url, owner = migrator
    # The login inherits the owner's right here; what counts is that the plan is made as the owner.
    assert read_plan(url, desired(), role=owner)[0].user == owner
    assert read_plan(url, desired())[0].user != owner


def test_a_role_that_may_not_be_taken_is_an_error_that_names_it(migrator: tuple[str, str], desired: Desired) -> None:
    url, _owner = migrator
    with pytest.raises(SqlFailedError, match="permission denied to set role") as caught:
        apply(url, desired(), role="postgres")
    assert caught.value.sqlstate == "42501"
    with pytest.raises(SqlFailedError, match='"no_such_role" does not exist'):
        apply(url, desired(), role="no_such_role")
