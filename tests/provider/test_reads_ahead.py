"""Previews of several databases, each with a schema: what is asked for next is read meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.ahead import DEFAULT, VARIABLE
from awa_infra.database.kept import MOST, pool
from awa_infra.database.target import Target
from awa_infra.lifecycle.database import DatabaseLifecycle
from awa_infra.lifecycle.schema import SchemaLifecycle
from awa_infra.resources.database import AwaDatabaseProvider
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.plugin import plugin_process, secret
from tests.support.provider import CallFailed, ProviderProcess, provider_process
from tests.support.proxy import Meter
from tests.support.servers import Database, TestServer

COUNT = 5
DELAY = 0.02
"""Seconds that each message of a client takes: reads of several databases meet, whatever the machine does."""
DROP_INDEX = "DROP INDEX awa.idx_awa_dlq_queue_time"
DRIFTED = "Schema awa has drifted: missing index idx_awa_dlq_queue_time."


@dataclass
class Fleet:
    """Databases behind a proxy, all as declared, and a preview of them as an engine does it for Python programs."""

    provider: ProviderProcess
    server_url: str
    databases: list[Database]
    meter: Meter | None = None
    options: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    def make(self) -> Fleet:
        """Adopt all of them."""
        for one in self.databases:
            news = {"server_url": self.server_url, "name": one.name}
            database = self.provider.use(AwaDatabaseProvider()).create(news)[1]
            schema = self.provider.use(AwaSchemaProvider()).create(self.news(one))[1]
            self.kept[one.name] = database, schema
        self.provider.engine.lines.clear()
        if self.meter:
            self.meter.logins, self.meter.most, self.meter.delay = 0, 0, DELAY
        return self

    def url(self, one: Database) -> str:
        return Target.of(self.server_url).with_database(one.name)

    def news(self, one: Database) -> dict[str, Any]:
        return {"database_url": self.url(one), **self.options}

    def preview_databases(self) -> None:
        self.provider.use(AwaDatabaseProvider())
        for one in self.databases:
            news = {"server_url": self.server_url, "name": one.name}
            assert self.provider.check(news, self.kept[one.name][0]) == {}
            assert not self.provider.changes(self.kept[one.name][0], news)

    def preview_schema(self, one: Database, **others: object) -> bool:
        """Return whether an update is pending."""
        self.provider.use(AwaSchemaProvider())
        news, kept = {**self.news(one), **others}, self.kept[one.name][1]
        assert self.provider.check(news, kept) == {}
        return self.provider.changes(kept, news)


@pytest.fixture
def databases(server: TestServer, awa_template: Database) -> Iterator[list[Database]]:
    made = [server.create(awa_template.name) for _ in range(COUNT)]
    yield made
    for one in made:
        server.drop(one)


@pytest.fixture
def meter(server: TestServer) -> Iterator[Meter]:
    with Meter(server.url) as found:
        yield found


@pytest.fixture
def process() -> Iterator[ProviderProcess]:
    """Give a process of its own: it serves one run of an engine."""
    with provider_process() as found:
        yield found


@pytest.fixture
def fleet(process: ProviderProcess, meter: Meter, databases: list[Database]) -> Fleet:
    return Fleet(process, meter.url, databases, meter).make()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give what sets how many reads ahead a process may have that is started after it."""
    return lambda number: monkeypatch.setenv(VARIABLE, number)


def test_reads_of_several_databases_overlap_on_few_connections(fleet: Fleet, meter: Meter) -> None:
    fleet.preview_databases()
    assert meter.logins <= 1, "one look shows all databases of a server"
    assert [fleet.preview_schema(one) for one in fleet.databases] == [False] * COUNT
    assert meter.logins <= 1 + COUNT, "each database is logged in to once"
    assert 2 < meter.most <= DEFAULT + 1 == MOST + 1


def test_a_fleet_that_nobody_declares_schemas_of_is_not_read(fleet: Fleet, meter: Meter) -> None:
    fleet.preview_databases()
    fleet.preview_databases()
    assert meter.logins <= 1


def test_zero_reads_nothing_ahead(started: Callable[[str], None], meter: Meter, databases: list[Database]) -> None:
    started("0")
    with provider_process() as process:
        fleet = Fleet(process, meter.url, databases, meter).make()
        fleet.preview_databases()
        fleet.preview_schema(databases[0])
        assert meter.logins == 2


def test_a_wrong_number_is_named_where_it_would_be_used(
    started: Callable[[str], None], server: TestServer, awa_database: Database
) -> None:
    started("lots")
    wrong = pytest.raises(CallFailed, match="AWA_INFRA_READ_AHEAD is no number from 0 to 16")
    with provider_process() as process, wrong:
        Fleet(process, server.url, [awa_database]).make().preview_databases()


def test_drift_of_each_database_is_shown_at_its_own_schema(fleet: Fleet) -> None:
    fleet.databases[3].rows(DROP_INDEX)
    fleet.preview_databases()
    for one in fleet.databases:
        fleet.provider.engine.lines.clear()
        assert not fleet.preview_schema(one)
        assert [line.startswith(DRIFTED) for line in fleet.provider.log] == [True] * (one is fleet.databases[3])


def test_a_schema_that_is_declared_otherwise_is_compared_with_its_own_declaration(fleet: Fleet) -> None:
    fleet.preview_databases()
    first, second, *others = fleet.databases
    assert not fleet.preview_schema(first)
    assert fleet.preview_schema(second, queues=["orders"])
    assert fleet.provider.log[-2].startswith("Pending:")
    assert [fleet.preview_schema(one) for one in others] == [False] * len(others)


def test_what_was_read_before_this_process_wrote_something_is_not_used(fleet: Fleet) -> None:
    fleet.preview_databases()
    first, *others = fleet.databases
    assert not fleet.preview_schema(first)
    for one in others:
        one.rows(DROP_INDEX)
    shape = {"queue_slots": 4.0, "lease_slots": 2.0, "claim_slots": 2.0}
    wanted = {"database_url": fleet.url(first), "schema": "acme", **shape}
    fleet.provider.use(QueueStorageSchemaProvider()).create(wanted)
    for one in others:
        fleet.provider.engine.lines.clear()
        assert not fleet.preview_schema(one)
        assert fleet.provider.log[0].startswith(DRIFTED)


def test_a_database_that_is_dropped_meanwhile_is_missing_at_its_own_schema(fleet: Fleet, server: TestServer) -> None:
    fleet.preview_databases()
    first, second, *others = fleet.databases
    server.drop(second)
    assert not fleet.preview_schema(first)
    with pytest.raises(CallFailed, match=f"{second.name}.* does not exist"):
        fleet.preview_schema(second)
    assert [fleet.preview_schema(one) for one in others] == [False] * len(others)


def test_databases_can_be_copied_and_dropped_while_they_are_read_ahead(fleet: Fleet, server: TestServer) -> None:
    fleet.preview_databases()
    first, second, third, *_others = fleet.databases
    assert not fleet.preview_schema(first)
    server.drop(server.create(second.name))
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(third.name)))


def test_a_role_with_one_connection_is_enough_for_many_databases(
    process: ProviderProcess, server: TestServer, databases: list[Database]
) -> None:
    role = f"awa_infra_fleet_{os.getpid()}"
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'one'".encode())
        url = Target.of(server.url).with_login(role, "one")
        fleet = Fleet(process, url, databases).make()
        with psycopg.connect(server.url, autocommit=True) as connection:
            # Superusers have no limit.
            connection.execute(f"ALTER ROLE {role} NOSUPERUSER CONNECTION LIMIT 1".encode())
            connection.execute(f"GRANT pg_read_all_data TO {role}".encode())
        for _ in range(2):
            fleet.preview_databases()
            for one in databases:
                fleet.preview_schema(one)
        assert not [line for line in process.log if "connection" in line]
    finally:
        for one in databases:
            server.drop(one)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"DROP ROLE IF EXISTS {role}".encode())


def test_the_plugin_reads_ahead_too(meter: Meter, databases: list[Database]) -> None:
    with plugin_process() as plugin:
        plugin.configure({"databaseUrl": secret(meter.url)})
        kept = {one.name: plugin.use("Database").create({"name": one.name})[1] for one in databases}
        meter.logins, meter.most, meter.delay = 0, 0, DELAY
        for one in databases:
            assert plugin.check({"name": one.name}, {"name": one.name})[1] == {}
            assert not plugin.diff(kept[one.name], {"name": one.name}, {"name": one.name}).changes
        for one in databases:
            news = {"databaseUrl": kept[one.name]["url"]}
            assert plugin.use("Schema").check(news, news)[1] == {}
        assert 2 < meter.most <= DEFAULT + 1
        assert meter.logins <= 1 + COUNT


def test_a_program_that_is_no_provider_reads_nothing_ahead(meter: Meter, databases: list[Database]) -> None:
    assert not pool._keeping

    def show(message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
        assert message
        assert not warning
        assert not ephemeral

    for one in databases:
        news: Mapping[str, Any] = {"server_url": meter.url, "name": one.name}
        DatabaseLifecycle().check(news, news, show)
    schema = {"database_url": Target.of(meter.url).with_database(databases[0].name)}
    SchemaLifecycle().check(schema, schema, show)
    assert meter.logins == COUNT + 1
