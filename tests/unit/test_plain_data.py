"""Plans and states as the JSON that scripts and programs read."""

from __future__ import annotations

import json
from collections.abc import Callable

from awa_infra.model import DesiredState, Gate, ObservedState, QueueStorage, Shape
from awa_infra.model.observed import LostRows, StorageTransition, Substrate, Unseen
from awa_infra.planning.describe import plan_data, state_data
from awa_infra.planning.planner import make_plan

GATE = Gate("not-owner", "Schema awa belongs to somebody else.", "Connect as its owner.")


def test_a_plan_is_data_with_its_gates_and_the_hash_of_each_step(desired: Callable[..., DesiredState]) -> None:
    plan = make_plan(desired(QueueStorage("acme_jobs")), ObservedState()).with_gates([GATE])
    data = json.loads(json.dumps(plan_data(plan)))
    assert data["gates"] == [
        {"code": "not-owner", "message": "Schema awa belongs to somebody else.", "hint": "Connect as its owner."}
    ]
    assert data["digest"] == plan.digest
    assert [step["key"] for step in data["steps"]] == [step.key for step in plan.steps]
    assert data["steps"][0]["bytes"] == len(plan.steps[0].sql.encode())
    assert data["steps"][0]["sha256"] == plan.steps[0].sha256


def test_a_state_is_data_with_what_is_lost_and_what_cannot_be_read() -> None:
    observed = ObservedState(
        database="shop",
        schema_exists=True,
        versions=frozenset({1, 2}),
        patches=frozenset({"b", "a"}),
        transition=StorageTransition("active", "queue_storage", None, 3, "{}", "acme_jobs", None),
        substrates=(Substrate("acme_jobs", Shape(4, 2, 2, receipts=False), "jobs_owner", 1, 1, 1, 1, 0),),
        unseen=(Unseen("beta", "somebody", receipts=True, damaged=True),),
        lost_rows=(LostRows("acme_jobs", "ring_state", 0, 1),),
    )
    data = json.loads(json.dumps(state_data(observed)))
    assert data["patches"] == ["a", "b"]
    assert data["storage_state"] == "active"
    assert data["queue_storage"] == [
        {
            "schema": "acme_jobs",
            "owner": "jobs_owner",
            "queue_slots": 4,
            "lease_slots": 2,
            "claim_slots": 2,
            "receipts": False,
        }
    ]
    assert data["unreadable_queue_storage"] == [{"schema": "beta", "owner": "somebody", "damaged": True}]
    assert data["lost_rows"] == [{"table": "acme_jobs.ring_state", "found": 0, "expected": 1}]


def test_an_empty_database_is_data_too() -> None:
    data = state_data(ObservedState(database="shop"))
    assert (data["schema_version"], data["storage_state"], data["queue_storage"]) == (0, None, [])
