"""The commands with a stack configuration: checking one, and doing what it declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.config import json_schema
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.observe import read_state
from awa_infra.lifecycle.desired import desired_state
from awa_infra.model import Policy, Release
from awa_infra.spec.stack import StackConfig
from tests.support.command import Run
from tests.support.servers import Database

CANARY = "canary-password"
CLOSED = "postgresql://user:x@127.0.0.1:1/db"
EVERYTHING = f"""\
# yaml-language-server: $schema=../schema.json
config:
  awa:databaseUrl: {{secure: v1:{CANARY}}}
  awa:database: shop
  awa:roles: {{owner: awa_owner, runtime: awa_runtime}}
  awa:runtimePassword: {CANARY}
  awa:queueStorageSchemas:
    - {{schema: acme, queues: [mail, orders], deletionPolicy: drop}}
  awa:activation: acme
  awa:targetVersion: "40"
  awa:lockTimeout: 0
  awa:repair: true
encryptionsalt: v1:m294PHnSc8A=:v1:x
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(EVERYTHING, encoding="utf-8")
    return path


@pytest.fixture
def owner(database: Database) -> Iterator[str]:
    """Give the name of a role that a test may make; afterwards it is gone."""
    name = f"owner_of_{database.name}"
    yield name
    with psycopg.connect(database.url, autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None:
            role = sql.Identifier(name)
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


# config check and config schema


def test_a_right_configuration_is_one_line_about_what_is_declared(run: Run, stack: Path) -> None:
    outcome = run("config", "check", str(stack))
    assert outcome.status == 0
    assert f"{stack} has a password in clear, in awa:runtimePassword." in outcome.err
    assert outcome.out == (
        f"{stack}: databaseUrl encrypted; runtimePassword in clear; database shop; schema awa up to version 40; "
        "roles awa_owner, awa_runtime; queue storage acme (16/8/8 slots with receipts) for mail, orders; "
        "activation of acme; lockTimeout; repair.\n"
    )


def test_a_right_configuration_as_data_holds_no_secret(run: Run, stack: Path) -> None:
    outcome = run("config", "check", "--json", str(stack))
    assert outcome.status == 0
    assert CANARY not in outcome.out + outcome.err
    assert outcome.data == {
        "json_version": 1,
        "file": str(stack),
        "valid": True,
        "declared": {
            "databaseUrl": "encrypted",
            "runtimePassword": "in clear",
            "database": {"name": "shop"},
            "targetVersion": 40,
            "roles": {"owner": "awa_owner", "runtime": "awa_runtime"},
            "queueStorageSchemas": [
                {"schema": "acme", "queues": [{"name": "mail"}, {"name": "orders"}], "deletionPolicy": "drop"}
            ],
            "activation": "acme",
            "lockTimeout": 0,
            "repair": True,
        },
        "in_clear": ["runtimePassword"],
        "problems": [],
    }


def test_checking_does_not_change_the_file(run: Run, stack: Path) -> None:
    run("config", "check", str(stack))
    assert stack.read_text(encoding="utf-8") == EVERYTHING


def test_a_configuration_of_nothing_says_what_that_means(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config:\n  awa:release: 0.6.9\n", encoding="utf-8")
    assert run("config", "check", str(path)).out == f"{path}: release 0.6.9.\n"
    path.write_text("", encoding="utf-8")
    assert (
        run("config", "check", str(path)).out == f"{path}: nothing beyond schema awa in the database of DATABASE_URL.\n"
    )


def test_a_wrong_configuration_is_every_problem_with_its_line(run: Run, stack: Path) -> None:
    stack.write_text(EVERYTHING.replace("repair: true", "reapir: true").replace("acme,", "awa,"), encoding="utf-8")
    outcome = run("config", "check", str(stack))
    assert (outcome.status, outcome.out) == (2, "")
    lines = outcome.err.splitlines()
    assert lines[0] == f"Error: {stack} has 3 problems. [config-invalid]"
    assert [line.removeprefix(f"  - {stack}:")[:6] for line in lines[1:4]] == ["8: awa", "9: awa", "12: aw"]
    data = run("config", "check", "--json", str(stack)).data
    assert (data["valid"], data["declared"]) == (False, None)
    assert [(problem["key"], problem["line"]) for problem in data["problems"]] == [
        ("awa:queueStorageSchemas[0].schema", 8),
        ("awa:activation", 9),
        ("awa:reapir", 12),
    ]
    assert run("config", "check", "--json", str(stack)).status == 2


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_values_of_pulumi_esc_are_warned_of_and_those_of_the_project_are_read(
    run: Run, database: Database, tmp_path: Path, form: tuple[str, ...]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: jobs\nruntime: python\nconfig:\n  awa:database: shop\n")
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text("environment: [shared/dev]\n")
    done = run("config", "check", *form, str(stack))
    assert done.status == 0
    assert "shop" in done.out
    assert "takes values from environments of Pulumi ESC, which only Pulumi reads" in done.err
    planned = run("plan", f"--config={stack}", *form, url=database.url)
    assert planned.status == 3, "the database of DATABASE_URL is another one than that of the project"
    assert "takes values from environments of Pulumi ESC" in planned.err


def test_what_is_no_yaml_is_a_problem_as_well(run: Run, stack: Path) -> None:
    stack.write_text("config: {\n", encoding="utf-8")
    problem = "expected the node content, but found '<stream end>'"
    outcome = run("config", "check", str(stack))
    assert outcome.err.splitlines()[0] == f"Error: {stack}:2: {problem}. [config-invalid]"
    assert run("config", "check", "--json", str(stack)).data["problems"] == [{"key": "", "line": 2, "message": problem}]


def test_the_schema_for_editors_is_printed_as_json(run: Run) -> None:
    outcome = run("config", "schema")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.data == json_schema()


@pytest.mark.parametrize(
    ("written", "said"),
    [("chek", "No such command: chek. Did you mean check?"), ("x", "No such command: x. Known are check, schema.")],
)
def test_an_unknown_command_about_configurations_gets_the_one_that_was_meant(run: Run, written: str, said: str) -> None:
    outcome = run("config", written)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"Error: {said}\n" in outcome.err


# What is declared is done


def test_an_apply_makes_roles_and_lanes_up_to_the_declared_version(
    run: Run, database: Database, owner: str, tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    schemas = [{"schema": "small", "queueSlots": 4, "leaseSlots": 2, "claimSlots": 2, "queues": ["mail"]}]
    path.write_text(
        json.dumps(
            {
                "config": {
                    "awa:roles": {"owner": owner},
                    "awa:queueStorageSchemas": schemas,
                    "awa:targetVersion": 39,
                }
            }
        ),
        encoding="utf-8",
    )
    planned = run("plan", "--config", str(path), url=database.url)
    assert planned.out.splitlines()[0] == f"Database {database.name}, schema awa from version 0 to 39:"
    assert f"  + act as {owner}" in planned.out.splitlines()
    assert run("apply", "--config", str(path), url=database.url).status == 0
    found = database.rows(
        "SELECT (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'awa') AS owner, "
        "(SELECT max(version) FROM awa.schema_version) AS version, (SELECT count(*) FROM small.queue_lanes) AS lanes"
    )
    assert found == [{"owner": owner, "version": 39, "lanes": 4}]
    assert run("plan", "--check", "--config", str(path), url=database.url).status == 0
    assert run("plan", "--check", "--config", str(path), "--target-version", "40", url=database.url).status == 1


@pytest.mark.parametrize("command", ["plan", "apply", "package"])
def test_another_release_than_the_declared_one_is_refused_before_anything_is_read(
    run: Run, tmp_path: Path, release: Release, command: str
) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config: {awa:release: 0.5.1}\n", encoding="utf-8")
    arguments = ["--format", "flyway", "--out", str(tmp_path / "out")] if command == "package" else []
    outcome = run(command, "--config", str(path), *arguments, url=CLOSED)
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err.splitlines()[0] == (
        f"Blocked: Awa 0.5.1 is declared, but awa-pg {release.name} is installed here. [release-differs]"
    )
    assert not (tmp_path / "out").exists()


def test_declared_waits_hold_unless_an_option_says_otherwise(run: Run, database: Database, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config: {awa:lockWait: 0, awa:lockTimeout: 2.5}\n", encoding="utf-8")
    with psycopg.connect(database.url) as holder:
        holder.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK_KEY})")
        assert "was not free within 0 s" in run("apply", "--config", str(path), url=database.url).err
        waited = run("apply", "--config", str(path), "--lock-wait", "0.1", url=database.url)
        assert "was not free within 0.1 s" in waited.err
    with psycopg.connect(database.url) as holder:
        holder.execute("CREATE SCHEMA awa")
        path.write_text("config: {awa:lockTimeout: 0.001}\n", encoding="utf-8")
        assert "[lock-timeout]" in run("apply", "--config", str(path), "--attempts", "1", url=database.url).err
        holder.rollback()
    assert not read_state(database.url).schema_exists


def test_what_a_configuration_allows_and_what_an_option_allows_are_both_allowed() -> None:
    # No gate of a released Awa objects to live runtimes yet, so this looks at the wish itself.
    config = StackConfig.model_validate({"allowLiveRuntimes": True})
    assert desired_state(config, policy=Policy(allow_pooler=True)).policy == Policy(
        allow_live_runtimes=True, allow_pooler=True
    )
    assert desired_state(
        StackConfig.model_validate({}), policy=Policy(allow_live_runtimes=True)
    ).policy.allow_live_runtimes
    assert not desired_state(StackConfig.model_validate({})).policy.allow_live_runtimes


def test_a_bundle_holds_roles_and_lanes_as_well(run: Run, stack: Path, tmp_path: Path) -> None:
    stack.write_text(EVERYTHING.replace('"40"', "39"), encoding="utf-8")
    outcome = run("package", "--format", "flyway", "--config", str(stack), "--out", str(tmp_path / "out"))
    assert outcome.status == 0
    assert "schema awa up to version 39" in outcome.out
    assert "CREATE ROLE" in (tmp_path / "out" / "roles.sql").read_text(encoding="utf-8")
    written = sorted(path.name for path in (tmp_path / "out").rglob("*.sql"))
    assert "V039__awa_v039.sql" in written
    assert "V040__awa_v040.sql" not in written
    plain = stack.parent / "Pulumi.plain.yaml"
    plain.write_text("config: {awa:queueStorageSchemas: [{schema: acme}]}\n", encoding="utf-8")
    quiet = run("package", "--format", "flyway", "--config", str(plain), "--out", str(tmp_path / "other"))
    assert (quiet.status, quiet.err) == (0, "")


@pytest.mark.parametrize("form", ["psql", "liquibase", "goose"])
def test_a_bundle_waits_for_locks_as_the_configuration_says(form: str, run: Run, tmp_path: Path) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text("config:\n  awa:lockTimeout: 3\n  awa:lockWait: 5\n", encoding="utf-8")
    out = tmp_path / "out"
    assert run("package", "--format", form, "--config", str(config), "--out", str(out)).status == 0
    texts = "".join(path.read_text(encoding="utf-8") for path in out.rglob("*") if path.suffix in {".sql", ".md"})
    assert "('lock_timeout', '3000ms'" in texts
    assert "interval '1 second' * 5" in texts
    assert "'2000ms'" not in texts
    assert "was not free within 5 seconds" in texts
