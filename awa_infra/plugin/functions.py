"""The functions of the package: what stands in a database, and what an apply would do. They only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awa_infra.config import queue_storage_problems
from awa_infra.database.observe import read_plan, read_state
from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.base import Problem, problems_of
from awa_infra.lifecycle.fields import DATABASE_URL, ROLE, UNKNOWN, Input, Output, Type, normalised
from awa_infra.model import DesiredState, QueueStorage, Shape
from awa_infra.planning.data import plan_data, state_data
from awa_infra.plugin.kinds import GET_PLAN, GET_STATUS, camel
from awa_infra.release import installed_release

_DESCRIBED = "Connection string. Default: that of the provider."

NOWHERE = "is given neither here nor in the configuration of the provider"
"""What is wrong with a connection that nobody gave."""

SAY_WHERE = (
    "Run pulumi config set --secret awa:databaseUrl, or set databaseUrl of the provider of the resource, or of the "
    "resource."
)
"""What to do then. The command asks for the value, or reads it from standard input."""

ARGUMENTS: Mapping[str, tuple[Input, ...]] = {
    GET_STATUS: (Input(DATABASE_URL.name, Type.STRING, _DESCRIBED, secret=True), ROLE),
    GET_PLAN: (
        Input(DATABASE_URL.name, Type.STRING, _DESCRIBED, secret=True),
        ROLE,
        Input(
            "target_version",
            Type.INTEGER,
            "Plan up to this version, inclusive. Default: all that the installed release has.",
            minimum=1,
            maximum=2**31 - 1,
        ),
        Input(
            "queue_storage_schemas",
            Type.STRINGS,
            "Custom queue-storage schemas of the default shape to plan for as well.",
            (),
        ),
    ),
}
"""What each function takes."""

RESULTS: Mapping[str, tuple[Output, ...]] = {
    GET_STATUS: (
        Output("database", Type.STRING, "Name of the database."),
        Output("server_version", Type.INTEGER, "PostgreSQL's version as a number, for example 180006."),
        Output("schema_version", Type.INTEGER, "The version that schema awa stands at; 0 if it is not migrated."),
        Output("patches", Type.STRINGS, "Names of the repeatable patches that are applied."),
        Output("storage_state", Type.STRING, "Awa's storage-transition state; empty where there is none yet."),
        Output("active_schema", Type.STRING, "The queue-storage schema that new jobs go to; empty while canonical."),
        Output("queue_storage_schemas", Type.STRINGS, "Every queue-storage schema, awa included."),
    ),
    GET_PLAN: (
        Output("from_version", Type.INTEGER, "The version that schema awa stands at."),
        Output("to_version", Type.INTEGER, "The version that it would have."),
        Output("steps", Type.STRINGS, "Titles of the pending steps, in order; none if nothing is pending."),
        Output("gates", Type.GATES, "What would keep an apply from beginning: code, message and hint of each gate."),
        Output("objections", Type.STRINGS, "The gates as text: message and code, the hint on a line of its own."),
        Output("digest", Type.STRING, "Hash of the plan: the same as long as the same would be done."),
    ),
}
"""What each function returns."""


def call(token: str, given: Mapping[str, Any]) -> tuple[list[Problem], dict[str, Any]]:
    """Return what is wrong with the arguments, or the answer with names in camelCase.

    Raises:
        ConfigurationError: there is no such function.
        AwaInfraError: the database cannot be asked.
    """
    if token not in ARGUMENTS:
        raise ConfigurationError(
            f"The package awa has no function {token}.", hint=f"It has {', '.join(sorted(ARGUMENTS))}."
        )
    fields = ARGUMENTS[token]
    values = normalised(fields, given)
    problems = problems_of(fields, values)
    if values["database_url"] is None:
        problems.append(Problem("database_url", NOWHERE, SAY_WHERE))
    if not problems:
        problems = [
            Problem("queue_storage_schemas", message)
            for schema in values.get("queue_storage_schemas", ())
            for _key, message in queue_storage_problems({"schema": schema})
        ]
    if problems:
        return problems, {}
    if UNKNOWN in values.values():
        return [], {}
    found = _status(values) if token == GET_STATUS else _plan(values)
    return [], {camel(name): value for name, value in found.items()}


def _status(values: Mapping[str, Any]) -> dict[str, Any]:
    data = state_data(read_state(values["database_url"], role=values["role"]))
    kept = {name: data[name] for name in ("database", "server_version", "schema_version", "patches")}
    texts = {name: data[name] or "" for name in ("storage_state", "active_schema")}
    return kept | texts | {"queue_storage_schemas": [found["schema"] for found in data["queue_storage"]]}


def _plan(values: Mapping[str, Any]) -> dict[str, Any]:
    release = installed_release()
    target = values["target_version"]
    schemas = tuple(QueueStorage(name, Shape()) for name in values["queue_storage_schemas"])
    desired = DesiredState(release, release.schema_version if target is None else target, schemas)
    _observed, plan = read_plan(values["database_url"], desired, role=values["role"])
    data = plan_data(plan)
    kept = {name: data[name] for name in ("from_version", "to_version", "digest")}
    gates = {"gates": data["gates"], "objections": [gate.report() for gate in plan.gates]}
    return kept | gates | {"steps": [step["title"] for step in data["steps"]]}
