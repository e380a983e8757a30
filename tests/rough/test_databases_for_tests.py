"""Databases for tests on the servers that people have: each works, or says what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import psycopg
import pytest

from awa_infra.database import clone_sweep
from awa_infra.database.target import Target
from awa_infra.errors import AwaInfraError
from awa_infra.testing.databases import databases
from awa_infra.testing.servers import VARIABLE
from devtools import postgres_versions
from devtools.progress import ToolMissing
from tests.rough.profiles import PASSWORD, statements
from tests.rough.servers import debian_server, own_server, pgbouncer, standby
from tests.support.servers import TestServer, embedded_server
from tests.support.tools import missing

ROLE = "svc@project.iam"


@contextmanager
def by_role(server: TestServer, options: str, *more: str) -> Iterator[str]:
    """Give the URL of a role that is no superuser."""
    statements(server.url, f"CREATE ROLE \"{ROLE}\" LOGIN PASSWORD '{PASSWORD}' {options}", *more)
    try:
        yield Target.of(server.url).with_login(ROLE, PASSWORD)
    finally:
        with psycopg.connect(server.url, autocommit=True, client_encoding="UTF8") as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE datdba = to_regrole(%s)", [f'"{ROLE}"'])
            for (name,) in found.fetchall():
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        statements(server.url, f'DROP ROLE "{ROLE}"')


@contextmanager
def of_major(_server: TestServer, major: int) -> Iterator[str]:
    try:
        postgres_versions.binaries(major)
    except ToolMissing as exc:
        missing(str(exc))
    with embedded_server(major) as older, by_role(older, "CREATEDB") as url:
        yield url


@contextmanager
def of_debian(*words: str, **settings: str) -> Iterator[str]:
    with debian_server(*words, **settings) as server, by_role(server, "CREATEDB") as url:
        yield url


@contextmanager
def of_few_connections() -> Iterator[str]:
    settings = {"max_connections": "8", "max_wal_senders": "0"}
    with own_server(**settings) as server, by_role(server, "CREATEDB") as url:
        yield url


@contextmanager
def of_odd_role(server: TestServer) -> Iterator[str]:
    odd = {
        "search_path": "''",
        "default_transaction_read_only": "on",
        "statement_timeout": "'300ms'",
        "idle_session_timeout": "'1s'",
    }
    with by_role(
        server, "CREATEDB", *(f'ALTER ROLE "{ROLE}" SET {key} = {value}' for key, value in odd.items())
    ) as url:
        yield url


@contextmanager
def pooled(server: TestServer, mode: str) -> Iterator[str]:
    with pgbouncer(server.url, mode) as url:
        yield url
    # A template belongs to the superuser here, and other tests count what is on their server.
    clone_sweep.sweep(server.url, templates=True)


@contextmanager
def of_standby() -> Iterator[str]:
    with own_server() as primary, standby(primary) as copy:
        yield copy.url


Make = Callable[[TestServer], AbstractContextManager[str]]

WORKS: dict[str, Make] = {
    "a role with CREATEDB alone": lambda server: by_role(server, "CREATEDB"),
    "managed: CREATEDB and CREATEROLE": lambda server: by_role(server, "CREATEDB CREATEROLE"),
    "a role with odd settings": of_odd_role,
    "PgBouncer in session mode": lambda server: pooled(server, "session"),
    "few connections": lambda _server: of_few_connections(),
    "SQL_ASCII": lambda _server: of_debian("--locale=C", "-E", "SQL_ASCII"),
    "LATIN1, German": lambda _server: of_debian("--locale=C", "-E", "LATIN1", lc_messages="de_DE.UTF-8"),
    "Turkish ICU": lambda _server: of_debian("--locale-provider=icu", "--icu-locale=tr-TR", "--locale=C", "-E", "UTF8"),
    **{f"PostgreSQL {major}": partial(of_major, major=major) for major in sorted(postgres_versions.RELEASES)},
}

REFUSED: dict[str, tuple[Make, str]] = {
    "a role without CREATEDB": (
        lambda server: by_role(server, ""),
        f'Hint: Role {ROLE} needs CREATEDB: ALTER ROLE "{ROLE}" CREATEDB.',
    ),
    "PgBouncer in transaction mode": (
        lambda server: pooled(server, "transaction"),
        "Hint: Connect to the server itself, or use a pooler in session mode.",
    ),
    "a standby": (lambda _server: of_standby(), "name the primary, not a standby."),
}


@pytest.mark.parametrize("make", WORKS.values(), ids=WORKS)
def test_a_test_gets_its_database(server: TestServer, monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    with make(server) as url:
        monkeypatch.setenv(VARIABLE, url)
        with databases() as found, found.create() as first, found.create() as second:
            for made in (first, second):
                with psycopg.connect(made.url) as connection:
                    assert connection.execute("SELECT count(*) > 0 FROM awa.schema_version").fetchone() == (True,)
                    assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)


@pytest.mark.parametrize(("make", "says"), REFUSED.values(), ids=REFUSED)
def test_where_a_test_can_have_no_database_the_message_says_what_to_change(
    server: TestServer, monkeypatch: pytest.MonkeyPatch, make: Make, says: str
) -> None:
    with make(server) as url:
        monkeypatch.setenv(VARIABLE, url)
        with pytest.raises(AwaInfraError) as refused, databases() as found, found.create():
            pass
        assert says in refused.value.report()
