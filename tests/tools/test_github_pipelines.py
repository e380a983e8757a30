"""The workflows of deploy/github: linted, and every script run on a real PostgreSQL and a real Git repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools import go_tools
from devtools.docs_shown import ROOT
from tests.support.servers import Database
from tests.tools.pipelines import Runner
from tests.tools.runners import command
from tests.tools.test_workflows import WORKFLOWS as OUR_WORKFLOWS
from tests.tools.test_workflows import content, lint

FOLDER = ROOT / "deploy" / "github"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
STACK = "config:\n  awa:queueStorageSchemas:\n    - schema: acme_jobs\n"
PASSWORD = "a-password-of-a-test"  # noqa: S105  of no role

GH = """#!/bin/sh
# What a test needs of GitHub's command: it writes down what it is given, and knows one comment and one issue.
printf '%s\\n' "$*" >>"$(dirname "$0")/gh.log"
for word in "$@"; do case $word in body=@*|*.md) cat "${word#body=@}" >>"$(dirname "$0")/gh.log" ;; esac; done
case "$1 $2" in
"api repos/"*/comments|"issue list") cat "$(dirname "$0")/known" 2>/dev/null || true ;;
"api repos/"*/environments/*) cat "$(dirname "$0")/reviewers" ;;
esac
"""

Start = Callable[[str, str], Runner]


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout of a project, with a repository that it came from."""
    folder = tmp_path / "checkout"
    (folder / "awa").mkdir(parents=True)
    (folder / "awa" / "Pulumi.prod.yaml").write_text(STACK)
    git(tmp_path, "init", "--quiet", "--bare", "origin")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "remote", "add", "origin", str(tmp_path / "origin"))
    git(folder, "push", "--quiet", "origin", "main:update-awa")
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Give a function that starts a run of a workflow on a database."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])

    def make(name: str, url: str) -> Runner:
        given = {
            "secrets.AWA_DATABASE_URL": url,
            "github.token": PASSWORD,
            "github.repository": "acme/jobs",
            "github.event_name": "push",
            "github.server_url": "https://github.com",
            "github.run_id": "7",
            "github.event.pull_request.number": "12",
            "github.event.pull_request.head.ref": "update-awa",
            "github.event.pull_request.head.sha": git(tmp_path / "origin", "rev-parse", "update-awa").strip(),
            "github.event.pull_request.user.type": "User",
            "github.event.pull_request.head.repo.full_name": "acme/jobs",
            "runner.temp": str(tmp_path / name),
        }
        return Runner(FOLDER / f"{name}.yml", tmp_path / name, path, given)

    return make


def log(tmp_path: Path) -> str:
    return (tmp_path / "bin" / "gh.log").read_text()


def test_actionlint_and_zizmor_find_nothing_in_the_workflows_to_copy(tmp_path: Path) -> None:
    done = subprocess.run(
        [*command(go_tools.actionlint), *map(str, WORKFLOWS)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    copied = tmp_path / ".github" / "workflows"
    shutil.copytree(FOLDER, copied)
    done = lint(tmp_path / ".github")
    assert done.returncode == 0, done.stdout + done.stderr
    # It looks at them: an action without a hash would be found.
    path = copied / "awa-plan.yml"
    path.write_text(re.sub(r"checkout@\w+ #", "checkout@v7 #", path.read_text()))
    assert "unpinned-uses" in lint(tmp_path / ".github").stdout


def test_actions_are_pinned_to_what_our_own_workflows_use() -> None:
    def used(paths: list[Path]) -> set[str]:
        return {found for path in paths for found in re.findall(r"uses: (\S+@[0-9a-f]{40} # \S+)", path.read_text())}

    assert used(WORKFLOWS)
    assert used(WORKFLOWS) - used(OUR_WORKFLOWS) == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_has_a_time_limit_and_a_job_that_writes_has_no_secret_of_the_database(path: Path) -> None:
    for job in content(path)["jobs"].values():
        assert job["timeout-minutes"] <= 120
        writes = "write" in job["permissions"].values()
        secret = "secrets." in str(job["steps"])
        assert not (writes and secret)
        assert not (writes and "requirements.txt" in str(job["steps"])), "it runs code of the pull request"


def test_a_pull_request_gets_the_plan_as_one_comment_that_is_kept_up_to_date(
    start: Start, checkout: Path, database: Database, tmp_path: Path
) -> None:
    for known in ("", "34\n"):
        (tmp_path / "bin" / "known").write_text(known)
        run = start("awa-plan", database.url)
        assert run.run("plan", checkout) == 0, run.output
        assert "queue-storage schema acme_jobs" in run.summary
        assert run.run("comment", checkout) == 0, run.output
    calls = log(tmp_path)
    assert "pr comment 12 --body-file comment.md\n<!-- awa-plan -->\n### Awa in database" in calls
    assert "api --silent --method PATCH repos/acme/jobs/issues/comments/34" in calls
    assert database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'awa'") == []


def test_a_pull_request_of_a_bot_or_of_a_fork_never_meets_the_login(
    start: Start, checkout: Path, database: Database
) -> None:
    for given in ({"user.type": "Bot"}, {"head.repo.full_name": "somebody/fork"}):
        run = start("awa-plan", database.url)
        run.given |= {f"github.event.pull_request.{name}": value for name, value in given.items()}
        assert run.run("plan", checkout) is None


def test_a_plan_that_is_blocked_is_commented_and_fails(start: Start, checkout: Path, awa_database: Database) -> None:
    awa_database.rows("INSERT INTO awa.schema_version (version, description) VALUES (99, 'newer')")
    run = start("awa-plan", awa_database.url)
    assert run.run("plan", checkout) == 0, run.output
    assert "newer-schema" in run.summary
    assert run.run("comment", checkout) == 3


def test_a_database_that_does_not_answer_fails_every_workflow(start: Start, checkout: Path, database: Database) -> None:
    nowhere = database.url.replace(database.name, "awa_infra_nowhere")
    assert start("awa-plan", nowhere).run("plan", checkout) == 4
    assert start("awa-apply", nowhere).run("plan", checkout) == 4


def test_what_was_approved_is_applied_and_verified_and_then_nobody_is_asked(
    start: Start, checkout: Path, awa_database: Database
) -> None:
    run = start("awa-apply", awa_database.url)
    assert run.run("plan", checkout) == 0, run.output
    assert run.given["needs.plan.outputs.digest"] in run.summary
    assert run.run("apply", checkout) == 0, run.output
    assert "healthy" in run.output
    again = start("awa-apply", awa_database.url)
    assert again.run("plan", checkout) == 0, again.output
    assert again.run("apply", checkout) is None


@pytest.mark.parametrize(("reviewers", "status"), [("2\n", 0), ("0\n", 1), (None, 1)])
def test_after_a_merge_production_must_have_reviewers(
    start: Start, checkout: Path, tmp_path: Path, reviewers: str | None, status: int
) -> None:
    run = start("awa-apply", "")
    run.given["needs.plan.outputs.pending"] = "1"
    if reviewers is not None:  # None: GitHub does not know the environment
        (tmp_path / "bin" / "reviewers").write_text(reviewers)
    assert run.run("reviewers", checkout) == status
    assert ("has no required reviewers" in run.output) is (status == 1)
    assert "api repos/acme/jobs/environments/awa-production --jq [.protection_rules[]" in log(tmp_path)


def test_a_person_who_starts_the_workflow_needs_no_reviewers(start: Start, checkout: Path) -> None:
    run = start("awa-apply", "")
    run.given |= {"needs.plan.outputs.pending": "1", "github.event_name": "workflow_dispatch"}
    assert run.run("reviewers", checkout) == 0, run.output


def test_no_job_that_applies_runs_without_the_one_that_looks_for_reviewers() -> None:
    jobs = content(FOLDER / "awa-apply.yml")["jobs"]
    applying = [job for job in jobs.values() if "awa-infra apply" in str(job["steps"])]
    assert [job["needs"] for job in applying] == [["plan", "reviewers"]]


def test_another_plan_than_the_approved_one_is_not_applied(
    start: Start, checkout: Path, awa_database: Database
) -> None:
    run = start("awa-apply", awa_database.url)
    assert run.run("plan", checkout) == 0, run.output
    approved = run.given["needs.plan.outputs.digest"]
    run.given["needs.plan.outputs.digest"] = "0" * 64
    assert run.run("apply", checkout) == 1
    assert not awa_database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'acme_jobs'")
    # The database is another since.
    run.given["needs.plan.outputs.digest"] = approved
    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 40")
    assert run.run("apply", checkout) == 3, run.output
    assert "[stale-plan]" in run.output


def test_drift_opens_one_issue_and_a_healthy_database_none(
    start: Start, checkout: Path, awa_database: Database, tmp_path: Path
) -> None:
    (checkout / "awa" / "Pulumi.prod.yaml").write_text("config: {}\n")
    healthy = start("awa-drift", awa_database.url)
    assert healthy.run("verify", checkout) == 0, healthy.output
    assert healthy.run("issue", checkout) is None
    awa_database.rows("ALTER TABLE awa.queue_meta ADD COLUMN of_somebody integer")
    for known in ("", "34\n"):
        (tmp_path / "bin" / "known").write_text(known)
        run = start("awa-drift", awa_database.url)
        assert run.run("verify", checkout) == 0, run.output
        assert run.run("issue", checkout) == 1
    calls = log(tmp_path)
    assert "of_somebody" in calls
    assert "https://github.com/acme/jobs/actions/runs/7" in calls
    assert "issue create --title" in calls
    assert "issue comment 34 --body-file body.md" in calls


def test_a_check_that_failed_before_it_looked_opens_an_issue_too(
    start: Start, checkout: Path, database: Database, tmp_path: Path
) -> None:
    assert start("awa-drift", database.url).run("issue", checkout) == 70
    assert "awa-infra verify ended with status 70" in log(tmp_path)


def test_a_patch_that_takes_a_file_from_elsewhere_is_not_pushed(start: Start, checkout: Path, tmp_path: Path) -> None:
    before = git(tmp_path / "origin", "rev-parse", "update-awa")
    run = start("awa-bundle", "")
    (checkout / "awa" / "bundle").mkdir()
    git(checkout, "mv", "awa/Pulumi.prod.yaml", "awa/bundle/Pulumi.prod.yaml")
    patch = git(checkout, "diff", "--cached", "--binary", "--find-renames")
    assert "rename from" in patch
    (run.place / "awa-bundle").mkdir(parents=True)
    (run.place / "awa-bundle" / "bundle.patch").write_text(patch)
    run.given["needs.grow.outputs.grown"] = "yes"
    fresh = tmp_path / "fresh"
    git(tmp_path, "clone", "--quiet", "--branch", "update-awa", str(tmp_path / "origin"), str(fresh))
    assert run.run("push", fresh) == 1
    assert git(tmp_path / "origin", "rev-parse", "update-awa") == before


def test_the_bundle_grows_in_the_pull_request_and_a_second_run_changes_nothing(
    start: Start, checkout: Path, tmp_path: Path
) -> None:
    first = subprocess.run(
        [str(Path(sys.executable).with_name("awa-infra")), "package", "--format=flyway", "--to=39", "--out=awa/bundle"],
        cwd=checkout,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert first.returncode == 0, first.stderr
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "a bundle")
    git(checkout, "push", "--quiet", "origin", "main:update-awa")
    run = start("awa-bundle", "")
    assert run.run("grow", checkout) == 0, run.output
    fresh = tmp_path / "fresh"
    git(tmp_path, "clone", "--quiet", "--branch", "update-awa", str(tmp_path / "origin"), str(fresh))
    assert run.run("push", fresh) == 0, run.output
    changed = git(tmp_path / "origin", "show", "--name-status", "--format=%s", "update-awa")
    assert "[dependabot skip]" in changed
    assert "A\tawa/bundle/upstream/V040__awa_v040.sql" in changed
    assert not re.search(r"^[DM]\tawa/bundle/upstream/", changed, re.MULTILINE)
    again = start("awa-bundle", "")
    assert again.run("grow", fresh) == 0, again.output
    assert again.run("push", fresh) is None
