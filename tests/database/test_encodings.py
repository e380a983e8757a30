"""Databases in another encoding than UTF-8, and clients whose environment asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.command import Run
from tests.support.servers import Database, TestServer


@pytest.fixture(params=["SQL_ASCII", "LATIN1"])
def other(server: TestServer, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give an empty database of another encoding."""
    made = server.create()
    server.drop(made)
    with psycopg.connect(server.url, autocommit=True) as connection:
        text = f"CREATE DATABASE {made.name} ENCODING '{request.param}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(text.encode())
    yield made
    server.drop(made)


def test_every_command_reads_it_and_none_migrates_it(other: Database, run: Run) -> None:
    assert run("status", url=other.url).status == 0
    assert "[database-encoding]" in run("plan", url=other.url).err
    refused = run("apply", url=other.url)
    assert refused.status == 3
    assert "Awa needs UTF8" in refused.err
    assert "database-encoding" not in run("verify", url=other.url).err
    assert other.rows("SELECT FROM pg_namespace WHERE nspname = 'awa'") == []


def test_a_client_encoding_from_the_environment_changes_nothing(
    database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert run("apply", url=database.url).status == 0
    monkeypatch.delenv("PGCLIENTENCODING")
    verified = run("verify", url=database.url)
    assert verified.status == 0, verified.out
