"""Decode the values of a stack configuration and check them: report every problem with its key and its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awa_infra.errors import ConfigurationError
from awa_infra.spec.paths import KeyPath, line_of, written
from awa_infra.spec.problems import Problem, entry_problems
from awa_infra.spec.stack import NAMESPACE, StackConfig
from awa_infra.spec.values import forms, inner_model

_JSON: dict[object, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float), tuple: (list,)}
"""Which types of JSON a type of the model may be written as."""


def decode(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of namespace ``awa``, by key without it, with every text decoded that is JSON of another type.

    The engine hands everything to a program as text, and ``pulumi config set`` and ``pulumi stack init`` rewrite
    ``40`` and ``true`` in the file as ``"40"`` and ``"true"``. What cannot be decoded stays text, for
    :func:`awa_infra.config.validate` to report. Doing it twice changes nothing.
    """
    return {key: _decoded(key, value) if isinstance(value, str) else value for key, value in values.items()}


def _decoded(key: str, text: str) -> Any:  # noqa: ANN401  JSON is anything
    try:
        value = json.loads(text) if _ACCEPTED.get(key) else text
    except (ValueError, RecursionError):
        return text
    # Not isinstance: true is an int in Python.
    return value if type(value) in _ACCEPTED.get(key, ()) else text


def _accepted(annotation: object) -> tuple[type, ...]:
    return tuple(
        accepted for form in forms(annotation) for accepted in _JSON.get(form, (dict,) if inner_model(form) else ())
    )


_ACCEPTED = {i.key: () if i.secret else _accepted(i.annotation) for i in StackConfig.described()}
"""By key which types of JSON its text may hold; a secret is never anything but its text."""


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
