from __future__ import annotations

from dataclasses import replace

import pytest

from awa_infra.model import DesiredState, ObservedState, QueueStorage, Release, Shape, StepKind, Substrate
from awa_infra.planning.planner import make_plan
from awa_infra.release import is_legacy_numbering

COUNTS, RUNTIMES = "queue_state_counts", "runtime_instances"


@pytest.mark.parametrize(
    ("versions", "tables", "legacy"),
    [
        ([], [], False),
        ([1], [], False),
        ([1, 2], [RUNTIMES], False),
        ([3], [], True),
        ([1, 2, 3], [RUNTIMES], False),
        ([4], [RUNTIMES], True),
        ([5], [RUNTIMES], True),
        ([6], [RUNTIMES], True),
        ([1, 2, 3, 4], [RUNTIMES, COUNTS], False),
        ([8], [], True),
        ([9], [], False),
        ([40], [RUNTIMES], False),
    ],
)
def test_two_tables_tell_the_numberings_apart(versions: list[int], tables: list[str], legacy: bool) -> None:
    assert is_legacy_numbering(versions, tables) == legacy


@pytest.mark.parametrize(("row", "today"), [(3, 1), (4, 2), (5, 3), (6, 4), (8, 4)])
def test_old_rows_mean_the_version_that_awas_runner_maps_them_to(row: int, today: int) -> None:
    assert ObservedState(versions=frozenset({row}), legacy_numbering=True).version == today
    assert ObservedState(versions=frozenset({row})).version == row


def test_rewriting_the_numbering_is_the_first_step_that_people_see(release: Release) -> None:
    old = ObservedState(schema_exists=True, versions=frozenset({3}), legacy_numbering=True)
    first, second, *_more = make_plan(DesiredState(release, 40), old).steps
    assert first.kind is StepKind.NUMBERING
    assert first.title == "rewrite the version rows of Awa before 0.4 (highest 3) as version 1"
    assert "DELETE FROM awa.schema_version WHERE version >= 3" in first.sql
    assert '[{"version": 1, "description": "Canonical schema with UI indexes"}]' in first.sql
    assert second.key == "V002"


def substrate(schema: str, shape: Shape) -> Substrate:
    return Substrate(
        schema, shape, "owner", tables=0, indexes=0, functions=8, triggers=0, partitions_without_fillfactor=0
    )


def test_locks_are_estimated_for_all_that_one_transaction_touches(release: Release) -> None:
    small = QueueStorage("small", Shape(4, 2, 2))
    default, tiny = 163 + 59 * 16 + 12 * 8 + 37 * 8, 163 + 59 * 4 + 12 * 2 + 37 * 2
    fresh = make_plan(DesiredState(release, 40, (small,)), ObservedState())
    assert fresh.lock_objects == 1869 + tiny
    existing = ObservedState(
        versions=frozenset(range(1, 24)), substrates=(substrate("awa", Shape()), substrate("acme", Shape()))
    )
    assert make_plan(DesiredState(release, 40, (small,)), existing).lock_objects == 1869 + default + tiny
    broken = replace(existing, versions=frozenset({40}), patches=frozenset({"wait_free_dirty_marks"}))
    assert make_plan(DesiredState(release, 40, (QueueStorage("acme"),)), broken).lock_objects == default
    assert make_plan(DesiredState(release, 40), broken).lock_objects == 0
