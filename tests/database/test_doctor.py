"""``awa-infra doctor`` on databases that are fine, damaged, behind, closed, and not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.target import Target
from awa_infra.model import Release
from tests.support.command import Outcome, Run
from tests.support.servers import Database

PASSWORD = "h/u@s:h"  # noqa: S105  of a role that lives as long as a test


def checks(outcome: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = outcome.data["checks"]
    return found


def of(outcome: Outcome, name: str) -> tuple[str, str]:
    [found] = [check for check in checks(outcome) if check["name"] == name]
    return found["outcome"], found["message"]


def test_a_database_that_is_as_it_should_be_passes_every_check(run: Run, awa_database: Database) -> None:
    done = run("doctor", "--json", url=awa_database.url)
    assert done.status == 0
    assert {check["outcome"] for check in checks(done)} <= {"ok", "note"}
    assert of(done, "objects") == ("ok", "all as the release promises")
    assert of(done, "encryption")[0] == "ok"
    told = run("doctor", url=awa_database.url).out
    assert "  ok       conditions" in told
    assert "Schemas\n" in told


def test_an_empty_database_has_no_problem_and_forty_steps_to_go(run: Run, database: Database) -> None:
    done = run("doctor", "--json", url=database.url)
    assert done.status == 0
    assert of(done, "version") == ("note", "schema awa is at version 0 of 40; 40 steps pending")
    assert of(done, "objects") == ("note", "nothing to compare: there is no schema awa yet")


def test_a_declared_earlier_version_is_not_said_to_be_that_of_the_release(
    run: Run, database: Database, release: Release, tmp_path: Path
) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text("config:\n  awa:targetVersion: 3\n")
    assert run("apply", "--config", str(config), url=database.url).status == 0
    done = run("doctor", "--config", str(config), "--json", url=database.url)
    said = f"schema awa is at version 3, as declared; Awa {release.name} has version 40; nothing is pending"
    assert of(done, "version") == ("ok", said)


def test_what_verify_finds_is_a_problem(run: Run, awa_database: Database) -> None:
    for name in ("idx_awa_jobs_unique", "idx_awa_dlq_queue_time"):
        awa_database.rows(f"DROP INDEX awa.{name}")
    done = run("doctor", "--json", url=awa_database.url)
    assert done.status == 1
    assert [c["code"] for c in checks(done) if c["outcome"] == "problem"] == ["object-missing", "object-missing"]


def test_many_findings_are_counted(run: Run, awa_database: Database) -> None:
    indexes = awa_database.rows(
        "SELECT format('DROP INDEX awa.%I', c.relname) AS drop FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE c.relnamespace = 'awa'::regnamespace AND NOT i.indisunique AND NOT c.relispartition AND c.relkind = 'i' "
        "AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid) ORDER BY 1 LIMIT 8"
    )
    for row in indexes:
        awa_database.rows(row["drop"])
    told = run("doctor", url=awa_database.url)
    assert told.status == 1
    assert "more findings" in told.out


def test_a_schema_that_waits_for_a_migration_is_not_called_compared(run: Run, database: Database) -> None:
    assert run("apply", "--target-version", "38", url=database.url).status == 0
    done = run("doctor", "--json", url=database.url)
    assert done.status == 9
    assert of(done, "version")[0] == "note"
    assert of(done, "objects")[0] == "unknown"


def test_a_role_that_may_not_read_gets_the_gates_and_no_guess(run: Run, awa_database: Database) -> None:
    name = f"nobody_of_{awa_database.name}"
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD))
        )
        try:
            url = Target.of(awa_database.url).with_login(name, PASSWORD)
            done = run("doctor", "--json", url=url)
            assert done.status == 1
            codes = [check["code"] for check in checks(done)]
            assert codes.count("history-unreadable") == 1
            assert "not-owner" in codes
            assert "duration" not in codes
            acting = run("doctor", "--json", "--role", name, url=awa_database.url)
            assert f"postgres, acting as {name}" in of(acting, "login")[1]
            wrong = run("doctor", url=Target.of(awa_database.url).with_login(name, PASSWORD + "!"))
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
    assert wrong.status == 1
    assert "[connection-failed]" in wrong.out
    assert "  unknown  everything" in wrong.out
    assert PASSWORD not in done.out + done.err + wrong.out + wrong.err


def test_settings_of_a_role_and_live_runtimes_are_shown(run: Run, awa_database: Database) -> None:
    awa_database.rows(f"ALTER DATABASE {awa_database.name} SET statement_timeout = '3s'")
    awa_database.rows(
        "INSERT INTO awa.runtime_instances (instance_id, hostname, pid, version, started_at, last_seen_at, "
        "snapshot_interval_ms, healthy, postgres_connected, poll_loop_alive, heartbeat_alive, maintenance_alive, "
        "shutting_down, leader) "
        "VALUES (gen_random_uuid(), 'worker-1', 7, '0.6.9', now(), now(), 1000, true, true, true, true, true, false, "
        "true)"
    )
    done = run("doctor", "--json", url=awa_database.url)
    assert of(done, "settings")[1].endswith("statement_timeout = 3000 ms")
    assert of(done, "runtime")[1].startswith("Runtime worker-1 (pid 7, Awa 0.6.9) is live")


@pytest.mark.parametrize(
    ("url", "name", "said"),
    [
        ("postgresql://u:hush@no-such-host.invalid/x", "name", "no-such-host.invalid: "),
        ("postgresql://u:hush@127.0.0.1:1/x", "port", "127.0.0.1, port 1: connection refused"),
        ("postgresql://u:hu@sh/x@y", "database URL", "is not a connection string"),
        (
            "postgresql://u:hush@127.0.0.1:5x/x",
            "database URL",
            "The port of the database URL, or PGPORT, is no number.",
        ),
        ("", "database URL", "There is no database URL."),
    ],
)
def test_the_first_link_that_breaks_is_named(url: str, name: str, said: str, run: Run) -> None:
    done = run("doctor", "--json", url=url)
    assert done.status == 1
    outcome, message = of(done, name)
    assert (outcome, said in message) == ("problem", True)
    assert "hush" not in done.out + done.err


def test_a_configuration_that_cannot_be_used_is_one_problem_among_others(
    run: Run, awa_database: Database, tmp_path: Path
) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text("config:\n  awa:nonsense: 1\n", encoding="utf-8")
    done = run("doctor", "--json", "--config", str(config), url=awa_database.url)
    assert done.status == 1
    assert of(done, "configuration")[0] == "problem"
    assert of(done, "everything")[0] == "unknown"
    config.write_text("config: {}\n", encoding="utf-8")
    assert of(run("doctor", "--json", "--config", str(config), url=awa_database.url), "configuration")[0] == "ok"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_connection_string_in_the_place_of_a_file_is_shown_without_its_password(run: Run, options: list[str]) -> None:
    done = run("doctor", "--offline", "--config", "postgresql://u:hush@host/x", *options)
    assert (done.status, "hush" in done.out + done.err) == (1, False)


def test_offline_opens_no_connection(run: Run) -> None:
    done = run("doctor", "--json", "--offline", url="postgresql://u@127.0.0.1:1/x")
    assert done.status == 0
    assert {check["area"] for check in checks(done)} == {"this machine"}
