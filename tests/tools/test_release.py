"""What the release workflow makes, apart from what it needs GitHub for."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tarfile
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from tests.support.wheels import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"


BUILT = {
    "build": ("awa_infra-0.1.0-py3-none-any.whl", "awa_infra-0.1.0.tar.gz", "awa-infra.cdx.json"),
    "plugin": ("pulumi-resource-awa-v0.1.0-linux-amd64.tar.gz",),
    "sdks": ("pulumi_awa-0.1.0-py3-none-any.whl", "pulumi_awa-0.1.0.tar.gz", "awa-infra-awa-0.1.0.tgz"),
}
"""What the jobs of the workflow build."""


def locked() -> dict[str, str]:
    """Return the version of each package in the lock file."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package["version"] for package in lock["package"]}


def steps(job: str) -> list[dict[str, Any]]:
    """Return the steps of a job of the workflow."""
    return list(yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"][job]["steps"])


def step(job: str, name: str) -> str:
    """Return the command of a step of the workflow."""
    (found,) = (step["run"] for step in steps(job) if step.get("name") == name)
    return str(found)


def tried(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a runner of GitHub does."""
    words = ["bash", "-e", "-c", command]
    environment = {**os.environ, **variables}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


def act(command: str, folder: Path, **variables: str) -> str:
    done = tried(command, folder, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lay(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")


def test_the_sbom_is_valid_and_lists_what_is_installed_with_the_wheel(tmp_path: Path) -> None:
    uv = subprocess.run([ROOT / "devtools" / "get-uv"], capture_output=True, text=True, check=True, timeout=300).stdout
    path = os.pathsep.join([str(Path(uv.strip()).parent), os.environ["PATH"]])
    act(step("build", "what is in it").replace("dist/", f"{tmp_path}/"), ROOT, PATH=path)
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


def test_nothing_is_built_before_the_sdks_name_the_repository(tmp_path: Path) -> None:
    schema = json.loads((ROOT / "provider" / "schema.json").read_text(encoding="utf-8"))
    schema["repository"] = "https://github.com/acme/awa-infra"
    named = json.dumps(schema, indent=2)
    schema["repository"] = ""
    nameless = json.dumps(schema, indent=2)
    command = step("build", "the SDKs name this repository")
    here = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/awa-infra"}
    other = {**here, "GITHUB_REPOSITORY": "acme/awa"}
    (tmp_path / "provider").mkdir()
    for content, variables, status in (
        (named, here, 0),
        (named, other, 1),
        (nameless, here, 1),
    ):
        (tmp_path / "provider" / "schema.json").write_text(content, encoding="utf-8")
        assert tried(command, tmp_path, **variables).returncode == status


def test_the_source_archive_has_all_that_the_repository_has(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = tmp_path.iterdir()
    with tarfile.open(path) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    kept = act("git ls-files", ROOT).splitlines()
    assert {name for name in kept if name not in packed} == {".pre-commit-config.yaml"}
    assert packed - {*kept} == {"PKG-INFO"}


@pytest.mark.parametrize("job", BUILT)
def test_the_attestation_of_each_file_lies_beside_it(job: str, tmp_path: Path) -> None:
    lay(tmp_path, *(f"dist/{name}" for name in BUILT[job]), "dist/.gitignore", "dist/sdk/go/go.mod", "attestation.json")
    (made,) = (step for step in steps(job) if step.get("uses", "").startswith("actions/attest-build-provenance@"))
    attested = {
        str(path.relative_to(tmp_path))
        for path in tmp_path.glob("dist/*")  # the action takes names that start with a dot as well
        if path.is_file() and any(fnmatch(f"dist/{path.name}", one) for one in made["with"]["subject-path"].split())
    }
    assert attested == {f"dist/{name}" for name in BUILT[job]}
    act(step(job, "the attestation, beside each file"), tmp_path, BUNDLE="attestation.json")
    beside = {
        path for path in tmp_path.rglob("*.sigstore.json") if path.read_text(encoding="utf-8") == "attestation.json"
    }
    assert {str(path.relative_to(tmp_path)).removesuffix(".sigstore.json") for path in beside} == attested


def test_the_release_has_what_was_built_and_every_attestation(tmp_path: Path) -> None:
    lay(
        tmp_path,
        *(
            f"{'sdks' if job == 'sdks' else 'dist'}/{name}{more}"
            for job in BUILT
            for name in BUILT[job]
            for more in ("", ".sigstore.json")
        ),
    )
    lay(tmp_path, "sdks/sdk/go/go.mod")
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
    gh.chmod(0o755)
    said = {"GITHUB_REF_NAME": "v0.1.0", "GITHUB_REPOSITORY": "acme/awa-infra"}
    path = os.pathsep.join([str(gh.parent), os.environ["PATH"]])
    words = act(step("announce", "the release, with everything that was built"), tmp_path, PATH=path, **said).split()
    published = {Path(word).name for word in words if "/" in word} - {"awa-infra"}
    files = {name for job in BUILT if job != "sdks" for name in BUILT[job]}
    assert published == files | {f"{name}.sigstore.json" for job in BUILT for name in BUILT[job]}


PLATFORMS = {
    "linux-amd64": ("x86_64", "linux"),
    "linux-arm64": ("aarch64", "linux"),
    "darwin-amd64": ("x86_64", "darwin"),
    "darwin-arm64": ("arm64", "darwin"),
}
"""The machine and the system of the platforms that the plugin is packed for, and that people develop on."""


def without_wheel(platform: str, newest: int, *groups: str) -> set[str]:
    """Return which locked packages of some groups have no wheel for Python 3.13 and glibc 2.``newest`` or macOS 13."""
    machine, system = PLATFORMS[platform]
    many = [f"manylinux_2_{number}_{machine}" for number in range(5, newest + 1)]
    many += [f"{name}_{machine}" for name in ("manylinux1", "manylinux2010", "manylinux2014")]
    platforms = [*tags.mac_platforms((13, 0), machine)] if system == "darwin" else many
    taken = {*tags.cpython_tags((3, 13), ["cp313"], platforms), *tags.compatible_tags((3, 13), "cp313", platforms)}
    uv = subprocess.run([ROOT / "devtools" / "get-uv"], capture_output=True, text=True, check=True, timeout=300).stdout
    options = ("--quiet", "--frozen", *groups, "--no-emit-project", "--no-hashes", "--no-header", "--no-annotate")
    wanted = map(Requirement, act(shlex.join([uv.strip(), "export", *options]), ROOT).splitlines())
    python = {"python_version": "3.13", "python_full_version": "3.13.0", "implementation_name": "cpython"}
    where = {"platform_machine": machine, "sys_platform": system, "platform_system": system.capitalize()}
    needed = {one.name for one in wanted if one.marker is None or one.marker.evaluate({**where, **python})}
    assert len(needed) > 20
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    wheels = {
        package["name"]: [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", ())]
        for package in lock["package"]
        if package["name"] in needed
    }
    return {name for name, files in wheels.items() if not any(taken & parse_wheel_filename(file)[3] for file in files)}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_packing_the_plugin_compiles_nothing(platform: str) -> None:
    (command,) = (one["run"] for one in steps("plugin") if "devtools.plugin_archive" in one.get("run", ""))
    assert "--no-default-groups" in command
    assert without_wheel(platform, 28, "--no-default-groups", "--group=archive") == set()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_setting_up_a_checkout_compiles_nothing(platform: str) -> None:
    assert without_wheel(platform, 39, "--group=docs") == set()
