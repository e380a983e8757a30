"""The policy pack of the examples, loaded by the real engine into real previews."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awa_infra import __version__
from devtools import docs_shown
from devtools.docs_shown import Sandbox
from devtools.processes import find_uv
from tests.engine.conftest import CANARY, Example
from tests.engine.projects import EXAMPLES

PACK = EXAMPLES / "policies"

PROGRAM = f"""
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

from awa_infra import AwaDatabase, AwaSchema, QueueStorageSchema

URL = "postgresql://app:{CANARY}@db.example/jobs"


class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("made", {{}})


class Note(Resource, module="acme", name="Note"):
    def __init__(self, name, url):
        super().__init__(Provider(), name, {{"url": url}})


Note("in-clear", URL)
Note("hidden", pulumi.Output.secret(URL))
url = AwaDatabase("database", server_url=pulumi.Config("awa").require_secret("databaseUrl"), name="not_there_yet").url
schema = AwaSchema("awa", database_url=url, opts=pulumi.ResourceOptions(protect=False))
QueueStorageSchema(
    "trial", database_url=url, schema="trial", deletion_policy="drop", force_drop=True,
    opts=pulumi.ResourceOptions(depends_on=schema),
)
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a command that Pulumi takes for the pack, with what the pack asks for installed.

    It starts the pack as Pulumi's language host does. The newest host that a registry has starts it in the folder of
    the program, where it does not find it.
    """
    folder = tmp_path_factory.mktemp("policies")
    uv = find_uv()
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(uv, "pip", "install", "--quiet", "--python", python, "--requirement", PACK / "requirements.txt")
    command = folder / "pack"
    command.write_text(f'#!/bin/sh\nexec {shlex.join([str(python), "-um", "pulumi.policy"])} "$1" {PACK}\n')
    command.chmod(0o755)
    return command


def run(*words: str | Path) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=300)


@pytest.fixture
def copied(example: Callable[[str], Example], pack: Path) -> Example:
    """Return the YAML example with the stack ``prod``; the pack is where its page has it."""
    made = example("plugin-yaml")
    (made.folder.parent / "policies").symlink_to(pack)
    return made


def begin(example: Example, *secrets: str) -> None:
    """Make the stack, with configuration that the pages take from the environment."""
    assert example.pulumi("stack", "init", "prod")[0] == 0
    for key in secrets:
        variable = re.sub(r"(?=[A-Z])", "_", key.split(":")[-1]).upper()
        assert example.pulumi("config", "set", "--secret", key, given=example.environment[variable])[0] == 0


def test_the_page_of_the_policies_shows_what_pulumi_says(copied: Example) -> None:
    plugin = ("plugin", "install", "resource", "awa", __version__, "--file=.venv/bin/pulumi-resource-awa")
    assert (
        subprocess.run(
            ["pulumi", *plugin], cwd=copied.folder, env=copied.environment, timeout=300, check=False
        ).returncode
        == 0
    )
    begin(copied, "databaseUrl", "runtimePassword")
    sandbox = Sandbox(copied.folder, copied.environment, copied.names)
    ran = list(docs_shown.run(PACK / "README.md", sandbox, ["pulumi install"]))
    assert docs_shown.problems(ran, sandbox) == []
    program = copied.folder / "Pulumi.yaml"
    program.write_text(program.read_text().replace("    options:\n", "    options:\n      protect: true\n"))
    status, shown = copied.pulumi("preview", "--policy-pack=../policies")
    assert (status, "✅ awa@" in shown) == (0, True), shown


def test_a_python_program_is_held_to_the_policies(copied: Example) -> None:
    (copied.folder / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    (copied.folder / "__main__.py").write_text(PROGRAM)
    begin(copied, "awa:databaseUrl")
    status, shown = copied.pulumi("preview", "--policy-pack=../policies")
    assert status != 0
    told = re.findall(r"- \[(\w+)]  (\S+)  \((.*)\)", shown)
    assert sorted(told) == [
        ("mandatory", "nothing-is-force-dropped", "pulumi-python:dynamic/awa:QueueStorageSchema: trial"),
        ("mandatory", "roles-are-separate", "pulumi-python:dynamic/awa:AwaSchema: awa"),
        ("mandatory", "schema-is-protected", "pulumi-python:dynamic/awa:AwaSchema: awa"),
        ("remediate", "connections-are-secrets", "1 resource"),  # not the one whose URL is a secret already
    ], shown
    assert CANARY not in shown
    # a stack of another name may drop what it likes
    (copied.folder / "production.json").write_text('{"nothing-is-force-dropped": {"productionStacks": ["live"]}}')
    shown = copied.pulumi("preview", "--policy-pack=../policies", "--policy-pack-config=production.json")[1]
    assert "roles-are-separate" in shown
    assert "nothing-is-force-dropped" not in shown
