from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.model import (
    Gate,
    Migration,
    ObservedState,
    Patch,
    Plan,
    Provenance,
    Release,
    Report,
    Shape,
    Step,
    StepKind,
    StepResult,
    StorageTransition,
    Substrate,
)

STEPS = st.builds(Step, st.sampled_from(StepKind), st.from_regex(r"V[0-9]{3}", fullmatch=True), st.text(), st.text())


def transition(state: str, current: str = "canonical", prepared: str | None = None) -> StorageTransition:
    return StorageTransition(state, current, prepared, 1, "{}", None, None)


def test_the_version_of_a_release_is_its_last_migration() -> None:
    migrations = tuple(Migration(v, "", "", "") for v in (1, 7, 9))
    release = Release("9.9.9", migrations, (), Provenance.UNKNOWN)
    assert release.schema_version == 9
    assert release.versions == {1, 7, 9}


def test_the_sql_is_not_in_what_is_printed_of_a_value() -> None:
    values = [Migration(1, "", "THE SQL", ""), Patch("p", "", "THE SQL", ""), Step(StepKind.PATCH, "k", "t", "THE SQL")]
    assert all("THE SQL" not in repr(value) for value in values)


def test_a_shape_reads_as_people_say_it() -> None:
    assert str(Shape()) == "16/8/8 slots with receipts"
    assert str(Shape(4, 2, 3, receipts=False)) == "4/2/3 slots without receipts"


def test_an_empty_database_is_at_version_0() -> None:
    assert ObservedState().version == 0
    assert ObservedState(versions=frozenset({3, 40, 9})).version == 40


def test_a_queue_storage_schema_is_found_by_its_name() -> None:
    acme = Substrate("acme", Shape(), "owner", 1, 2, 8, 3, 0)
    observed = ObservedState(substrates=(Substrate("other", Shape(), "owner", 1, 2, 8, 3, 0), acme))
    assert observed.substrate("acme") is acme
    assert observed.substrate("missing") is None


@pytest.mark.parametrize(
    ("found", "routed"),
    [
        (transition("canonical"), None),
        (transition("canonical", prepared="queue_storage"), None),
        (transition("prepared", prepared="queue_storage"), None),
        (transition("canonical", current="queue_storage"), "awa"),
        (transition("mixed_transition", prepared="queue_storage"), "awa"),
        (transition("active", prepared="queue_storage"), "awa"),
        (transition("active", current="queue_storage"), "awa"),
        (transition("active", current="queue_storage", prepared="canonical"), None),
    ],
)
def test_where_new_jobs_go_follows_the_state_of_the_transition(found: StorageTransition, routed: str | None) -> None:
    assert found.active_schema == routed


@pytest.mark.parametrize(
    ("details", "marker", "routed"),
    [("a", "b", "a"), (None, "b", "b"), ("a", None, "a"), (None, None, "awa")],
)
def test_the_schema_of_new_jobs_is_that_of_the_details_then_of_the_marker_then_awa(
    details: str | None, marker: str | None, routed: str
) -> None:
    assert StorageTransition("active", "queue_storage", None, 1, "", details, marker).active_schema == routed


def test_a_gate_has_its_hint_on_a_line_of_its_own() -> None:
    assert Gate("downgrade", "No way back.", "Restore a backup.").report() == (
        "No way back. [downgrade]\nHint: Restore a backup."
    )
    assert Gate("downgrade", "No way back.").report() == "No way back. [downgrade]"


def test_a_plan_with_a_gate_is_blocked_and_not_empty() -> None:
    gate = Gate("downgrade", "No way back.")
    step = Step(StepKind.PATCH, "k", "t", "SELECT 1")
    assert (Plan(0, 1).blocked, Plan(0, 1).empty) == (False, True)
    assert (Plan(0, 1, (gate,)).blocked, Plan(0, 1, (gate,)).empty) == (True, False)
    assert (Plan(0, 1, (), (step,)).blocked, Plan(0, 1, (), (step,)).empty) == (False, False)


def test_the_hash_of_a_step_is_that_of_its_text() -> None:
    assert Step(StepKind.PATCH, "k", "t", "").sha256.startswith("e3b0c44298fc1c149afbf4c8996fb924")


@given(st.lists(STEPS), st.lists(STEPS))
def test_two_plans_have_the_same_digest_exactly_if_they_run_the_same_sql(one: list[Step], other: list[Step]) -> None:
    same = [(s.key, s.sql) for s in one] == [(s.key, s.sql) for s in other]
    assert (Plan(0, 1, (), tuple(one)).digest == Plan(0, 1, (), tuple(other)).digest) is same


@given(st.lists(STEPS, min_size=1), st.data())
def test_any_change_of_any_step_changes_the_digest(steps: list[Step], data: st.DataObject) -> None:
    digest = Plan(0, 1, (), tuple(steps)).digest
    index = data.draw(st.integers(0, len(steps) - 1))
    chosen = steps[index]
    edited = Step(chosen.kind, chosen.key, chosen.title, chosen.sql + " ", chosen.locks)
    retitled = Step(chosen.kind, chosen.key, chosen.title + "!", chosen.sql, "other locks")
    assert Plan(0, 1, (), (*steps[:index], edited, *steps[index + 1 :])).digest != digest
    assert Plan(0, 1, (), (*steps[:index], *steps[index + 1 :])).digest != digest
    assert Plan(5, 9, (Gate("g", "m"),), (*steps[:index], retitled, *steps[index + 1 :])).digest == digest


def test_a_report_says_whether_anything_was_written() -> None:
    nothing = ObservedState()
    assert not Report((), nothing, nothing, 0.1).changed
    assert Report((StepResult("V001", "first", 0.1),), nothing, nothing, 0.1).changed
