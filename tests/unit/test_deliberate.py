from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from awa_infra.model import LostRows, ObservedState, Plan, Release, Shape, StepKind, StorageTransition, Substrate
from awa_infra.planning.activation import make_activation
from awa_infra.planning.removal import foreign_gate, make_removal

ACME = Substrate("acme", Shape(), "owner", 184, 525, 8, 2, 0)
AWA = Substrate("awa", Shape(), "owner", 204, 564, 8, 2, 0)
CANONICAL = StorageTransition("canonical", "canonical", None, 0, "{}", None, None)
ACTIVE = StorageTransition("active", "queue_storage", None, 1, "", "acme", "acme")
PREPARED = StorageTransition("prepared", "canonical", "queue_storage", 1, "", "acme", None)
MIXED = StorageTransition("mixed_transition", "canonical", "queue_storage", 2, "", "acme", "acme")
FRESH = ObservedState(versions=frozenset({40}), transition=CANONICAL, substrates=(ACME, AWA), database="app")


def codes(gates: object) -> list[str]:
    return [gate.code for gate in gates]  # type: ignore[attr-defined]


@pytest.mark.parametrize("schema", ["awa", "acme"])
def test_a_fresh_database_is_activated_by_one_step(schema: str) -> None:
    plan = make_activation(schema, FRESH)
    assert [s.kind for s in plan.steps] == [StepKind.ACTIVATION]
    assert plan.gates == ()
    assert "no way back" in plan.steps[0].title


def test_what_is_active_already_needs_nothing() -> None:
    assert make_activation("acme", replace(FRESH, transition=ACTIVE)).empty


def test_a_schema_that_is_active_elsewhere_is_not_moved() -> None:
    assert codes(make_activation("awa", replace(FRESH, transition=ACTIVE)).gates) == ["activation-elsewhere"]


@pytest.mark.parametrize(
    ("schema", "substrates", "words", "hint"),
    [
        ("acme", (), "is no queue-storage schema", "Install it first."),
        ("awa", (), "is no queue-storage schema", "awa-infra apply completes it."),
        ("acme", (replace(ACME, tables=3),), "is incomplete", "awa-infra apply completes it."),
    ],
)
def test_jobs_are_never_routed_to_tables_that_are_not_there(
    schema: str, substrates: tuple[Substrate, ...], words: str, hint: str
) -> None:
    (gate,) = make_activation(schema, replace(FRESH, substrates=substrates)).gates
    assert gate.code == "activation-schema-missing"
    assert words in gate.message
    assert gate.hint == hint


@pytest.mark.parametrize("make", [make_activation, make_removal])
def test_lost_rows_block_only_what_needs_them(make: Callable[[str, ObservedState], Plan]) -> None:
    elsewhere, own = (LostRows(schema, "queue_ring_state", 0, 1) for schema in ("other", "acme"))
    routing = LostRows("awa", "storage_transition_state", 0, 1)
    assert make("acme", replace(FRESH, lost_rows=(elsewhere,))).gates == ()
    assert codes(make("acme", replace(FRESH, lost_rows=(own,))).gates) == ["state-rows-missing"]
    assert codes(make("acme", replace(FRESH, transition=None, lost_rows=(routing,))).gates) == ["state-rows-missing"]


@pytest.mark.parametrize(
    ("version", "gates"), [(5, ["canonical-schema-missing"]), (12, ["canonical-schema-missing"]), (13, [])]
)
def test_an_old_canonical_schema_cannot_be_activated(version: int, gates: list[str]) -> None:
    plan = make_activation("acme", replace(FRESH, versions=frozenset({version}), transition=None))
    assert codes(plan.gates) == gates


def test_a_schema_without_jobs_routed_to_it_is_dropped_by_one_step() -> None:
    plan = make_removal("acme", FRESH)
    assert [s.kind for s in plan.steps] == [StepKind.REMOVAL]
    assert plan.gates == ()


@pytest.mark.parametrize(("server", "objects"), [(140000, 2598), (170005, 2598), (180000, 4615)])
def test_a_drop_says_how_many_objects_it_locks_on_which_server(server: int, objects: int) -> None:
    assert make_removal("acme", replace(FRESH, server_version=server)).lock_objects == objects


def test_a_schema_that_is_gone_already_needs_nothing() -> None:
    assert make_removal("acme", replace(FRESH, substrates=(AWA,))).empty


@pytest.mark.parametrize("schema", ["awa", "public", "pg_temp", "Robert'); DROP"])
def test_what_is_no_custom_schema_is_never_dropped(schema: str) -> None:
    plan = make_removal(schema, FRESH)
    assert codes(plan.gates) == ["removal-protected"]
    assert plan.steps == ()


@pytest.mark.parametrize("transition", [ACTIVE, PREPARED, MIXED, replace(ACTIVE, details_schema=None), None])
def test_a_schema_that_jobs_are_or_may_be_routed_to_is_not_dropped(transition: StorageTransition | None) -> None:
    plan = make_removal("acme", replace(FRESH, transition=transition))
    assert codes(plan.gates) == ["removal-active"]


def test_a_schema_beside_the_active_one_can_be_dropped() -> None:
    other = replace(ACME, schema="other")
    assert make_removal("other", replace(FRESH, transition=ACTIVE, substrates=(ACME, other))).gates == ()


def test_what_no_release_makes_stands_against_a_removal_by_name(release: Release) -> None:
    assert foreign_gate("acme", [], FRESH, release) is None
    gate = foreign_gate("acme", [f"index mine_{n:02}" for n in range(12)], FRESH, release)
    assert gate is not None
    assert gate.code == "removal-foreign-objects"
    assert "index mine_00, index mine_01" in gate.message
    assert gate.message.endswith("index mine_09 and 2 more.")


def test_what_cannot_be_compared_is_not_dropped(release: Release) -> None:
    gate = foreign_gate("acme", None, replace(FRESH, versions=frozenset({39})), release)
    assert gate is not None
    assert gate.code == "removal-not-compared"
    assert "is at version 39, and the installed Awa" in gate.message
    assert gate.hint.startswith("Migrate schema awa first")


def test_a_schema_of_a_newer_release_is_not_to_be_migrated_before_it_is_dropped(release: Release) -> None:
    gate = foreign_gate("acme", None, replace(FRESH, versions=frozenset({41})), release)
    assert gate is not None
    assert gate.hint == "Install the awa-pg that makes version 41, and remove the schema with that."
