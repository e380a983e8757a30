"""The functions of the package: the state of a database, and what an apply would do. They only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.functions import plan_of, status_of
from awa_infra.plugin.kinds import GET_PLAN, GET_STATUS
from awa_infra.spec.base import UNKNOWN, Outputs, camel
from awa_infra.spec.problems import Problem, input_problems
from awa_infra.spec.provider import PlanInputs, PlanOutputs, StatusInputs, StatusOutputs

NOWHERE = "is given neither here nor in the configuration of the provider"
"""Message for a missing connection."""


def say_where(key: str, of: str = "resource") -> str:
    """Return what to do then. The command asks for the value, or reads it from standard input.

    Args:
        key: the input that the connection can be.
        of: what has the input, in a word.
    """
    own = "" if key == "databaseUrl" else f"{key} "
    return (
        "Run pulumi config set --secret awa:databaseUrl, or set DATABASE_URL, or databaseUrl of the provider of the "
        f"{of}, or {own}of the {of}."
    )


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
        problems.append(Problem("database_url", NOWHERE, say_where("databaseUrl", "function")))
    if problems or UNKNOWN in values.props().values():
        return problems, {}
    found = plan_of(values) if isinstance(values, PlanInputs) else status_of(values)
    return [], {camel(name): value for name, value in found.items()}
