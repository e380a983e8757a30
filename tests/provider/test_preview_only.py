"""Logins that may only read: a preview says what is pending before a gate stops it, or goes on where it is to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from awa_infra.database.observe import read_state
from awa_infra.model import DesiredState
from awa_infra.resources.database import AwaDatabaseProvider
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.people import forget, log_in
from tests.support.plugin import Plugin, plugin_process
from tests.support.provider import CallFailed, ProviderProcess, provider_process
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_everything

PENDING = "Pending from version 39: 1 migration (V40), patch wait_free_dirty_marks."
NOT_OWNER = "neither owns schema awa nor is a member of its owner"
ROW_SECURITY = """
    CREATE FUNCTION protect() RETURNS event_trigger LANGUAGE plpgsql
        AS $$ BEGIN EXECUTE 'ALTER TABLE api.t ENABLE ROW LEVEL SECURITY'; END $$;
    CREATE EVENT TRIGGER protect ON ddl_command_end EXECUTE FUNCTION protect();
"""
"""What keeps every login from migrating."""

Process = ProviderProcess | Plugin


@pytest.fixture
def behind(applied: Callable[[DesiredState], Database], desired: Callable[..., DesiredState]) -> Database:
    """Give a database that one migration is pending for, as its owner."""
    return applied(desired(target=39))


@pytest.fixture
def reader(server: TestServer, behind: Database) -> Iterator[Database]:
    """Give the database to a login that may only read."""
    role = f"reader_of_{behind.name}"
    behind.rows(f"CREATE ROLE {role} LOGIN; GRANT pg_read_all_data TO {role}")
    yield log_in(behind, role)
    forget(server, role)


@dataclass(frozen=True)
class Adapter:
    """One of the two ways in which an engine gets at a schema."""

    process: Process
    inputs: Callable[[str], dict[str, Any]]


@pytest.fixture(params=["dynamic", "plugin"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    if request.param == "plugin":
        return Adapter(request.getfixturevalue("plugin"), lambda url: {"databaseUrl": url})
    return Adapter(request.getfixturevalue("provider").use(AwaSchemaProvider()), lambda url: {"database_url": url})


@pytest.fixture(params=["dynamic", "plugin"])
def previewing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Adapter]:
    """Give a process that is told to preview only."""
    monkeypatch.setenv("AWA_INFRA_PREVIEW_ONLY", "true")
    if request.param == "plugin":
        with plugin_process() as plugin:
            plugin.configure({})
            yield Adapter(plugin.use("Schema"), lambda url: {"databaseUrl": url})
    else:
        with provider_process() as found:
            yield Adapter(found.use(AwaSchemaProvider()), lambda url: {"database_url": url})


def refusal(process: Process, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> str:
    """Return how a check fails."""
    with pytest.raises(CallFailed) as failed:
        process.check(news, olds)
    return str(failed.value)


@pytest.mark.parametrize("exists", [False, True], ids=["new", "declared before"])
def test_what_is_pending_is_shown_before_a_gate_stops_the_preview(
    adapter: Adapter, reader: Database, *, exists: bool
) -> None:
    given = adapter.inputs(reader.url)
    refused = refusal(adapter.process, given, given if exists else None)
    assert NOT_OWNER in refused
    assert "[not-owner]" in refused
    assert [line for line in adapter.process.log if line.startswith(PENDING)]
    assert adapter.process.log[-1].startswith("Digest: ")


def test_what_is_pending_is_shown_where_no_login_could_update(adapter: Adapter, behind: Database) -> None:
    behind.rows(ROW_SECURITY)
    assert "[auto-row-security]" in refusal(adapter.process, adapter.inputs(behind.url))
    assert [line for line in adapter.process.log if line.startswith(PENDING)]


def test_nothing_is_said_to_be_pending_where_the_version_may_not_be_read(
    adapter: Adapter, behind: Database, reader: Database
) -> None:
    behind.rows(f"REVOKE pg_read_all_data FROM reader_of_{behind.name}")
    assert "[history-unreadable]" in refusal(adapter.process, adapter.inputs(reader.url))
    assert adapter.process.log == []


def test_a_run_that_only_previews_warns_of_what_its_login_may_not_do_and_goes_on(
    previewing: Adapter, reader: Database
) -> None:
    before = dump_everything(reader.url)
    given = previewing.inputs(reader.url)
    previewing.process.check(given)
    warned, *shown = previewing.process.log
    assert warned.startswith(f"An up with this login fails: Role reader_of_{reader.name} {NOT_OWNER}")
    # its hint would have this login get what it is not to have
    assert warned.endswith(" [not-owner]")
    assert shown[0].startswith(PENDING)
    assert dump_everything(reader.url) == before


def test_a_run_that_only_previews_stops_at_what_would_stop_every_login(
    previewing: Adapter, behind: Database, reader: Database
) -> None:
    behind.rows(ROW_SECURITY)
    refused = refusal(previewing.process, previewing.inputs(reader.url))
    assert "[auto-row-security]" in refused
    assert "[not-owner]" in refused
    assert [line for line in previewing.process.log if line.startswith(PENDING)]


def test_a_run_that_only_previews_writes_nothing_whatever_its_login_may_do(
    previewing: Adapter, behind: Database
) -> None:
    given = previewing.inputs(behind.url)
    with pytest.raises(CallFailed, match=r"^AWA_INFRA_PREVIEW_ONLY is set, .* \[preview-only\]\nHint: Unset"):
        previewing.process.create(given)
    with pytest.raises(CallFailed, match="preview-only"):
        previewing.process.update(given, given)
    assert read_state(behind.url).version == 39


def test_a_run_that_only_previews_drops_nothing(
    monkeypatch: pytest.MonkeyPatch, applied: Callable[[DesiredState], Database], desired: Callable[..., DesiredState]
) -> None:
    monkeypatch.setenv("AWA_INFRA_PREVIEW_ONLY", "1")
    database = applied(desired())
    given = {"database_url": database.url, "schema": "acme", "deletion_policy": "drop"}
    with provider_process() as process, pytest.raises(CallFailed, match="preview-only"):
        process.use(QueueStorageSchemaProvider()).delete("acme", given)


def test_a_run_that_only_previews_warns_of_a_database_that_its_login_may_not_create(
    monkeypatch: pytest.MonkeyPatch, reader: Database
) -> None:
    monkeypatch.setenv("AWA_INFRA_PREVIEW_ONLY", "true")
    with provider_process() as process:
        process.use(AwaDatabaseProvider()).check({"server_url": reader.url, "name": "not_there_yet"})
        assert process.log[0].startswith("An up with this login fails: Role reader_of_")
        assert process.log[1] == "Database not_there_yet is missing and is created."


def test_a_value_that_is_neither_true_nor_false_is_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, behind: Database
) -> None:
    monkeypatch.setenv("AWA_INFRA_PREVIEW_ONLY", "perhaps")
    with provider_process() as process, pytest.raises(CallFailed, match="is neither true nor false"):
        process.use(AwaSchemaProvider()).create({"database_url": behind.url})
    monkeypatch.setenv("AWA_INFRA_PREVIEW_ONLY", "false")
    with provider_process() as process:
        process.use(AwaSchemaProvider()).create({"database_url": behind.url})
    assert read_state(behind.url).version == 40
