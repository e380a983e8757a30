from __future__ import annotations

import pytest

from awa_infra.model import DesiredState, QueueStorage, Release, Step, StepKind
from awa_infra.planning.effort import Effort, effort_of
from awa_infra.planning.gates import LiveFacts, note_queries
from awa_infra.planning.planner import migration_step, queue_storage_step


def test_migrations_that_carry_the_installer_run_it_over_every_schema(release: Release) -> None:
    steps = [migration_step(m) for m in release.migrations if m.version > 36]
    effort = effort_of(steps, {})
    assert (effort.replays, effort.installs) == (3, ())


def test_a_step_of_one_schema_runs_the_installer_over_that(release: Release) -> None:
    steps = [
        migration_step(release.migrations[0]),
        queue_storage_step(QueueStorage("acme")),
        Step(StepKind.QUEUE_STORAGE, "install:other", "", ""),
        Step(StepKind.QUEUE_STORAGE, "fillfactor:third", "", ""),
    ]
    effort = effort_of(steps, {})
    assert (effort.replays, effort.installs) == (0, ("acme", "other"))


@pytest.mark.parametrize(("schema", "written"), [("acme", "acme"), ('a"b,c\\', '"a\\"b,c\\\\"'), ("größe", "größe")])
def test_a_schema_of_any_name_reaches_the_gate_as_one(release: Release, schema: str, written: str) -> None:
    live = LiveFacts(announced_pid=1, lock_objects=0, lock_objects_each=0, effort=Effort(installs=(schema, "acme")))
    [query] = [q for q in note_queries(DesiredState(release, 40), live, pending=True) if q.code == "window"]
    array = "{" + written + ",acme}"
    literal = array if "\\" not in array else array.replace("\\", "\\\\")
    assert literal in query.sql
