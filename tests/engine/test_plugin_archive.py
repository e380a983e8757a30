"""The archive of the plugin, installed by Pulumi where there is no Python."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from awa_infra import __version__
from awa_infra.database.observe import read_state
from devtools import plugin_archive
from tests.engine.conftest import Example
from tests.support.servers import Database


def test_the_archive_is_a_plugin_that_needs_no_python(
    example: Callable[[str], Example], database: Database, tmp_path: Path
) -> None:
    archive = plugin_archive.build(tmp_path / "dist")
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert {"pulumi-resource-awa", "LICENSE"} <= set(names)  # at the root, where Pulumi looks
    assert [name for name in names if name.endswith(("direct_url.json", "RECORD"))] == []
    copied = example("plugin-yaml")
    (copied.folder / ".venv").unlink()
    programs = tmp_path / "bin"  # all that this machine has: no Python, and no awa-infra
    programs.mkdir()
    for command in Path(copied.environment["PATH"].split(os.pathsep)[0]).iterdir():
        (programs / command.name).symlink_to(command)
    alone = replace(copied, environment=copied.environment | {"PATH": str(programs)})

    def pulumi(*words: str, given: str = "") -> str:
        status, shown = alone.pulumi(*words, given=given)
        assert status == 0, shown
        return shown

    pulumi("plugin", "install", "resource", "awa", __version__, f"--file={archive}")
    pulumi("stack", "init", "dev")
    for key, variable in (("databaseUrl", "DATABASE_URL"), ("runtimePassword", "RUNTIME_PASSWORD")):
        pulumi("config", "set", "--secret", key, given=alone.environment[variable])
    assert "6 created" in pulumi("up", "--yes", "--skip-preview")
    state = read_state(database.url)
    assert (state.version, {substrate.schema for substrate in state.substrates}) == (40, {"awa", "shop_queue"})
