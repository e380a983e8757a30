"""The largest queue-storage schema that a bundle lets through really fits into the lock table of a default server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awa_infra.bundles.writing import write
from awa_infra.facts.measured import shape_locks
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.bundles import render
from tests.support.servers import Database, TestServer, embedded_server
from tests.tools.bundle_tools import script, unverified
from tests.tools.runners import Tool, flyway_tool, liquibase_tool

ROOM = "SELECT current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int AS room"


@pytest.fixture(scope="module")
def default_server() -> Iterator[TestServer]:
    major = os.environ.get("AWA_INFRA_TEST_MAJOR")
    with embedded_server(int(major) if major else None, default_room=True) as server:
        yield server


@pytest.fixture
def empty(default_server: TestServer) -> Iterator[Database]:
    made = default_server.create()
    yield made
    default_server.drop(made)


def largest(database: Database) -> Shape:
    """Return the shape with as many queue slots as the lock table has room for."""
    room = database.rows(ROOM)[0]["room"]
    assert room == 64 * 100
    return max((Shape(slots) for slots in range(4, 200) if shape_locks(Shape(slots)) <= room), key=shape_locks)


def bundle(form: str, release: Release, shape: Shape, folder: Path) -> Path:
    wanted = (QueueStorage("largest", shape),)
    write(render(form, DesiredState(release, release.schema_version, wanted)), folder)
    return folder


@pytest.mark.parametrize(
    ("form", "find", "words"),
    [("flyway", flyway_tool, ("-group=true", "migrate")), ("liquibase", liquibase_tool, ("update",))],
    ids=["flyway", "liquibase"],
)
def test_the_largest_schema_that_is_let_through_fits_and_the_next_one_is_refused(
    empty: Database, release: Release, tmp_path: Path, form: str, find: Callable[[Path], Tool], words: tuple[str, ...]
) -> None:
    fits = largest(empty)
    assert fits.queue_slots == 99
    larger = Shape(fits.queue_slots + 1)
    tool = find(bundle(form, release, larger, tmp_path / "larger"))
    if form == "liquibase":
        script(empty, tool.bundle / "prerequisite.sql")
    refused = tool.run(empty.url, *words)
    assert refused.status != 0
    assert "[lock-table-too-small]" in refused.output
    assert f"Installing queue storage largest ({larger}) locks about {shape_locks(larger)} objects" in refused.output
    assert "Raise max_locks_per_transaction to 65 or more" in refused.output
    assert "Nothing was run." in refused.output
    assert empty.rows("SELECT to_regnamespace('awa') AS made") == [{"made": None}]

    tool = find(bundle(form, release, fits, tmp_path / "largest"))
    done = tool.run(empty.url, *words)
    assert done.status == 0, done.output
    assert unverified(empty, tool.bundle) == []
