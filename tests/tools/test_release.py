"""What the release workflow makes, apart from what it needs GitHub for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tests.support.wheels import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"


def locked() -> dict[str, str]:
    """Return the version of each package in the lock file."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package["version"] for package in lock["package"]}


def step(name: str) -> str:
    """Return the command of a step of the workflow."""
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    (found,) = (step["run"] for job in jobs for step in job["steps"] if step.get("name") == name)
    return str(found)


def test_the_sbom_is_valid_and_lists_what_is_installed_with_the_wheel(tmp_path: Path) -> None:
    uv = subprocess.run([ROOT / "devtools" / "get-uv"], capture_output=True, text=True, check=True, timeout=300).stdout
    command = re.sub(r"dist/", f"{tmp_path}/", step("what is in it"))
    path = os.pathsep.join([str(Path(uv.strip()).parent), os.environ["PATH"]])
    words, environment = ["bash", "-euc", command], {**os.environ, "PATH": path}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    sbom = json.loads((tmp_path / "awa-infra.cdx.json").read_text(encoding="utf-8"))
    components = {one["name"]: one["version"] for one in sbom["components"]}
    assert components.keys().isdisjoint({"pytest", "sphinx"})
    # The validator compares each package, and each of its files, with each other one: minutes for all of them.
    del sbom["components"][5:]
    for one in sbom["components"]:
        del one["externalReferences"][2:]
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(sbom)) is None
    assert components.items() <= locked().items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {Requirement(one).name for one in project["dependencies"]} <= components.keys()
    # Groups that `--no-dev` would leave in, because they are installed by default as well.
    assert {"furo", "mypy", "pyinstaller", "pytest", "sphinx"} & components.keys() == set()


def test_a_release_is_built_with_the_backend_that_the_tests_build_with() -> None:
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]
    assert pinned["build-constraint-dependencies"] == [f"hatchling=={locked()['hatchling']}"]
