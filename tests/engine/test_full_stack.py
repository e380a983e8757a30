from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from tests.engine.conftest import CANARY
from tests.engine.projects import Project, Result
from tests.support.servers import Database
from tests.support.tools import dump_schema

ACTIVE = {"schema": "shop_queue", "queues": ["greetings"]}
GROWN: dict[str, Any] = {"schema": "shop_queue", "queues": ["greetings", {"name": "reports", "shards": 2}]}
SPARE = {"schema": "shop_spare", "queueSlots": 4, "deletionPolicy": "drop"}


@dataclass
class Story:
    """A stack, and everything that was said about it."""

    project: Project
    said: list[Result] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.project.database

    def run(self, *arguments: str) -> Result:
        self.said.append(self.project.awa_infra(*arguments))
        return self.said[-1]

    def role(self, duty: str) -> str:
        return f"shop_{duty}_{self.database.name}"

    def login(self, duty: str, password: str) -> str:
        return Target.of(self.database.url).with_login(self.role(duty), password)


def test_a_full_stack_from_nothing_to_a_growing_one_and_back(shop: Project) -> None:
    """One long story, because every step of the engine costs seconds."""
    story = Story(shop)
    a_preview_names_everything_that_is_pending(story)
    an_up_makes_it_and_another_one_changes_nothing(story)
    a_worker_with_the_login_of_the_runtime_completes_a_job_and_may_change_no_schema(story)
    a_rotated_password_is_an_update_of_the_roles_alone(story)
    drift_and_growth_show_in_a_preview_without_a_refresh(story)
    an_up_that_failed_in_part_is_finished_by_the_next_one(story)
    growth_alone_is_one_update(story)
    a_schema_that_is_to_be_dropped_is_dropped_when_it_is_declared_no_more(story)
    the_schema_that_jobs_go_to_is_never_dropped(story)
    for result in story.said:
        assert CANARY not in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
    assert CANARY not in shop.state_text


def a_preview_names_everything_that_is_pending(story: Story) -> None:
    for duty in ("migrator", "runtime", "observer"):
        story.project.secret(f"{duty}Password", f"{CANARY}-of-{duty}")
    previewed = story.run("preview", "--diff", "--json")
    assert previewed.changes == {"create": 7}
    assert "39 migrations (V1-V7, V9-V40), patch wait_free_dirty_marks" in previewed.stderr
    assert f"roles {story.role('owner')}, {story.role('migrator')}," in previewed.stderr
    assert "queue-storage schema shop_queue (16/8/8 slots with receipts), lanes of greetings" in previewed.stderr
    assert "Queue storage will be activated in schema shop_queue" in previewed.stderr
    assert "CREATE TABLE" not in previewed.stderr
    assert len(previewed.stderr) < 10_000  # no megabytes of SQL in any other form


def an_up_makes_it_and_another_one_changes_nothing(story: Story) -> None:
    assert story.run("up", "--json").changes == {"create": 7}
    assert story.database.transition()["state"] == "active"
    limit = story.database.rows("SELECT datconnlimit AS n FROM pg_database WHERE datname = current_database()")
    assert limit == [{"n": 50}]
    assert story.run("up", "--json").changes == {"same": 7}
    clean = story.run("preview", "--diff", "--json")
    assert clean.changes == {"same": 7}
    assert touched(clean) == set()


def a_worker_with_the_login_of_the_runtime_completes_a_job_and_may_change_no_schema(story: Story) -> None:
    runtime = story.login("runtime", f"{CANARY}-of-runtime")
    worked = story.project.worker("shop_queue", runtime)
    assert worked.status == 0, worked.stderr
    with psycopg.connect(runtime) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE awa.mine (id int)")


def a_rotated_password_is_an_update_of_the_roles_alone(story: Story) -> None:
    story.project.secret("runtimePassword", f"{CANARY}-rotated")
    rotated = story.run("up", "--json")
    assert rotated.changes == {"same": 6, "update": 1}
    assert touched(rotated) == {"awa-roles"}
    psycopg.connect(story.login("runtime", f"{CANARY}-rotated")).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(story.login("runtime", f"{CANARY}-of-runtime"))


def drift_and_growth_show_in_a_preview_without_a_refresh(story: Story) -> None:
    story.database.rows(f"REVOKE USAGE ON SCHEMA awa FROM {story.role('observer')}")
    story.database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    story.project.declare(GROWN, SPARE)
    drifted = story.run("preview", "--json")
    assert f"role {story.role('observer')} lacks USAGE on schema awa" in drifted.stderr
    assert "Pending: patch wait_free_dirty_marks." in drifted.stderr
    assert "Pending: lanes of reports in shop_queue; enqueue shards: reports 2 (" in drifted.stderr
    assert "Pending: queue-storage schema shop_spare (4/8/8 slots with receipts)." in drifted.stderr
    assert drifted.changes == {"create": 1, "same": 4, "update": 3}


def an_up_that_failed_in_part_is_finished_by_the_next_one(story: Story) -> None:
    """Somebody's lock keeps one resource from being made; the others are made and kept."""
    database = story.database
    story.project.set(lockTimeout=0.2)
    with psycopg.connect(database.url) as somebody:
        somebody.execute("SELECT pg_advisory_lock(hashtextextended('awa.queue_storage.install:shop_spare', 0))")
        partly = story.run("up", "--json")
    assert partly.status == 8
    assert "[lock-timeout]" in partly.stderr
    assert read_state(database.url).substrate("shop_spare") is None
    assert read_state(database.url).patches == {"wait_free_dirty_marks"}
    lanes = database.rows("SELECT queue, count(*) AS n FROM shop_queue.queue_claim_heads GROUP BY 1 ORDER BY 1")
    assert lanes == [{"queue": "greetings", "n": 4}, {"queue": "reports", "n": 8}]
    with psycopg.connect(story.login("observer", f"{CANARY}-of-observer")) as connection:
        assert connection.execute("SELECT count(*) FROM awa.jobs").fetchone() == (1,)
    finished = story.run("up", "--json")
    assert finished.changes["create"] == 1
    # The activation has a new lockTimeout too; whether the first up came to that is a race.
    assert touched(finished) <= {"awa-queue-storage-shop_spare", "awa-activation"}


def growth_alone_is_one_update(story: Story) -> None:
    story.project.declare({**GROWN, "queues": [*GROWN["queues"], "emails"]}, SPARE)
    grown = story.run("up", "--json")
    assert grown.changes == {"same": 7, "update": 1}
    assert touched(grown) == {"awa-queue-storage-shop_queue"}


def a_schema_that_is_to_be_dropped_is_dropped_when_it_is_declared_no_more(story: Story) -> None:
    story.database.rows("UPDATE awa.runtime_instances SET last_seen_at = last_seen_at - interval '1 hour'")
    story.project.declare({**ACTIVE, "deletionPolicy": "drop", "forceDrop": True})
    unasked = story.run("up", "--json")
    assert unasked.status == 2
    assert "awa-queue-storage-shop_spare" in unasked.stderr
    assert read_state(story.database.url).substrate("shop_spare") is not None
    dropped = story.run("up", "--yes", "--json")
    assert dropped.changes == {"delete": 1, "same": 5, "update": 2}
    assert "Queue-storage schema shop_spare was dropped, as its deletion_policy says." in dropped.stderr
    assert read_state(story.database.url).substrate("shop_spare") is None


def the_schema_that_jobs_go_to_is_never_dropped(story: Story) -> None:
    database = story.database
    before, transition = dump_schema(database.url), database.transition()
    assert "[protected-resources]" in story.run("destroy", "--yes").stderr
    story.project.pulumi("state", "unprotect", "--all", "--stack=prod", "--yes")
    destroyed = story.run("destroy", "--yes")
    assert destroyed.status == 8
    assert "[removal-active]" in destroyed.stderr
    assert dump_schema(database.url) == before
    assert database.rows("SELECT count(*) AS n FROM awa.jobs") == [{"n": 1}]
    assert story.run("up", "--json").status == 0
    assert story.run("preview", "--json").changes == {"same": 7}
    assert database.transition() == transition


def touched(result: Result) -> set[str]:
    """Return the resources that the engine showed as anything but unchanged."""
    lines = (line.split() for line in result.stderr.splitlines())
    return {words[2] for words in lines if words[:1] in (["+"], ["~"], ["-"]) and words[1].startswith("pulumi")}
