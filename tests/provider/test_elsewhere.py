"""An object that was applied in one database, and a connection of the provider that leads to another one now."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pulumi.runtime.proto import provider_pb2

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from tests.support.plugin import Plugin, plugin_process, secret, struct
from tests.support.provider import CallFailed, ProviderProcess, provider_process
from tests.support.servers import Database, TestServer

SMALL = {"schema": "acme_jobs", "queueSlots": 4, "leaseSlots": 2, "claimSlots": 2}
DROPPING = {**SMALL, "deletionPolicy": "drop"}
PLACE = r"{} at [\w.:]+ \(oid \d+, system \d+\)"


@pytest.fixture
def kept(awa_database: Database) -> dict[str, Any]:
    """Give the outputs of a schema that an earlier run made in the first database."""
    with plugin_process() as earlier:
        return to(earlier, awa_database).create(DROPPING)[1]


def to(plugin: Plugin, database: Database) -> Plugin:
    """Point the provider at a database."""
    plugin.configure({"databaseUrl": secret(database.url)})
    plugin.engine.lines.clear()
    return plugin.use("QueueStorageSchema")


def there(database: Database) -> bool:
    return read_state(database.url).substrate("acme_jobs") is not None


def made_by_others(database: Database) -> None:
    with plugin_process() as others:
        to(others, database).create(SMALL)


@pytest.mark.parametrize("occupied", [True, False], ids=["another one there", "none there"])
@pytest.mark.parametrize("refreshed", [True, False], ids=["refreshed", "not refreshed"])
def test_a_schema_is_dropped_in_no_other_database_than_the_one_where_it_was_applied(
    own_plugin: Plugin,
    kept: dict[str, Any],
    awa_database: Database,
    other_awa_database: Database,
    occupied: bool,
    refreshed: bool,
) -> None:
    if occupied:
        made_by_others(other_awa_database)
    plugin = to(own_plugin, other_awa_database)
    if refreshed:
        id_, _inputs, kept = plugin.read("acme_jobs", kept)
        assert id_ == "acme_jobs"
    with pytest.raises(CallFailed, match=r"removal-elsewhere") as refused:
        plugin.delete("acme_jobs", kept)
    names = (PLACE.format(database.name) for database in (awa_database, other_awa_database))
    assert re.search("last applied in database {}, .* leads to another one: {}".format(*names), str(refused.value))
    assert there(awa_database)
    assert there(other_awa_database) is occupied


def test_a_schema_is_not_gone_because_the_connection_leads_to_a_database_that_is_missing(
    server: TestServer, own_plugin: Plugin, kept: dict[str, Any], database: Database
) -> None:
    server.drop(database)
    plugin = to(own_plugin, database)
    assert plugin.read("acme_jobs", kept)[0] == "acme_jobs"
    with pytest.raises(CallFailed, match=rf"{database.name} at .*, which is missing.*removal-elsewhere"):
        plugin.delete("acme_jobs", kept)


def test_a_database_that_is_gone_takes_its_schema_along(
    server: TestServer, own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    server.drop(awa_database)
    plugin = to(own_plugin, awa_database)
    assert plugin.read("acme_jobs", kept)[0] == ""
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1] == "The database of queue-storage schema acme_jobs is gone, and the schema with it."


def test_an_update_moves_a_schema_to_the_database_that_took_the_place_of_the_first(
    own_plugin: Plugin, kept: dict[str, Any], awa_database: Database, other_awa_database: Database
) -> None:
    """As after a dump that was restored elsewhere: the preview says it, and a removal is allowed after the update."""
    made_by_others(other_awa_database)
    plugin = to(own_plugin, other_awa_database)
    assert plugin.check(DROPPING, DROPPING)[1] == {}
    assert plugin.diff(kept, DROPPING, DROPPING).changes
    (line,) = plugin.log
    now, before = PLACE.format(other_awa_database.name), PLACE.format(awa_database.name)
    assert re.match(f"The connection leads to database {now} now, and led to {before} before, which is another", line)
    moved = plugin.update(kept, DROPPING)
    assert not plugin.diff(moved, DROPPING, DROPPING).changes
    with plugin_process() as later:
        to(later, other_awa_database).delete("acme_jobs", moved)
    assert there(awa_database)
    assert not there(other_awa_database)


@pytest.mark.parametrize(("kind", "inputs"), [("Schema", {}), ("StorageActivation", {"schema": "awa"})])
def test_another_database_of_the_provider_is_an_update_that_is_said(
    own_plugin: Plugin, awa_database: Database, other_awa_database: Database, kind: str, inputs: dict[str, Any]
) -> None:
    kept = to(own_plugin, awa_database).use(kind).create(inputs)[1]
    plugin = to(own_plugin, other_awa_database).use(kind)
    assert plugin.diff(kept, inputs, inputs).changes
    assert plugin.log[0].startswith(f"The connection leads to database {other_awa_database.name} at ")
    moved = plugin.update(kept, inputs)
    assert moved["databaseIdentity"].startswith(f"{other_awa_database.name} at ")
    assert not plugin.diff(moved, inputs, inputs).changes


def test_a_state_that_does_not_say_where_its_schema_is_has_no_diff_and_gets_it_by_the_next_call(
    own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    plugin = to(own_plugin, awa_database)
    before = {key: value for key, value in kept.items() if key != "databaseIdentity"}
    assert not plugin.diff(before, DROPPING, DROPPING).changes
    assert plugin.update(before, DROPPING) == kept
    assert plugin.read("acme_jobs", before)[2]["databaseIdentity"] == kept["databaseIdentity"]
    with plugin_process() as later:
        to(later, awa_database).delete("acme_jobs", before)
    assert not there(awa_database)


def test_the_same_database_by_another_name_or_address_is_no_diff(
    own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    plugin = to(own_plugin, awa_database)
    elsewhere = re.sub(".* at .* (?=[(])", "renamed at old-primary.example:5432 ", kept["databaseIdentity"])
    assert not plugin.diff({**kept, "databaseIdentity": elsewhere}, DROPPING, DROPPING).changes


def test_a_database_that_was_renamed_is_said_to_be_the_same_one(server: TestServer, awa_database: Database) -> None:
    """As for a standby that was promoted at another address: the identifiers are the same."""
    inputs = {"database_url": awa_database.url, "schema": "acme_jobs"}
    with provider_process() as earlier:
        kept = earlier.use(QueueStorageSchemaProvider()).create(inputs)[1]
    renamed = f"{awa_database.name}_renamed"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(rename.format(*map(sql.Identifier, (awa_database.name, renamed))))
        try:
            with provider_process() as later:
                url = Target.of(server.url).with_database(renamed)
                assert later.use(QueueStorageSchemaProvider()).changes(kept, {**inputs, "database_url": url})
                (line,) = later.log
        finally:
            connection.execute(rename.format(*map(sql.Identifier, (renamed, awa_database.name))))
    assert re.search(f"leads to database {renamed} at .* It is the same one, by its identifiers", line)


def test_a_server_that_pg_upgrade_made_has_another_identifier_which_an_update_records(
    own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    """pg_upgrade to PostgreSQL 15 and newer keeps the number of a database, and the address is usually the same."""
    plugin = to(own_plugin, awa_database)
    before = {**kept, "databaseIdentity": re.sub("system [0-9]+", "system 7301", kept["databaseIdentity"])}
    assert plugin.diff(before, DROPPING, DROPPING).changes
    (line,) = plugin.log
    assert re.search(r"as before, but the server's data have identifier \d+ now, and had 7301\. After pg_upgrade", line)
    with plugin_process() as later, pytest.raises(CallFailed, match=r"as after a restore or pg_upgrade.*run up"):
        to(later, awa_database).delete("acme_jobs", before)
    assert plugin.update(before, DROPPING) == kept
    assert not plugin.diff(kept, DROPPING, DROPPING).changes


def test_without_the_identifier_of_the_server_another_address_is_said_and_refused(
    own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    plugin = to(own_plugin, awa_database)
    unread = re.sub(", system .*[)]", ")", kept["databaseIdentity"])
    assert not plugin.diff({**kept, "databaseIdentity": unread}, DROPPING, DROPPING).changes
    elsewhere = {**kept, "databaseIdentity": re.sub(" at [^ ]*", " at old.example:5432", unread)}
    assert plugin.diff(elsewhere, DROPPING, DROPPING).changes
    assert plugin.log[-1].endswith("Nothing shows whether that is the same one.")
    unsure = r"nothing shows whether .* is the same database.*removal-elsewhere"
    with plugin_process() as later, pytest.raises(CallFailed, match=unsure):
        to(later, awa_database).delete("acme_jobs", elsewhere)
    assert there(awa_database)


def test_a_refresh_of_a_dynamic_schema_records_where_it_is(provider: ProviderProcess, awa_database: Database) -> None:
    storage = provider.use(QueueStorageSchemaProvider())
    id_, kept = storage.create({"database_url": awa_database.url, "schema": "acme_jobs"})
    before = {key: value for key, value in kept.items() if key != "database_identity"}
    assert storage.read(id_, before) == (id_, kept)
    assert not storage.changes(before, {"database_url": awa_database.url, "schema": "acme_jobs"})


def test_the_preview_says_that_the_connection_of_the_provider_leads_elsewhere(
    plugin: Plugin, awa_database: Database, other_awa_database: Database
) -> None:
    """Also where every resource is removed, so that no other is compared."""
    olds, news = ({"databaseUrl": secret(database.url)} for database in (awa_database, other_awa_database))
    urn = "urn:pulumi:test::test::pulumi:providers:awa::default"
    plugin.call("DiffConfig", provider_pb2.DiffRequest(urn=urn, olds=struct(olds), news=struct(news)))
    (line,) = plugin.log
    assert f"leads to database {other_awa_database.name} at " in line
    assert f"led to {awa_database.name} at " in line
