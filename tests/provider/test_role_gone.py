"""A role that was renamed in PostgreSQL after objects were made as it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from awa_infra.resources.activation import StorageActivationProvider
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.provider import CallFailed, ProviderProcess
from tests.support.servers import Database, TestServer

KINDS: dict[Callable[[], Any], dict[str, Any]] = {
    AwaSchemaProvider: {},
    QueueStorageSchemaProvider: {"schema": "acme", "queue_slots": 4.0, "lease_slots": 2.0, "claim_slots": 2.0},
    StorageActivationProvider: {"schema": "awa"},
}


@pytest.fixture
def role(server: TestServer, database: Database) -> Iterator[str]:
    """Give a role that owns the database."""
    name = f"gone_of_{database.name}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database.name), sql.Identifier(name))
        )
    yield name
    server.drop(database)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{name}_renamed")))


def test_a_preview_says_that_the_role_of_an_object_does_not_exist_any_more(
    provider: ProviderProcess, database: Database, role: str
) -> None:
    wanted = {kind: {"database_url": database.url, "role": role, **own} for kind, own in KINDS.items()}
    kept = {kind: provider.use(kind()).create(inputs)[1] for kind, inputs in wanted.items()}
    database.rows(f"ALTER ROLE {role} RENAME TO {role}_renamed")
    for kind, inputs in wanted.items():
        provider.use(kind())
        for checked in (True, False):
            provider.engine.lines.clear()
            if checked:
                assert provider.check(inputs, inputs) == {}
            assert not provider.changes(kept[kind], inputs)
            (line,) = provider.log
            assert f'role "{role}" does not exist. An update' in line
            assert "An update or a removal fails with role-refused" in line
        with pytest.raises(CallFailed, match=r"role-refused"):
            provider.update(kept[kind], inputs)
