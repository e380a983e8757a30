"""``plan --out`` and ``apply --plan``: what was agreed to, or nothing."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.cli import plan_file
from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from tests.support.command import Run
from tests.support.servers import Database, TestServer

STACK = "config:\n  awa:queueStorageSchemas:\n    - {schema: small, queueSlots: 4, leaseSlots: 2, claimSlots: 2}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_what_was_agreed_to_is_applied_and_doing_it_again_changes_nothing(
    run: Run, database: Database, tmp_path: Path, file: Path
) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text(STACK, encoding="utf-8")
    options = ["--config", str(stack)]
    planned = run("plan", *options, "--out", str(file), url=database.url)
    assert planned.status == 0
    assert f"Next: awa-infra apply --config {stack} --plan {file}" in planned.out
    found = json.loads(file.read_text())
    assert f"Digest: {found['digest']}" in planned.out
    assert run("plan", *options, "--json", url=database.url).data["digest"] == found["digest"]
    assert not read_state(database.url).schema_exists
    done = run("apply", *options, "--plan", str(file), url=database.url)
    assert done.status == 0
    again = run("apply", *options, "--plan", str(file), url=database.url)
    assert again.status == 0
    assert "is already as desired" in again.out


def test_other_options_than_those_of_the_plan_are_refused_and_named(run: Run, database: Database, file: Path) -> None:
    planned = run("plan", "--target-version", "39", "--allow-live-runtimes", "--out", str(file), url=database.url)
    assert planned.status == 0
    assert f"Next: awa-infra apply --target-version 39 --allow-live-runtimes --plan {file}" in planned.out
    refused = run("apply", "--plan", str(file), url=database.url)
    assert refused.status == 3
    assert "[stale-plan]" in refused.err
    assert "new in the plan: V040" in refused.err
    assert "Give the options with which the plan was made" in refused.err
    assert not read_state(database.url).schema_exists


def test_a_database_that_changed_since_is_left_alone(run: Run, database: Database, file: Path) -> None:
    assert run("plan", "--out", str(file), url=database.url).status == 0
    assert run("apply", "--target-version", "38", url=database.url).status == 0
    refused = run("apply", "--json", "--plan", str(file), url=database.url)
    assert refused.status == 3
    assert "schema awa: at version 0 then, at version 38 now" in refused.data["error"]["details"]
    assert read_state(database.url).version == 38


def test_a_plan_for_one_database_is_not_for_its_copy(
    run: Run, server: TestServer, database: Database, file: Path
) -> None:
    assert run("plan", "--out", str(file), url=database.url).status == 0
    copy = server.create(database.name)
    try:
        refused = run("apply", "--plan", str(file), url=copy.url)
        assert refused.status == 3
        assert f"this is another one: {copy.name}" in refused.err
        assert not read_state(copy.url).schema_exists
    finally:
        server.drop(copy)


def test_a_role_that_may_not_ask_for_the_servers_identifier_can_make_and_apply_a_plan(
    run: Run, database: Database, file: Path
) -> None:
    role = f"planner_of_{database.name}"
    name, which = sql.Identifier(role), sql.Identifier(database.name)
    ask = "ON FUNCTION pg_catalog.pg_control_system() {} PUBLIC"
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(name))
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(which, name))
        connection.execute(f"REVOKE EXECUTE {ask.format('FROM')}".encode())
        try:
            url = Target.of(database.url).with_login(role, "x")
            assert run("plan", "--out", str(file), url=url).status == 0
            assert json.loads(file.read_text())["database"]["system_identifier"] is None
            assert run("apply", "--plan", str(file), url=url).status == 0
        finally:
            connection.execute(f"GRANT EXECUTE {ask.format('TO')}".encode())
            connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(name))
            connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


def test_a_blocked_plan_is_not_written(run: Run, awa_database: Database, file: Path) -> None:
    blocked = run("plan", "--target-version", "9", "--out", str(file), url=awa_database.url)
    assert blocked.status == 3
    assert not file.exists()


def test_a_file_that_is_no_plan_is_never_replaced(run: Run, database: Database, file: Path) -> None:
    file.write_text("my notes", encoding="utf-8")
    refused = run("plan", "--out", str(file), url=database.url)
    assert refused.status == 2
    assert "no plan file that could be replaced" in refused.err
    assert file.read_text() == "my notes"
    file.unlink()
    for _ in range(2):  # its own it replaces
        assert run("plan", "--out", str(file), url=database.url).status == 0
    assert [path.name for path in file.parent.iterdir() if "plan" in path.name] == ["plan.json"]


@pytest.mark.parametrize("name", ["none.json", "notes.txt", "."])
def test_a_plan_that_cannot_be_read_is_refused_before_any_connection(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_bytes(b"\xff\xfe")
    refused = run("apply", "--plan", str(tmp_path / name), url="postgresql://u@127.0.0.1:1/x")
    assert refused.status == 2


def test_a_plan_that_cannot_be_written_leaves_nothing(run: Run, database: Database, tmp_path: Path) -> None:
    refused = run("plan", "--out", str(tmp_path / "none" / "plan.json"), url=database.url)
    assert refused.status == 2
    assert "Cannot write" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_to_itself_is_replaced_by_the_plan(run: Run, database: Database, file: Path) -> None:
    file.symlink_to(file)
    assert run("plan", "--out", str(file), url=database.url).status == 0
    assert "plan_file_version" in file.read_text(encoding="utf-8")


def test_a_plan_is_read_from_standard_input(
    run: Run, awa_database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("plan", "--out", str(file), url=awa_database.url).status == 0
    monkeypatch.setattr(plan_file, "_STANDARD_INPUT", file)
    assert run("apply", "--plan", "-", url=awa_database.url).status == 0


def test_a_plan_as_markdown_is_all_that_is_printed(run: Run, database: Database) -> None:
    shown = run("plan", "--markdown", url=database.url)
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith(f"### Awa in database `{database.name}`")
    assert run("plan", "--markdown", "--json", url=database.url).status == 2


def test_a_plan_is_written_as_a_page_that_replaces_only_a_page(run: Run, database: Database, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    for _ in range(2):
        written = run("plan", "--html", str(page), url=database.url)
        assert written.status == 0
        assert f"Wrote {page}." in written.err
        assert "--html" not in written.out
    digest = run("plan", "--json", url=database.url).data["digest"]
    assert digest in page.read_text(encoding="utf-8")
    page.write_bytes(b"my notes \xff")
    refused = run("plan", "--html", str(page), url=database.url)
    assert refused.status == 2
    assert "no page of a plan that could be replaced" in refused.err
    assert page.read_bytes() == b"my notes \xff"
    unreadable = run("plan", "--html", "/proc/self/mem", url=database.url)
    assert unreadable.status == 2
    assert "Cannot read /proc/self/mem" in unreadable.err
    assert "Hint: Name another file." in unreadable.err


def test_a_blocked_plan_has_a_page_that_says_what_blocks(run: Run, awa_database: Database, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    assert run("plan", "--target-version", "9", "--html", str(page), url=awa_database.url).status == 3
    assert "Blocked: 1 condition does not hold." in page.read_text(encoding="utf-8")


def test_a_page_lists_no_condition_that_was_not_checked(run: Run, awa_database: Database, tmp_path: Path) -> None:
    page, config = tmp_path / "plan.html", tmp_path / "Pulumi.prod.yaml"
    config.write_text("config:\n  awa:database: elsewhere\n")
    words = ("plan", "--html", str(page), "--config", str(config))
    assert run(*words, url=awa_database.url).status == 3
    text = page.read_text(encoding="utf-8")
    assert "another-database" in text
    assert "conditions hold<" not in text
    config.write_text("config:\n  awa:guard: false\n")
    assert run(*words, url=awa_database.url).status == 0
    assert "conditions hold<" in page.read_text(encoding="utf-8")


def test_what_is_no_plain_file_is_neither_read_nor_replaced(run: Run, awa_database: Database, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (str(pipe), os.devnull, "-"):
        for words in (("plan", "--out"), ("plan", "--html"), ("verify", "--format=junit", "--output")):
            refused = run(*words, path, url=awa_database.url)
            assert (refused.status, f"{path} is no plain file. [config-invalid]" in refused.err) == (2, True), words
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_plan_and_page_need_a_file_each(run: Run, awa_database: Database, tmp_path: Path) -> None:
    both = str(tmp_path / "plan")
    refused = run("plan", "--out", both, "--html", both, url=awa_database.url)
    assert (refused.status, "--out and --html name the same file." in refused.err) == (2, True)


@pytest.mark.parametrize("start", [0, 38])
def test_plan_status_and_bundle_show_one_digest_so_that_an_approval_can_name_it(
    run: Run, database: Database, tmp_path: Path, start: int
) -> None:
    stack, folder = tmp_path / "Pulumi.dev.yaml", tmp_path / "bundle"
    stack.write_text(STACK, encoding="utf-8")
    options = ["--config", str(stack)]
    written = run("package", "--format", "flyway", "--from", str(start), "--out", str(folder), *options)
    if start:
        assert run("apply", "--target-version", str(start), url=database.url).status == 0
    planned = run("plan", "--json", *options, url=database.url).data
    line = f"Digest: {planned['digest']}\n"
    assert written.out.endswith(line)
    assert json.loads((folder / "manifest.json").read_text())["digest"] == planned["digest"]
    assert f"Digest: `{planned['digest']}`" in (folder / "README.md").read_text()
    assert line in run("bundle", "verify", str(folder)).out
    assert planned["digest"] in run("plan", "--markdown", *options, url=database.url).out
    shown = run("status", *options, url=database.url).out
    assert f"digest:          {planned['digest']}\n" in shown
    assert f"pending:         {len(planned['steps'])} steps, see awa-infra plan\n" in shown
    assert run("status", *options, "--json", url=database.url).data["digest"] == planned["digest"]
    assert "digest" not in run("status", url=database.url).out


def test_status_says_what_blocks_and_when_nothing_is_pending(run: Run, awa_database: Database, tmp_path: Path) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text("config:\n  awa:targetVersion: 9\n", encoding="utf-8")
    assert (
        "awa-infra plan says what to do [downgrade]" in run("status", "--config", str(stack), url=awa_database.url).out
    )
    stack.write_text("config: {}\n", encoding="utf-8")
    assert "pending:         nothing\n" in run("status", "--config", str(stack), url=awa_database.url).out
