"""A role that may not look into schema awa is told so, and what would help: that, done, helps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from awa_infra.cli.main import main
from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.errors import BlockedError
from tests.support.servers import Database

COMMANDS = ("apply", "plan", "status", "verify")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs the command in this process, through its entry point."""

    def command(url: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["awa-infra", *arguments])
        monkeypatch.setenv("DATABASE_URL", url)
        with pytest.raises(SystemExit) as caught:
            main()
        assert isinstance(caught.value.code, int)
        said = capsys.readouterr()
        return caught.value.code, said.out, said.err

    return command


@pytest.fixture
def login(awa_database: Database) -> Iterator[Callable[[str], str]]:
    """Give a maker of logins that may connect to the database and nothing else; it returns their URL."""
    made: list[str] = []

    def make(options: str = "") -> str:
        name = f"limited_{len(made)}_of_{awa_database.name}"
        awa_database.rows(f"CREATE ROLE {name} LOGIN PASSWORD 'x' {options}")
        made.append(name)
        where = Target.of(awa_database.url).parameters
        return f"postgresql://{name}:x@{where['host']}:{where['port']}/{awa_database.name}"

    yield make
    for name in made:
        awa_database.rows(f"DROP OWNED BY {name} CASCADE")
        awa_database.rows(f"DROP ROLE {name}")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_role_without_privileges_learns_which_it_lacks_and_who_can_grant_them(
    login: Callable[..., str], run: Run, command: str
) -> None:
    url = login()
    status, out, err = run(url, command)
    name = Target.of(url).parameters["user"]
    assert (status, out) == (3, "")
    assert f"Role {name} may not read table awa.schema_version in database {Target.of(url).parameters['dbname']}" in err
    assert "it lacks USAGE on schema awa and SELECT on the table" in err
    assert "[history-unreadable]" in err
    assert "connect as the owner postgres" in err
    assert f"GRANT USAGE ON SCHEMA awa TO {name}; GRANT SELECT ON awa.schema_version TO {name};" in err


def test_the_grants_of_the_hint_are_enough_to_look(awa_database: Database, login: Callable[..., str], run: Run) -> None:
    url = login()
    for grant in re.findall(r"GRANT [^;]*;", run(url, "plan")[2]):
        awa_database.rows(grant)
    assert run(url, "plan", "--check")[:1] == (0,)
    assert "schema awa:      version 40" in run(url, "status")[1]
    # The catalog is open to everybody, rows are not: what was not looked at is not called healthy.
    status, out, _err = run(url, "verify")
    assert status == 9
    for grant in re.findall(r"GRANT [^;]*;", out):
        awa_database.rows(grant)
    assert run(url, "verify")[1].endswith("healthy.\n")


def test_what_is_lacking_is_told_exactly(awa_database: Database, login: Callable[..., str]) -> None:
    url = login()
    awa_database.rows(f"GRANT USAGE ON SCHEMA awa TO {Target.of(url).parameters['user']}")
    with pytest.raises(BlockedError, match="it lacks SELECT on the table") as caught:
        read_state(url)
    assert caught.value.code == "history-unreadable"


def test_a_member_of_the_owner_that_inherits_nothing_acts_as_it_by_itself(
    awa_database: Database, login: Callable[..., str], run: Run
) -> None:
    owner = Target.of(login()).parameters["user"]
    awa_database.rows(f"GRANT CREATE ON DATABASE {awa_database.name} TO {owner}")
    awa_database.rows(f"ALTER SCHEMA awa OWNER TO {owner}; ALTER TABLE awa.schema_version OWNER TO {owner}")
    url = login(f"NOINHERIT IN ROLE {owner}")
    for command in ("plan", "status"):
        assert run(url, command)[0] == 0
        assert run(url, command, "--role", owner)[0] == 0
    # Only these two objects are the owner's: verify could read, and says so.
    assert "[owner-differs]" in run(url, "verify", "--role", owner)[1]


def test_a_table_that_is_gone_is_still_a_lost_history(awa_database: Database, run: Run) -> None:
    awa_database.rows("DROP TABLE awa.schema_version")
    status, _out, err = run(awa_database.url, "apply")
    assert status == 3
    assert "has objects of Awa but no table awa.schema_version" in err
    assert "[lost-history]" in err
