from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
from psycopg import conninfo, sql

from awa_infra.database.connection import Connection, connect, translate, translated
from awa_infra.database.databases import database_exists, ensure_database
from awa_infra.database.target import Target, connection_string_of
from awa_infra.errors import (
    AwaInfraError,
    ConfigurationError,
    ConnectionFailedError,
    DatabaseMissingError,
    LockTimeoutError,
    SqlFailedError,
)
from tests.support.people import log_in
from tests.support.servers import Database, TestServer

CANARY = "c4n:ry p@ss/w%rd?#'"
CLOSED = "127.0.0.1:1"


def one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return next(iter(row.values()))


@pytest.fixture
def login(database: Database) -> Iterator[dict[str, str]]:
    """Give the parameters of a role whose password is the canary."""
    name = f"login_of_{database.name}"
    role = sql.Identifier(name)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, sql.Literal(CANARY)))
        yield {**Target.of(database.url).parameters, "user": name, "password": CANARY}
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def forms(found: dict[str, str]) -> list[str]:
    """Return the same login in every form that people write."""
    host, port, name, user = (found[key] for key in ("host", "port", "dbname", "user"))
    encoded = quote(found["password"], safe="")
    return [
        f"postgresql://{user}:{encoded}@{host}:{port}/{name}",
        f"postgres://{host}:{port}/{name}?user={user}&password={encoded}",
        f"postgresql:///{name}?host={host}&port={port}&user={user}&password={encoded}",
        f"postgresql://{user}:{encoded}@{host}:{port}/?dbname={name}",
        conninfo.make_conninfo("", **{key: found[key] for key in ("host", "port", "dbname", "user", "password")}),
    ]


def failure(url: str) -> AwaInfraError:
    with pytest.raises(AwaInfraError) as caught, connect(url):
        pass
    return caught.value


def test_every_form_of_a_connection_string_connects(login: dict[str, str]) -> None:
    for form in forms(login):
        with connect(form) as connection:
            assert one(connection, "SELECT current_user::text") == login["user"]
            assert one(connection, "SELECT current_database()::text") == login["dbname"]


def test_every_form_of_a_connection_string_can_be_pointed_at_another_database(
    login: dict[str, str], server: TestServer
) -> None:
    other = server.create()
    try:
        for form in forms(login):
            with connect(Target.of(form).with_database(other.name)) as connection:
                assert one(connection, "SELECT current_database()::text") == other.name
                assert one(connection, "SELECT current_user::text") == login["user"]
    finally:
        server.drop(other)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems name these options otherwise")
def test_a_server_that_answers_nothing_counts_as_gone_after_a_minute(database: Database) -> None:
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    own = connection_string_of({**Target.of(database.url).parameters, "keepalives_idle": 5})
    found = []
    for text in (connection_string_of(Target.of(database.url).parameters), own):
        with connect(text) as connection, socket.socket(fileno=os.dup(connection.pgconn.socket)) as ours:
            found.append([ours.getsockopt(socket.IPPROTO_TCP, option) for option in options])
    assert found == [[30, 10, 3, 60000], [5, 10, 3, 60000]]


def test_a_connection_says_who_it_is_unless_the_connection_string_does(database: Database) -> None:
    with connect(database.url) as connection:
        assert one(connection, "SHOW application_name") == "awa-infra"
        assert connection.info.get_parameters()["connect_timeout"] == "10"
    with connect(f"{database.url}?application_name=mine&connect_timeout=3") as connection:
        assert one(connection, "SHOW application_name") == "mine"
        assert connection.info.get_parameters()["connect_timeout"] == "3"


def test_what_was_not_committed_is_rolled_back(database: Database) -> None:
    with connect(database.url) as connection:
        connection.execute("CREATE TABLE kept ()")
        connection.execute("BEGIN; CREATE TABLE lost ()")
    assert connection.closed
    assert database.rows("SELECT to_regclass('kept') IS NULL AS kept, to_regclass('lost') IS NULL AS lost") == [
        {"kept": False, "lost": True}
    ]


def test_an_error_inside_closes_the_connection_too(database: Database) -> None:
    with pytest.raises(ValueError, match="mine"), connect(database.url) as connection:
        raise ValueError("mine")
    assert connection.closed


def test_a_missing_database_is_proven_missing(database: Database) -> None:
    error = failure(Target.of(database.url).with_database("no_such_database"))
    assert isinstance(error, DatabaseMissingError)
    assert error.sqlstate == "3D000"
    assert error.message.startswith("Database no_such_database does not exist on ")
    assert "AwaDatabase" in error.hint


@pytest.mark.parametrize(
    ("statement", "options", "hint"),
    [
        ("ALTER DATABASE {database} WITH ALLOW_CONNECTIONS false", "", "WITH ALLOW_CONNECTIONS true"),
        ("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC", "", "GRANT CONNECT ON DATABASE"),
        ("ALTER ROLE {role} NOLOGIN", "", "ALTER ROLE ... LOGIN"),
        ("ALTER ROLE {role} SET session_preload_libraries = 'no_such_library'", "", "session_preload_libraries"),
        ("SELECT 1", "?sslmode=require", "The URL, or PGSSLMODE, asks for TLS"),
    ],
)
def test_a_server_that_refuses_says_why_and_the_hint_says_what_to_do(
    server: TestServer, database: Database, statement: str, options: str, hint: str
) -> None:
    role = f"guest_of_{database.name}"
    admin = Database("", server.url)
    admin.rows(f"CREATE ROLE {role} LOGIN")
    try:
        guest = log_in(database, role)
        admin.rows(statement.format(database=database.name, role=role))
        error = failure(f"{guest.url}{options}")
        assert hint in error.hint, error.message
    finally:
        admin.rows(f"ALTER DATABASE {database.name} WITH ALLOW_CONNECTIONS true")
        admin.rows(f"DROP ROLE {role}")


def test_a_server_that_does_not_answer_proves_nothing_about_the_database() -> None:
    error = failure(f"postgresql://user:secret@{CLOSED}/shop")
    assert type(error) is ConnectionFailedError
    assert error.message == f"Cannot connect to user@{CLOSED}/shop: Connection refused."


def test_a_wrong_password_is_a_failed_connection_that_shows_no_password(login: dict[str, str]) -> None:
    wrong = {**login, "password": CANARY + "!"}
    for form in forms(wrong):
        error = failure(form)
        assert type(error) is ConnectionFailedError
        assert "password authentication failed" in error.message
        assert CANARY not in str(error)
        assert quote(CANARY, safe="") not in str(error)


def test_a_missing_database_shows_no_password(login: dict[str, str]) -> None:
    for form in forms(login):
        error = failure(Target.of(form).with_database("no_such_database"))
        assert type(error) is DatabaseMissingError
        assert CANARY not in str(error)
        assert quote(CANARY, safe="") not in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:canary@127.0.0.1:abc/db",
        "postgresql://user:canary@127.0.0.1:99999/db",
        "postgresql://user:canary@127.0.0.1:1/db?sslmode=sometimes",
        "postgresql://user:canary@127.0.0.1:1/db?target_session_attrs=best",
        "postgresql://user:canary@127.0.0.1:1/db?connect_timeout=soon",
        "postgresql://user:canary@127.0.0.1:1,127.0.0.1:1/db",
        "postgresql://user:canary@[::1]:1/db",
        "postgresql://user:canary@127.0.0.1..1/db",
        f"postgresql://user:canary@{'h' * 64}/db",
        "host=/nowhere user=user password=canary dbname=db",
    ],
)
def test_a_connection_string_that_leads_nowhere_fails_like_any_other_and_shows_no_password(url: str) -> None:
    error = failure(url)
    assert isinstance(error, ConnectionFailedError | ConfigurationError)
    assert "canary" not in str(error)
    assert "\n" not in error.message


def test_a_connection_string_that_is_no_text_is_refused() -> None:
    error = failure("postgresql://user:can\udcffary@127.0.0.1:1/db")
    assert isinstance(error, ConfigurationError)


def test_what_postgresql_objects_to_keeps_its_sqlstate_and_shows_no_password(login: dict[str, str]) -> None:
    for form in forms(login):
        with connect(form) as connection, pytest.raises(SqlFailedError) as caught, translated(form, "Asking"):
            connection.execute(sql.SQL("SELECT ({})::int").format(sql.Literal(CANARY)))
        assert caught.value.sqlstate == "22P02"
        assert caught.value.message == 'Asking failed: invalid input syntax for type integer: "***"'
        assert caught.value.hint == "The transaction was rolled back."


def test_the_hint_of_postgresql_is_passed_on_without_the_password(login: dict[str, str]) -> None:
    url = forms(login)[0]
    statement = sql.SQL("DO {}").format(
        sql.Literal(
            sql.SQL("BEGIN RAISE 'first\nsecond' USING HINT = {}; END")
            .format(sql.Literal(f"use {CANARY} or {url}"))
            .as_string(None)
        )
    )
    with connect(url) as connection, pytest.raises(SqlFailedError) as caught, translated(url, "Asking"):
        connection.execute(statement)
    found = Target.of(url).parameters
    assert caught.value.message == "Asking failed: first second"
    assert caught.value.hint == f"use *** or {found['user']}@{found['host']}:{found['port']}/{found['dbname']}"


def test_a_table_that_stays_locked_is_a_timeout(database: Database) -> None:
    database.rows("CREATE TABLE busy ()")
    with psycopg.connect(database.url) as holder, connect(database.url) as connection:
        holder.execute("LOCK TABLE busy")
        with pytest.raises(LockTimeoutError) as caught, translated(database.url, "Waiting"):
            connection.execute("SET lock_timeout = 1; LOCK TABLE busy")
    assert (caught.value.sqlstate, caught.value.exit_status) == ("55P03", 5)
    assert "--lock-timeout" in caught.value.hint


def test_a_server_that_goes_away_is_a_lost_connection(database: Database) -> None:
    with connect(database.url) as connection:
        pid = one(connection, "SELECT pg_backend_pid()")
        database.rows(f"SELECT pg_terminate_backend({pid}, 10000)")
        with pytest.raises(ConnectionFailedError) as caught, translated(database.url, "Asking"):
            connection.execute("SELECT 1")
    assert caught.value.message.startswith("Asking failed: ")
    assert "what was not committed is rolled back" in caught.value.hint
    assert caught.value.exit_status == 4


def test_an_error_that_says_nothing_is_named_by_its_kind() -> None:
    error = translate(psycopg.InternalError(), "", "Asking")
    assert type(error) is SqlFailedError
    assert error.message == "Asking failed: InternalError"
    assert error.sqlstate is None


def test_what_libpq_supposes_of_a_lost_connection_is_left_out() -> None:
    text = (
        "consuming input failed: server closed the connection unexpectedly\n\tThis probably means the server terminated"
    )
    error = translate(psycopg.OperationalError(text), "", "Asking")
    assert type(error) is ConnectionFailedError
    assert error.message == "Asking failed: server closed the connection unexpectedly"
    assert "its log says why" in error.hint


def test_what_is_no_error_of_postgresql_passes_untranslated() -> None:
    with pytest.raises(ValueError, match="mine"), translated("", "Asking"):
        raise ValueError("mine")


def test_a_database_is_created_once_and_then_left_alone(database: Database, login: dict[str, str]) -> None:
    url = forms(login)[0]
    name = f"{database.name}_made"
    try:
        assert not database_exists(url, name)
        assert ensure_database(url, name)
        assert database_exists(url, name)
        assert not ensure_database(url, name)
    finally:
        database.rows(f"DROP DATABASE IF EXISTS {name}")


def test_of_several_that_create_the_same_database_one_does_and_none_fails(database: Database) -> None:
    name = f"{database.name}_raced"
    created: list[bool] = []
    workers = [threading.Thread(target=lambda: created.append(ensure_database(database.url, name))) for _ in range(4)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=120)
        assert sorted(created) == [False, False, False, True]
    finally:
        database.rows(f"DROP DATABASE IF EXISTS {name}")


def test_a_role_that_may_not_create_databases_is_refused(database: Database, login: dict[str, str]) -> None:
    database.rows(f"ALTER ROLE {login['user']} NOCREATEDB")
    with pytest.raises(SqlFailedError, match="Creating database more failed: permission denied to create database"):
        ensure_database(forms(login)[0], "more")
