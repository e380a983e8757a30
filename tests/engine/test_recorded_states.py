"""What earlier versions left in Pulumi's state still means that nothing is to be done."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from awa_infra.database.target import Target
from awa_infra.plugin.kinds import KINDS
from devtools.record_states import LOGIN, PASSPHRASE, SERVER, STACKS, STATES
from tests.engine import projects
from tests.engine.conftest import CANARY, ROLES
from tests.engine.projects import Project
from tests.support.servers import Database, TestServer

RECORDED = sorted(path.parent for path in STATES.glob("*/*/state.json"))
NAMES = ("awa_quickstart", "shop_jobs")
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  how Pulumi marks one


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_state_of_an_earlier_version_previews_clean(
    recorded: Path, tmp_path: Path, pulumi_path: str, database: Database, server: TestServer, canary: str
) -> None:
    server.drop(database)
    where = Target.of(canary).parameters
    # Made up when they were recorded; the passwords in the configuration are encrypted, so those stay.
    replaced = {
        rf"{LOGIN}:recorded@{SERVER}": f"{where['user']}:{CANARY}@{where['host']}:{where['port']}",
        rf"\b(?<!//){LOGIN}\b": where["user"],
        **dict.fromkeys((rf"\b{name}\b" for name in NAMES), database.name),
        **{rf"\b{role}\b": f"{role}_{database.name}" for role in ROLES},
        SERVER: f"{where['host']}:{where['port']}",
    }
    folder = tmp_path / recorded.name
    shutil.copytree(recorded, folder)
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        for pattern, own in replaced.items():
            text = re.sub(pattern, own, text)
        path.write_text(text, encoding="utf-8")
    (folder / "state").mkdir()
    (folder / "passphrase").write_text(PASSPHRASE)
    project = Project(folder, projects.environment(folder, pulumi_path, canary), database, STACKS[recorded.name])
    state = json.loads((folder / "state.json").read_text())
    declared = [r for r in state["deployment"]["resources"] if "dynamic/awa:" in r["type"]]
    for resource in declared:
        make(resource)

    project.pulumi("stack", "init", project.stack)
    imported = project.pulumi("stack", "import", f"--stack={project.stack}", given=json.dumps(state))
    assert imported.status == 0, imported.stderr
    previewed = project.awa_infra("preview", "--json")
    assert previewed.changes == {"same": len(declared) + 2}, previewed.stderr  # with stack and component
    assert "warning" not in previewed.stderr


def make(resource: dict[str, Any]) -> None:
    """Bring the database to what a resource of the state declares, without the engine."""
    lifecycle = next(found for found in KINDS.values() if resource["type"].endswith(f":{found.name}"))
    inputs = {key: plain(value) for key, value in resource["inputs"].items() if key != "__provider"}
    lifecycle.create(inputs, say_nothing)


def say_nothing(message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
    """Take a line and drop it."""
    del message, warning, ephemeral


def plain(value: Any) -> Any:  # noqa: ANN401  whatever a state holds
    return json.loads(value["plaintext"]) if isinstance(value, dict) and SECRET in value else value
