"""A schema that is to be dropped stays while another provider process, or another resource, still declares it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from tests.support.plugin import Plugin, plugin_process, secret
from tests.support.provider import CallFailed, provider_process
from tests.support.servers import Database

DROPPING = {"schema": "acme_jobs", "queueSlots": 4, "leaseSlots": 2, "claimSlots": 2, "deletionPolicy": "drop"}
DROPPED = "Queue-storage schema acme_jobs was dropped, as its deletionPolicy says."
ANOTHER = "Another resource declares the same now, so nothing is dropped."

Ready = Callable[[Plugin], Plugin]


@pytest.fixture
def ready(awa_database: Database) -> Ready:
    """Give what makes a plugin ready for calls about schemas of the database."""

    def make(plugin: Plugin) -> Plugin:
        plugin.configure({"databaseUrl": secret(awa_database.url)})
        return plugin.use("QueueStorageSchema")

    return make


@pytest.fixture
def kept(ready: Ready) -> dict[str, Any]:
    """Give the outputs of a schema that an earlier run made."""
    with plugin_process() as earlier:
        return ready(earlier).create(DROPPING)[1]


@pytest.fixture
def run(ready: Ready) -> Iterator[tuple[Plugin, Plugin]]:
    """Give two provider processes of one run, as an engine has one for each provider resource."""
    with plugin_process() as one, plugin_process(one.engine_address) as other:
        yield ready(one), ready(other)


def there(database: Database) -> bool:
    return read_state(database.url).substrate("acme_jobs") is not None


def test_a_renamed_resource_with_another_provider_keeps_its_schema(
    run: tuple[Plugin, Plugin], kept: dict[str, Any], awa_database: Database
) -> None:
    old, new = run
    new.check(DROPPING, name="renamed")
    new.create(DROPPING, name="renamed")
    old.delete("acme_jobs", kept)
    assert old.log[-1] == ANOTHER
    assert there(awa_database)


def test_a_resource_that_was_moved_to_another_provider_keeps_its_schema(
    run: tuple[Plugin, Plugin], kept: dict[str, Any], awa_database: Database
) -> None:
    old, new = run
    new.create(DROPPING)
    old.delete("acme_jobs", kept)
    assert old.log[-1] == "Its replacement has adopted the same, so nothing is dropped."
    assert there(awa_database)


def test_a_resource_that_became_one_of_the_plugin_keeps_its_schema(
    run: tuple[Plugin, Plugin], awa_database: Database
) -> None:
    """From Python's dynamic providers to the plugin, whose resources have another type and so another URN."""
    inputs = {
        "database_url": awa_database.url,
        "schema": "acme_jobs",
        "queue_slots": 4,
        "lease_slots": 2,
        "claim_slots": 2,
        "receipts": True,
        "deletion_policy": "drop",
    }
    with provider_process(engine_address=run[0].engine_address) as dynamic, provider_process() as earlier:
        kept = earlier.use(QueueStorageSchemaProvider()).create(inputs)[1]
        run[0].check(DROPPING)
        dynamic.use(QueueStorageSchemaProvider()).delete("acme_jobs", kept)
        # It has no engine of its own that collects its lines.
        assert there(awa_database)


def test_a_schema_is_dropped_where_no_process_of_the_run_declares_it(
    ready: Ready, run: tuple[Plugin, Plugin], kept: dict[str, Any], awa_database: Database
) -> None:
    with plugin_process(run[0].engine_address) as ended:
        ready(ended).check(DROPPING, name="renamed")
    run[1].check({**DROPPING, "schema": "other_jobs"}, name="other")
    run[0].delete("acme_jobs", kept)
    assert run[0].log[-1].startswith(DROPPED)
    assert not there(awa_database)


def test_what_is_left_to_delete_of_an_interrupted_replacement_keeps_the_schema(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    """The replacement was made by the run before, so this one only compares it."""
    plugin = ready(own_plugin)
    plugin.check(DROPPING, DROPPING)
    plugin.diff(kept, DROPPING)
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1] == "What replaced it declares the same, so nothing is dropped."
    assert there(awa_database)


def test_a_replacement_that_deletes_first_drops_the_schema(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any]
) -> None:
    plugin = ready(own_plugin)
    plugin.check(DROPPING, DROPPING)
    plugin.diff(kept, DROPPING)
    plugin.check(DROPPING)
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1].startswith(DROPPED)


@pytest.mark.parametrize("checked", [True, False], ids=["the program runs", "the program does not run"])
def test_a_refresh_before_a_destroy_keeps_nothing(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any], awa_database: Database, checked: bool
) -> None:
    """A refresh reads and compares every resource of the state, whether the program still declares it or not."""
    plugin = ready(own_plugin)
    plugin.diff(kept, DROPPING)
    if checked:
        plugin.check(DROPPING, DROPPING)
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1].startswith(DROPPED)
    assert not there(awa_database)


def test_a_refresh_of_another_resource_of_the_state_holds_nothing(
    run: tuple[Plugin, Plugin], kept: dict[str, Any], awa_database: Database
) -> None:
    """As after a rename that failed half-way: the state has both, and the program none of them."""
    plugin, other = run
    other.diff(kept, DROPPING, name="renamed")
    plugin.diff(kept, DROPPING)
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1].startswith(DROPPED)
    assert not there(awa_database)


def test_an_interrupted_replacement_keeps_the_schema_after_a_refresh_too(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    plugin = ready(own_plugin)
    for checks in (False, True):
        if checks:
            plugin.check(DROPPING, DROPPING)
        plugin.diff(kept, DROPPING)
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1] == "What replaced it declares the same, so nothing is dropped."
    assert there(awa_database)


def test_a_renamed_resource_that_its_check_refuses_keeps_its_schema(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any], awa_database: Database
) -> None:
    """An engine that continues on errors may delete the old one nevertheless."""
    plugin = ready(own_plugin)
    with pytest.raises(CallFailed, match=r"queue-storage-shape"):
        plugin.check({**DROPPING, "queueSlots": 8}, name="renamed")
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1] == ANOTHER
    assert there(awa_database)


def test_a_destroy_that_runs_the_program_drops_the_schema(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any]
) -> None:
    """The engine checks every resource then, and compares none."""
    plugin = ready(own_plugin)
    plugin.check(DROPPING, DROPPING)
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1].startswith(DROPPED)


@pytest.mark.parametrize("made", [True, False], ids=["made in this run", "made before"])
def test_another_spelling_of_the_host_is_the_same_database(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any], awa_database: Database, made: bool
) -> None:
    plugin = ready(own_plugin)
    host = Target.of(awa_database.url).parameters["host"]
    other = secret(awa_database.url.replace(host, "localhost" if host != "localhost" else "127.0.0.1"))
    renamed = {**DROPPING, "databaseUrl": other}
    plugin.check(renamed, name="renamed")
    if made:
        plugin.create(renamed, name="renamed")
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1] == ANOTHER
    assert there(awa_database)


def test_the_same_name_in_another_database_holds_nothing(
    ready: Ready, own_plugin: Plugin, kept: dict[str, Any], database: Database
) -> None:
    plugin = ready(own_plugin)
    plugin.check({**DROPPING, "databaseUrl": secret(database.url)}, name="elsewhere")
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1].startswith(DROPPED)


def test_nothing_is_dropped_where_processes_cannot_share_what_they_declare(
    ready: Ready, kept: dict[str, Any], awa_database: Database, tmp_path: Path
) -> None:
    open_to_all = tmp_path / f"awa-infra-claims-{os.geteuid()}"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with plugin_process(environment={"TMPDIR": str(tmp_path)}) as found:
        plugin = ready(found)
        plugin.delete("acme_jobs", kept)
        assert plugin.log[-1] == ("What other processes of this run declare cannot be read, so nothing is dropped.")
        plugin.check(DROPPING, name="renamed")
        plugin.delete("acme_jobs", kept)
        assert plugin.log[-1] == (
            "This process cannot share with others of the same run what it declares, so nothing is dropped."
        )
        assert there(awa_database)


def test_processes_that_ended_leave_nothing_for_long(ready: Ready, tmp_path: Path) -> None:
    for _ in range(2):
        with plugin_process(environment={"TMPDIR": str(tmp_path)}) as found:
            ready(found).check(DROPPING)
            (folder,) = tmp_path.glob("awa-infra-claims-*")
            assert len([*folder.iterdir()]) == 1
            (text,) = (path.read_text() for path in folder.iterdir())
            assert "postgresql://" not in text
