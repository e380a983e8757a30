from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.kept import IDLE
from awa_infra.database.target import Target
from awa_infra.resources.database import AwaDatabaseProvider
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from awa_infra.resources.roles import AwaRolesProvider
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.plugin import Plugin, secret
from tests.support.provider import ProviderProcess
from tests.support.proxy import Meter
from tests.support.servers import Database, TestServer

SMALL = {"queue_slots": 4.0, "lease_slots": 2.0, "claim_slots": 2.0}
FEW = 3
"""Round trips of an object that is as declared."""


@pytest.fixture
def role(server: TestServer) -> Iterator[str]:
    """Give the name of a role; whatever it owns is in the database of the test, which is gone before it."""
    name = f"awa_infra_reads_{os.getpid()}"
    yield name
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def unchanged(provider: ProviderProcess, kept: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Do what the engine does with an object that is as declared."""
    assert provider.check(news, kept) == {}
    assert not provider.changes(kept, news)


def cost(meter: Meter, work: Callable[[], object]) -> tuple[int, int]:
    """Return the logins and the round trips of something."""
    before = meter.logins, meter.round_trips
    work()
    return meter.logins - before[0], meter.round_trips - before[1]


def sessions(database: Database) -> list[int]:
    """Return the processes of the server that work for us in a database."""
    found = database.rows(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'awa-infra' AND datname = current_database()"
    )
    return [int(row["pid"]) for row in found]


def comes_true(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def test_an_object_as_declared_costs_at_most_one_login_and_three_round_trips(
    provider: ProviderProcess, role: str, database: Database
) -> None:
    with Meter(database.url) as meter:
        here = {"database_url": meter.url, "role": role}
        objects: list[tuple[Any, dict[str, Any]]] = [
            (AwaDatabaseProvider(), {"server_url": meter.url, "name": database.name}),
            (AwaRolesProvider(), {"database_url": meter.url, "owner": role}),
            (AwaSchemaProvider(), here),
            (QueueStorageSchemaProvider(), {**here, "schema": "acme_one", "queues": ["a"], **SMALL}),
            (QueueStorageSchemaProvider(), {**here, "schema": "acme_two", **SMALL}),
        ]
        for kind, news in objects:
            kept = provider.use(kind).create(news)[1]
            logins, round_trips = cost(meter, lambda kept=kept, news=news: unchanged(provider, kept, news))  # type: ignore[misc]
            assert (logins <= 1, round_trips <= FEW) == (True, True), f"{kind}: {logins}, {round_trips}"


def test_a_plugin_reads_as_little_and_refreshes_with_the_same_connection(plugin: Plugin, database: Database) -> None:
    with Meter(database.url) as meter:
        news = {"databaseUrl": secret(meter.url)}
        _id, kept = plugin.create(news)

        def look() -> None:
            assert plugin.check(news, news)[1] == {}
            assert not plugin.diff(kept, news, news).changes

        logins, round_trips = cost(meter, look)
        assert (logins <= 1, round_trips <= FEW) == (True, True), round_trips
        assert cost(meter, lambda: plugin.read("awa", kept))[1] <= FEW


def test_a_diff_alone_looks_for_itself(provider: ProviderProcess, awa_database: Database) -> None:
    news = {"database_url": awa_database.url}
    provider.use(AwaSchemaProvider())
    kept = provider.create(news)[1]
    unchanged(provider, kept, news)
    awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time")
    provider.engine.lines.clear()
    assert not provider.changes(kept, news)
    assert provider.log[0].startswith("Schema awa has drifted: missing index idx_awa_dlq_queue_time.")


def test_a_connection_that_somebody_ended_is_replaced_without_a_word(
    provider: ProviderProcess, awa_database: Database
) -> None:
    news = {"database_url": awa_database.url}
    provider.use(AwaSchemaProvider())
    kept = provider.create(news)[1]
    unchanged(provider, kept, news)
    (before,) = sessions(awa_database)
    awa_database.rows(f"SELECT pg_terminate_backend({before}, 10000)")
    unchanged(provider, kept, news)
    assert sessions(awa_database) != [before]


def test_an_idle_connection_keeps_nobody_from_copying_or_dropping_the_database(
    provider: ProviderProcess, server: TestServer, awa_database: Database
) -> None:
    news = {"database_url": awa_database.url}
    provider.use(AwaSchemaProvider())
    kept = provider.create(news)[1]
    unchanged(provider, kept, news)
    assert sessions(awa_database)
    server.drop(server.create(awa_database.name))
    unchanged(provider, kept, news)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(awa_database.name)))


def test_no_connection_is_left_behind(own_plugin: Plugin, awa_database: Database) -> None:
    news = {"databaseUrl": secret(awa_database.url)}
    own_plugin.check(news, news)
    assert len(sessions(awa_database)) == 1
    assert comes_true(lambda: not sessions(awa_database)), f"an idle connection is closed after {IDLE:g} s"
    own_plugin.check(news, news)
    assert len(sessions(awa_database)) == 1
    own_plugin.process.kill()
    assert comes_true(lambda: not sessions(awa_database), IDLE + 10)


def test_a_role_with_one_connection_is_enough(
    provider: ProviderProcess, server: TestServer, role: str, database: Database
) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        name = sql.Identifier(role)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'one' CONNECTION LIMIT 1").format(name))
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database.name), name))
    url = Target.of(Target.of(server.url).with_database(database.name)).with_login(role, "one")
    for kind, news in (
        (AwaSchemaProvider(), {"database_url": url}),
        (QueueStorageSchemaProvider(), {"database_url": url, "schema": "acme_one", **SMALL}),
        (QueueStorageSchemaProvider(), {"database_url": url, "schema": "acme_two", **SMALL}),
    ):
        provider.use(kind)
        assert provider.check(news) == {}
        kept = provider.create(news)[1]
        unchanged(provider, kept, news)
        assert provider.read("x", kept)[0] == "x"
