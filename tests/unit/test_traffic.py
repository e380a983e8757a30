"""What commits together, and for how long it locks what producers and workers use."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from awa_infra.model import (
    DesiredState,
    ObservedState,
    QueueStorage,
    Release,
    Roles,
    Shape,
    Step,
    StepKind,
    Substrate,
    Transaction,
)
from awa_infra.planning.planner import make_plan, migration_step, patch_step, queue_storage_step
from awa_infra.planning.traffic import Hold, holds, holds_json
from awa_infra.planning.transactions import transactions

SHAPES = {"acme": Shape()}


def migrations(release: Release, after: int) -> list[Step]:
    return [migration_step(m) for m in release.migrations if m.version > after]


def keys(found: tuple[tuple[Step, ...], ...]) -> list[list[str]]:
    return [[step.key for step in together] for together in found]


def of(mode: Transaction, found: tuple[Hold, ...]) -> list[Hold]:
    return [hold for hold in found if hold.mode == mode.value]


def test_all_steps_commit_together_unless_each_is_chosen(release: Release) -> None:
    steps = migrations(release, 38)
    assert keys(transactions(steps, Transaction.WHOLE)) == [["V039", "V040"]]
    assert keys(transactions(steps, Transaction.EACH)) == [["V039"], ["V040"]]
    assert transactions([], Transaction.EACH) == transactions([], Transaction.WHOLE) == ()


def test_a_patch_commits_with_the_migration_before_it_or_alone(release: Release) -> None:
    patch = patch_step(release.patches[0])
    assert keys(transactions([*migrations(release, 38), patch], Transaction.EACH)) == [
        ["V039"],
        ["V040", patch.key],
    ]
    assert keys(transactions([patch], Transaction.EACH)) == [[patch.key]]
    lanes = Step(StepKind.LANES, "lanes:acme", "", "")
    assert keys(transactions([lanes, patch], Transaction.EACH)) == [["lanes:acme"], [patch.key]]


def test_every_transaction_acts_as_the_owner_and_keeps_the_installer_with_it(release: Release) -> None:
    roles = Roles("owner", runtime="runtime")
    plan = make_plan(DesiredState(release, 40, (QueueStorage("acme"),), roles=roles), ObservedState())
    found = keys(transactions(plan.steps, Transaction.EACH))
    assert found[0][0] != "act-as"
    first = next(n for n, together in enumerate(found) if "act-as" in together)
    assert all(together[0] == "act-as" for together in found[first:])
    assert ["act-as", "V023", "installer"] in found
    assert ["act-as", "V022"] in found
    assert ["act-as", "queue-storage:acme"] in found
    assert {key for together in found for key in together} == {step.key for step in plan.steps}


def test_a_transaction_for_each_migration_needs_less_room_in_the_lock_table(release: Release) -> None:
    there = Substrate(
        schema="other",
        owner="owner",
        shape=Shape(),
        tables=0,
        indexes=0,
        functions=8,
        triggers=0,
        partitions_without_fillfactor=0,
    )
    observed = ObservedState(schema_exists=True, versions=frozenset(range(1, 36)) - {8}, substrates=(there,))
    desired = DesiredState(release, 40, (QueueStorage("acme"),))
    whole = make_plan(desired, observed).lock_objects
    assert 0 < make_plan(replace(desired, transaction=Transaction.EACH), observed).lock_objects < whole


def test_locks_are_held_from_the_first_that_keeps_anybody_out_until_the_commit(release: Release) -> None:
    found = holds(migrations(release, 10), {})
    (whole,) = of(Transaction.WHOLE, found)
    each = of(Transaction.EACH, found)
    assert whole.first == "V12"
    assert whole.certain
    assert whole.who == "producers, workers, readers of ready jobs and readers of finished jobs"
    assert [hold.first for hold in each] == [
        *("V12", "V14", "V15", "V17", "V19", "V26", "V27", "V28", "V30", "V31", "V33"),
        *("V35", "V36", "V37", "V38", "V39"),
    ]
    assert max(hold.seconds for hold in each) < whole.seconds / 5
    assert whole.replays == 9
    assert {hold.replays for hold in each} == {0, 1}


def test_only_those_are_named_who_wait(release: Release) -> None:
    one = next(migration for migration in release.migrations if migration.version == 14)
    (hold,) = holds([migration_step(one)], {}, [Transaction.EACH])
    assert (hold.first, hold.who) == ("V14", "workers")


def test_what_locks_nothing_that_is_used_keeps_nobody_waiting(release: Release) -> None:
    assert holds(migrations(release, 39), {}) == ()


def test_only_the_ways_that_there_are_for_a_plan_are_counted(release: Release) -> None:
    assert {hold.mode for hold in holds(migrations(release, 38), {}, [Transaction.WHOLE])} == {"whole"}


def test_a_text_that_nobody_has_measured_counts_as_one_that_locks(release: Release) -> None:
    unknown = migration_step(replace(release.migrations[-1], version=41, sql="SELECT 1"))
    whole, each = holds([unknown], {})
    assert (whole.first, whole.who, whole.unmeasured) == ("V41", "producers and workers", 1)
    assert replace(each, mode="whole") == whole


@pytest.mark.parametrize("kind", [StepKind.OWNERSHIP, StepKind.NUMBERING, StepKind.REPAIR])
def test_steps_that_lock_for_milliseconds_hold_that_until_the_commit(release: Release, kind: StepKind) -> None:
    found = holds([Step(kind, "key", "a title", ""), *migrations(release, 39)], {})
    assert [hold.first for hold in found] == ["a title", "a title"]
    assert found[0].seconds > found[1].seconds == 0


def test_an_installation_locks_only_what_is_there(release: Release) -> None:
    install = queue_storage_step(QueueStorage("acme"))
    whole, each = holds([install], SHAPES)
    assert (whole.certain, whole.installs, whole.first) == (False, ("acme",), install.title)
    assert replace(each, mode="whole") == whole
    before = of(Transaction.WHOLE, holds([install, *migrations(release, 38)], SHAPES))
    assert [hold.certain for hold in before] == [True, False]
    after = of(Transaction.WHOLE, holds([*migrations(release, 38), install], SHAPES))
    assert [hold.certain for hold in after] == [True]
    assert after[0].installs == ("acme",)


def test_the_server_gets_what_is_held_as_json(release: Release) -> None:
    found = holds([queue_storage_step(QueueStorage("acme")), *migrations(release, 38)], SHAPES)
    assert [entry["first"] for entry in json.loads(holds_json(found))] == [hold.first for hold in found]
