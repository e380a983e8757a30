"""Functions for programs: the state of a database, and what an apply would do. They only read."""

from __future__ import annotations

from typing import Any

from awa_infra.database.observe import read_plan, read_state
from awa_infra.model import DesiredState, QueueStorage
from awa_infra.planning.describe import plan_data, state_data
from awa_infra.release import installed_release
from awa_infra.spec.provider import PlanInputs, StatusInputs


def status_of(values: StatusInputs) -> dict[str, Any]:
    """Return the state of a database, as outputs of the function."""
    data = state_data(read_state(str(values.database_url), role=values.role))
    kept = {name: data[name] for name in ("database", "server_version", "schema_version", "patches")}
    texts = {name: data[name] or "" for name in ("storage_state", "active_schema")}
    return kept | texts | {"queue_storage_schemas": [found["schema"] for found in data["queue_storage"]]}


def plan_of(values: PlanInputs) -> dict[str, Any]:
    """Return what an apply would do, as outputs of the function."""
    release = installed_release()
    target = release.schema_version if values.target_version is None else values.target_version
    desired = DesiredState(release, target, tuple(QueueStorage(name) for name in values.queue_storage_schemas))
    _observed, plan = read_plan(str(values.database_url), desired, role=values.role)
    data = plan_data(plan)
    kept = {name: data[name] for name in ("from_version", "to_version", "digest")}
    gates = {"gates": data["gates"], "objections": [gate.report() for gate in plan.gates]}
    return kept | gates | {"steps": [step["title"] for step in data["steps"]]}
