from __future__ import annotations

import pytest

from awa_infra.database.observe import read_state
from tests.support.plugin import UNKNOWN, Plugin, plugin_process, secret
from tests.support.servers import Database
from tests.support.tools import dump_schema

PENDING = "Pending from an empty database: 39 migrations (V1-V7, V9-V40), patch wait_free_dirty_marks."
from collections.abc import Iterator


@pytest.fixture(scope="module")
def process() -> Iterator[Plugin]:
    with plugin_process() as found:
        yield found


@pytest.fixture
def plugin(process: Plugin) -> Plugin:
    process.engine.lines.clear()
    process.configure({})
    return process


def test_a_preview_knows_the_version_that_a_create_will_give(plugin: Plugin, database: Database) -> None:
    inputs, failures = plugin.check({"databaseUrl": database.url})
    assert failures == {}
    assert inputs["databaseUrl"] == secret(database.url)
    assert plugin.log == [PENDING]
    id_, outputs = plugin.create(inputs, preview=True)
    assert id_ == ""
    assert outputs["schemaVersion"] == 40
    assert outputs["fingerprint"] == UNKNOWN
    assert not read_state(database.url).schema_exists
    id_, made = plugin.create(inputs)
    assert made["schemaVersion"] == 40
    print(made)
    print(plugin.diff(made, inputs, inputs))
