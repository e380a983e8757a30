"""Under which settings our own SQL runs, on a server that has others."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

import psycopg
import pytest
from psycopg import pq
from psycopg.abc import Params, Query, QueryNoTemplate
from psycopg.rows import DictRow, RowFactory, dict_row

from awa_infra.database.activation import activate, read_activation
from awa_infra.database.apply import apply
from awa_infra.database.bundle_history import read_history
from awa_infra.database.connection import connect
from awa_infra.database.databases import alter_database, database_exists, ensure_database
from awa_infra.database.fingerprint import read_repair, repair, verify
from awa_infra.database.observe import read_plan, read_state, refuse_other_database
from awa_infra.database.reference import measured_facts
from awa_infra.database.removal import jobs_in, read_removal, remove
from awa_infra.database.roles import apply_roles
from awa_infra.database.session import session
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Release, Roles
from awa_infra.planning.new_database import DatabaseOptions
from tests.support.schemas import ACME
from tests.support.servers import Database, TestServer

Desired = Callable[..., DesiredState]

_BEGINS = "BEGIN ISOLATION LEVEL READ COMMITTED, READ "
_ALONE = ("pg_catalog.jsonb_object_agg(s.name", "set_config('idle_session_timeout'")
"""Statements that may come first outside of a transaction: they set or keep settings themselves."""


class Recorded(psycopg.Connection[DictRow]):
    """Keeps what it sends."""

    all: ClassVar[list[list[str]]] = []

    def __init__(self, pgconn: pq.abc.PGconn, row_factory: RowFactory[DictRow] = dict_row) -> None:
        super().__init__(pgconn, row_factory)
        self.statements: list[str] = []
        self.all.append(self.statements)

    def execute(
        self, query: Query, params: Params | None = None, *, prepare: bool | None = None, binary: bool = False
    ) -> psycopg.Cursor[DictRow]:
        self.statements.append(query.decode() if isinstance(query, bytes) else str(query))
        return super().execute(cast("QueryNoTemplate", query), params, prepare=prepare, binary=binary)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what each connection of ours sends from now on, in order."""
    Recorded.all.clear()
    monkeypatch.setattr("awa_infra.database.connection.psycopg.connect", Recorded.connect)
    return Recorded.all


def test_every_connection_of_ours_begins_its_transactions_by_name_and_sets_everything(
    server: TestServer, database: Database, desired: Desired, release: Release, sent: list[list[str]]
) -> None:
    url, declared = database.url, desired(ACME)
    other = f"other_{database.name}"
    roles = Roles(f"owner_{database.name}", f"migrator_{database.name}", f"runtime_{database.name}")
    try:
        ensure_database(server.url, other, DatabaseOptions())
        database_exists(server.url, other)
        alter_database(server.url, other, owner=None, connection_limit=5)
        read_plan(url, declared)
        apply(url, declared)
        read_state(url)
        refuse_other_database(url, database.name)
        read_history(url, "goose")
        verify(url, release)
        read_repair(url, release)
        repair(url, release)
        measured_facts(url, release)
        read_activation(url, "awa")
        activate(url, "awa")
        jobs_in(url, "acme_jobs")
        read_removal(url, "acme_jobs")
        remove(url, "acme_jobs")
        with_roles = DesiredState(release, release.schema_version, roles=roles)
        apply_roles(Target.of(server.url).with_database(other), with_roles, {f"runtime_{database.name}": "a password"})
        ours = list(sent)
    finally:
        server.drop(Database(other, Target.of(server.url).with_database(other)))
        drop_roles(server, roles)
    assert len(ours) > 15
    for statements in ours:
        assert statements[0].startswith(_BEGINS) or any(text in statements[0] for text in _ALONE), statements[:2]
        for number, text in enumerate(statements):
            if text.startswith("BEGIN"):
                assert text.startswith(_BEGINS), statements
                following = statements[number + 1 : number + 2]
                assert all("('search_path', 'pg_catalog, pg_temp', false)" in one for one in following), following


def drop_roles(server: TestServer, roles: Roles) -> None:
    with psycopg.connect(server.url, autocommit=True) as administrator:
        for role in (roles.migrator, roles.runtime, roles.owner):
            administrator.execute(f'DROP ROLE IF EXISTS "{role}"'.encode())


def test_what_creating_a_database_sets_is_taken_back(database: Database) -> None:
    with connect(database.url) as connection:
        before = connection.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall()
        with session(connection, 3):
            assert connection.execute("SHOW lock_timeout").fetchone() == {"lock_timeout": "3s"}
            assert connection.execute("SHOW tcp_keepalives_idle").fetchone() == {"tcp_keepalives_idle": "30"}
        after = connection.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall()
    assert before == after
