"""What the release before this one leaves: stacks, bundles, plans, options; taken over by this one, for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awa_infra.bundles.formats import FORMATS
from tests.engine.projects import Project, Result
from tests.support.servers import Database
from tests.support.tools import dump_everything
from tests.support.wheels import ROOT
from tests.tools.runners import flyway, liquibase, sqitch, sqitch_alone

PREVIOUS = Path(__file__).with_name("previous_release.txt")
COMMAND_LINE = """
import json, click
from awa_infra.cli import main

def options(command, context, path):
    found[" ".join(path)] = sorted(name for one in command.params for name in (*one.opts, *one.secondary_opts))
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        options(command.get_command(context, name), context, [*path, name])

found = {}
root = next(value for value in vars(main).values() if isinstance(value, click.Group))
options(root, click.Context(root), [])
print(json.dumps(found))
"""
"""Prints the options of every command."""

CHECKSUMS = {"flyway": flyway, "liquibase": liquibase, "sqitch": sqitch}
"""Tools that refuse a file that changed after they ran it."""

FIRST = CHECKSUMS | {"sqitch": sqitch_alone}
"""How the bundles of the previous release are run: its one for sqitch had no ``prerequisite.sql``."""


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the previous release into an environment of its own; return the folder of its commands."""
    folder = tmp_path_factory.mktemp("previous")
    (folder / "wanted.txt").write_text(PREVIOUS.read_text().replace("{root}", str(ROOT)))
    uv = run(ROOT / "devtools" / "get-uv").strip()
    export = (uv, "export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes", "--quiet")
    locked = [line for line in run(*export).splitlines() if not line.startswith("awa-pg==")]
    (folder / "locked.txt").write_text("\n".join(locked))
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    install = (uv, "pip", "install", "--quiet", "--python", python, "--constraint", folder / "locked.txt")
    run(*install, "--requirement", folder / "wanted.txt")
    return python.parent


def run(*words: str | Path, **variables: str) -> str:
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def with_previous(previous: Path, project: Project, *words: str) -> Result:
    alone = {key: value for key, value in project.environment.items() if not key.startswith("PYTHON")}
    alone |= {"PULUMI_PYTHON_CMD": str(previous / "python"), "PATH": os.pathsep.join([str(previous), alone["PATH"]])}
    done = replace(project, environment=alone).run(str(previous / "awa-infra"), *words, f"--config={project.config}")
    assert done.status == 0, done.stdout + done.stderr
    return done


def keys(found: Any) -> set[str]:  # noqa: ANN401  whatever is in a document
    """Return the path of every key in a JSON document; items of lists have one in common."""
    if isinstance(found, dict):
        return {f"/{key}{below}" for key, value in found.items() for below in ("", *keys(value))}
    return {f"/*{below}" for item in found for below in keys(item)} if isinstance(found, list) else set()


def test_a_stack_is_taken_over_and_no_database_changes(previous: Path, shop: Project) -> None:
    shop.set(release=None)
    assert "7 created" in with_previous(previous, shop, "up").stdout
    before = dump_everything(shop.database.url)
    previewed = shop.awa_infra("preview", "--json")
    assert previewed.changes.keys() <= {"same", "update"}
    assert "warning" not in previewed.stderr
    # Both ship the same migrations; what the state says about the release is all that there is to update.
    assert "last applied with 0.6.8" in previewed.stderr
    taken = shop.awa_infra("up", "--json")
    assert taken.changes == previewed.changes
    assert dump_everything(shop.database.url) == before
    assert shop.awa_infra("preview", "--json").changes.keys() == {"same"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_bundle_grows_and_what_it_had_released_stays(previous: Path, form: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    run(previous / "awa-infra", "package", f"--format={form}", f"--out={bundle}")
    assert "intact" in run(command(), "bundle", "verify", bundle)
    run(command(), "package", f"--format={form}", f"--out={bundle}")


@pytest.mark.parametrize("form", CHECKSUMS)
def test_a_tool_that_keeps_checksums_goes_on_with_the_grown_bundle(
    previous: Path, form: str, tmp_path: Path, database: Database
) -> None:
    bundle = tmp_path / "bundle"
    run(previous / "awa-infra", "package", f"--format={form}", f"--out={bundle}")
    first = FIRST[form](database.url, bundle)
    assert first.status == 0, first.output
    before = schema_of_awa(database)
    run(command(), "package", f"--format={form}", f"--out={bundle}")
    second = CHECKSUMS[form](database.url, bundle)
    assert second.status == 0, second.output
    assert schema_of_awa(database) == before
    assert "healthy" in run(command(), "verify", DATABASE_URL=database.url)


def test_no_command_and_no_option_is_gone(previous: Path) -> None:
    before, now = (
        json.loads(run(python, "-c", COMMAND_LINE)) for python in (previous / "python", Path(sys.executable))
    )
    assert len(before) > 10
    for name, options in before.items():
        assert set(options) <= set(now.get(name, ())), name


@pytest.mark.parametrize("words", [("status",), ("plan",), ("verify",)], ids=lambda words: words[0])
def test_a_script_finds_every_key_of_the_json_that_it_knows(
    previous: Path, words: Collection[str], awa_database: Database
) -> None:
    before, now = (
        json.loads(run(awa_infra, *words, "--json", DATABASE_URL=awa_database.url))
        for awa_infra in (previous / "awa-infra", command())
    )
    assert now["json_version"] > before["json_version"] or keys(before) <= keys(now)


def command() -> Path:
    return Path(sys.executable).with_name("awa-infra")


def schema_of_awa(database: Database) -> str:
    """Return everything in the database but the histories of tools, which note when they ran."""
    return "\n".join(part for part in dump_everything(database.url).split("\n\n") if "awa." in part)
