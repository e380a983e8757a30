"""The folder ``provider``: installed as its README says, and used where it is, by Pulumi with its language hosts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.engine.projects import PASSPHRASE

FOLDER = ROOT / "provider"
README = FOLDER / "README.md"

HOST_WAS_FASTER = "os: process already finished"
"""How an installation by Pulumi 3.274.1 ends now and then: the language host has ended before it is stopped."""


@pytest.fixture
def copied(tmp_path: Path, hosted_path: str) -> Sandbox:
    """Return where the folder lies beside a program of one resource: a provider, which starts the plugin."""
    shutil.copytree(FOLDER, tmp_path / "provider")
    project = tmp_path / "project"
    (project / "state").mkdir(parents=True)
    environment = docs_shown.environment(
        PULUMI_BACKEND_URL=f"file://{project / 'state'}",
        PULUMI_HOME=str(tmp_path / "home"),
        PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
    )
    return Sandbox(tmp_path, environment | {"PATH": hosted_path}, {})


def preview(copied: Sandbox, **variables: str) -> str:
    """Preview the program with the version of the plugin, which must say that it is fine with its configuration."""
    outcome = ""
    for command in (("stack", "init", "dev"), ("preview", "--stack=dev")):
        done = subprocess.run(
            ["pulumi", "--non-interactive", *command],
            cwd=copied.folder / "project",
            env={**copied.environment, **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        outcome = done.stdout + done.stderr
        assert done.returncode == 0, outcome
    return outcome


def program(copied: Sandbox, **keys: object) -> None:
    content = {"name": "folder", "runtime": "yaml", "resources": {"it": {"type": "pulumi:providers:awa"}}, **keys}
    (copied.folder / "project" / "Pulumi.yaml").write_text(yaml.safe_dump(content))


@pytest.mark.parametrize("number", [0, 1], ids=["plugins", "packages"])
def test_the_folder_is_used_where_it_is_as_its_page_says(copied: Sandbox, number: int) -> None:
    program(copied, **yaml.safe_load(docs_shown.blocks(README, "yaml")[number].text))
    # That Python has what awa-infra depends on.
    said = preview(copied, PYTHONPATH=str(ROOT))
    assert "+ 2 to create" in said, said
    assert "exited prematurely" not in said, said


def test_the_folder_is_installed_as_its_page_says(copied: Sandbox, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "dist"],
        cwd=ROOT,
        check=True,
        timeout=300,
        capture_output=True,
    )
    # What awa-infra depends on is here already; its own code comes from the wheel.
    environment = {**copied.environment, "PIP_FIND_LINKS": str(tmp_path / "dist"), "PIP_NO_DEPS": "1"}
    sandbox = Sandbox(copied.folder, environment, {})
    found = docs_shown.problems(list(docs_shown.run(README, sandbox, [])), sandbox)
    if any(HOST_WAS_FASTER in problem for problem in found):
        found = docs_shown.problems(list(docs_shown.run(README, sandbox, [])), sandbox)
    assert found == []
    (code,) = (tmp_path / "home" / "plugins").glob("resource-awa-*/**/site-packages/awa_infra/plugin/main.py")
    assert code.is_file()
    program(copied)
    # The Python on PATH has no awa-infra: the plugin is that of the folder.
    said = preview(copied, PYTHONPATH=sysconfig.get_path("purelib"))
    assert "+ 2 to create" in said, said
