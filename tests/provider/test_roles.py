from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.target import Target
from awa_infra.resources.roles import AwaRolesProvider
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.provider import UNKNOWN, CallFailed, ProviderProcess
from tests.support.servers import Database, TestServer

DUTIES = ("owner", "migrator", "runtime", "observer")
LOGINS = DUTIES[1:]
OWNERS = """
    SELECT DISTINCT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE relnamespace = 'awa'::regnamespace
"""


@pytest.fixture
def names(database: Database, server: TestServer) -> Iterator[dict[str, str]]:
    found = {duty: f"{duty}_{database.name}" for duty in DUTIES}
    yield found
    with psycopg.connect(database.url, autocommit=True) as connection:
        for role in found.values():
            there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            if there is not None:
                connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
    with psycopg.connect(server.url, autocommit=True) as connection:
        for role in found.values():
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.fixture
def roles(provider: ProviderProcess) -> ProviderProcess:
    return provider.use(AwaRolesProvider())


@pytest.fixture
def inputs(database: Database, names: dict[str, str]) -> dict[str, Any]:
    passwords = {f"{duty}_password": f"pw-of-the-{duty}" for duty in LOGINS}
    return {"database_url": database.url, **names, **passwords}


def can_log_in(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_preview_says_what_is_made_and_makes_nothing(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database, names: dict[str, str]
) -> None:
    assert roles.check(inputs) == {}
    line, digest = roles.log
    assert digest.startswith("Digest: ")
    assert line == f"Pending: roles {', '.join(names.values())}, privileges on schema awa."
    assert database.rows(f"SELECT 1 FROM pg_roles WHERE rolname = '{names['owner']}'") == []


def test_create_makes_logins_that_work_and_hands_out_their_urls(roles: ProviderProcess, inputs: dict[str, Any]) -> None:
    id_, kept = roles.create(inputs)
    assert id_ == inputs["owner"]
    for duty in LOGINS:
        assert f"{inputs[duty]}:pw-of-the-{duty}@" in kept[f"{duty}_url"]
        assert can_log_in(kept[f"{duty}_url"])
    assert not roles.changes(kept, inputs)
    assert roles.log == []


def test_a_preview_of_a_second_stack_says_whose_passwords_it_replaces(
    roles: ProviderProcess, inputs: dict[str, Any], names: dict[str, str]
) -> None:
    _id, kept = roles.create({key: value for key, value in inputs.items() if not key.startswith("migrator")})
    roles.engine.lines.clear()
    other = {**inputs, "runtime_password": "an0ther", "observer_password": UNKNOWN}
    assert roles.check(other) == {}
    # The migrator is missing, and made with its password.
    assert roles.log[-1] == f"{names['runtime']} exists and gets the password that is declared here."
    roles.engine.lines.clear()
    assert roles.check({**other, "observer_password": "an0ther"}) == {}
    both = f"{names['runtime']} and {names['observer']}"
    assert roles.log[-1] == f"{both} exist and get the password that is declared here."
    roles.create(other | {"observer_password": "an0ther"})
    assert not can_log_in(kept["runtime_url"])


def test_the_server_keeps_a_scram_verifier_of_a_password(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database
) -> None:
    roles.create(inputs)
    kept = database.rows(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{inputs['runtime']}'")
    assert kept[0]["rolpassword"].startswith("SCRAM-SHA-256$")


def test_a_rotated_password_is_an_update_that_touches_nothing_else(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database
) -> None:
    _id, kept = roles.create(inputs)
    others = "SELECT rolname, rolpassword FROM pg_authid WHERE rolname <> '{}' ORDER BY 1".format(inputs["runtime"])
    before = database.rows(others)
    rotated = inputs | {"runtime_password": "another"}
    assert roles.changes(kept, rotated)
    after = roles.update(kept, rotated)
    assert can_log_in(after["runtime_url"])
    assert not can_log_in(kept["runtime_url"])
    assert database.rows(others) == before


def test_a_role_that_was_dropped_by_hand_is_made_again_with_its_password(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database
) -> None:
    _id, kept = roles.create(inputs)
    other = "SELECT rolpassword FROM pg_authid WHERE rolname = '{}'".format(inputs["observer"])
    before = database.rows(other)
    database.rows(f"DROP OWNED BY {inputs['runtime']} CASCADE")
    database.rows(f"DROP ROLE {inputs['runtime']}")
    assert roles.changes(kept, inputs)
    after = roles.update(kept, inputs)
    assert can_log_in(after["runtime_url"])
    # One that stayed keeps what it has: nobody knows whether it was changed by hand.
    assert database.rows(other) == before


def test_roles_get_their_passwords_on_another_server_too(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database
) -> None:
    _id, kept = roles.create(inputs)
    database.rows(f"ALTER ROLE {inputs['runtime']} PASSWORD 'another'")
    moved = inputs | {"database_url": inputs["database_url"].replace("127.0.0.1", "localhost")}
    assert can_log_in(roles.update(kept, moved)["runtime_url"])


def test_urls_of_roles_lead_to_the_database_of_the_roles_where_the_url_names_none(
    roles: ProviderProcess, inputs: dict[str, Any], server: TestServer, database: Database
) -> None:
    """PostgreSQL's library takes the database that is named like the user, which each role has its own name for."""
    admin = sql.Identifier(database.name)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD 'admin'").format(admin))
    try:
        unnamed = Target.of(database.url).with_login(database.name, "admin").removesuffix(f"/{database.name}")
        _id, kept = roles.create(inputs | {"database_url": unnamed})
        with psycopg.connect(kept["runtime_url"]) as connection:
            assert connection.info.dbname == database.name
        # as versions before kept it
        old = kept | {f"{duty}_url": kept[f"{duty}_url"].removesuffix(f"/{database.name}") for duty in LOGINS}
        assert roles.changes(old, inputs | {"database_url": unnamed})
        updated = roles.update(old, inputs | {"database_url": unnamed})
        assert updated == kept
        assert not roles.changes(updated, inputs | {"database_url": unnamed})
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(admin))


def test_what_somebody_revoked_shows_in_a_preview_and_is_granted_again(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database, names: dict[str, str]
) -> None:
    _id, kept = roles.create(inputs)
    database.rows(f"REVOKE USAGE ON SCHEMA awa FROM {names['observer']}")
    assert roles.changes(kept, inputs)
    assert roles.log[0] == f"Pending: role {names['observer']} lacks USAGE on schema awa."
    roles.update(kept, inputs)
    assert not roles.changes(kept, inputs)


def test_the_schema_is_made_as_the_owner_and_the_runtime_may_use_it_at_once(
    roles: ProviderProcess, provider: ProviderProcess, inputs: dict[str, Any], database: Database
) -> None:
    _id, kept = roles.create(inputs)
    provider.use(AwaSchemaProvider()).create({"database_url": database.url, "role": inputs["owner"]})
    assert database.rows(OWNERS) == [{"owner": inputs["owner"]}]
    with psycopg.connect(kept["runtime_url"]) as connection:
        assert connection.execute("SELECT count(*) FROM awa.jobs").fetchone() == (0,)
    provider.use(AwaRolesProvider())
    assert not roles.changes(kept, inputs)


def test_a_schema_previews_while_the_role_that_it_is_made_as_is_pending_itself(
    provider: ProviderProcess, database: Database, names: dict[str, str]
) -> None:
    schema = provider.use(AwaSchemaProvider())
    wanted = {"database_url": database.url, "role": names["owner"]}
    assert schema.check(wanted) == {}
    assert "39 migrations" in schema.log[0]
    with pytest.raises(CallFailed, match=f'role "{names["owner"]}" does not exist'):
        schema.create(wanted)


def test_every_problem_of_a_declaration_is_reported_at_once(roles: ProviderProcess, database: Database) -> None:
    found = roles.check(
        {
            "database_url": database.url,
            "owner": "pg_boss",
            "migrator": "same",
            "runtime": "same",
            "observer_password": "unused",
            "runtime_password": "",
            "queue_storage_schemas": ["awa"],
            "lane_schemas": ["awa", "pg_x"],
        }
    )
    assert sorted(found) == [
        "lane_schemas", "observer_password", "owner", "queue_storage_schemas", "runtime", "runtime_password",
    ]  # fmt: skip
    assert found["runtime"] == "is the same role as migrator; each needs one of its own [config-invalid]"
    assert "there is no observer role; set observer, or remove its password [config-invalid]" in found.values()


def test_the_owner_cannot_change(roles: ProviderProcess, inputs: dict[str, Any]) -> None:
    found = roles.check(inputs | {"owner": "somebody_else"}, inputs)
    assert "REASSIGN OWNED" in found["owner"]


def test_roles_whose_database_is_not_known_yet_are_left_for_later(
    roles: ProviderProcess, inputs: dict[str, Any]
) -> None:
    assert roles.check(inputs | {"database_url": UNKNOWN}) == {}
    assert roles.changes(inputs, inputs | {"runtime_password": UNKNOWN})


def test_roles_are_only_gone_when_the_owner_is(
    roles: ProviderProcess, inputs: dict[str, Any], names: dict[str, str]
) -> None:
    assert roles.read(names["owner"], inputs) == ("", {})
    id_, kept = roles.create(inputs)
    assert roles.read(id_, kept) == (id_, kept)


def test_a_delete_drops_no_role(
    roles: ProviderProcess, inputs: dict[str, Any], database: Database, names: dict[str, str]
) -> None:
    id_, kept = roles.create(inputs)
    roles.delete(id_, kept)
    assert len(database.rows(f"SELECT 1 FROM pg_roles WHERE rolname LIKE '%{database.name}'")) == len(names)
    assert roles.log == [
        f"Roles {', '.join(names.values())} and their privileges are left as they are. Pulumi only forgets them."
    ]


def test_a_login_without_a_password_is_made_too(roles: ProviderProcess, inputs: dict[str, Any]) -> None:
    without = {key: value for key, value in inputs.items() if not key.endswith("_password")}
    _id, kept = roles.create(without)
    assert f"//{inputs['runtime']}@" in kept["runtime_url"]
    assert not roles.changes(kept, without)


def test_no_password_is_in_any_message(roles: ProviderProcess, inputs: dict[str, Any], names: dict[str, str]) -> None:
    with psycopg.connect(inputs["database_url"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER").format(sql.Identifier(names["runtime"])))
    with pytest.raises(CallFailed, match="role-too-powerful") as failed:
        roles.create(inputs)
    assert "pw-of-the" not in str(failed.value) + "".join(roles.log)


@pytest.mark.parametrize(
    ("attribute", "words", "remedy"),
    [
        ("NOLOGIN", "may not log in (NOLOGIN)", "LOGIN;"),
        ("LOGIN VALID UNTIL '2020-01-01'", "may not use a password since", "VALID UNTIL 'infinity';"),
        ("LOGIN CONNECTION LIMIT 0", "may have no connection (CONNECTION LIMIT 0)", "CONNECTION LIMIT -1;"),
    ],
    ids=["no login", "expired", "no connections"],
)
def test_an_existing_role_that_cannot_log_in_is_reported_where_a_password_is_declared(
    roles: ProviderProcess,
    inputs: dict[str, Any],
    database: Database,
    names: dict[str, str],
    attribute: str,
    words: str,
    remedy: str,
) -> None:
    runtime = names["runtime"]
    database.rows(f"CREATE ROLE {runtime} {attribute}")
    with pytest.raises(CallFailed) as caught:
        roles.check(inputs)
    assert f"Role {runtime}, declared as runtime with a password, {words}" in str(caught.value)
    assert f"ALTER ROLE {runtime} {remedy}" in str(caught.value)
    assert "[role-cannot-log-in]" in str(caught.value)
    with pytest.raises(CallFailed, match="role-cannot-log-in"):
        roles.create(inputs)
    # Nobody said that somebody logs in as it: it may be a group.
    assert roles.check({**inputs, "runtime_password": None}) == {}
    database.rows(f"ALTER ROLE {runtime} LOGIN VALID UNTIL 'infinity' CONNECTION LIMIT -1")
    assert roles.check(inputs) == {}
    _id, kept = roles.create(inputs)
    assert can_log_in(kept["runtime_url"])
