"""What earlier versions of the plugin left in Pulumi's state still means that nothing is to be done."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from devtools.record_plugin_states import DATABASE, OWNER, SERVER, STATES
from tests.support.plugin import Plugin
from tests.support.servers import Database, TestServer


@pytest.mark.parametrize("recorded", sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def test_a_state_of_an_earlier_version_has_no_diff(
    recorded: Path, plugin: Plugin, server: TestServer, database: Database
) -> None:
    server.drop(database)
    owner = f"{OWNER}_of_{database.name}"
    text = recorded.read_text(encoding="utf-8").replace(SERVER, server.url.rpartition("/")[0])
    states = json.loads(text.replace(DATABASE, database.name).replace(OWNER, owner))
    try:
        for token, state in states.items():
            plugin.use(token.rpartition(":")[2])
            id_, outputs = plugin.create(state["inputs"])
            assert id_ == state["id"]
            # A later version may report more, but nothing less.
            assert state["outputs"].keys() <= outputs.keys()
            inputs, failures = plugin.check(state["inputs"], state["inputs"])
            assert failures == {}
            assert not plugin.diff(state["outputs"], inputs, state["inputs"]).changes
            assert plugin.read(id_, state["outputs"])[0] == id_
        assert [line for line in plugin.log if not line.startswith(("Pending", "Database", "Queue storage will"))] == []
    finally:
        server.drop(database)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(owner)))
