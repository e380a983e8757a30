from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from awa_infra.database import clones
from awa_infra.dev import notes, project
from awa_infra.dev.project import DevServer
from awa_infra.errors import LocalServerError, NoTestServerError
from awa_infra.testing import servers
from devtools.docs_json import fields
from tests.support.command import Run
from tests.support.servers import TestServer

# docs/how-to/develop-with-a-database.md starts a real server, stops it and deletes it.


def test_a_folder_of_others_is_neither_used_nor_deleted(tmp_path: Path, run: Run) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "mine").write_text("mine")
    for words in (("start",), ("stop",), ("stop", "--delete")):
        outcome = run("dev", *words, "--folder", str(tmp_path))
        assert outcome.status == 3
        assert "[not-ours]" in outcome.err
    assert (tmp_path / "postgres" / "mine").read_text() == "mine"


def test_deleting_takes_only_what_start_made(tmp_path: Path, run: Run) -> None:
    (tmp_path / "dev.json").write_text('{"database": "jobs"}')
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "notes.txt").write_text("mine")
    outcome = run("dev", "stop", "--delete", "--folder", str(tmp_path))
    assert outcome.status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("content", ["", "{", '{"database": "jobs", "container": {"image": "x", "of a later one": 1}}'])
def test_a_folder_whose_notes_are_damaged_is_not_taken_for_somebody_elses(
    content: str, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "dev.json").write_text(content)
    for command in (["start"], ["status"], ["stop", "--delete"]):
        outcome = run("dev", *command, "--folder", str(tmp_path))
        assert outcome.status == 4
        assert "dev.json is damaged, or was written by a newer awa-infra." in outcome.err
        assert "did not make" not in outcome.err
    assert (tmp_path / "dev.json").read_text() == content


def test_without_a_server_each_command_says_so(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("dev", "stop").out == f"No server runs with its data in {tmp_path / '.awa'}.\n"
    for command in ("url", "psql"):
        outcome = run("dev", command)
        assert outcome.status == 4
        assert "Hint: Start it: awa-infra dev start." in outcome.err
    outcome = run("dev", "status", "--json")
    assert (outcome.status, outcome.data["running"]) == (1, False)
    assert list(tmp_path.iterdir()) == []


def test_commands_find_the_server_from_a_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".awa").mkdir()
    (tmp_path / ".awa" / "dev.json").write_text('{"database": "jobs"}')
    below = tmp_path / "src" / "jobs"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project.folder_of() == tmp_path / ".awa"
    assert project.folder_of(Path("other")) == below / "other"


def test_the_status_as_data_has_every_field_and_no_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://u:hidden@127.0.0.1:1/"
    found = DevServer(Path("/x/.awa"), f"{url}jobs", f"{url}postgres", "jobs", "127.0.0.1", 1, 18)
    monkeypatch.setattr(project, "running", lambda _folder: found)
    outcome = run("dev", "status", "--json")
    assert outcome.status == 0
    assert set(outcome.data) - {"json_version"} == set(fields()["dev status"])
    assert "hidden" not in json.dumps(outcome.data)
    assert "hidden" not in repr(found)


def test_clean_drops_what_a_run_left_and_names_what_it_leaves(
    server: TestServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(servers.FOLDER, str(tmp_path))
    with clones.run(server.url) as begun:
        template = begun.template("of clean", lambda _url: None)
        left = begun.clone(template)
        outcome = run("dev", "clean", "--templates", "--database-url", server.url)
        assert outcome.out.splitlines() == [
            "No shared server was removed: there is none, or a test run uses it.",
            "Dropped 0; in use 2; templates that stay 1.",
        ]
    outcome = run("dev", "clean", "--templates", "--database-url", server.url)
    assert outcome.out.splitlines()[1:] == [
        f"Dropped {left}.",
        f"Dropped {template}.",
        "Dropped 2; in use 0; templates that stay 0.",
    ]


def test_variables_of_libpq_keep_nobody_from_a_server_of_his_own_and_are_there_afterwards(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {"PGSERVICE": "of-production", "PGSSLMODE": "require", "PGHOSTADDR": "192.0.2.1"}
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / ".awa"
    folder.symlink_to("elsewhere")
    try:
        started = run("dev", "start", "--folder", str(folder))
    finally:
        deleted = run("dev", "stop", "--delete", "--folder", str(folder))
    assert (started.status, deleted.status) == (0, 0), started.err + deleted.err
    assert {name: os.environ[name] for name in others} == others
    # The link is the user's own.
    assert folder.is_symlink()
    assert list(folder.iterdir()) == []


def test_a_folder_for_servers_of_tests_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(servers.FOLDER, "/proc/nowhere")
    with pytest.raises(NoTestServerError, match="can have its data in /proc/nowhere: ") as caught:
        servers.remove_shared_server()
    assert servers.FOLDER in caught.value.hint


def test_clean_says_what_it_did_not_look_at(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(servers.FOLDER, str(tmp_path))
    monkeypatch.setenv(servers.VARIABLE, " ")
    outcome = run("dev", "clean")
    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        "No shared server was removed: there is none, or a test run uses it.",
        "No databases were checked: AWA_TEST_DATABASE_URL is not set.",
    ]


def test_what_a_start_left_that_was_killed_is_no_reason_to_refuse_a_folder(tmp_path: Path) -> None:
    ignore = tmp_path / ".gitignore"
    ignore.write_text("*\n")
    (tmp_path / "dev.json.new").touch()
    assert notes.names_of_others(tmp_path) == set()
    ignore.write_text("*.log\n")
    assert notes.names_of_others(tmp_path) == {".gitignore"}


@pytest.mark.parametrize("name", ['a "quoted" one', "with $HOME", "with `ls`", "with \\"])
def test_a_folder_whose_name_means_something_to_a_shell_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / ".awa"
    outcome = run("dev", "start", "--folder", str(folder))
    assert outcome.status == LocalServerError.exit_status
    assert "Hint: Name another folder." in outcome.err
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_to_is_refused_by_name(run: Run) -> None:
    # Root cannot make a folder there either.
    outcome = run("dev", "start", "--folder", "/proc/nowhere/.awa")
    assert outcome.status == LocalServerError.exit_status
    assert "Folder /proc/nowhere/.awa cannot be written to: " in outcome.err
    assert "Hint: Name another folder with --folder." in outcome.err
