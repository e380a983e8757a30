"""The functions of the package: the state of a database, and what an apply would do. They only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awa_infra.database.observe import read_plan, read_state
from awa_infra.errors import ConfigurationError
from awa_infra.model import DesiredState, QueueStorage
from awa_infra.planning.describe import plan_data, state_data
from awa_infra.plugin.kinds import GET_PLAN, GET_STATUS
from awa_infra.release import installed_release
from awa_infra.spec.base import UNKNOWN, Outputs, camel
from awa_infra.spec.problems import Problem, input_problems
from awa_infra.spec.provider import PlanInputs, PlanOutputs, StatusInputs, StatusOutputs

NOWHERE = "is given neither here nor in the configuration of the provider"
"""Message for a missing connection."""

SAY_WHERE = (
    "Run pulumi config set --secret awa:databaseUrl, or set DATABASE_URL, or databaseUrl of the provider of the "
    "resource, or of the resource."
)
"""What to do then. The command asks for the value, or reads it from standard input."""

ARGUMENTS: Mapping[str, type[StatusInputs]] = {GET_STATUS: StatusInputs, GET_PLAN: PlanInputs}
"""What each function takes."""

RESULTS: Mapping[str, type[Outputs]] = {GET_STATUS: StatusOutputs, GET_PLAN: PlanOutputs}
"""What each function returns."""


def call(token: str, given: Mapping[str, Any]) -> tuple[list[Problem], dict[str, Any]]:
    """Return what is wrong with the arguments, or the answer with names in camelCase.

    Raises:
        ConfigurationError: there is no such function.
        AwaInfraError: the database cannot be read.
    """
    if token not in ARGUMENTS:
        raise ConfigurationError(
            f"The package awa has no function {token}.", hint=f"It has {', '.join(sorted(ARGUMENTS))}."
        )
    values, problems = ARGUMENTS[token].of(given), input_problems(ARGUMENTS[token], given)
    if values.database_url is None:
        problems.append(Problem("database_url", NOWHERE, SAY_WHERE))
    if problems or UNKNOWN in values.props().values():
        return problems, {}
    found = _plan(values) if isinstance(values, PlanInputs) else _status(values)
    return [], {camel(name): value for name, value in found.items()}


def _status(values: StatusInputs) -> dict[str, Any]:
    data = state_data(read_state(str(values.database_url), role=values.role))
    kept = {name: data[name] for name in ("database", "server_version", "schema_version", "patches")}
    texts = {name: data[name] or "" for name in ("storage_state", "active_schema")}
    return kept | texts | {"queue_storage_schemas": [found["schema"] for found in data["queue_storage"]]}


def _plan(values: PlanInputs) -> dict[str, Any]:
    release = installed_release()
    target = release.schema_version if values.target_version is None else values.target_version
    desired = DesiredState(release, target, tuple(QueueStorage(name) for name in values.queue_storage_schemas))
    _observed, plan = read_plan(str(values.database_url), desired, role=values.role)
    data = plan_data(plan)
    kept = {name: data[name] for name in ("from_version", "to_version", "digest")}
    gates = {"gates": data["gates"], "objections": [gate.report() for gate in plan.gates]}
    return kept | gates | {"steps": [step["title"] for step in data["steps"]]}
