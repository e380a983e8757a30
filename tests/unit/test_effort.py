"""What a plan says of locks and time comes from what was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awa_infra.model import Queue, QueueStorage, Release, Shape, Step, StepKind
from awa_infra.planning.access import lanes_step
from awa_infra.planning.effort import effort_of, locks_text
from awa_infra.planning.planner import migration_step, patch_step, queue_storage_step
from awa_infra.wording import and_listed


def text_of(release: Release, version: int) -> str:
    return next(m.sql for m in release.migrations if m.version == version)


def test_a_migration_says_what_it_locks_and_who_waits(release: Release) -> None:
    assert locks_text(text_of(release, 37)) == (
        "ACCESS EXCLUSIVE on 39 tables, SHARE on 131 tables; producers, workers and readers of finished jobs wait"
    )
    assert locks_text(text_of(release, 3)) == "ACCESS EXCLUSIVE on awa.runtime_instances; workers wait"
    assert locks_text(text_of(release, 4)) == (
        "SHARE ROW EXCLUSIVE on awa.jobs_hot and awa.scheduled_jobs; producers and workers wait"
    )
    # A view is locked like a table.
    assert str(locks_text(text_of(release, 12))).startswith("ACCESS EXCLUSIVE on awa.jobs; producers, workers, ")
    assert locks_text(text_of(release, 40)) == ""
    assert locks_text("SELECT 1") is None


def test_a_text_that_nobody_has_measured_is_reported_as_such(release: Release) -> None:
    old = next(m for m in release.migrations if m.version == 37)
    assert migration_step(replace(old, sql=old.sql + "-- changed")).locks == (
        "replays the queue-storage installer; what it locks was not measured"
    )
    assert migration_step(replace(old, sql="SELECT 1")).locks == "what it locks was not measured"
    assert patch_step(replace(release.patches[0], sql="SELECT 1")).locks == "what it locks was not measured"


def test_steps_cost_what_was_measured_together(release: Release) -> None:
    steps = [migration_step(m) for m in release.migrations if m.version in {6, 37}]
    effort = effort_of(steps, {})
    assert effort.seconds == pytest.approx(0.09, abs=0.05)
    assert effort.per_million > 0
    assert effort.waiting == ("producers", "workers", "readers of ready jobs", "readers of finished jobs")
    assert effort.unmeasured == 0


def test_larger_schemas_take_longer_and_other_steps_are_not_counted() -> None:
    small, large = QueueStorage("small", Shape(4, 2, 2), (Queue("emails"),)), QueueStorage("large", Shape(64, 8, 8))
    shapes = {wanted.schema: wanted.shape for wanted in (small, large)}
    installs = [effort_of([queue_storage_step(wanted)], shapes).seconds for wanted in (small, large)]
    assert 0 < installs[0] < installs[1]
    assert effort_of([lanes_step(small)], shapes).seconds > 0
    others = [Step(StepKind.ROLES, "roles", "", ""), queue_storage_step(QueueStorage("unknown"))]
    assert replace(effort_of(others, shapes), installs=()) == effort_of([], {})
    assert effort_of([Step(StepKind.PATCH, "patch:new", "", "SELECT 1")], {}).unmeasured == 1


@pytest.mark.parametrize(
    ("items", "listed"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_items_are_listed_as_people_do(items: list[str], listed: str) -> None:
    assert and_listed(items) == listed
