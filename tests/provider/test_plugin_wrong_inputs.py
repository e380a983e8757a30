"""What the plugin answers about wrong inputs, and what the engine prints with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from tests.support.plugin import UNKNOWN, Plugin, plugin_process, secret, struct, urn
from tests.support.provider import CallFailed
from tests.support.servers import Database


def named(plugin: Plugin, news: Mapping[str, Any]) -> list[str]:
    """Return the properties whose values the engine prints."""
    answer = plugin.call("Check", provider_pb2.CheckRequest(urn=urn(plugin.kind), news=struct(news)))
    return [failure.property for failure in answer.failures]


def test_an_engine_prints_no_value_that_is_missing_or_may_hold_a_password(plugin: Plugin) -> None:
    """Of a missing one it would print ``value {<nil>}``, of any other the value as the program gave it."""
    url = "postgresql://me:s3cret-word@db/jobs"
    assert named(plugin, {}) == [""]
    assert named(plugin, {"queues": [{"name": "a", "priorities": [1, 1]}], "databaseUrl": UNKNOWN}) == [""]
    assert named(plugin, {"databaseUrl": f"{url}\0"}) == [""]
    assert named(plugin, {"databaseURL": url, "databaseUrl": UNKNOWN}) == [""]
    assert named(plugin, {"release": url, "databaseUrl": UNKNOWN}) == [""]
    assert named(plugin, {"release": secret("1"), "databaseUrl": UNKNOWN}) == [""]
    plugin.use("Roles")
    assert named(plugin, {"databaseUrl": UNKNOWN, "owner": "o", "runtimePassword": "s3cret-word"}) == [""]
    assert named(plugin.use("Schema"), {"targetVersion": 41.5, "databaseUrl": UNKNOWN}) == ["targetVersion"]


def test_an_input_is_taken_only_under_the_name_that_it_has(plugin: Plugin, awa_database: Database) -> None:
    plugin.configure({"databaseUrl": secret(awa_database.url)})
    _inputs, failures = plugin.check({"target_version": 39})
    assert failures == {
        "target_version": "is no input of this resource. [config-invalid]\nHint: Did you mean targetVersion?"
    }
    found, failures = plugin.invoke("getPlan", {"targetVersoin": 39, "target_version": 39})
    assert found == {}
    assert {name: reason.partition("Hint: ")[2] for name, reason in failures.items()} == {
        "targetVersoin": "Did you mean targetVersion?",
        "target_version": "Did you mean targetVersion?",
    }


def test_a_value_that_cannot_be_one_is_not_said_to_be_a_change_as_well(plugin: Plugin, database: Database) -> None:
    """The objections themselves, for two of one input would share its name in a mapping."""
    given = {"databaseUrl": database.url, "schema": "acme", "queueSlots": 32}
    request = provider_pb2.CheckRequest(
        urn=urn("QueueStorageSchema"), olds=struct(given), news=struct(given | {"queueSlots": "thirty"})
    )
    answer = plugin.call("Check", request)
    assert [failure.reason for failure in answer.failures] == ["must be a whole number [config-invalid]"]


def test_a_hint_names_an_input_once(plugin: Plugin, awa_database: Database) -> None:
    storage = plugin.use("QueueStorageSchema")
    given = {"databaseUrl": awa_database.url, "schema": "acme", "deletionPolicy": "drop"}
    id_, kept = storage.create(given)
    awa_database.rows("SELECT awa.storage_auto_finalize_if_fresh('acme')")
    with plugin_process() as later, pytest.raises(CallFailed) as refused:
        later.use("QueueStorageSchema").delete(id_, kept)
    assert str(refused.value).endswith("What is active stays: set deletionPolicy back to retain.")
