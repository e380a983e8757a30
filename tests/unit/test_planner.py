from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.model import (
    DesiredState,
    Migration,
    ObservedState,
    Patch,
    Plan,
    Provenance,
    QueueStorage,
    Release,
    Shape,
    StepKind,
    Substrate,
)
from awa_infra.planning.effort import replays_installer
from awa_infra.planning.planner import make_plan, migration_step, queue_storage_step
from awa_infra.planning.substrate import is_complete
from awa_infra.release import normalised_sha256

SQL = st.text(st.characters(exclude_categories=["Cs"]))
SHAPES = st.builds(Shape, st.integers(4, 64), st.integers(2, 64), st.integers(2, 64), st.booleans())
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,17}", fullmatch=True).filter(lambda name: name != "awa")


@st.composite
def releases(draw: st.DrawFn) -> Release:
    versions = sorted(draw(st.sets(st.integers(1, 60), min_size=1, max_size=12)))
    migrations = []
    for version in versions:
        text = draw(SQL)
        migrations.append(Migration(version, f"step {version}", text, normalised_sha256(text)))
    names = draw(st.lists(st.from_regex("[a-z]{1,5}", fullmatch=True), unique=True, max_size=2))
    return Release("99.0.0", tuple(migrations), tuple(Patch(n, "", draw(SQL), "") for n in names), Provenance.UNKNOWN)


@st.composite
def wishes(draw: st.DrawFn) -> DesiredState:
    release = draw(releases())
    schemas = draw(st.lists(st.builds(QueueStorage, NAMES, SHAPES), unique_by=lambda q: q.schema, max_size=3))
    return DesiredState(release, release.schema_version, tuple(schemas))


def substrate(wanted: QueueStorage, **changed: int) -> Substrate:
    shape = wanted.shape
    counts = {
        "tables": 16 + 8 * shape.queue_slots + shape.lease_slots + 4 * shape.claim_slots,
        "indexes": 21 + 20 * shape.queue_slots + 7 * shape.lease_slots + 16 * shape.claim_slots,
        "functions": 8,
        "triggers": 2,
        "partitions_without_fillfactor": 0,
    }
    return Substrate(wanted.schema, shape, "owner", **(counts | changed))


def after(desired: DesiredState) -> ObservedState:
    """Return what stands in a database once a plan for this, from whatever state, was applied."""
    target = desired.target_version or 0
    complete = target == desired.release.schema_version
    return ObservedState(
        schema_exists=True,
        versions=frozenset(v for v in desired.release.versions if v <= target),
        patches=frozenset(p.name for p in desired.release.patches) if complete else frozenset(),
        substrates=tuple(substrate(q) for q in desired.queue_storage),
    )


def up_to(desired: DesiredState, version: int) -> DesiredState:
    return replace(desired, target_version=version, queue_storage=())


def keys(plan: Plan) -> list[str]:
    return [step.key for step in plan.steps]


def test_an_empty_database_gets_every_migration_then_every_patch_then_the_schemas(release: Release) -> None:
    plan = make_plan(DesiredState(release, 40, (QueueStorage("acme"),)), ObservedState())
    assert (plan.from_version, plan.to_version, plan.gates) == (0, 40, ())
    assert keys(plan) == [
        *(f"V{v:03d}" for v in range(1, 41) if v != 8),
        "patch:wait_free_dirty_marks",
        "queue-storage:acme",
    ]
    assert len({step.key for step in plan.steps}) == len(plan.steps)


@given(wishes(), st.integers(0, 60))
def test_stopping_on_the_way_runs_the_same_steps(desired: DesiredState, stop: int) -> None:
    stop = min(stop, desired.release.schema_version)
    halfway = up_to(desired, stop)
    first = make_plan(halfway, ObservedState())
    second = make_plan(desired, after(halfway))
    assert first.steps + second.steps == make_plan(desired, ObservedState()).steps


@pytest.mark.parametrize("stop", range(41))
def test_stopping_at_any_version_of_the_installed_release_runs_the_same_steps(release: Release, stop: int) -> None:
    desired = DesiredState(release, 40, (QueueStorage("acme"),))
    halfway = up_to(desired, stop)
    steps = make_plan(halfway, ObservedState()).steps + make_plan(desired, after(halfway)).steps
    assert steps == make_plan(desired, ObservedState()).steps


@given(wishes())
def test_a_plan_against_the_state_that_it_leads_to_is_empty(desired: DesiredState) -> None:
    assert make_plan(desired, after(desired)).steps == ()


@given(wishes(), st.integers(0, 60))
def test_a_plan_up_to_any_version_leads_to_nothing_left_to_do(desired: DesiredState, target: int) -> None:
    halfway = up_to(desired, min(target, desired.release.schema_version))
    assert make_plan(halfway, after(halfway)).empty


@given(wishes())
def test_the_text_of_awa_is_in_the_plan_byte_for_byte(desired: DesiredState) -> None:
    steps = make_plan(desired, ObservedState()).steps
    vendor = [step.sql for step in steps if step.kind is not StepKind.QUEUE_STORAGE]
    assert vendor == [m.sql for m in desired.release.migrations] + [p.sql for p in desired.release.patches]


@given(wishes())
def test_the_same_input_makes_the_same_plan(desired: DesiredState) -> None:
    assert make_plan(desired, ObservedState()) == make_plan(desired, ObservedState())
    assert make_plan(desired, ObservedState()).digest == make_plan(desired, ObservedState()).digest


@given(wishes(), st.data())
def test_the_digest_of_a_plan_changes_exactly_if_its_steps_do(desired: DesiredState, data: st.DataObject) -> None:
    migrations = desired.release.migrations
    index = data.draw(st.integers(0, len(migrations) - 1))
    text = data.draw(st.sampled_from([migrations[index].sql, migrations[index].sql + "\n"]))
    edited = (*migrations[:index], replace(migrations[index], sql=text), *migrations[index + 1 :])
    other = replace(desired, release=replace(desired.release, migrations=edited))
    one, two = make_plan(desired, ObservedState()), make_plan(other, ObservedState())
    assert (one.digest == two.digest) is (one.steps == two.steps)
    assert (one.digest == two.digest) is (text == migrations[index].sql)


def test_steps_that_are_already_done_are_not_planned_again(release: Release) -> None:
    desired = DesiredState(release, 40)
    at_38 = ObservedState(versions=frozenset(v for v in release.versions if v <= 38))
    plan = make_plan(desired, at_38)
    assert (plan.from_version, plan.to_version) == (38, 40)
    assert keys(plan) == ["V039", "V040", "patch:wait_free_dirty_marks"]


def test_a_migration_puts_a_patch_that_was_applied_back_in_question(release: Release) -> None:
    at_39 = ObservedState(
        versions=frozenset(v for v in release.versions if v <= 39), patches=frozenset({"wait_free_dirty_marks"})
    )
    assert keys(make_plan(DesiredState(release, 40), at_39)) == ["V040", "patch:wait_free_dirty_marks"]


def test_a_patch_that_is_missing_is_planned_alone(release: Release) -> None:
    complete = after(DesiredState(release, 40))
    assert keys(make_plan(DesiredState(release, 40), replace(complete, patches=frozenset()))) == [
        "patch:wait_free_dirty_marks"
    ]


def test_patches_wait_for_the_last_version(release: Release) -> None:
    desired = DesiredState(release, 39)
    assert "patch:wait_free_dirty_marks" not in keys(make_plan(desired, ObservedState()))


def test_a_newer_database_is_left_alone(release: Release) -> None:
    newer = ObservedState(versions=release.versions | {41})
    plan = make_plan(DesiredState(release, 40), newer)
    assert (plan.from_version, plan.to_version, plan.steps) == (41, 41, ())


def test_without_a_target_the_canonical_schema_is_left_alone(release: Release) -> None:
    desired = DesiredState(release, None, (QueueStorage("acme"),))
    at_30 = ObservedState(versions=frozenset(v for v in release.versions if v <= 30))
    plan = make_plan(desired, at_30)
    assert (plan.from_version, plan.to_version, keys(plan)) == (30, 30, ["queue-storage:acme"])


def test_the_version_that_a_plan_ends_at_is_one_that_the_release_ships(release: Release) -> None:
    assert 8 not in release.versions
    assert make_plan(DesiredState(release, 8), ObservedState()).to_version == 7


def test_a_standing_schema_is_not_installed_again_and_a_missing_one_is(release: Release) -> None:
    one, two = QueueStorage("one"), QueueStorage("two", Shape(4, 2, 2, receipts=False))
    existing = replace(after(DesiredState(release, 40)), substrates=(substrate(one),))
    assert keys(make_plan(DesiredState(release, 40, (one, two)), existing)) == ["queue-storage:two"]


@pytest.mark.parametrize(
    "broken",
    [{"tables": 183}, {"indexes": 524}, {"functions": 7}, {"triggers": 1}, {"partitions_without_fillfactor": 1}],
    ids=lambda broken: next(iter(broken)),
)
def test_a_schema_that_lost_something_is_installed_again(release: Release, broken: dict[str, int]) -> None:
    acme = QueueStorage("acme")
    existing = replace(after(DesiredState(release, 40)), substrates=(substrate(acme, **broken),))
    assert not is_complete(substrate(acme, **broken))
    assert keys(make_plan(DesiredState(release, 40, (acme,)), existing)) == ["queue-storage:acme"]


@given(st.builds(QueueStorage, NAMES, SHAPES), st.integers(0, 9))
def test_objects_that_somebody_added_do_not_make_a_schema_incomplete(wanted: QueueStorage, more: int) -> None:
    whole = substrate(wanted)
    added = replace(whole, tables=whole.tables + more, indexes=whole.indexes + more, triggers=2 + more)
    assert is_complete(added)
    assert not is_complete(replace(added, tables=whole.tables - 1))


def test_a_migration_that_replays_the_installer_says_what_it_locks(release: Release) -> None:
    steps = [migration_step(m) for m in release.migrations]
    replaying = [step for step in steps if replays_installer(step)]
    # The first one installs it, and so locks nothing that was there before.
    assert [step.key for step in replaying if not step.locks] == ["V023"]
    assert all(step.locks.startswith("ACCESS EXCLUSIVE on 39 tables, SHARE on ") for step in replaying[1:])


@given(st.builds(QueueStorage, NAMES, SHAPES))
def test_the_step_of_a_schema_names_it_and_its_shape(wanted: QueueStorage) -> None:
    step = queue_storage_step(wanted)
    shape = wanted.shape
    call = f"install_queue_storage_substrate('{wanted.schema}', {shape.queue_slots}, {shape.lease_slots}, "
    assert (step.kind, step.key) == (StepKind.QUEUE_STORAGE, f"queue-storage:{wanted.schema}")
    assert step.title == f"queue-storage schema {wanted.schema} ({shape})"
    assert f"{call}{shape.claim_slots}, {str(shape.receipts).lower()})" in step.sql
    assert f'"{wanted.schema}".queue_ring_state' in step.sql


@pytest.mark.parametrize(("shape", "objects"), [(Shape(), 1499), (Shape(4, 2, 2), 497), (Shape(64, 8, 8), 4331)])
def test_a_schema_says_how_many_locks_its_installation_takes(shape: Shape, objects: int) -> None:
    assert queue_storage_step(QueueStorage("acme", shape)).locks == f"about {objects} lock objects in one transaction"


def test_a_plan_with_a_release_that_is_not_known_says_so(release: Release) -> None:
    assert make_plan(DesiredState(release, release.schema_version), ObservedState()).notes == ()
    unknown = replace(release, name="0.99.0", provenance=Provenance.UNKNOWN)
    [note] = make_plan(DesiredState(unknown, unknown.schema_version), ObservedState()).notes
    assert note.code == "release-unknown"
    assert "does not know Awa 0.99.0" in note.message
