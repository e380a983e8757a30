"""What reaches standard output and standard error, in which encoding, and what happens where they cannot be written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg import sql

from awa_infra.cli.main import COMMANDS
from awa_infra.naming import quote
from tests.support.command import Run
from tests.support.servers import Database

NOWHERE = "postgresql://user:secret@127.0.0.1:1/db"
MAIN = "from awa_infra.cli.main import main; main()"
FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="the system has no device that is always full")


def command(
    *arguments: str,
    url: str = NOWHERE,
    environment: dict[str, str] | None = None,
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", MAIN, *arguments],
        env={**os.environ, "DATABASE_URL": url, **(environment or {})},
        timeout=120,
        check=False,
        stdout=stdout,
        stderr=stderr,
    )


LOCALES = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("environment", LOCALES, ids=str)
def test_the_sql_of_a_plan_is_utf_8_in_a_file_whatever_the_locale_says(
    database: Database, tmp_path: Path, environment: dict[str, str]
) -> None:
    expected = command("plan", "--sql", url=database.url, environment={"PYTHONUTF8": "1"})
    with (tmp_path / "plan.sql").open("wb") as file:
        done = command("plan", "--sql", url=database.url, environment=environment, stdout=file)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "plan.sql").read_bytes() == expected.stdout
    assert "—" in expected.stdout.decode("utf-8")


@pytest.mark.parametrize("environment", LOCALES, ids=str)
def test_an_object_with_any_name_is_reported_in_any_locale(awa_database: Database, environment: dict[str, str]) -> None:
    awa_database.rows('CREATE TABLE awa."tä☃" ()')
    done = command("verify", url=awa_database.url, environment=environment)
    assert done.returncode == 1
    assert "tä☃" in done.stdout.decode("utf-8")
    assert "1 finding" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("environment", LOCALES, ids=str)
def test_a_role_with_any_name_is_understood_in_any_locale(awa_database: Database, environment: dict[str, str]) -> None:
    name = f"Ümläut_{awa_database.name}"
    role = sql.Identifier(name)
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER").format(role))
        done = command("status", "--role", name, url=awa_database.url, environment=environment)
        connection.execute(sql.SQL("DROP ROLE {}").format(role))
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_is_no_text_is_refused_before_anything_is_asked() -> None:
    done = command("status", "--role", os.fsdecode(b"\xff"))
    assert done.returncode == 2
    assert b"Invalid value for '--role': is not UTF-8 text." in done.stderr


@pytest.mark.parametrize("words", ["status", "plan", "verify", "doctor"])
def test_an_empty_role_is_refused_and_does_not_mean_the_login(words: str) -> None:
    done = command(words, "--role", "")
    assert done.returncode == 2
    assert b"Invalid value for '--role': is empty; name a role, or leave it out." in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain"], ["config", "schema"]], ids=" ".join)
def test_a_reader_that_has_gone_gets_the_status_that_shells_have_and_no_word(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = command(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_plan_whose_first_line_is_enough_is_quiet(database: Database) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "plan", "--sql"],
        env={**os.environ, "DATABASE_URL": database.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"-- V1")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@needs_full
@pytest.mark.parametrize("arguments", [["--help"], ["explain"], ["status", "--json"]], ids=" ".join)
def test_a_full_disk_is_one_clear_line_and_a_hint(database: Database, arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        done = command(*arguments, url=database.url, stdout=full)
    assert done.returncode == 74
    assert done.stderr.decode().splitlines() == [
        "Error: Cannot write to the output: No space left on device. [output-failed]",
        "Hint: Make room there, or send the output elsewhere, and run the same command again.",
    ]


@needs_full
def test_with_no_room_for_a_word_the_status_says_it_all() -> None:
    with FULL.open("wb") as full:
        assert command("status", stdout=full, stderr=full).returncode == 4
        assert command("explain", stdout=full, stderr=full).returncode == 74


@needs_full
def test_progress_that_cannot_be_written_ends_no_apply(database: Database) -> None:
    with FULL.open("wb") as full:
        done = command("apply", url=database.url, stderr=full)
    assert done.returncode == 0
    assert done.stdout.decode().endswith("schema awa is at version 40.\n")


def test_no_name_of_an_object_makes_a_line_of_its_own(run: Run, awa_database: Database) -> None:
    name = quote("mine\nschema awa:      version 99\x1b[2J")
    awa_database.rows("SELECT awa.install_queue_storage_substrate('mine')")
    awa_database.rows(f"ALTER SCHEMA mine RENAME TO {name}")
    for command_ in ("status", "doctor"):
        shown = run(command_, url=awa_database.url).out
        assert "version 99" in shown, command_
        assert "\x1b" not in shown
        assert not any(line.startswith("schema awa:      version 99") for line in shown.splitlines())


# --json


def test_every_document_says_the_version_of_its_fields(run: Run, awa_database: Database, tmp_path: Path) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text("config: {}\n", encoding="utf-8")
    out = str(tmp_path / "out")
    for arguments in (
        ["plan"],
        ["apply"],
        ["status"],
        ["verify"],
        ["config", "check", str(stack)],
        ["package", "--format", "psql", "--out", out],
        ["bundle", "verify", out],
        ["explain"],
        ["explain", "downgrade"],
    ):
        outcome = run(*arguments, "--json", url=awa_database.url)
        assert outcome.status == 0
        assert next(iter(outcome.data.items())) == ("json_version", 1)


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["status"], 4, "connection-failed"),
        (["plan", "--target-version", "99"], 4, "connection-failed"),
        (["apply", "--config", "nowhere/Pulumi.dev.yaml"], 2, "config-invalid"),
        (["apply", "--nonsense"], 2, "config-invalid"),
        (["status", "--role"], 2, "config-invalid"),
        (["up", "--config", "nowhere/Pulumi.dev.yaml"], 2, "config-invalid"),
        (["bundle", "verify", "nowhere"], 2, "bundle-refused"),
        (["package", "--format", "psql", "--to", "99", "--out", "nowhere"], 3, "target-unknown"),
        (["explain", "nonsense"], 2, "config-invalid"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_failure_is_one_document_too(run: Run, arguments: list[str], status: int, code: str) -> None:
    # The option comes last, so that --role in front of it lacks its value.
    outcome = (
        run(*arguments[:1], "--json", *arguments[1:], url=NOWHERE)
        if arguments[0] != "bundle"
        else run(*arguments, "--json", url=NOWHERE)
    )
    assert outcome.status == status
    error = outcome.data["error"]
    assert (error["code"], error["exit_status"]) == (code, status)
    assert error["message"]
    assert isinstance(error["hint"], str)
    assert isinstance(error["details"], list)
    assert "secret" not in outcome.out


def test_gates_have_one_form_in_a_plan_in_an_apply_and_in_their_documents(
    run: Run, database: Database, tmp_path: Path
) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text("config:\n  awa:queueStorageSchemas: [{schema: acme}]\n", encoding="utf-8")
    arguments = ["--config", str(stack), "--target-version", "3"]
    database.rows("CREATE SCHEMA acme CREATE TABLE theirs ()")
    planned = run("plan", *arguments, url=database.url)
    applied = run("apply", *arguments, url=database.url)
    assert (planned.status, applied.status) == (3, 3)
    lines = planned.err.splitlines()
    assert len(lines) == 4
    for blocked, hint in (lines[:2], lines[2:]):
        assert blocked.startswith("Blocked: ")
        assert "Hint" not in blocked
        assert hint.startswith("Hint: ")
    summary, *same = applied.err.splitlines()
    assert summary == (f"Error: 2 conditions do not hold in database {database.name}; nothing was changed. [blocked]")
    assert same == lines
    gates = run("plan", *arguments, "--json", url=database.url).data["gates"]
    error = run("apply", *arguments, "--json", url=database.url).data["error"]
    assert error["code"] == "blocked"
    assert error["gates"] == gates
    assert [sorted(gate) for gate in gates] == [["code", "hint", "message"]] * 2


def test_a_single_gate_has_the_same_form_in_a_plan_and_in_an_apply(run: Run, awa_database: Database) -> None:
    planned = run("plan", "--target-version", "9", url=awa_database.url)
    applied = run("apply", "--target-version", "9", url=awa_database.url)
    assert planned.err == applied.err
    assert planned.err.splitlines()[0].endswith("[downgrade]")
    error = run("apply", "--target-version", "9", "--json", url=awa_database.url).data["error"]
    assert [error["code"]] == [gate["code"] for gate in error["gates"]] == ["downgrade"]


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interruption_is_one_document_too(awa_database: Database, name: str, status: int) -> None:
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(4708303813013489490)")
        started = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"
        with subprocess.Popen(
            [sys.executable, "-c", started, "apply", "--json"],
            env={**os.environ, "DATABASE_URL": awa_database.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            while not awa_database.rows(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'awa-infra' AND datname = current_database()"
            ):
                assert process.poll() is None
            process.send_signal(getattr(signal, name))
            assert process.stdout is not None
            data = json.loads(process.stdout.read())
            assert process.wait(60) == status
    assert data["error"]["exit_status"] == status
    assert data["error"]["code"] == {130: "interrupted", 143: "terminated"}[status]


def test_an_error_that_psycopg_ignores_reaches_no_terminal(database: Database) -> None:
    script = (
        "import os\n"
        "from awa_infra.database.connection import connect\n"
        "with connect(os.environ['DATABASE_URL']) as connection:\n"
        "    try:\n"
        "        with connection.pipeline():\n"
        "            connection.execute('SELECT 1/0')\n"
        "            raise ValueError\n"
        "    except ValueError:\n"
        "        print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DATABASE_URL": database.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


# explain


def test_every_code_is_explained(run: Run) -> None:
    listed = run("explain", "--json").data["codes"]
    assert len(listed) > 80
    for code in ("downgrade", "[sql-failed]", "live-runtime", "object-missing"):
        assert run("explain", code).out.startswith(code.strip("[]"))
    for code in listed:
        outcome = run("explain", code)
        assert outcome.status == 0
        assert "What to do: " in outcome.out
        assert "](" not in outcome.out


def test_a_code_that_a_gate_and_a_finding_share_is_explained_as_both(run: Run) -> None:
    shown = run("explain", "state-rows-missing").out
    assert "state-rows-missing: a gate\n" in shown
    assert "state-rows-missing: a finding\n" in shown
    assert [section["group"] for section in run("explain", "--json", "state-rows-missing").data["sections"]] == [
        "gates",
        "findings",
    ]


def test_a_misspelt_code_gets_the_one_that_was_meant(run: Run) -> None:
    assert "Hint: Run: awa-infra explain downgrade\n" in run("explain", "downgrde").err
    assert "explain" in COMMANDS
