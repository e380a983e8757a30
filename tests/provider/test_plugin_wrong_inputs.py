"""What the plugin answers about wrong inputs, and what the engine prints with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from tests.support.plugin import UNKNOWN, Plugin, secret, struct, urn
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
