from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.model import DesiredState, Gate, Note, ObservedState, Plan, Queue, QueueStorage, Release, Step, StepKind
from awa_infra.planning.access import lanes_step
from awa_infra.planning.describe import (
    digest_line,
    locks_line,
    locks_shown,
    pending_line,
    plan_data,
    version_ranges,
)
from awa_infra.planning.planner import make_plan
from awa_infra.wording import listed


def at(release: Release, version: int, *, patched: bool = False) -> ObservedState:
    return ObservedState(
        versions=frozenset(v for v in release.versions if v <= version),
        patches=frozenset(p.name for p in release.patches) if patched else frozenset(),
    )


def line(desired: DesiredState, observed: ObservedState) -> str:
    return pending_line(make_plan(desired, observed))


def test_what_is_pending_is_said_in_one_line(release: Release) -> None:
    assert line(DesiredState(release, 40), ObservedState()) == (
        "Pending from an empty database: 39 migrations (V1-V7, V9-V40), patch wait_free_dirty_marks."
    )
    assert line(DesiredState(release, 39), at(release, 38)) == "Pending from version 38: 1 migration (V39)."
    assert line(DesiredState(release, 40), at(release, 40)) == "Pending: patch wait_free_dirty_marks."
    assert line(DesiredState(release, None, (QueueStorage("acme"),)), at(release, 40)) == (
        "Pending: queue-storage schema acme (16/8/8 slots with receipts)."
    )


def test_nothing_pending_is_said_with_the_version(release: Release) -> None:
    assert line(DesiredState(release, 40), at(release, 40, patched=True)) == (
        "Nothing is pending; schema awa is at version 40."
    )
    assert pending_line(Plan(0, 0)) == "Nothing is pending; schema awa is at version 0."


@pytest.mark.parametrize("version", [1, 7, 39])
def test_the_version_in_the_line_is_the_one_that_stands_in_the_database(release: Release, version: int) -> None:
    assert line(DesiredState(release, version), at(release, version)).endswith(f"is at version {version}.")


def test_a_version_that_was_never_used_is_not_said_to_be_reached(release: Release) -> None:
    assert line(DesiredState(release, 8), at(release, 7)) == "Nothing is pending; schema awa is at version 7."


@pytest.mark.parametrize(
    ("versions", "written"),
    [([], ""), ([3], "V3"), ([2, 1], "V1-V2"), ([1, 3, 5], "V1, V3, V5"), ([9, 1, 2, 3, 10], "V1-V3, V9-V10")],
)
def test_versions_read_as_ranges(versions: list[int], written: str) -> None:
    assert version_ranges(versions) == written


@given(st.sets(st.integers(1, 100)))
def test_ranges_hold_exactly_the_versions(versions: set[int]) -> None:
    held: list[int] = []
    for low, high in re.findall(r"V(\d+)(?:-V(\d+))?", version_ranges(versions)):
        held += range(int(low), int(high or low) + 1)
    assert held == sorted(versions)


def test_what_is_locked_is_reported_once_for_all_versions_that_lock_it() -> None:
    replay = "replays the installer"
    steps = (
        Step(StepKind.MIGRATION, "V001", "", ""),
        Step(StepKind.MIGRATION, "V027", "", "", replay),
        Step(StepKind.MIGRATION, "V028", "", "", replay),
        Step(StepKind.QUEUE_STORAGE, "queue-storage:acme", "", "", "about 5 lock objects"),
    )
    assert locks_line(Plan(0, 40, steps=steps)) == (
        "V27-V28: replays the installer; queue-storage:acme: about 5 lock objects"
    )
    assert locks_line(Plan(0, 40)) == ""


def test_what_awa_locks_is_shown_only_where_somebody_may_wait_for_it() -> None:
    migration = Step(StepKind.MIGRATION, "V027", "", "", "replays the installer")
    custom = Step(StepKind.QUEUE_STORAGE, "queue-storage:acme", "", "", "about 5 lock objects")
    empty, upgraded = Plan(0, 40), Plan(26, 40)
    assert [locks_shown(empty, step) for step in (migration, custom)] == ["", "about 5 lock objects"]
    assert [locks_shown(upgraded, step) for step in (migration, custom)] == [migration.locks, custom.locks]


def test_a_list_of_many_names_is_cut_and_says_how_many_more_there_are() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(f"q{number}" for number in range(8)) == "q0, q1, q2, q3, q4, q5, q6, q7"
    assert listed(f"q{number}" for number in range(800)) == "q0, q1, q2, q3, q4, q5, q6, q7 and 792 more"
    assert listed((str(number) for number in range(9)), "; ") == "0; 1; 2; 3; 4; 5; 6; 7 and 1 more"
    many = QueueStorage("acme", queues=tuple(Queue(f"queue_{number}") for number in range(800)))
    assert len(lanes_step(many).title) < 120
    assert lanes_step(many).title.endswith("and 792 more in acme")


def test_the_digest_of_a_plan_is_one_line_that_is_the_same_everywhere(release: Release) -> None:
    plan = make_plan(DesiredState(release, 40), at(release, 38))
    assert digest_line(plan) == f"Digest: {plan.digest}"


def test_a_gate_and_a_note_are_data_with_the_names_of_their_fields() -> None:
    gate, note = Gate("read-only", "It only reads.", "Ask another."), Note("release-unknown", "Newer.")
    shown = plan_data(Plan(40, 40, gates=(gate,), notes=(note,)))
    assert shown["gates"] == [{"code": "read-only", "message": "It only reads.", "hint": "Ask another."}]
    assert shown["notes"] == [{"code": "release-unknown", "message": "Newer."}]
