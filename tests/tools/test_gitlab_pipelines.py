"""The pipeline of deploy/gitlab: valid for GitLab, and every script of its jobs run on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools.docs_shown import ROOT
from tests.support.servers import Database
from tests.tools.test_github_pipelines import STACK, git

FOLDER = ROOT / "deploy" / "gitlab"
FILE = FOLDER / ".gitlab-ci.yml"
TOKEN = "a-token-of-a-test"  # noqa: S105  of no project


def jobs() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return said


def run(name: str, folder: Path, url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a job as GitLab's runner does: one shell, which ends at the first failure."""
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "DATABASE_URL": url,
        **jobs()["variables"],
        **variables,
    }
    script = "set -eo pipefail\n" + "\n".join(jobs()[name]["script"])
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout of a project, with a repository that it came from."""
    folder = tmp_path / "checkout"
    (folder / "awa").mkdir(parents=True)
    (folder / "awa" / "Pulumi.prod.yaml").write_text(STACK)
    shutil.copy(FOLDER / "gitlab_issue.py", folder / "awa")
    git(tmp_path, "init", "--quiet", "--bare", "origin")
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", str(tmp_path / "origin"))
    return folder


def schema_check(path: Path) -> subprocess.CompletedProcess[str]:
    words = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema=vendor.gitlab-ci", str(path)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_the_pipeline_is_valid_for_gitlab_and_the_check_would_find_a_command_that_yaml_takes_apart(
    tmp_path: Path,
) -> None:
    done = schema_check(FILE)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / ".gitlab-ci.yml"
    broken.write_text(FILE.read_text().replace('- "/', "- /").replace('txt"\n', "txt\n"))
    assert schema_check(broken).returncode != 0


def test_every_job_has_a_time_limit_and_those_with_the_database_an_environment_of_their_own() -> None:
    said = jobs()
    found = {name: job for name, job in said.items() if "script" in job}
    assert found.keys() == {"awa-plan", "awa-plan-to-approve", "awa-apply", "awa-drift", "awa-bundle"}
    for name, job in found.items():
        merged = {**said[job["extends"]], **job} if "extends" in job else job
        assert re.fullmatch(r"15 minutes|2 hours", merged["timeout"])
        assert ("environment" in merged) is (name != "awa-bundle")
        assert merged["stage"] in said["stages"]
    assert found["awa-apply"]["rules"][0]["when"] == "manual"
    assert found["awa-apply"]["needs"] == ["awa-plan-to-approve"]


def test_a_merge_request_gets_the_plan_as_a_page(checkout: Path, awa_database: Database) -> None:
    done = run("awa-plan", checkout, awa_database.url)
    assert done.returncode == 0, done.stderr
    assert "acme_jobs" in (checkout / "plan.html").read_text()
    awa_database.rows("INSERT INTO awa.schema_version (version, description) VALUES (99, 'newer')")
    assert run("awa-plan", checkout, awa_database.url).returncode == 3
    assert "newer-schema" in (checkout / "plan.html").read_text()


def test_the_plan_of_the_job_before_is_applied_and_verified_and_no_other(
    checkout: Path, awa_database: Database
) -> None:
    assert run("awa-apply", checkout, awa_database.url).returncode != 0, "there is no plan"
    done = run("awa-plan-to-approve", checkout, awa_database.url)
    assert done.returncode == 0, done.stderr
    assert json.loads((checkout / "plan.json").read_text())["digest"] in done.stdout
    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 40")
    stale = run("awa-apply", checkout, awa_database.url)
    assert stale.returncode == 3, stale.stderr
    assert run("awa-plan-to-approve", checkout, awa_database.url).returncode == 0
    done = run("awa-apply", checkout, awa_database.url)
    assert done.returncode == 0, done.stderr
    assert "healthy" in done.stdout


@pytest.fixture
def gitlab() -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
    """Give the address of what answers as GitLab's API, and what it was asked: its second list has one issue."""
    asked: list[tuple[str, str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            assert self.headers["PRIVATE-TOKEN"] == TOKEN
            opened = [entry for entry in asked if entry[1].endswith("/issues")]
            asked.append((self.command, self.path, json.loads(self.rfile.read(length) or "null")))
            self.send_response(200)
            self.end_headers()
            found = [{"iid": 34}] if opened and self.command == "GET" else []
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_POST = answer  # noqa: N815  names of the library

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_drift_opens_one_issue_and_a_healthy_database_none(
    checkout: Path, awa_database: Database, gitlab: tuple[str, list[tuple[str, str, Any]]]
) -> None:
    (checkout / "awa" / "Pulumi.prod.yaml").write_text("config: {}\n")
    address, asked = gitlab
    variables = {
        "CI_API_V4_URL": address,
        "CI_PROJECT_ID": "5",
        "CI_PIPELINE_URL": "https://gitlab.example.com/7",
        "AWA_ISSUE_TOKEN": TOKEN,
    }
    assert run("awa-drift", checkout, awa_database.url, **variables).returncode == 0
    assert asked == []
    awa_database.rows("ALTER TABLE awa.queue_meta ADD COLUMN of_somebody integer")
    for _ in (1, 2):
        done = run("awa-drift", checkout, awa_database.url, **variables)
        assert done.returncode == 1, done.stderr
        assert TOKEN not in done.stdout + done.stderr
    assert [(method, path) for method, path, _ in asked if method == "POST"] == [
        ("POST", "/projects/5/issues"),
        ("POST", "/projects/5/issues/34/notes"),
    ]
    assert "of_somebody" in asked[1][2]["description"]
    # Without a token the job still fails.
    del variables["AWA_ISSUE_TOKEN"]
    done = run("awa-drift", checkout, awa_database.url, **variables)
    assert done.returncode == 1
    assert "AWA_ISSUE_TOKEN is not set" in done.stderr


def test_the_bundle_grows_in_the_merge_request_and_a_second_run_changes_nothing(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "first")
    git(checkout, "push", "--quiet", "origin", "main:update-awa")
    for _ in (1, 2):
        done = run("awa-bundle", checkout, "", CI_MERGE_REQUEST_SOURCE_BRANCH_NAME="update-awa")
        assert done.returncode == 0, done.stderr
    assert git(tmp_path / "origin", "log", "--format=%s", "update-awa").splitlines() == [
        "The bundle for this release of Awa",
        "first",
    ]
    assert "awa/bundle/awa-infra.lock" in git(tmp_path / "origin", "ls-tree", "-r", "--name-only", "update-awa")
