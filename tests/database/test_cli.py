from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import click
import psycopg
import pytest
from psycopg import sql

from awa_infra import __version__
from awa_infra.cli import status as status_module
from awa_infra.cli.main import COMMANDS
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, ObservedState
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release
from tests.support.command import Outcome, Run
from tests.support.servers import Database
from tests.support.tools import dump_schema

CANARY = "c4n/ry@p:ss#w%rd"
ENCODED = quote(CANARY, safe="")
CLOSED = f"postgresql://user:{ENCODED}@127.0.0.1:1/db"
# Wherever the test runner was started: a shell's background job ignores SIGINT.
ENTRY = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from awa_infra.cli.main import main"

STACK = """\
config:
  awa:queueStorageSchemas:
    - schema: acme_jobs
    - {schema: small, queueSlots: 4, leaseSlots: 2, claimSlots: 2, receipts: false}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(STACK, encoding="utf-8")
    return path


@pytest.fixture
def login(awa_database: Database) -> Iterator[str]:
    """Give the URL of a role that may do everything in the database and has the canary as its password."""
    name = f"login_of_{awa_database.name}"
    role = sql.Identifier(name)
    found = Target.of(awa_database.url).parameters
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(role, sql.Literal(CANARY)))
        yield f"postgresql://{name}:{ENCODED}@{found['host']}:{found['port']}/{awa_database.name}"
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def assert_fails(outcome: Outcome, status: int, message: str, *, code: str, hint: str) -> None:
    assert outcome.status == status
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    errors = [line for line in lines if line.startswith(("Error: ", "Blocked: "))]
    assert len(errors) == 1
    assert message in errors[0]
    assert errors[0].endswith(f" [{code}]")
    assert any(line.startswith("Hint: ") and hint in line for line in lines)
    assert "Traceback" not in outcome.err


def raising(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    return fail


# Without a database


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []], ids=str)
def test_the_help_lists_every_command_in_the_order_in_which_people_meet_them(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments)
    text = outcome.out + outcome.err
    # A help that takes two lines goes on further to the right.
    listed = re.findall(r"^  (\S+)", text.partition("Commands:\n")[2], flags=re.MULTILINE)
    assert listed == list(COMMANDS)
    assert outcome.status == (0 if arguments else 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    outcome = run(command, "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.partition("\n")[0].startswith(f"Usage: awa-infra {command} [OPTIONS]")


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == Outcome(0, f"awa-infra, version {__version__}\n", "")


@pytest.mark.parametrize(
    "code", ["import awa_infra", "import sys; from awa_infra.cli.main import main; sys.argv[1:] = ['--help']; main()"]
)
def test_help_and_the_bare_package_import_nothing_that_is_slow(code: str) -> None:
    loaded = imported(code)
    assert "awa_infra" in loaded
    assert not loaded & {"pulumi", "psycopg", "yaml", "pydantic", "rich", "awa", "grpc", "awa_infra.model"}


@pytest.mark.parametrize("command", ["status", "plan", "apply"])
def test_a_command_with_nothing_to_do_imports_only_what_planning_needs(command: str, awa_database: Database) -> None:
    code = f"from awa_infra.cli.main import main; sys.argv[1:] = ['{command}']; main()"
    loaded = imported(code, DATABASE_URL=awa_database.url)
    assert "awa_infra.planning.planner" in loaded
    slow = {
        "pulumi",
        "yaml",
        "pydantic",
        "rich",
        "grpc",
        "awa_infra.verification",
        "awa_infra.bundles",
        "awa_infra.config",
    }
    assert not loaded & (slow | {f"awa_infra.{package}" for package in ("verification", "bundles", "config")})


def imported(code: str, **environment: str) -> set[str]:
    """Return the modules that a process has loaded when it ends."""
    script = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}"
    command, variables = [sys.executable, "-c", script], {**os.environ, **environment}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("plann", "No such command: plann. Did you mean plan?"),
        ("stauts", "No such command: stauts. Did you mean status?"),
        ("help", "No such command: help. Did you mean --help?"),
        (
            "xyz",
            f"No such command: xyz. Known are {', '.join(COMMANDS)}.",
        ),
    ],
)
def test_an_unknown_command_gets_the_one_that_was_meant(run: Run, written: str, said: str) -> None:
    outcome = run(written)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"Error: {said}\n" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--versio"], "No such option"),
        (["plan", "--chekc"], "No such option"),
        (["plan", "--target-version", "0"], "Invalid value for '--target-version'"),
        (["apply", "--lock-wait", "-1"], "Invalid value for '--lock-wait'"),
        (["package", "--out", "x"], "Missing option '--format'"),
        (["package", "--format", "flyway"], "Give --out, the folder of the bundle, or --archive."),
        (["package", "--format", "flywy", "--out", "x"], "unknown format 'flywy'; did you mean flyway?"),
        (["package", "--format", "zzz", "--out", "x"], "unknown format 'zzz'; known are flyway, liquibase, psql, "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_option_is_named(run: Run, arguments: list[str], said: str) -> None:
    outcome = run(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Error: " in outcome.err
    assert said in outcome.err


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
@pytest.mark.parametrize("url", [None, ""], ids=["unset", "empty"])
def test_without_a_database_url_one_is_told_how_to_give_it(run: Run, command: str, url: str | None) -> None:
    assert_fails(run(command, url=url), 2, "There is no database URL.", code="config-invalid", hint="Set DATABASE_URL=")


@pytest.mark.parametrize("command", ["plan", "apply", "package"])
def test_every_problem_of_a_configuration_is_a_line_of_its_own(run: Run, tmp_path: Path, command: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config:\n  awa:databse: shop\n  awa:queueStorageSchemas: [{schema: awa}]\n", encoding="utf-8")
    arguments = ["--format", "flyway", "--out", str(tmp_path / "out")] if command == "package" else []
    outcome = run(command, "--config", str(path), *arguments, url=CLOSED)
    assert_fails(outcome, 2, f"{path} has 2 problems.", code="config-invalid", hint="Correct them and run again")
    details = [line for line in outcome.err.splitlines() if line.startswith("  - ")]
    assert details[0] == f"  - {path}:2: awa:databse: unknown key; did you mean database?"
    assert details[1].startswith(f"  - {path}:3: awa:queueStorageSchemas[0].schema: 'awa' is the canonical schema")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
def test_a_server_that_does_not_answer_is_a_failed_connection(run: Run, command: str) -> None:
    assert_fails(
        run(command, url=CLOSED),
        4,
        "Cannot connect to user@127.0.0.1:1/db: Connection refused.",
        code="connection-failed",
        hint="Check that the server runs",
    )


@pytest.mark.parametrize("command", ["plan", "apply", "package"])
def test_a_missing_release_has_a_status_of_its_own(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setitem(sys.modules, "awa", None)
    installed_release.cache_clear()
    arguments = ["--format", "flyway", "--out", str(tmp_path / "out")] if command == "package" else []
    assert_fails(run(command, *arguments, url=CLOSED), 7, "awa-pg", code="release-unusable", hint="pip install awa-pg")


def test_a_bug_is_reported_without_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWA_INFRA_DEBUG", raising=False)
    monkeypatch.setattr(status_module, "read_state", raising(RuntimeError(f"surprise {CLOSED}")))
    outcome = run("status", url=CLOSED)
    assert_fails(outcome, 70, "internal error, RuntimeError.", code="internal", hint="AWA_INFRA_DEBUG=1")
    assert "surprise" not in outcome.err


def test_a_bug_is_reported_with_its_traceback_when_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWA_INFRA_DEBUG", "1")
    monkeypatch.setattr(status_module, "read_state", raising(RuntimeError("surprise")))
    outcome = run("status", url=CLOSED)
    assert (outcome.status, outcome.out) == (70, "")
    assert outcome.err.startswith("Traceback (most recent call last):\n")
    assert "RuntimeError: surprise\n" in outcome.err
    assert "Error: internal error, RuntimeError." in outcome.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), EOFError(), click.Abort()], ids=repr)
def test_an_interruption_has_the_status_that_shells_have(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(status_module, "read_state", raising(error))
    outcome = run("status", url=CLOSED)
    assert (outcome.status, outcome.out) == (130, "")
    assert outcome.err.strip() == "Interrupted. What was not committed is rolled back; run the command again."


def test_an_interruption_anywhere_else_is_one_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", raising(KeyboardInterrupt()))
    assert run("status").status == 130


# status


def test_the_status_of_an_empty_database(run: Run, database: Database) -> None:
    outcome = run("status", url=database.url)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines()[0].startswith(f"database:        {database.name} (PostgreSQL ")
    assert outcome.out.splitlines()[1:] == ["schema awa:      does not exist"]
    database.rows("CREATE SCHEMA awa")
    assert run("status", url=database.url).out.splitlines()[1:] == ["schema awa:      exists, not migrated"]


def test_the_status_of_a_migrated_database(run: Run, awa_database: Database, stack: Path) -> None:
    run("apply", "--config", str(stack), url=awa_database.url)
    owner = Target.of(awa_database.url).parameters["user"]
    assert run("status", url=awa_database.url).out.splitlines()[1:] == [
        "schema awa:      version 40",
        "patches:         wait_free_dirty_marks",
        "storage:         canonical; queue storage is not activated",
        f"queue storage:   acme_jobs (16/8/8 slots with receipts), owner {owner}",
        f"queue storage:   small (4/2/2 slots without receipts), owner {owner}",
    ]
    awa_database.rows("SELECT awa.storage_auto_finalize_if_fresh('awa')")
    assert (
        "storage:         active; new jobs go to queue storage in schema awa"
        in run("status", url=awa_database.url).out.splitlines()
    )


def test_the_status_on_the_way_names_no_patch_and_no_storage(run: Run, database: Database) -> None:
    run("apply", "--target-version", "9", url=database.url)
    assert run("status", url=database.url).out.splitlines()[1:] == [
        "schema awa:      version 9",
        "patches:         none",
    ]


def test_the_status_as_data(run: Run, awa_database: Database, stack: Path) -> None:
    run("apply", "--config", str(stack), url=awa_database.url)
    outcome = run("status", "--json", url=awa_database.url)
    assert (outcome.status, outcome.err) == (0, "")
    data = outcome.data
    owner = Target.of(awa_database.url).parameters["user"]
    assert [entry for entry in data.pop("queue_storage") if entry["schema"] != "awa"] == [
        {"schema": name, "owner": owner, "queue_slots": q, "lease_slots": s, "claim_slots": s, "receipts": receipts}
        for name, q, s, receipts in [("acme_jobs", 16, 8, True), ("small", 4, 2, False)]
    ]
    assert data.pop("server_version") >= 140000
    assert data == {
        "json_version": 1,
        "database": awa_database.name,
        "schema_exists": True,
        "schema_version": 40,
        "patches": ["wait_free_dirty_marks"],
        "storage_state": "canonical",
        "active_schema": None,
        "lost_rows": [],
        "unreadable_queue_storage": [],
    }


def test_the_status_of_an_empty_database_as_data(run: Run, database: Database) -> None:
    data = run("status", "--json", url=database.url).data
    assert (data["schema_exists"], data["schema_version"], data["storage_state"]) == (False, 0, None)


# plan


def test_a_plan_lists_the_steps_and_changes_nothing(run: Run, database: Database, stack: Path) -> None:
    outcome = run("plan", "--config", str(stack), url=database.url)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == f"Database {database.name}, schema awa from version 0 to 40:"
    steps = [line for line in lines if line.startswith("  + ")]
    assert len(steps) == 42
    assert steps[0].startswith("  + V1 ")
    assert steps[-1] == "  + queue-storage schema small (4/2/2 slots without receipts)"
    assert lines[-4] == "      about 497 lock objects in one transaction"
    assert re.fullmatch("Digest: [0-9a-f]{64}", lines[-3])
    assert re.match(r"About \d\.\d s on this database: ", lines[-2])
    assert lines[-1] == f"Next: awa-infra apply --config {stack}"
    assert not read_state(database.url).schema_exists


def test_a_plan_with_check_says_by_its_status_whether_something_is_pending(
    run: Run, database: Database, awa_database: Database
) -> None:
    assert run("plan", "--check", url=database.url).status == 1
    assert run("plan", "--check", "--json", url=database.url).status == 1
    outcome = run("plan", "--check", url=awa_database.url)
    assert outcome.status == 0
    assert outcome.out == f"Database {awa_database.name} is as desired: schema awa at version 40.\n"


def test_a_plan_as_data(run: Run, database: Database, desired: Callable[..., DesiredState]) -> None:
    outcome = run("plan", "--json", "--target-version", "9", url=database.url)
    plan = make_plan(desired(target=9), ObservedState())
    data = outcome.data
    assert (outcome.status, outcome.err) == (0, "")
    assert [note["code"] for note in data.pop("notes")] == ["duration"]
    assert data.pop("steps") == [
        {
            "key": step.key,
            "kind": "migration",
            "title": step.title,
            "locks": step.locks,
            "sha256": step.sha256,
            "bytes": len(step.sql.encode()),
        }
        for step in plan.steps
    ]
    assert data == {
        "json_version": 1,
        "database": database.name,
        "from_version": 0,
        "to_version": 9,
        "digest": plan.digest,
        "gates": [],
        "lock_objects": 1869,
    }


def test_the_sql_of_a_plan_can_be_run_as_it_is(
    run: Run, database: Database, awa_database: Database, stack: Path
) -> None:
    outcome = run("plan", "--sql", "--config", str(stack), url=database.url)
    assert (outcome.status, outcome.err) == (0, "")
    database.rows(f"SET client_min_messages = warning; {outcome.out}")
    assert run("plan", "--check", "--config", str(stack), url=database.url).status == 0
    assert dump_schema(database.url, "awa") == dump_schema(awa_database.url, "awa")


def test_a_blocked_plan_names_every_gate(run: Run, awa_database: Database) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (41, 'newer')")
    outcome = run("plan", "--target-version", "99", url=awa_database.url)
    assert outcome.status == 3
    lines = outcome.err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["Blocked:", "Hint:"] * 2
    assert [line.rpartition(" ")[2] for line in lines[::2]] == ["[newer-schema]", "[target-unknown]"]


def test_a_blocked_plan_as_data(run: Run, awa_database: Database) -> None:
    outcome = run("plan", "--json", "--check", "--target-version", "39", url=awa_database.url)
    assert outcome.status == 3
    (gate,) = outcome.data["gates"]
    assert gate["code"] == "downgrade"
    assert "is at version 40; going back to 39 is not possible" in gate["message"]
    assert "restore a backup" in gate["hint"]


# apply


def test_an_apply_says_what_it_does_and_doing_it_again_changes_nothing(
    run: Run, database: Database, stack: Path
) -> None:
    first = run("apply", "--config", str(stack), url=database.url)
    assert first.status == 0
    assert first.out.startswith(f"Database {database.name}: 42 steps in ")
    assert first.out.endswith(" s; schema awa is at version 40.\n")
    progress = first.err.splitlines()
    assert len(progress) == 42
    assert re.match(r"\[ 1/42\] +\d+\.\d s  V1 ", progress[0])
    assert progress[-1].startswith("[42/42] ")
    assert progress[-1].endswith(" s  queue-storage schema small (4/2/2 slots without receipts)")
    again = run("apply", "--config", str(stack), url=database.url)
    assert again == Outcome(0, f"Database {database.name} is already as desired: schema awa at version 40.\n", "")


def test_an_apply_as_data(run: Run, database: Database) -> None:
    first = run("apply", "--json", "--target-version", "2", url=database.url)
    assert first.status == 0
    assert first.data["changed"] is True
    assert [step["key"] for step in first.data["applied"]] == ["V001", "V002"]
    assert (first.data["database"], first.data["schema_version"]) == (database.name, 2)
    again = run("apply", "--json", "--target-version", "2", url=database.url).data
    assert (again["changed"], again["applied"]) == (False, [])


def test_an_apply_takes_its_url_from_the_option_before_the_environment(run: Run, database: Database) -> None:
    outcome = run("apply", "--database-url", database.url, "--target-version", "1", url=CLOSED)
    assert outcome.status == 0
    assert read_state(database.url).version == 1


def test_a_blocked_apply_fails_with_the_gate(run: Run, awa_database: Database) -> None:
    assert_fails(
        run("apply", "--target-version", "39", url=awa_database.url),
        3,
        "going back to 39 is not possible",
        code="downgrade",
        hint="restore a backup",
    )


def test_an_apply_that_several_gates_block_lists_them(run: Run, awa_database: Database) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (41, 'newer')")
    outcome = run("apply", "--target-version", "99", url=awa_database.url)
    assert outcome.status == 3
    assert f"Error: 2 conditions do not hold in database {awa_database.name}; nothing was changed. [blocked]\n" in (
        outcome.err
    )
    assert [line.rpartition(" ")[2] for line in outcome.err.splitlines() if line.startswith("Blocked: ")] == [
        "[newer-schema]",
        "[target-unknown]",
    ]


def test_a_missing_database_fails_with_what_to_do(run: Run, database: Database) -> None:
    found = Target.of(database.url).parameters
    url = f"postgresql://{found['user']}:{found['password']}@{found['host']}:{found['port']}/no_such_database"
    for command in ("plan", "apply", "status"):
        assert_fails(
            run(command, url=url),
            4,
            "Database no_such_database does not exist on ",
            code="database-missing",
            hint="Create it",
        )


def test_an_apply_waits_for_another_migration_only_so_long(run: Run, database: Database) -> None:
    with psycopg.connect(database.url) as holder:
        holder.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK_KEY})")
        assert_fails(
            run("apply", "--lock-wait", "0", url=database.url),
            5,
            "was not free within 0 s",
            code="lock-timeout",
            hint="--lock-wait",
        )


def test_an_apply_waits_for_a_locked_table_only_so_long(run: Run, awa_database: Database, stack: Path) -> None:
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("CREATE SCHEMA acme_jobs")
        outcome = run("apply", "--lock-timeout", "0.001", "--config", str(stack), url=awa_database.url)
    assert outcome.status == 5
    assert "Error: Step queue-storage:acme_jobs failed: canceling statement due to lock timeout" in outcome.err
    assert "(SQLSTATE 55P03) [lock-timeout]\n" in outcome.err


def test_a_failing_statement_has_a_status_of_its_own(run: Run, database: Database) -> None:
    forbid_tables(database.url, "no tables today")
    outcome = run("apply", url=database.url)
    assert outcome.status == 6
    assert "Error: Step V001 failed: no tables today (SQLSTATE P0001) [sql-failed]\n" in outcome.err
    assert not read_state(database.url).schema_exists


def test_an_interrupted_apply_leaves_the_database_as_it_was(database: Database) -> None:
    environment = {**os.environ, "DATABASE_URL": database.url}
    with psycopg.connect(database.url) as holder:
        # The first migration waits for this schema, so the signal always comes in the middle of a statement.
        holder.execute("CREATE SCHEMA awa")
        with subprocess.Popen(
            [sys.executable, "-c", f"{ENTRY}; main()", "apply", "--lock-timeout", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stderr is not None
            first = running.stderr.readline()
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=120)
        holder.rollback()
    assert first.startswith("[ 1/40] ")
    assert " V1 " in first
    assert running.returncode == 130
    assert out == ""
    assert err.strip() == "Interrupted. What was not committed is rolled back; run the command again."
    assert not read_state(database.url).schema_exists


def forbid_tables(url: str, message: str) -> None:
    """Let every CREATE TABLE of a database fail with a message."""
    body = f"BEGIN RAISE EXCEPTION USING MESSAGE = {sql.Literal(message).as_string(None)}; END"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE FUNCTION public.forbid() RETURNS event_trigger LANGUAGE plpgsql AS {}").format(
                sql.Literal(body)
            )
        )
        connection.execute(
            "CREATE EVENT TRIGGER forbid ON ddl_command_start WHEN TAG IN ('CREATE TABLE') "
            "EXECUTE FUNCTION public.forbid()"
        )


# package


@pytest.mark.parametrize("form", ["flyway", "liquibase", "psql"])
def test_a_bundle_is_written_and_grows(run: Run, tmp_path: Path, stack: Path, form: str) -> None:
    out = tmp_path / "bundle"
    first = run("package", "--format", form, "--out", str(out))
    assert (first.status, first.err) == (0, "")
    assert first.out.startswith(f"Wrote a {form} bundle of ")
    wrote, digest = first.out.splitlines()
    assert wrote.endswith(": Awa 0.6.9, schema awa up to version 40. Start with its README.md.")
    assert digest.startswith("Digest: ")
    second = run("package", "--format", form, "--config", str(stack), "--out", str(out), "--json")
    assert (second.status, second.err) == (0, "")
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert second.data["written"] is True
    assert (second.data["format"], second.data["out"], second.data["release"]) == (form, str(out), "0.6.9")
    assert second.data["files"] == written
    assert {c["what"] for c in second.data["changes"]} == {"added", "changed"}
    assert not [c for c in second.data["changes"] if c["file"].startswith("upstream/")]
    assert second.data["kept"] == []
    third = run("package", "--format", form, "--config", str(stack), "--out", str(out))
    assert "up to version 40, queue-storage acme_jobs, small. Start with its README.md." in third.out


def test_files_that_keep_earlier_lock_waits_are_reported(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "Pulumi.waits.yaml"
    config.write_text("config:\n  awa:lockTimeout: 30\n  awa:lockWait: 300\n", encoding="utf-8")
    command = ("package", "--format", "goose", "--out", str(tmp_path / "bundle"))
    assert run(*command).status == 0
    again = run(*command, "--config", str(config))
    assert again.status == 0
    assert again.err == (
        "Kept: migrations/001000_awa_v001.sql to migrations/040001_patch_wait_free_dirty_marks.sql (40 files) keep the "
        "lock waits of their release: 2 seconds for each table lock, 60 seconds for another migration. Files written "
        "now wait: 30 seconds for each table lock, 300 seconds for another migration.\n"
    )


def test_a_bundle_that_is_not_what_would_be_written_is_reported_and_shown(
    run: Run, tmp_path: Path, stack: Path
) -> None:
    out = tmp_path / "bundle"
    words = ("package", "--format", "flyway", "--out", str(out))
    nothing_yet = run(*words, "--check")
    assert nothing_yet.status == 1
    assert "added: upstream/V040__awa_v040.sql\n" in nothing_yet.out
    assert not out.exists()

    run(*words)
    same = run(*words, "--check")
    assert (same.status, same.out, same.err) == (0, f"{out} is what would be written.\n", "")
    assert run(*words, "--diff").out == ""
    other = run(*words, "--check", "--config", str(stack))
    assert other.status == 1
    assert "added: custom/R__awa_10_queue_storage_small.sql\nchanged: flyway.toml\n" in other.out
    shown = run(*words, "--diff", "--config", str(stack))
    assert shown.status == 0
    assert '\n-locations = ["filesystem:callbacks", "filesystem:upstream"]\n' in shown.out
    assert "--- /dev/null\n+++ b/custom/R__awa_10_queue_storage_small.sql\n" in shown.out

    with (out / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("mine\n")
    assert run(*words, "--diff").out.endswith("\n-mine\n")
    refused = run(*words)
    assert_fails(refused, 2, "README.md was edited", code="bundle-refused", hint="Restore the files")
    (out / "upstream" / "V040__awa_v040.sql").unlink()
    assert_fails(
        run(*words, "--check"),
        2,
        "has lost files that it released: upstream/V040__awa_v040.sql",
        code="bundle-refused",
        hint="Restore",
    )


def test_an_archive_has_the_same_bytes_every_time_and_nothing_else_is_replaced(run: Run, tmp_path: Path) -> None:
    words = ("package", "--format", "psql", "--archive")
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    assert run(*words, str(first)).status == 0
    assert run(*words, str(second), "--out", str(tmp_path / "out")).status == 0
    assert run(*words, str(second)).status == 0
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {name: archive.read(name) for name in names} == {
            path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
            for path in (tmp_path / "out").rglob("*")
            if path.is_file()
        }
    mine = tmp_path / "mine.zip"
    mine.write_text("precious", encoding="utf-8")
    assert_fails(run(*words, str(mine)), 2, "awa-infra did not write it", code="bundle-refused", hint="Choose another")
    assert mine.read_text(encoding="utf-8") == "precious"
    assert_fails(
        run(*words, str(mine / "x.zip")),
        2,
        f"The archive {mine / 'x.zip'} cannot be read",
        code="bundle-refused",
        hint="Choose",
    )


def test_a_bundle_can_begin_and_end_in_the_middle(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("package", "--format", "psql", "--out", str(out))
    assert run(*words, "--from", "30", "--to", "39").status == 0
    assert sorted(path.name for path in (out / "upstream").iterdir()) == [f"V{n:03d}.sql" for n in range(31, 40)]
    grown = run(*words)
    assert (grown.status, grown.err) == (0, "")
    assert (out / "upstream" / "V040.sql").exists()
    assert not (out / "upstream" / "V030.sql").exists()
    for arguments, said in (
        (("--to", "39"), "has released version 40, and only 39 was requested"),
        (("--from", "0"), "The bundle starts after version 30, and --from 0 was given"),
    ):
        assert said in run(*words, *arguments).err
    for arguments, said in (
        (("--from", "8"), "no version 8"),
        (("--from", "40"), "from version 40 to 40 holds no migration"),
    ):
        assert said in run("package", "--format", "psql", "--out", str(tmp_path / "new"), *arguments).err
    assert not (tmp_path / "new").exists()


def test_a_bundle_is_checked_and_compared_with_what_a_database_has_run(
    run: Run, tmp_path: Path, awa_database: Database, database: Database
) -> None:
    out = tmp_path / "out"
    nothing = run("bundle", "verify", str(out), url=None)
    assert_fails(nothing, 2, f"Folder {out} has no bundle.", code="bundle-refused", hint="Name the folder")
    run("package", "--format", "psql", "--out", str(out))
    intact = run("bundle", "verify", str(out), url=None)
    assert (intact.status, intact.err) == (0, "")
    assert intact.out.startswith(f"{out}: psql bundle of Awa 0.6.9, versions 0 to 40, ")
    assert intact.out.splitlines()[0].endswith(" files: intact.")

    done = run("bundle", "verify", str(out), url=awa_database.url)
    assert done.out.endswith(f"Database {awa_database.name}, 39 files: 39 applied.\n")
    empty = run("bundle", "verify", str(out), url=database.url)
    assert empty.out.endswith(f"Database {database.name} has run nothing of it.\n")
    awa_database.rows("DELETE FROM awa.schema_version WHERE version > 38")
    behind = run("bundle", "verify", str(out), url=awa_database.url)
    assert behind.status == 0
    assert "39 files: 37 applied, 2 pending.\n  pending:   upstream/V039.sql\n" in behind.out

    (out / "upstream" / "V001.sql").write_text("mine", encoding="utf-8")
    wrong = run("bundle", "verify", str(out), url=None)
    assert wrong.status == 1
    assert "Wrong: upstream/V001.sql was edited: SHA256SUMS has another hash.\n" in wrong.out
    for name in ("README.md", "apply.sql"):
        (out / name).write_bytes((out / name).read_bytes().replace(b"\n", b"\r\n"))
    converted = run("bundle", "verify", str(out), url=None)
    assert "Wrong: README.md and 1 more file have the line ends of Windows (CRLF), and are otherwise" in converted.out
    assert converted.out.endswith("3 findings.\n")
    (out / "apply.sql").write_bytes((out / "apply.sql").read_bytes().replace(b"\r\n", b"\n"))
    one = run("bundle", "verify", str(out), url=None)
    assert "Wrong: README.md has the line ends of Windows (CRLF), and is otherwise as it was written.\n" in one.out
    (out / "README.md").write_bytes((out / "README.md").read_bytes().replace(b"\r\n", b"\n"))
    data = run("bundle", "verify", str(out), "--json", url=awa_database.url)
    assert data.status == 1
    assert data.data["intact"] is False
    assert data.data["findings"][0]["file"] == "upstream/V001.sql"
    assert data.data["files"][-1] == {"file": "upstream/V040.sql", "state": "pending"}


def test_flyway_that_ran_another_text_is_reported(run: Run, tmp_path: Path, awa_database: Database) -> None:
    out = tmp_path / "out"
    run("package", "--format", "flyway", "--out", str(out))
    awa_database.rows(
        "CREATE SCHEMA awa_migrations; CREATE TABLE awa_migrations.flyway_schema_history AS "
        "SELECT 1 AS installed_rank, '040' AS version, 'SQL' AS type, 'V040__awa_v040.sql' AS script, 1 AS checksum, "
        "true AS success"
    )
    told = run("bundle", "verify", str(out), url=awa_database.url)
    assert told.status == 1
    assert "  different: upstream/V040__awa_v040.sql\n" in told.out


def test_a_folder_of_somebody_else_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    assert_fails(
        run("package", "--format", "flyway", "--out", str(tmp_path)),
        2,
        "is not empty, and awa-infra did not write it",
        code="bundle-refused",
        hint="Choose a new or an empty folder",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# No password in any output


def assert_hidden(outcome: Outcome) -> None:
    assert outcome.status != 0
    for secret in (CANARY, ENCODED, ENCODED.lower()):
        assert secret not in outcome.out + outcome.err


@pytest.fixture(params=["from the environment", "as an option"])
def fail(request: pytest.FixtureRequest, run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Give a function that runs a command that must fail, without the password in its output."""
    monkeypatch.setenv("AWA_INFRA_DEBUG", "1")

    def command(*arguments: str, url: str) -> Outcome:
        option = request.param == "as an option"
        outcome = run(*arguments, "--database-url", url) if option else run(*arguments, url=url)
        assert_hidden(outcome)
        return outcome

    return command


def test_the_role_with_the_canary_can_connect(run: Run, login: str) -> None:
    outcome = run("status", url=login)
    assert outcome.status == 0
    assert CANARY not in outcome.out


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
def test_a_connection_that_fails_shows_no_password(fail: Callable[..., Outcome], login: str, command: str) -> None:
    missing = login.rpartition("/")[0] + "/no_such_database"
    assert fail(command, url=CLOSED).status == 4
    assert fail(command, url=missing).status == 4
    assert fail(command, url=login.replace(ENCODED, ENCODED + "x")).status == 4
    assert fail(command, url=login + "?sslmode=verify-full").status == 4
    host, _, name = login.partition("@")[2].partition("/")
    user = login.partition("://")[2].partition(":")[0]
    assert fail(command, url=f"postgresql://{host}/{name}x?user={user}&password={ENCODED}").status == 4
    assert fail(command, url=f"postgresql://{host}/{name}x?user={user}&password={ENCODED.lower()}").status == 4
    assert fail(command, url=f"host=127.0.0.1 port=1 user=user password={CANARY}").status == 4


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
@pytest.mark.parametrize(
    "url",
    [
        CANARY,
        f"user:{ENCODED}@host/db",
        f"postgresql:/user:{ENCODED}@host/db",
        f"postgresql://user:{ENCODED}%@host/db",
        f"postgresql://user:{ENCODED}@host/db?bogus=1",
        f"postgresql://host/db?pasword={ENCODED}",
        f"postgresql://user:{ENCODED}@[::1/db",
        f"postgresql://user:{CANARY}@127.0.0.1:1/db",
        f"host=h password='{CANARY}",
        f"host=h password={CANARY} {CANARY}",
    ],
)
def test_a_malformed_url_is_refused_and_shows_no_password(fail: Callable[..., Outcome], command: str, url: str) -> None:
    outcome = fail(command, url=url)
    assert outcome.status == 2
    assert "not a connection string that PostgreSQL understands" in outcome.err


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
def test_the_parts_of_a_password_with_a_slash_are_not_shown_either(run: Run, command: str) -> None:
    # A slash that nobody encoded: to libpq the first part is the port and the second the database.
    outcome = run(command, url="postgresql://127.0.0.1:c4n/ry@host/db")
    assert outcome.status == 2
    assert "c4n" not in outcome.err
    assert "ry@host" not in outcome.err


def test_an_apply_that_fails_shows_no_password(
    fail: Callable[..., Outcome], login: str, awa_database: Database
) -> None:
    assert fail("apply", "--target-version", "39", url=login).status == 3
    assert fail("plan", "--target-version", "39", url=login).status == 3
    with psycopg.connect(login, application_name="the other one") as holder:
        holder.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK_KEY})")
        assert fail("apply", "--lock-wait", "0", url=login).status == 5
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    assert fail("plan", "--check", url=login).status == 1
    forbid_tables(login, f"no tables for {CANARY} or {ENCODED} of {login}")
    outcome = fail("apply", url=login)
    assert outcome.status == 6
    assert "no tables for *** or *** of login_of_" in outcome.err


def test_a_wrong_configuration_shows_no_password(fail: Callable[..., Outcome], tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        f"config:\n  awa:databaseURL: {CLOSED}\n  awa:databaseUrl: [{CLOSED}]\n  databaseUrl: {CLOSED}\n",
        encoding="utf-8",
    )
    assert fail("plan", "--config", str(path), url=CLOSED).status == 2
    assert fail("apply", "--config", str(path), url=CLOSED).status == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [CLOSED],
        ["plan", CLOSED],
        ["status", CLOSED],
        ["apply", "--lock-wait", CLOSED],
        ["plan", "--target-version", CLOSED],
        ["plan", f"--database-url-{CLOSED}"],
        ["plan", f"--check={CLOSED}"],
        ["plan", f"--databaseurl={CLOSED}"],
        ["plan", "--config", CLOSED],
        ["package", "--format", CLOSED, "--out", "x"],
        ["package", "--format", "flyway", "--out", "/dev/null", CLOSED],
    ],
    ids=lambda arguments: " ".join(arguments).replace(CLOSED, "URL"),
)
def test_a_url_in_the_wrong_place_of_the_command_line_shows_no_password(run: Run, arguments: list[str]) -> None:
    assert_hidden(run(*arguments))
    assert_hidden(run(*arguments, url=CLOSED))


# What is easily typed wrong


@pytest.mark.parametrize(
    ("words", "right"),
    [(("--json", "status"), "awa-infra status --json"), (("-v", "apply", "--quiet"), "awa-infra apply -v")],
)
def test_an_option_in_front_of_its_command_is_told_its_place(run: Run, words: tuple[str, ...], right: str) -> None:
    outcome = run(*words)
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1].endswith(f"Write it behind the command: {right}")
    assert "behind the command" not in run("--hlp").err


@pytest.mark.parametrize("group", ["bundle", "dev", "config"])
def test_the_help_of_a_group_cuts_no_sentence_off(run: Run, group: str) -> None:
    assert "..." not in run(group, "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("words", [("config", "check"), ("doctor", "--offline", "--config")])
def test_a_file_without_an_end_is_refused_as_a_configuration(run: Run, words: tuple[str, ...]) -> None:
    outcome = run(*words, "/dev/zero", url=CLOSED)
    assert outcome.status in {1, 2}
    assert "Cannot read /dev/zero: it has more than 10000000 characters." in outcome.err + outcome.out


@pytest.mark.parametrize("words", [("dev", "status"), ("package", "--format", "psql", "--out", "bundle")])
def test_a_working_directory_that_is_gone_is_named_as_the_reason(tmp_path: Path, words: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    command = [sys.executable, "-c", "from awa_infra.cli.main import main; main()", *words]
    done = subprocess.run(
        ["sh", "-c", script, str(gone), *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: The working directory does not exist any more")


@pytest.mark.parametrize("ignored", [False, True])
def test_an_interruption_while_the_command_starts_leaves_no_traceback(*, ignored: bool) -> None:
    script = (
        "import os, signal, sys\n"
        f"signal.signal(signal.SIGINT, {'signal.SIG_IGN' if ignored else 'signal.default_int_handler'})\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *others):\n"
        "        if name == 'click':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "sys.argv[1:] = ['--version']\n"
        "from awa_infra.cli.entry import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0 if ignored else -signal.SIGINT, "")
    assert done.stdout.startswith("awa-infra, version") == ignored


def test_a_database_url_of_blanks_is_none(run: Run) -> None:
    assert "There is no database URL. [config-invalid]" in run("status", url="  ").err


# A release that is not known here


def test_a_release_that_is_not_known_is_a_note_of_plan_and_apply_and_their_documents(
    run: Run, awa_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert "release-unknown" not in run("plan", url=awa_database.url).err
    monkeypatch.setattr("awa_infra.release.known_releases", dict)
    installed_release.cache_clear()
    request.addfinalizer(installed_release.cache_clear)  # for the tests after this one
    for command in ("plan", "apply"):
        plain = run(command, url=awa_database.url)
        assert plain.status == 0
        [line] = plain.err.splitlines()
        assert line.startswith("Note: This awa-infra does not know Awa ")
        assert line.endswith(" [release-unknown]")
        document = run(command, "--json", url=awa_database.url).data
        assert [note["code"] for note in document["notes"]] == ["release-unknown"]
    page = tmp_path / "plan.html"
    assert run("plan", "--html", str(page), url=awa_database.url).status == 0
    assert "does not know Awa" in page.read_text()
    assert "does not know Awa" in run("plan", "--markdown", url=awa_database.url).out
    checks = run("doctor", "--json", url=awa_database.url).data["checks"]
    told = [check for check in checks if check["code"] == "release-unknown" and check["outcome"] == "note"]
    assert [check["name"] for check in told] == ["awa-pg"]
