"""What becomes of a schema that is to be dropped, with the real engine: in another database, and with a refresh."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_state
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.engine import projects
from tests.engine.projects import PASSPHRASE, Project, Result
from tests.support.plugin import COMMAND
from tests.support.servers import Database, TestServer

PLUGIN = """
import os
import pulumi


class Schema(pulumi.CustomResource):
    def __init__(self, name, opts=None):
        shape = {"queueSlots": 4, "leaseSlots": 2, "claimSlots": 2}
        super().__init__(
            "awa:index:QueueStorageSchema", name, {"schema": "acme", "deletionPolicy": "drop", **shape}, opts
        )

"""
DYNAMIC = """
import os
import pulumi
from awa_infra import QueueStorageSchema


def Schema(name, opts=None):
    shape = {"queue_slots": 4, "lease_slots": 2, "claim_slots": 2}
    url = os.environ["DATABASE_URL"]
    QueueStorageSchema(name, database_url=url, schema="acme", deletion_policy="drop", **shape, opts=opts)

"""
WAYS = {"plugin": PLUGIN, "dynamic": DYNAMIC}
DROPPED = "Queue-storage schema acme was dropped, as its "


@pytest.fixture
def removals(tmp_path: Path, pulumi_path: str, awa_database: Database) -> Project:
    """Give an empty project whose database has Awa."""
    (tmp_path / "state").mkdir()
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "Pulumi.yaml").write_text("name: removals\nruntime: yaml\n")
    environment = projects.environment(tmp_path, pulumi_path, awa_database.url)
    path = os.pathsep.join([str(COMMAND.parent), pulumi_path])
    return Project(tmp_path, environment | {"PATH": path}, awa_database)


@pytest.fixture
def other(server: TestServer, awa_template: Database) -> Iterator[Database]:
    """Give a second database that has Awa."""
    made = server.create(awa_template.name)
    yield made
    server.drop(made)


def said(result: Result, status: int = 0) -> str:
    text = result.stdout + result.stderr
    assert result.status == status, text
    assert "Traceback" not in text
    return text


def there(database: Database) -> bool:
    return read_state(database.url).substrate("acme") is not None


def test_a_removal_drops_nothing_in_the_database_that_the_provider_leads_to_now(
    removals: Project, other: Database, release: Release
) -> None:
    """The engine updates the default provider before it deletes anything, where the program still uses it."""
    awa = PLUGIN + 'pulumi.CustomResource("awa:index:Schema", "awa", {})\n'
    said(removals.program("up", source=awa + 'Schema("acme")'))
    apply(other.url, DesiredState(release, None, (QueueStorage("acme", Shape(4, 2, 2)),)))
    first = removals.environment["DATABASE_URL"]
    removals.environment["DATABASE_URL"] = other.url
    leads = f"The connection leads to database {other.name} at "
    previewed = said(removals.program("preview", source=awa))
    assert previewed.count(leads) >= len(("the provider", "schema awa")), previewed
    refused = said(removals.program("up", source=awa), 1)
    assert "Schema acme was last applied in database " in refused
    assert "[removal-elsewhere]" in refused
    assert there(removals.database)
    assert there(other)
    removals.environment["DATABASE_URL"] = first
    assert DROPPED in said(removals.program("up", source=awa))
    assert not there(removals.database)
    assert there(other)


@pytest.mark.parametrize("way", WAYS)
def test_a_removal_drops_the_schema_after_a_refresh_in_the_same_run_too(removals: Project, way: str) -> None:
    declared = WAYS[way] + 'Schema("acme")'
    said(removals.program("up", source=declared))
    assert re.search(r"\b2 unchanged", said(removals.program("up", "--refresh", source=declared)))
    assert DROPPED in said(removals.program("up", "--refresh", source=WAYS[way]))
    assert not there(removals.database)
    said(removals.program("up", source=declared))
    assert "so nothing is dropped" in said(removals.program("up", "--refresh", source=WAYS[way] + 'Schema("renamed")'))
    assert there(removals.database)
    assert DROPPED in said(removals.pulumi("destroy", "--refresh", "--yes", "--skip-preview", "--stack=dev"))
    assert not there(removals.database)


def test_a_rename_with_an_alias_keeps_the_schema_also_where_only_the_old_name_is_a_target(removals: Project) -> None:
    """Without an alias the engine asks no provider about the new name then, as the page on removals says."""
    said(removals.program("up", source=PLUGIN + 'Schema("old")'))
    target = f"--target={removals.urn('old')}"
    options = 'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])'
    renamed = PLUGIN + f'Schema("new", {options})'
    removals.program("up", target, source=renamed)  # it may refuse a target that is nowhere
    assert there(removals.database)
    assert "deleted" not in said(removals.program("up", source=renamed))
    assert there(removals.database)
    again = PLUGIN + 'Schema("third")'
    assert DROPPED in said(removals.program("up", f"--target={removals.urn('new')}", source=again))
