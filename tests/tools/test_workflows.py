"""The workflows of the repository: what runs for a pull request and for a release, held by the linters of workflows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools import docs_versions, go_tools, postgres_versions
from tests.tools.runners import command

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))


def run(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [str(zizmor), "--offline", "--no-progress", "--persona=auditor", str(path)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def content(path: Path) -> Any:  # noqa: ANN401  whatever is in the file
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    run(*command(go_tools.actionlint), *map(str, WORKFLOWS))


def test_zizmor_finds_nothing_unsafe_in_the_workflows() -> None:
    done = lint(GITHUB)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_would_find_an_action_that_is_not_pinned(tmp_path: Path) -> None:
    shutil.copytree(GITHUB, tmp_path / ".github")
    path = tmp_path / ".github" / "workflows" / "tests.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"checkout@\w+ #", "checkout@v7 #", text), encoding="utf-8")
    done = lint(tmp_path / ".github")
    assert done.returncode != 0
    assert "unpinned-uses" in done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_of_a_workflow_is_there(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    said = [step["run"] for job in content(path)["jobs"].values() for step in job["steps"] if "run" in step]
    for text in said:
        assert {*re.findall(r"\bmake ([a-z-]+)", text)} <= {*targets}
        for program in re.findall(r"(?:^| )(\.\w\S+)", text):
            assert (ROOT / program).exists()


def test_the_site_of_each_push_is_published_beside_the_others(tmp_path: Path) -> None:
    steps = content(GITHUB / "workflows" / "docs.yml")["jobs"]["publish"]["steps"]
    script = "\n".join(step["run"] for step in steps if "run" in step and step["run"] != "make setup")
    origin = tmp_path / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(origin)], check=True)
    python = (
        "#!/bin/sh\nmkdir -p published/$6 && echo $GITHUB_SHA >published/$6/index.html\n"  # devtools.site --into ...
    )
    for number, ref in enumerate(("main", "v0.1.0", "main", "main")):
        work = tmp_path / str(number)
        subprocess.run(["git", "clone", "--quiet", str(origin), str(work)], check=True, capture_output=True)
        (work / ".venv" / "bin").mkdir(parents=True)
        (work / ".venv" / "bin" / "python").write_text(python, encoding="utf-8")
        (work / ".venv" / "bin" / "python").chmod(0o755)
        known = {"GITHUB_REF_TYPE": "branch" if ref == "main" else "tag", "GITHUB_REF_NAME": ref, "GITHUB_SHA": "1"}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=work,
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    listed = ["git", "-C", str(origin), "ls-tree", "-r", "--name-only", "gh-pages"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    assert names == ["0.1.0/index.html", "dev/index.html"]
    counted = ["git", "-C", str(origin), "rev-list", "--count", "gh-pages"]
    assert subprocess.run(counted, capture_output=True, text=True, check=True).stdout == "3\n"


def test_the_workflow_runs_every_supported_python_and_postgresql() -> None:
    matrix = content(GITHUB / "workflows" / "tests.yml")["jobs"]["supported"]["strategy"]["matrix"]
    assert {*docs_versions.pythons()} <= {*matrix["python"]}
    assert list(map(int, matrix["postgres"])) == postgres_versions.majors()


@pytest.mark.parametrize("path", sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name)
def test_an_issue_form_has_what_github_requires(path: Path) -> None:
    form = content(path)
    if path.name == "config.yml":
        assert form.keys() == {"blank_issues_enabled", "contact_links"}
        return
    assert form.keys() >= {"name", "description", "body"}
    fields = [part for part in form["body"] if part["type"] != "markdown"]
    assert all(part["attributes"]["label"] for part in fields)
    assert len({part["id"] for part in fields}) == len(fields)


def test_the_next_changelog_collects_the_fragments(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "changelog.d", tmp_path / "changelog.d")
    (tmp_path / "changelog.d" / "+quicker.fix.md").write_text("Everything is quicker.\n", encoding="utf-8")
    words = [str(Path(sys.executable).with_name("towncrier")), "build", "--yes", "--version=9.9.9", "--date=2030-01-31"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    text = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    # Without a repository the fragments are not taken away, and the command says so.
    assert "## 9.9.9, 2030-01-31" in text, done.stdout + done.stderr
    assert text.index("Everything is quicker.") < text.index("## Before 0.1.0")
    assert text.startswith((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()[0])
