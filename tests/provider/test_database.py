from __future__ import annotations

from collections.abc import Iterator

import pytest

from awa_infra.database.databases import database_exists
from awa_infra.database.target import Target
from awa_infra.lifecycle.database import DatabaseLifecycle
from awa_infra.resources.database import AwaDatabaseProvider
from tests.support.plugin import Plugin, secret
from tests.support.provider import UNKNOWN, CallFailed, ProviderProcess
from tests.support.servers import Database, TestServer


@pytest.fixture
def databases(provider: ProviderProcess) -> ProviderProcess:
    return provider.use(AwaDatabaseProvider())


@pytest.fixture
def name(server: TestServer, database: Database) -> Iterator[str]:
    made = f"{database.name}_made"
    yield made
    server.drop(Database(made, ""))


def test_create_makes_the_database_and_gives_its_url(databases: ProviderProcess, server: TestServer, name: str) -> None:
    inputs = {"server_url": server.url, "name": name}
    assert databases.check(inputs) == {}
    identity, outputs = databases.create(inputs)
    assert identity == name
    assert outputs["url"] == Target.of(server.url).with_database(name)
    assert database_exists(server.url, name)
    assert not databases.changes(outputs, inputs)


def test_an_existing_database_is_adopted(databases: ProviderProcess, server: TestServer, database: Database) -> None:
    database.rows("CREATE TABLE mine (id int)")
    databases.create({"server_url": server.url, "name": database.name})
    assert database.rows("SELECT count(*) AS n FROM mine") == [{"n": 0}]


def test_a_database_that_is_gone_shows_in_a_preview(databases: ProviderProcess, server: TestServer, name: str) -> None:
    inputs = {"server_url": server.url, "name": name}
    assert databases.changes({**inputs, "url": "x"}, inputs)
    assert databases.log == [f"Database {name} is missing and is created."]
    assert databases.read(name, inputs) == ("", {})


def test_a_rename_is_refused(databases: ProviderProcess, server: TestServer) -> None:
    failures = databases.check({"server_url": server.url, "name": "new"}, {"server_url": server.url, "name": "old"})
    assert "cannot be renamed from old to new" in failures["name"]


def test_how_a_database_is_made_is_ignored_where_it_is_there(
    databases: ProviderProcess, server: TestServer, database: Database
) -> None:
    plain = {"server_url": server.url, "name": database.name}
    _id, kept = databases.create(plain)
    later = plain | {"encoding": "LATIN1", "template": "template0"}
    assert databases.check(later, kept) == {}
    assert databases.changes(kept, later)
    found = databases.update(kept, later)
    assert databases.log == [f"Database {database.name} exists and is taken as it is: encoding and template ignored."]
    assert not databases.changes(found, later)
    assert databases.check(plain, found) == {}
    assert "cannot change from LATIN1 to UTF8" in databases.check(later | {"encoding": "UTF8"}, found)["encoding"]


def test_a_delete_keeps_the_database(databases: ProviderProcess, server: TestServer, database: Database) -> None:
    databases.delete(database.name, {"server_url": server.url, "name": database.name})
    assert database_exists(server.url, database.name)


def test_unknown_inputs_are_left_for_later(databases: ProviderProcess) -> None:
    assert databases.check({"server_url": UNKNOWN, "name": UNKNOWN}) == {}
    assert databases.changes({"server_url": "x", "name": "y"}, {"server_url": UNKNOWN, "name": "y"})


def test_a_lost_connection_is_an_error_and_no_disappearance(databases: ProviderProcess) -> None:
    with pytest.raises(CallFailed, match=r"Cannot connect to me@127\.0\.0\.1:1/postgres"):
        databases.read("x", {"server_url": "postgresql://me@127.0.0.1:1/postgres", "name": "x"})


WRONG = {"encoding": "UTF9", "template": "no_such_template", "owner": "no_such_owner"}
IN_THE_WAY = ("database-owner-unusable", "database-template-unusable", "database-encoding-unusable")


def test_what_postgresql_would_refuse_is_refused_before_anything_is_created(
    databases: ProviderProcess, plugin: Plugin, server: TestServer, name: str
) -> None:
    with pytest.raises(CallFailed) as of_dynamic:
        databases.create({"server_url": server.url, "name": name} | WRONG)
    with pytest.raises(CallFailed) as of_plugin:
        plugin.use("Database").create({"serverUrl": secret(server.url), "name": name} | WRONG)
    for failed in (of_dynamic, of_plugin):
        text = str(failed.value)
        assert "3 conditions do not hold" in text
        assert [code for code in IN_THE_WAY if f"[{code}]" not in text] == []
    assert not database_exists(server.url, name)


def test_a_preview_refuses_what_nothing_in_the_program_can_bring_and_warns_of_the_rest(
    databases: ProviderProcess, plugin: Plugin, server: TestServer, name: str
) -> None:
    with pytest.raises(CallFailed, match="database-encoding-unusable"):
        databases.check({"server_url": server.url, "name": name} | WRONG)
    with pytest.raises(CallFailed, match="database-encoding-unusable"):
        plugin.use("Database").check({"serverUrl": secret(server.url), "name": name} | WRONG)
    # The role and the template may be those of another provider in the same program.
    others = {key: value for key, value in WRONG.items() if key != "encoding"}
    assert databases.check({"server_url": server.url, "name": name} | others) == {}
    plugin.use("Database").check({"serverUrl": secret(server.url), "name": name} | others)
    # What is not known yet, or wrong for a database that exists, is no reason to refuse.
    assert databases.check({"server_url": server.url, "name": name, "owner": UNKNOWN, "template": UNKNOWN}) == {}
    assert databases.check({"server_url": server.url, "name": "postgres"} | WRONG) == {}


def test_a_missing_owner_and_template_are_named_by_the_preview(server: TestServer, name: str) -> None:
    shown: list[tuple[str, bool]] = []

    def show(message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
        shown.append((message, warning and not ephemeral))

    wanted = {"server_url": server.url, "name": name, "owner": "no_such_owner", "template": "no_such_template"}
    assert DatabaseLifecycle().check({}, wanted, show) == []
    owner, template = (message for message, warning in shown if warning)
    assert owner.startswith(
        f"Database {name} is to belong to role no_such_owner, which does not exist. The update fails"
    )
    assert template.startswith(
        f"Database {name} is to be a copy of database no_such_template, which does not exist. The "
    )


def test_an_owner_that_does_not_exist_is_refused_also_where_the_database_gets_another_one(
    databases: ProviderProcess, server: TestServer, database: Database
) -> None:
    declared = {"server_url": server.url, "name": database.name}
    wanted = declared | {"owner": "no_such_owner"}
    assert databases.check(wanted, declared) == {}
    with pytest.raises(CallFailed, match="role no_such_owner, which does not exist"):
        databases.update(declared, wanted)
    assert databases.check(wanted, wanted) == {}


def test_an_engine_prints_no_value_that_is_missing_or_may_hold_a_password(databases: ProviderProcess) -> None:
    """Of a missing one it would print ``value {<nil>}``, of any other the value as the program gave it."""
    wrong = {"server_url": "postgresql://me:s3cret@h/d\0", "owner": "postgresql://me:s3cret@h/d", "encoding": "no such"}
    assert databases.named(wrong) == ["encoding"]
    assert databases.check(wrong) == {
        "server_url": "must be text [config-invalid]",
        "name": "is missing [config-invalid]",
        "owner": "must be a name, not a connection string [config-invalid]",
        "encoding": "must be the name of an encoding, such as UTF8 [config-invalid]",
    }
