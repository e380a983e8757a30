"""The archive of the plugin, installed by Pulumi where there is no Python."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra import __version__
from awa_infra.database.observe import read_state
from devtools import plugin_archive
from devtools.docs_shown import ROOT
from devtools.progress import ToolError
from tests.engine.conftest import Example
from tests.support.servers import Database

OLDEST = (2, 28)
"""The C library that the page says is needed."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plugin_archive.build(tmp_path_factory.mktemp("archive") / "dist")


def test_the_archive_needs_no_newer_c_library_than_the_page_says(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    # What comes from this machine's Python needs this machine's C library; a release packs a Python for old ones.
    own = {
        path
        for path in tmp_path.rglob("*")
        if path.parent.name in {tmp_path.name, "_internal", "lib-dynload"} and path.name != "pulumi-resource-awa"
    }
    needed = {path: plugin_archive.c_library(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert len([version for path, version in needed.items() if path not in own and version > (0, 0)]) > 5
    assert {path.name: version for path, version in needed.items() if path not in own and version > OLDEST} == {}
    # Nor is there a library that other machines have, which needs more.
    assert [path.name for path in own if path.name.startswith(("libc.", "libgcc_s.", "libstdc++."))] == []
    newest = ".".join(map(str, OLDEST))
    assert f"glibc {newest}" in " ".join((ROOT / "docs/how-to/use-from-other-languages.md").read_text().split())
    assert f"--c-library {newest}" in (ROOT / ".github/workflows/release.yml").read_text()
    with pytest.raises(ToolError, match=r"newer than 2\.5\n(?s:.*)_message\.abi3\.so needs 2\.\d+"):
        plugin_archive.demand(tmp_path, (2, 5))


def test_the_archive_is_a_plugin_that_needs_no_python(
    archive: Path, example: Callable[[str], Example], database: Database, tmp_path: Path
) -> None:
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
