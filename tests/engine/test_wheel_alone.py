"""The wheel as somebody installs it: alone, with what it depends on and nothing else, far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra.database.target import Target
from tests.engine.projects import Project, Result
from tests.support.wheels import ROOT, build_wheel

CONFIG = "--config={project.config}"

RUNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("config", "check", "{project.config}"), "queue storage acme_jobs"),
    (("config", "schema"), '"$schema"'),
    (("preview", CONFIG), "5 to create"),
    (("up", CONFIG), "5 created"),
    (("refresh", CONFIG), "unchanged"),
    (("status",), "version 40"),
    (("doctor", CONFIG), "nothing blocks a migration"),
    (("plan", CONFIG), "as desired"),
    (("apply", CONFIG), "version 40"),
    (("verify",), "healthy"),
    (("package", "--format=psql", CONFIG, "--out={project.folder}/bundle"), "Wrote a psql bundle"),
    (("bundle", "verify", "{project.folder}/bundle"), "intact"),
    (("explain", "downgrade"), "a gate"),
    (("completion", "bash"), "_awa_infra_completion"),
    (("dev", "status"), "No server runs"),
    (("destroy", CONFIG, "--yes"), "[protected-resources]"),
)
"""Every command once, in the order in which somebody would type them, and some words of what it says."""

STATUS = {"destroy": 3, "dev": 1}
"""Of the commands that do not end with 0: schema awa is protected, and no server for development runs."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, with the locked versions; return the folder of its commands."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = run(ROOT / "devtools" / "get-uv").strip()
    wheel = build_wheel(folder)
    run(
        uv,
        "export",
        "--frozen",
        "--no-default-groups",
        "--no-emit-project",
        "--quiet",
        "--output-file",
        folder / "locked.txt",
    )
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(uv, "pip", "install", "--quiet", "--python", python, "--requirement", folder / "locked.txt", wheel)
    return python.parent


def run(*words: str | Path) -> str:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def command(installed: Path, project: Project, *words: str) -> Result:
    return project.run(str(installed / "awa-infra"), *(word.format(project=project) for word in words))


def test_every_command_works_from_the_wheel_alone(installed: Path, project: Project) -> None:
    server = project.environment["DATABASE_URL"]
    alone = {key: value for key, value in project.environment.items() if not key.startswith("PYTHON")}
    alone |= {"PULUMI_PYTHON_CMD": str(installed / "python")}
    alone["PATH"] = os.pathsep.join([str(installed), alone["PATH"]])
    engine = replace(project, environment=alone)
    database = replace(
        project, environment=alone | {"DATABASE_URL": Target.of(server).with_database(project.database.name)}
    )
    for words, expected in RUNS:
        through_engine = words[0] in {"preview", "up", "refresh", "destroy"}
        done = command(installed, engine if through_engine else database, *words)
        assert done.status == STATUS.get(words[0], 0), f"{words}\n{done.stdout}{done.stderr}"
        assert expected in done.stdout + done.stderr, f"{words}\n{done.stdout}{done.stderr}"


def test_nothing_of_the_checkout_is_in_that_environment(installed: Path) -> None:
    where = run(installed / "python", "-I", "-c", "import awa_infra, sys; print(awa_infra.__file__)")
    assert where.startswith(str(installed.parent))
    done = subprocess.run([installed / "python", "-I", "-c", "import pytest"], capture_output=True, check=False)
    assert done.returncode != 0


def test_the_plugin_of_the_wheel_says_its_version(installed: Path) -> None:
    assert run(installed / "pulumi-resource-awa", "--version").strip()
