"""What a failure says: which place was tried, which reason was given, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.apply import apply
from awa_infra.database.connection import connect
from awa_infra.database.options import ApplyOptions
from awa_infra.database.target import Target
from awa_infra.errors import (
    AwaInfraError,
    ConnectionFailedError,
    DatabaseMissingError,
    LockTimeoutError,
    SqlFailedError,
)
from awa_infra.model import DesiredState, Release
from tests.support.command import Run
from tests.support.proxy import Translator
from tests.support.servers import Database

GERMAN = {
    'database "no_such_database" does not exist': "Datenbank »no_such_database« existiert nicht",
    'role "no_such_role" does not exist': "Rolle »no_such_role« existiert nicht",
}
ITALIAN = {'database "no_such_database" does not exist': 'il database "no_such_database" non esiste'}


def failure(url: str) -> AwaInfraError:
    with pytest.raises(AwaInfraError) as caught, connect(url):
        pass
    return caught.value


@pytest.fixture
def login(database: Database) -> Iterator[str]:
    """Give the URL of a role that may do nothing but log in."""
    name = f"low_{database.name}"
    role = sql.Identifier(name)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'correct horse'").format(role))
        yield Target.of(database.url).with_login(name, "correct horse")
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.mark.parametrize("words", [GERMAN, ITALIAN], ids=["German", "Italian"])
def test_a_missing_database_is_proven_missing_in_any_language(database: Database, words: dict[str, str]) -> None:
    with Translator(database.url, words) as proxy:
        error = failure(Target.of(proxy.url).with_database("no_such_database"))
        assert type(error) is DatabaseMissingError
        assert error.sqlstate == "3D000"


def test_a_database_that_is_named_in_a_refusal_is_not_missing(database: Database, login: str) -> None:
    words = {f'permission denied for database "{database.name}"': f"keine Berechtigung für Datenbank »{database.name}«"}
    database.rows(f"REVOKE CONNECT ON DATABASE {database.name} FROM PUBLIC")
    with Translator(login, words) as proxy:
        error = failure(proxy.url)
    assert type(error) is ConnectionFailedError
    assert error.message.endswith(f": keine Berechtigung für Datenbank »{database.name}«.")


def test_a_role_of_the_same_name_that_is_missing_says_nothing_about_the_database(database: Database) -> None:
    with Translator(Target.of(database.url).with_login("no_such_role", None), GERMAN) as proxy:
        error = failure(Target.of(proxy.url).with_database("no_such_role"))
    assert type(error) is ConnectionFailedError


def test_the_place_that_is_named_is_the_one_of_the_environment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Target.of(database.url).parameters
    monkeypatch.setenv("PGHOST", found["host"])
    monkeypatch.setenv("PGPORT", found["port"])
    monkeypatch.setenv("PGPASSWORD", found["password"])
    error = failure(f"dbname=no_such_database user={found['user']}")
    assert error.message == (
        f"Database no_such_database does not exist on {found['user']}@{found['host']}:{found['port']}."
    )
    monkeypatch.setenv("PGPORT", "1")
    assert failure("dbname=shop user=me").message.startswith(f"Cannot connect to me@{found['host']}:1/shop: ")


def test_the_place_that_is_named_is_the_one_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = tmp_path / "services.conf"
    services.write_text("[shop]\nhost=127.0.0.1\nport=1\nuser=app\ndbname=orders\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    assert failure("service=shop").message == "Cannot connect to app@127.0.0.1:1/orders: Connection refused."
    assert failure("service=nothing").message.startswith("Cannot connect to service nothing: ")


def test_of_several_hosts_each_is_named_with_its_reason(database: Database) -> None:
    found = Target.of(database.url).parameters
    url = (
        f"postgresql://{found['user']}:{found['password']}@127.0.0.1:1,{found['host']}:{found['port']}/no_such_database"
    )
    error = failure(url)
    # The host that does not answer could have it.
    assert type(error) is ConnectionFailedError
    where = f"127.0.0.1:1,{found['host']}:{found['port']}/no_such_database"
    assert error.message.startswith(f"Cannot connect to {found['user']}@{where}: ")
    assert error.details == (
        "127.0.0.1:1: Connection refused.",
        f'{found["host"]}:{found["port"]}: database "no_such_database" does not exist.',
    )


def test_too_many_connections_have_a_hint_of_their_own(database: Database, login: str) -> None:
    database.rows(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    error = failure(login)
    assert f'too many connections for database "{database.name}"' in error.message
    assert "pg_stat_activity" in error.hint
    assert error.exit_status == 4


def test_a_wrong_password_is_said_to_be_one(login: str) -> None:
    user = Target.of(login).parameters["user"]
    error = failure(Target.of(login).with_login(user, "wrong"))
    assert error.message.endswith(f': password authentication failed for user "{user}".')
    assert error.hint == "Check user and password of the database URL."


@pytest.mark.parametrize("command", ["plan", "status", "verify", "apply"])
def test_a_role_that_the_login_may_not_act_as_is_reported(
    run: Run, database: Database, login: str, command: str
) -> None:
    for role, said in (
        ("no_such_role", "does not exist"),
        (Target.of(database.url).parameters["user"], "permission denied"),
    ):
        outcome = run(command, "--role", role, url=login)
        assert outcome.status == 6
        assert said in outcome.err
        assert "[role-refused]\n" in outcome.err
        assert "GRANT role TO login" in outcome.err


def test_the_place_in_a_trigger_of_theirs_that_failed_is_passed_on(database: Database, release: Release) -> None:
    database.rows("CREATE SCHEMA audit")
    database.rows(
        "CREATE FUNCTION audit.stop_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
        "EXECUTE 'SELECT 1/0, ''hunter2''' ; END $$"
    )
    database.rows("CREATE EVENT TRIGGER ddl_freeze ON ddl_command_start EXECUTE FUNCTION audit.stop_ddl()")
    with pytest.raises(SqlFailedError) as caught:
        apply(database.url, DesiredState(release, 40))
    assert "division by zero" in caught.value.message
    assert any("audit.stop_ddl()" in detail for detail in caught.value.details)
    assert "hunter2" not in str(caught.value)
    assert "context: " in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("UPDATE awa.queue_meta SET paused_by = 'hunter2'", "UPDATE awa.queue_meta SET paused_by ..."),
        ("LOCK TABLE awa.queue_meta /* hunter2 */ IN SHARE MODE", "LOCK TABLE awa.queue_meta ..."),
        ("SELECT $q$hunter2$q$ FROM awa.queue_meta", "SELECT ..."),
        ("SELECT * FROM awa.queue_meta LIMIT 4711", "SELECT * FROM awa.queue_meta LIMIT ..."),
    ],
)
def test_values_in_the_statements_of_other_sessions_are_not_shown(
    awa_database: Database, release: Release, statement: str, shown: str
) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("LOCK TABLE awa.jobs_hot, awa.schema_version, awa.queue_meta IN ACCESS SHARE MODE")
        holder.execute(
            "DO $$ DECLARE t text; BEGIN FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'awa'::regnamespace LOOP EXECUTE format('LOCK TABLE %s IN SHARE MODE', t); END LOOP; "
            "END $$"
        )
        holder.execute(statement.encode())
        with pytest.raises(LockTimeoutError) as caught:
            apply(awa_database.url, DesiredState(release, 40), options=ApplyOptions(table_lock=0.2, attempts=1))
    assert len(caught.value.details) == 1
    assert caught.value.details[0].endswith(f"last query: {shown}")
    assert "hunter2" not in str(caught.value)
    assert "4711" not in str(caught.value)


def test_a_password_in_clear_is_warned_of_by_the_check_and_at_every_run(
    run: Run, awa_database: Database, tmp_path: Path
) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text(f"config:\n  awa:databaseUrl: {awa_database.url}\n", encoding="utf-8")
    password = Target.of(awa_database.url).parameters["password"]
    for arguments in (
        ["config", "check", str(stack)],
        ["plan", "--config", str(stack)],
        ["apply", "--config", str(stack)],
        ["package", "--format", "psql", "--config", str(stack), "--out", str(tmp_path / "out")],
    ):
        outcome = run(*arguments, url=awa_database.url)
        assert outcome.status == 0
        assert outcome.err.splitlines() == [
            f"Warning: {stack} has a password in clear, in awa:databaseUrl.",
            "Hint: Encrypt with pulumi config set --secret awa:databaseUrl, and change what others could read.",
        ]
        assert password not in outcome.out + outcome.err
    assert run("config", "check", "--json", str(stack)).data["in_clear"] == ["databaseUrl"]
    assert Target.of(awa_database.url).describe() not in run("config", "check", str(stack)).out
