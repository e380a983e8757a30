"""Resources that another program made are never touched by the commands that run a configuration alone."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from awa_infra.database.observe import read_state
from tests.engine.projects import FROM_CONFIG, Project

WITH_A_BUCKET = f"""
import pulumi
{FROM_CONFIG}
pulumi.ComponentResource("acme:index:Bucket", "assets")
"""
ACME_JOBS = {"schema": "acme_jobs", "queueSlots": 6, "leaseSlots": 3, "claimSlots": 2}
ACME_JOBS = {"schema": "acme_jobs", "queueSlots": 6, "leaseSlots": 3, "claimSlots": 2}
BUCKET = "urn:pulumi:dev::awa-quickstart::acme:index:Bucket::assets"


def test_a_resource_of_another_program_stops_every_command_by_name(project: Project) -> None:
    project.pulumi("stack", "init", "dev")
    made = project.program("up", source=WITH_A_BUCKET)
    assert made.status == 0, made.stdout + made.stderr
    before = project.export()["deployment"]
    for command in (("up", "--yes"), ("preview",), ("refresh",), ("destroy", "--yes")):
        refused = project.awa_infra(*command)
        assert refused.status == 3, refused.stderr
        assert "[foreign-resources]" in refused.stderr
        assert BUCKET in refused.stderr
        assert f"pulumi {command[0]} --stack dev --cwd {project.folder}" in refused.stderr
        assert project.export()["deployment"] == before


def test_a_project_with_a_program_is_left_to_pulumi(project: Project) -> None:
    (project.folder / "__main__.py").write_text(WITH_A_BUCKET)
    for command in ("up", "preview", "refresh", "destroy"):
        refused = project.awa_infra(command)
        assert refused.status == 2
        assert f"Run pulumi {command} --stack dev --cwd {project.folder}" in refused.stderr
    assert not any((project.folder / "state").rglob("*.json"))


def test_a_mistyped_stack_is_neither_made_nor_said_to_be_destroyed(project: Project) -> None:
    for command in (("destroy", "--yes"), ("refresh",)):
        refused = project.awa_infra(*command)
        assert refused.status == 8
        assert "Stack dev cannot be opened" in refused.stderr
    assert not any((project.folder / "state").rglob("dev.json"))


@pytest.fixture
def shrunk(project: Project) -> Project:
    """Give a stack with two queue-storage schemas of which the configuration declares one."""
    small = {"queueSlots": 4, "leaseSlots": 2, "claimSlots": 2, "deletionPolicy": "drop"}
    project.declare(ACME_JOBS, {"schema": "small", **small})
    assert project.awa_infra("up").status == 0
    project.declare(ACME_JOBS)
    return project


def test_deleting_is_asked_for_and_needs_yes_where_nobody_can_be_asked(shrunk: Project) -> None:
    unasked = shrunk.awa_infra("up")
    assert unasked.status == 2
    assert "[not-confirmed]" in unasked.stderr
    assert "would delete or replace 1 resource, and there is no terminal" in unasked.stderr
    assert "::awa-queue-storage-small" in unasked.stderr
    assert "run: awa-infra up --yes" in unasked.stderr

    assert "Do it? [y/N]" in on_a_terminal(shrunk, "up", answer="n")
    assert read_state(shrunk.database.url).substrate("small") is not None

    assert "1 deleted" in on_a_terminal(shrunk, "up", answer="y")
    assert read_state(shrunk.database.url).substrate("small") is None

    # A protected resource is found before anything is asked.
    before = shrunk.export()["deployment"]["resources"]
    assert "[protected-resources]" in shrunk.awa_infra("destroy").stderr
    shrunk.pulumi("state", "unprotect", "--all", "--stack=dev", "--yes")
    assert shrunk.awa_infra("destroy").status == 2
    assert "Do it? [y/N]" in on_a_terminal(shrunk, "destroy", answer="n")
    assert len(shrunk.export()["deployment"]["resources"]) == len(before)


def test_a_destroy_that_would_stop_at_schema_awa_drops_nothing_before(shrunk: Project) -> None:
    small = {"queueSlots": 4, "leaseSlots": 2, "claimSlots": 2, "deletionPolicy": "drop"}
    shrunk.declare(ACME_JOBS, {"schema": "small", **small})
    before = shrunk.export()["deployment"]["resources"]
    refused = shrunk.awa_infra("destroy", "--yes")
    assert refused.status == 3
    assert "Stack dev holds a protected resource, which Pulumi refuses to forget. Nothing was run." in refused.stderr
    assert read_state(shrunk.database.url).substrate("small") is not None
    assert shrunk.export()["deployment"]["resources"] == before


def on_a_terminal(project: Project, command: str, answer: str) -> str:
    """Run a command of the product on a terminal, answer it, and return what it showed."""
    leader, follower = pty.openpty()
    os.write(leader, f"{answer}\n".encode())
    said: list[bytes] = []

    def read() -> None:
        # Linux answers EIO when the last process has closed the terminal.
        with contextlib.suppress(OSError):
            while part := os.read(leader, 65536):
                said.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    tool = str(Path(sys.executable).with_name("awa-infra"))
    done = subprocess.run(
        [tool, command, f"--config={project.config}"],
        cwd=project.folder,
        env=project.environment,
        stdin=follower,
        stderr=follower,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )
    os.close(follower)
    reader.join()
    os.close(leader)
    return b"".join(said).decode(errors="replace") + done.stdout
