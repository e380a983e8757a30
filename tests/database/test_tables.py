"""What commands list in columns: tables on a terminal, and the same lines as ever in files and pipes."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import termios
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from tests.database.test_terminal import COLOUR, COMMAND, pieces
from tests.support.servers import Database, TestServer

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
HOSTILE = "[bold]:smile:\x1b[2Jmine[/bold]"
"""Name of a table, in which rich and a terminal could see instructions."""
INSTRUCTION = r"\x1b[2J"
"""The one for a terminal, shown rather than obeyed."""
UNWRAPPED = ("verify", "doctor", "bundle")
"""Listings that end with a line, or contain statements, which nothing may break."""
LISTINGS = ("status", "plan", "verify", "doctor", "explain", "bundle")


def on_a_terminal(columns: int, *arguments: str, **variables: str) -> str:
    """Run the command on a terminal of a width, standard output and all; return what the terminal got."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    known = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
    environment = {**known, "TERM": "xterm-256color", **variables}
    with subprocess.Popen([COMMAND, *arguments], env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        with os.fdopen(ours, "rb") as terminal:
            return b"".join(pieces(terminal.fileno())).decode().replace("\r\n", "\n")


def in_a_pipe(*arguments: str, **variables: str) -> str:
    """Run the command with its output in one pipe."""
    return subprocess.run(
        [COMMAND, *arguments],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    ).stdout


@pytest.fixture(scope="module")
def listings(
    server: TestServer, awa_template: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, list[str]]]:
    """Give a command line for each listing, on databases that have much to list."""
    drifted, partly = server.create(awa_template.name), server.create()
    for name in ("acme_jobs", "name_of_a_customer"):
        drifted.rows(f"SELECT awa.install_queue_storage_substrate('{name}')")
    drifted.rows("DROP INDEX awa.idx_awa_jobs_hot_dequeue")
    drifted.rows(f'CREATE TABLE awa."{HOSTILE}" (id int)')
    drifted.rows("DELETE FROM awa.storage_transition_state")
    in_a_pipe("apply", "--target-version=20", DATABASE_URL=partly.url)
    bundle = str(tmp_path_factory.mktemp("bundles") / "psql")
    in_a_pipe("package", "--format=psql", f"--out={bundle}")
    yield {
        "status": ["status", f"--database-url={drifted.url}"],
        "verify": ["verify", f"--database-url={drifted.url}"],
        "doctor": ["doctor", f"--database-url={drifted.url}"],
        "plan": ["plan", f"--database-url={partly.url}"],
        "bundle": ["bundle", "verify", bundle, f"--database-url={partly.url}"],
        "explain": ["explain"],
    }
    for database in (drifted, partly):
        server.drop(database)


def letters(text: str) -> Counter[str]:
    """Count all letters but those that separate in plain lines what columns separate in a table."""
    return Counter(text.replace("─", "").translate(dict.fromkeys(map(ord, " \n():,+"))))


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_is_a_table_that_fits_the_terminal_and_loses_nothing(
    listings: Mapping[str, list[str]], name: str
) -> None:
    # In the plain lines each schema has words of its own for what the headers of the table say once.
    plain = re.sub(r"(?m)^queue storage:|\), owner", "", in_a_pipe(*listings[name])).replace(INSTRUCTION, "")
    for columns in (40, 80, 200):
        # Some listings show the instruction in the hostile name, others leave it out; none obeys it.
        shown = ESCAPE.sub("", on_a_terminal(columns, *listings[name])).replace(INSTRUCTION, "")
        wrapped, _, copied = shown.partition("\nDigest: ")
        assert name in UNWRAPPED or max(map(len, wrapped.splitlines()[1:])) <= columns
        assert copied or name != "plan"
        missing = letters(plain) - letters(shown)
        assert not missing, (columns, missing)
    assert {word for word in plain.split() if word.isalnum()} <= set(shown.split())


@pytest.mark.parametrize("name", LISTINGS)
def test_a_terminal_that_is_too_narrow_for_tables_gets_the_lines_of_a_pipe(
    listings: Mapping[str, list[str]], name: str
) -> None:
    narrow = on_a_terminal(80, *listings[name], COLUMNS="39", NO_COLOR="1")
    assert re.sub(r"1 of \d+ are open|\d+ MB", "", narrow) == re.sub(
        r"1 of \d+ are open|\d+ MB", "", in_a_pipe(*listings[name])
    )


def test_tables_have_colours_only_where_the_terminal_has_and_the_user_wants_them(
    listings: Mapping[str, list[str]],
) -> None:
    for name in ("doctor", "verify"):
        assert COLOUR in on_a_terminal(80, *listings[name])
        assert "\x1b" not in on_a_terminal(80, *listings[name], NO_COLOR="1")
        assert "\x1b" not in on_a_terminal(80, *listings[name], TERM="dumb")


def test_a_terminal_of_another_encoding_gets_lines_of_plain_letters(listings: Mapping[str, list[str]]) -> None:
    shown = on_a_terminal(80, *listings["status"], PYTHONIOENCODING="latin-1")
    assert shown.isascii()
    assert "-+-" in shown
    assert "───" in on_a_terminal(80, *listings["status"])


def test_a_name_can_neither_style_a_table_nor_move_the_cursor(listings: Mapping[str, list[str]]) -> None:
    shown = on_a_terminal(120, *listings["verify"], NO_COLOR="1")
    assert HOSTILE.replace("\x1b", r"\x1b") in shown
    assert "\x1b" not in shown


def test_the_text_of_a_code_is_no_wider_than_the_terminal() -> None:
    for columns, widest in ((40, 40), (80, 80), (200, 100)):
        lines = on_a_terminal(columns, "explain", "downgrade").splitlines()
        assert widest - 20 < max(map(len, lines)) <= widest


def test_a_plan_that_locks_nothing_worth_a_word_has_no_column_for_it(
    listings: Mapping[str, list[str]], awa_database: Database
) -> None:
    awa_database.rows("DELETE FROM awa.storage_transition_state")
    shown = on_a_terminal(80, "verify", "--repair", "--dry-run", DATABASE_URL=awa_database.url, NO_COLOR="1")
    assert "#   Step\n" in shown
    assert "Locks" not in shown
    assert "Locks" in on_a_terminal(80, *listings["plan"], NO_COLOR="1")


def test_a_plan_for_an_empty_database_names_no_locks_because_nobody_waits(database: Database) -> None:
    shown = on_a_terminal(80, "plan", DATABASE_URL=database.url, NO_COLOR="1")
    assert "V12" in shown
    assert "Locks" not in shown
    assert "wait" not in in_a_pipe("plan", DATABASE_URL=database.url).replace("wait_free", "")
