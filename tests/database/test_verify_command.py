from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from awa_infra.model import Release
from tests.support.command import Run
from tests.support.servers import Database
from tests.support.tools import dump_everything


def verify(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from awa_infra.cli.main import main; main()", "verify", *arguments],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_healthy_database(awa_database: Database, release: Release) -> None:
    done = verify(awa_database.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Database {awa_database.name}, Awa {release.name}: healthy.\n"


def test_drift_is_shown_and_repaired(awa_database: Database, release: Release) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks; CREATE TABLE awa.mine (a int)")
    awa_database.rows(
        "CREATE OR REPLACE FUNCTION awa.canonical_live_backlog() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'"
    )
    awa_database.rows("ALTER TABLE awa.cron_jobs ALTER COLUMN kind SET DEFAULT 'x'")
    shown = verify(awa_database.url)
    assert shown.returncode == 1
    for line in (
        "Schema awa",
        (
            "  state    version 40 is recorded, but patch wait_free_dirty_marks is not or only half applied "
            "[patch-missing]"
        ),
        "  extra    relation mine, and 1 object that depends on it",
        "  changed  column cron_jobs.kind",
        "             - text not null",
        "             + text not null default 'x'::text",
    ):
        assert line in shown.stdout.splitlines()
    assert "             +SELECT 1::bigint" in shown.stdout.splitlines()
    assert "findings, " in shown.stdout
    data = json.loads(verify(awa_database.url, "--json").stdout)
    assert (data["healthy"], data["schema_version"], data["release"]) == (False, 40, release.name)
    assert {f["code"] for f in data["findings"]} == {"patch-missing", "object-extra", "object-changed"}
    repaired = verify(awa_database.url, "--repair")
    assert repaired.returncode == 1
    assert "Repaired: V40 " in repaired.stdout
    assert repaired.stdout.endswith(f"Awa {release.name}: 2 findings.\n")
    again = json.loads(verify(awa_database.url, "--repair", "--json", "--schema", "awa").stdout)
    assert again["repaired"] == []
    assert {f["object"] for f in again["findings"]} == {"mine", "cron_jobs.kind"}


def test_many_statements_and_lines_are_cut(awa_database: Database) -> None:
    awa_database.rows(
        "CREATE OR REPLACE FUNCTION awa.install_queue_storage_substrate(p_schema text, "
        "p_queue_slot_count int DEFAULT 16, p_lease_slot_count int DEFAULT 8, p_claim_slot_count int "
        "DEFAULT 8, p_lease_claim_receipts boolean DEFAULT true) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'"
    )
    out = verify(awa_database.url).stdout
    assert "more lines, see --json" in out


@pytest.mark.parametrize("arguments", [(), ("--repair",)])
def test_a_newer_database_is_refused(awa_database: Database, arguments: tuple[str, ...]) -> None:
    awa_database.rows("INSERT INTO awa.schema_version (version, description) VALUES (43, 'x')")
    done = verify(awa_database.url, *arguments)
    assert done.returncode == 3
    assert "[newer-schema]" in done.stderr


def test_nothing_to_repair(awa_database: Database) -> None:
    done = verify(awa_database.url, "--repair")
    assert done.stdout.splitlines()[0] == "--repair found nothing that it can repair."
    assert done.returncode == 0


def test_repair_waits_and_tries_as_its_options_say(awa_database: Database) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    with psycopg.connect(awa_database.url) as holder:
        holder.execute("LOCK TABLE awa.admin_dirty_queues IN ACCESS EXCLUSIVE MODE")
        done = verify(awa_database.url, "--repair", "--lock-timeout=1", "--lock-try=0.1")
    assert done.returncode == 5
    assert done.stderr.count("Trying again within ") >= 1
    assert "[lock-timeout]" in done.stderr


def test_a_dry_run_shows_what_a_repair_would_run_and_runs_nothing(awa_database: Database, run: Run) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks; DELETE FROM awa.schema_version WHERE version = 30")
    before = dump_everything(awa_database.url)
    shown = run("verify", "--repair", "--dry-run", url=awa_database.url)
    assert shown.status == 1
    assert shown.out.splitlines()[-4:-1] == [
        "--repair would run, in one transaction:",
        "  + patch wait_free_dirty_marks",
        "      replaces functions",
    ]
    assert shown.out.endswith("  + missing rows of awa.schema_version\n")
    sql = run("verify", "--repair", "--dry-run", "--sql", url=awa_database.url).out
    assert sql.startswith("-- patch wait_free_dirty_marks\n")
    assert "INSERT INTO awa.schema_version" in sql
    assert dump_everything(awa_database.url) == before
    ran = run("verify", "--repair", "--json", url=awa_database.url).data["repaired"]
    assert [step["key"] for step in ran] == ["patch:wait_free_dirty_marks", "version-rows"]
    assert "--repair would run nothing.\n" in run("verify", "--repair", "--dry-run", url=awa_database.url).out


def test_a_dry_run_shows_the_gates_of_the_repair(awa_database: Database, run: Run) -> None:
    awa_database.rows("DROP TABLE awa.dlq_entries; DROP FUNCTION awa.storage_status()")
    done = run("verify", "--repair", "--dry-run", url=awa_database.url)
    assert (done.status, "[repair-would-invent-data]" in done.err) == (3, True)


@pytest.mark.parametrize("arguments", [("--dry-run",), ("--sql",), ("--repair", "--sql")])
def test_options_of_a_dry_run_need_it(awa_database: Database, run: Run, arguments: tuple[str, ...]) -> None:
    done = run("verify", *arguments, url=awa_database.url)
    assert done.status == 2
    assert "needs --repair" in done.err


def test_what_the_configuration_declares_and_is_missing_is_drift(
    run: Run, awa_database: Database, tmp_path: Path
) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text(
        "config:\n  awa:queueStorageSchemas:\n  - {schema: acme_jobs, queueSlots: 4, leaseSlots: 2, claimSlots: 2}\n"
    )
    missing = run("verify", "--config", str(config), url=awa_database.url)
    assert missing.status == 1
    assert "declared, and missing: queue-storage schema acme_jobs" in missing.out
    assert run("verify", "--config", str(config), "--schema", "awa", url=awa_database.url).status == 0
    assert run("apply", "--config", str(config), url=awa_database.url).status == 0
    assert run("verify", "--config", str(config), url=awa_database.url).status == 0
    awa_database.rows("DROP SCHEMA acme_jobs CASCADE")
    assert run("verify", url=awa_database.url).status == 0
    found = json.loads(run("verify", "--config", str(config), "--json", url=awa_database.url).out)
    assert (found["healthy"], [finding["code"] for finding in found["findings"]]) == (False, ["declared-missing"])


def test_an_earlier_version_that_is_declared_is_neither_drift_nor_healthy(
    run: Run, database: Database, tmp_path: Path
) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text("config:\n  awa:targetVersion: 3\n")
    assert run("apply", "--config", str(config), url=database.url).status == 0
    held = run("verify", "--config", str(config), url=database.url)
    assert held.status == 9
    assert "The configuration declares this version" in held.out
    assert run("verify", url=database.url).status == 1
