"""Check the values of a stack configuration: report every problem with its key and its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awa_infra.config.decode import decode
from awa_infra.errors import ConfigurationError
from awa_infra.spec.paths import KeyPath, line_of, written
from awa_infra.spec.problems import Problem, entry_problems
from awa_infra.spec.stack import NAMESPACE, StackConfig


def validate(
    values: Mapping[str, Any], lines: Mapping[KeyPath, int] | None = None, *, in_yaml: bool = True
) -> tuple[StackConfig | None, list[Problem]]:
    """Check the values of namespace ``awa``, keys without the namespace; those from a file have lines.

    They are decoded, or as text where the engine or ``pulumi config set`` makes them that. With ``in_yaml`` people
    write them in YAML, and may have to put a text into quotes.

    Returns:
        The configuration and no problems, or ``None`` and every problem.
    """
    # Pulumi turns a key without a value into an empty text, which would mean something else.
    empty = [key for key, value in values.items() if value is None]
    given = decode({key: value for key, value in values.items() if value is not None})
    found: list[tuple[KeyPath, str]] = [((key,), "has no value; give it one, or remove the key") for key in empty]
    config, wrong = entry_problems(StackConfig, given, in_yaml=in_yaml)
    problems = [
        Problem(written((f"{NAMESPACE}:{path[0]}", *path[1:])), message, line=line_of(path, lines or {}))
        for path, message in [*found, *wrong]
    ]
    return (None if problems else config), problems


def problems_error(problems: list[Problem], source: str) -> ConfigurationError:
    """Return one error that lists every problem, in the order of the file."""
    listed = [f"{source}{f':{p.line}' if p.line else ''}: {said(p)}" for p in in_order(problems)]
    if len(listed) == 1:
        return ConfigurationError(
            listed[0] + ("" if listed[0].endswith("?") else "."), hint="Correct it and run again; nothing was done."
        )
    hint = "Correct them and run again; nothing was done."
    return ConfigurationError(f"{source} has {len(listed)} problems.", details=listed, hint=hint)


def in_order(problems: list[Problem]) -> list[Problem]:
    """Return the problems in the order of the file."""
    return sorted(problems, key=lambda p: (p.line or 0, p.key))


def said(problem: Problem) -> str:
    """Return a problem as text, without its line."""
    return f"{problem.key}: {problem.message}" if problem.key else problem.message
