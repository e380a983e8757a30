"""What somebody sees on a terminal, and how to have it say less or more."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from awa_infra.cli.examples import EXAMPLES
from awa_infra.cli.main import cli
from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from devtools.docs_cli import helps
from tests.support.servers import Database

COMMAND = str(Path(sys.executable).with_name("awa-infra"))
COLOUR = "\x1b[3"
"""How an escape sequence of a terminal begins that chooses a colour."""


def on_a_terminal(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Run the command with standard error on a terminal; return its status, its output, and what the terminal got."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **variables}
    process = subprocess.Popen(
        [COMMAND, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    with process, os.fdopen(ours, "rb") as terminal:
        drawn = b"".join(pieces(terminal.fileno())).decode()
        assert process.stdout is not None
        said = process.stdout.read()
    return process.returncode, said, drawn


def pieces(terminal: int) -> Iterator[bytes]:
    """Read until nobody writes to the terminal any more, which Linux reports as an error."""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            return
        if not piece:
            return
        yield piece


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "DATABASE_URL"))}
    return subprocess.run(
        [COMMAND, *arguments],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_apply_draws_a_bar_on_a_terminal_and_leaves_one_line(database: Database) -> None:
    status, said, drawn = on_a_terminal("apply", DATABASE_URL=database.url)
    assert status == 0
    assert said.endswith("schema awa is at version 40.\n")
    assert "39/40" in drawn  # it is drawn ten times a second; the last step is always seen
    assert COLOUR in drawn
    assert "[40/40]" not in drawn  # the line for each step that files and pipes get
    assert drawn.endswith("\x1b[2K")  # the bar is gone
    assert COLOUR not in on_a_terminal("apply", DATABASE_URL=database.url, NO_COLOR="1")[2]


def test_no_color_takes_the_colours_away_on_a_terminal_too() -> None:
    assert COLOUR in on_a_terminal("explain", "nonsense")[2]
    assert COLOUR not in on_a_terminal("explain", "nonsense", NO_COLOR="1")[2]


def test_quiet_says_nothing_where_nothing_is_wrong(database: Database) -> None:
    for words in (("apply",), ("plan",), ("verify",)):
        done = run(*words, "--quiet", DATABASE_URL=database.url)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words
    failed = run("verify", "--quiet", DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert (failed.returncode, failed.stdout) == (4, "")
    assert "[connection-failed]" in failed.stderr


def test_an_apply_goes_on_where_standard_error_is_closed(database: Database) -> None:
    words = ["sh", "-c", 'exec "$0" apply 2>&-', COMMAND]
    environment = {**os.environ, "DATABASE_URL": database.url}
    assert subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, timeout=120, check=False).returncode == 0
    assert read_state(database.url).version == 40


def test_an_apply_goes_on_where_its_terminal_is_gone(database: Database) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "DATABASE_URL": database.url, "TERM": "xterm-256color"}
    with subprocess.Popen([COMMAND, "apply"], env=environment, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        os.read(ours, 1)  # it has begun to draw
        os.close(ours)
    assert process.returncode == 0
    assert read_state(database.url).version == 40


def test_quiet_keeps_the_document_that_was_asked_for(awa_database: Database) -> None:
    for words, document in (
        (("verify", "--json"), '"healthy": true'),
        (("verify", "--format=junit"), "<testsuites"),
        (("plan", "--markdown"), awa_database.name),
    ):
        assert document in run(*words, "--quiet", DATABASE_URL=awa_database.url).stdout


def test_verbose_says_how_long_each_step_took(database: Database) -> None:
    lines = run("apply", "--verbose", DATABASE_URL=database.url).stderr.splitlines()
    begun = [number for number, line in enumerate(lines) if line.startswith("[")]
    assert len(begun) == 40
    assert all(" took " in lines[number + 1] for number in begun)


def test_the_environment_of_psql_is_enough(awa_database: Database) -> None:
    where = Target.of(awa_database.url).parameters
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    done = run("status", **{names[key]: str(value) for key, value in where.items() if key in names})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"database:        {awa_database.name} ")
    assert "There is no database URL. [config-invalid]" in run("status").stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("ver", "verify"), ("apply --lock-t", "--lock-timeout"), ("package --format fly", "flyway"), ("dev st", "start")],
)
def test_a_shell_completes_commands_options_and_values(typed: str, offered: str) -> None:
    words = f"awa-infra {typed}"
    asked = {"_AWA_INFRA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    assert f"plain,{offered}" in run(**asked).stdout.splitlines()


def test_bash_takes_the_completion_that_is_printed() -> None:
    script = 'source <("$0" completion bash) && complete -p awa-infra'
    done = subprocess.run(["bash", "-c", script, COMMAND], capture_output=True, text=True, timeout=60, check=False)
    assert "_awa_infra_completion" in done.stdout, done.stderr
    assert {shell: run("completion", shell).returncode for shell in ("zsh", "fish")} == {"zsh": 0, "fish": 0}


def test_the_help_of_each_command_ends_with_examples_that_can_be_typed() -> None:
    found = helps()
    assert set(found) == set(EXAMPLES)
    for name, shown in EXAMPLES.items():
        assert len(shown) >= 2, name
        assert {f"    awa-infra {words}" for _what, words in shown} <= set(found[name].splitlines())
        for _what, words in shown:
            parse(cli, shlex.split(words.partition(" > ")[0]))


def parse(command: click.Command, words: list[str]) -> None:
    """Have click read a command line as if it was typed, without running it."""
    with command.make_context(command.name, words) as context:
        if isinstance(command, click.Group):
            _name, below, rest = command.resolve_command(context, words)
            assert below is not None
            parse(below, rest)


def test_a_dumb_terminal_gets_a_line_for_each_step_and_no_colour(database: Database) -> None:
    _status, _said, drawn = on_a_terminal("apply", DATABASE_URL=database.url, TERM="dumb")
    assert "[40/40]" in drawn
    assert "\x1b" not in drawn
