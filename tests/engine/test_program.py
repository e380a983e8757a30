from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pulumi import automation

from tests.engine.projects import FROM_CONFIG, Project


def test_a_program_of_one_line_gives_the_resources_of_the_command(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run the program that the pages show, as ``pulumi up`` would, on the state that ``awa-infra up`` made."""
    assert project.awa_infra("up").status == 0
    for key, value in project.environment.items():
        monkeypatch.setenv(key, value)
    stack = automation.create_or_select_stack(
        "dev",
        project_name="awa-quickstart",
        program=lambda: exec(FROM_CONFIG),  # noqa: S102  a text of these tests
        opts=automation.LocalWorkspaceOptions(work_dir=str(project.folder)),
    )
    assert stack.preview().change_summary == {automation.OpType.SAME: 5}


def test_a_program_without_a_database_url_fails_with_one_line(project: Project) -> None:
    del project.environment["DATABASE_URL"]
    failed = project.awa_infra("preview")
    assert failed.status == 8
    assert (
        "There is no database URL. [config-invalid]\n    Hint: Set DATABASE_URL, or keep it in the stack as a secret: "
        in failed.stderr
    )
    assert "Traceback" not in failed.stderr


def test_a_wrong_passphrase_and_a_missing_project_are_explained(project: Project) -> None:
    assert project.awa_infra("up").status == 0
    (project.folder / "passphrase").write_text("wrong")
    wrong = project.awa_infra("preview")
    assert wrong.status == 8
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    (project.folder / "Pulumi.yaml").unlink()
    lost = project.awa_infra("preview")
    assert lost.status == 2
    assert "There is no Pulumi.yaml beside" in lost.stderr


def test_a_place_for_the_state_that_is_missing_is_explained(project: Project) -> None:
    nowhere = project.awa_infra("preview", f"--backend=file://{project.folder}/nowhere")
    assert nowhere.status == 8
    assert "Stack dev cannot be opened: " in nowhere.stderr
    assert "no such file or directory" in nowhere.stderr


def test_a_missing_engine_is_explained(project: Project) -> None:
    project.environment["PATH"] = "/usr/bin:/bin"
    failed = project.awa_infra("up")
    assert failed.status == 8
    assert "The Pulumi command is not on PATH." in failed.stderr


def test_a_password_in_clear_in_the_configuration_is_warned_of_at_every_run(project: Project) -> None:
    url = project.environment["DATABASE_URL"]
    assert project.pulumi("stack", "init", "dev").status == 0
    project.secret("databaseUrl", url)
    encrypted = project.awa_infra("up")
    assert encrypted.status == 0
    project.set(databaseUrl=url)
    for operation in ("preview", "refresh", "destroy"):
        done = project.awa_infra(operation)
        shown = done.stdout + done.stderr
        assert "has a password in clear, in awa:databaseUrl." in shown
        assert "Hint: Encrypt with pulumi config set --secret awa:databaseUrl" in shown
        assert url not in shown
    assert "in clear" not in encrypted.stdout + encrypted.stderr


def test_what_is_wrong_with_a_configuration_is_reported_with_the_connection(project: Project) -> None:
    project.set(databaseUrl="", lockWait=-1)
    refused = project.program("preview")
    text = refused.stdout + refused.stderr
    assert "Pulumi.dev.yaml has 2 problems." in text
    assert "awa:databaseUrl: must not be empty" in text
    assert "awa:lockWait: must be at least 0" in text
    project.set(databaseUrl=None)
    del project.environment["DATABASE_URL"]
    refused = project.program("preview")
    text = refused.stdout + refused.stderr
    assert "awa:databaseUrl: is missing, and DATABASE_URL is not set" in text
    assert "awa:lockWait: must be at least 0" in text


def test_keys_of_the_project_and_the_folder_of_its_stacks_mean_the_same_to_pulumi_and_to_plan(project: Project) -> None:
    (project.folder / "stacks").mkdir()
    moved = project.folder / "stacks" / "Pulumi.dev.yaml"
    project.set(database=None)
    project.config.rename(moved)
    settings = project.folder / "Pulumi.yaml"
    name = project.database.name
    settings.write_text(f"{settings.read_text()}stackConfigDir: stacks\nconfig:\n  awa:database: {name}\n")
    command = (str(Path(sys.executable).with_name("awa-infra")), f"--config={moved}")
    previewed = project.run(command[0], "preview", command[1])
    assert previewed.status == 0, previewed.stderr
    assert f"Database {name} is missing and is created." in previewed.stderr
    planned = project.run(command[0], "plan", command[1])
    assert planned.status == 3, planned.stdout
    assert f"The configuration declares database {name}, but the database URL names database postgres." in (
        planned.stdout + planned.stderr
    )


def test_a_stack_is_found_in_the_organization_that_is_named(project: Project) -> None:
    other = project.awa_infra("preview", "--stack=acme/awa-quickstart/dev")
    assert other.status == 8
    assert "Stack acme/awa-quickstart/dev cannot be opened: " in other.stderr
    # That is the only one of a backend in a folder.
    own = project.awa_infra("preview", "--stack=organization/awa-quickstart/dev")
    assert own.status == 0, own.stderr
    assert "5 to create" in own.stdout
    assert project.awa_infra("preview").status == 0
