"""The YAML example deployed: through the Python SDK, which needs no language host, and by Pulumi where it has one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import psycopg
import pytest

from devtools import docs_shown, sdks
from devtools.docs_shown import ROOT, Sandbox
from devtools.progress import ToolError
from tests.engine import projects
from tests.engine.projects import EXAMPLES, PASSPHRASE, Project
from tests.support.servers import Database, TestServer
from tests.support.tools import missing
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_THE_PLUGIN

ROLES = ("shop_owner", "shop_runtime")
RUNTIME_PASSWORD = "runs-on-yaml"  # noqa: S105  of a role that is made up

INTERPRETER = '''
"""Declares what Pulumi.yaml says, as Pulumi's own language host for YAML would."""
import re
from pathlib import Path

import pulumi
import pulumi_awa
import yaml

program = yaml.safe_load(Path("Pulumi.yaml").read_text())
names = {key: pulumi.Config().require_secret(key) for key in program["config"]}
snake = lambda name: re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)


def value(given):
    if isinstance(given, dict):
        return {snake(key): value(item) for key, item in given.items()}
    if isinstance(given, list):
        return [value(item) for item in given]
    found = re.fullmatch(r"\\$\\{(\\w+)(?:\\.(\\w+))?\\}", given) if isinstance(given, str) else None
    if not found:
        return given
    return getattr(names[found[1]], snake(found[2])) if found[2] else names[found[1]]


provider = None
for name, resource in program["resources"].items():
    kind = resource["type"].replace("pulumi:providers:awa", "awa:Provider").rpartition(":")[2]
    options = pulumi.ResourceOptions(provider=provider, **value(resource.get("options", {})))
    names[name] = getattr(pulumi_awa, kind)(name, opts=options, **value(resource["properties"]))
    if resource.get("defaultProvider"):
        provider = names[name]
for name, given in program["outputs"].items():
    pulumi.export(name, value(given))
'''


@pytest.fixture
def yaml_project(tmp_path: Path, pulumi_path: str, database: Database, server: TestServer, canary: str) -> Project:
    """Give a copy of the example with names of its own, pointed at a database that does not exist yet."""
    server.drop(database)
    folder = tmp_path / "plugin-yaml"
    shutil.copytree(EXAMPLES / folder.name, folder)
    (folder / "state").mkdir()
    (folder / "passphrase").write_text(PASSPHRASE)
    text = (folder / "Pulumi.yaml").read_text().replace("shop_jobs", database.name)
    for role in ROLES:
        text = text.replace(f": {role}\n", f": {role}_{database.name}\n")
    (folder / "Pulumi.yaml").write_text(text)
    path = os.pathsep.join([str(Path(sys.executable).parent), pulumi_path])
    project = Project(folder, projects.environment(folder, path, canary), database)
    assert project.pulumi("stack", "init", "dev").status == 0
    for key, secret in (("databaseUrl", canary), ("runtimePassword", RUNTIME_PASSWORD)):
        kept = project.pulumi("config", "set", "--secret", key, "--stack=dev", given=secret)
        assert kept.status == 0, kept.stderr
    return project


def deployed(project: Project) -> None:
    """Check what stands in the database, and that the secrets stay out of the state."""
    said = project.pulumi("stack", "output", "--json", "--show-secrets", "--stack=dev").data
    assert (said["schemaVersion"], said["queueSchema"]) == (40, "shop_queue")
    with psycopg.connect(said["runtimeUrl"]) as connection:
        found = connection.execute("SELECT current_user, to_regclass('shop_queue.queue_lanes') IS NOT NULL").fetchone()
    assert found == (f"shop_runtime_{project.database.name}", True)
    assert RUNTIME_PASSWORD not in project.state_text


def test_the_yaml_example_deploys_what_it_says(yaml_project: Project) -> None:
    try:
        yaml_project.environment["PYTHONPATH"] = str(sdks.generated("python"))
    except ToolError as exc:
        missing(f"no SDK: {exc}")
    up = yaml_project.program("up", source=INTERPRETER)
    assert up.status == 0, up.stdout + up.stderr
    deployed(yaml_project)
    again = yaml_project.program("preview", source=INTERPRETER)
    assert "6 unchanged" in again.stdout, again.stdout


def test_pulumi_itself_deploys_the_yaml_example(yaml_project: Project) -> None:
    if shutil.which("pulumi-language-yaml", path=yaml_project.environment["PATH"]) is None:
        # Not even in CI: a command that was built from its Go module has no language hosts.
        pytest.skip("no pulumi-language-yaml on PATH; the official distribution of Pulumi has it")
    up = yaml_project.pulumi("up", "--yes", "--skip-preview", "--stack=dev")
    assert up.status == 0, up.stdout + up.stderr
    deployed(yaml_project)


def test_commands_of_the_page_about_other_languages_do_what_it_says(
    pulumi_path: str, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    environment = docs_shown.environment(
        Path(sys.executable).parent,
        pulumi_path.partition(":")[0],
        DATABASE_URL=database.url,
        PULUMI_BACKEND_URL=f"file://{tmp_path / 'state'}",
        PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
    )
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "shop", "runtime": "nodejs"}))
    sandbox = Sandbox(folder, environment, {})
    assert docs_shown.problems(docs_shown.run(ROOT / RUN_WITH_THE_PLUGIN, sandbox, NOT_RUN), sandbox) == []
