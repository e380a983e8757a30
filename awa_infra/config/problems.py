"""Checking values against the model, with every problem in people's words: key, line, did-you-mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from awa_infra.config.checks import entry_checks, stack_checks
from awa_infra.config.decode import decode
from awa_infra.config.fields import Encrypted, inner_model
from awa_infra.config.model import NAMESPACE, SECRETS, QueueStorageEntry, StackConfig, aliases
from awa_infra.config.paths import KeyPath, line_of, reached, value_at, written
from awa_infra.errors import ConfigurationError

_WORDS = {
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "invalid_key": "must have text as keys",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_type": "must be a mapping",
    "string_type": "must be text",
    "too_short": "must not be empty",
}
"""pydantic's kinds of errors in people's words; the kinds of our own checks bring their words with them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the key as people write it, what is wrong with it, and its line if known."""

    key: str
    message: str
    line: int | None = None


def validate(
    values: Mapping[str, Any], lines: Mapping[KeyPath, int] | None = None
) -> tuple[StackConfig | None, list[Problem]]:
    """Check the values of namespace ``awa``, keys without the namespace.

    Args:
        values: decoded, or as text where the engine or ``pulumi config set`` makes it that.
        lines: where each stands, if they are from a file.

    Returns:
        The configuration and no problems, or ``None`` and every problem.
    """
    # Pulumi turns a key without a value into an empty text, which would mean something else.
    empty = [key for key, value in values.items() if value is None]
    given = decode({key: value for key, value in values.items() if value is not None})
    found: list[tuple[KeyPath, str]] = [((key,), "has no value; give it one, or remove the key") for key in empty]
    config: StackConfig | None = None
    try:
        config = StackConfig.model_validate(given)
    except ValidationError as exc:
        found += _problems(exc, StackConfig, given)
    found += stack_checks(given)
    problems = [
        Problem(written((f"{NAMESPACE}:{path[0]}", *path[1:])), message, line_of(path, lines or {}))
        for path, message in found
    ]
    return (None if problems else config), problems


def queue_storage_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the inputs of one queue-storage schema, as ``(input, message)``.

    Args:
        values: any of ``schema`` and the attributes of :class:`QueueStorageEntry`; what is not given is not
            checked.
    """
    key_of = {"schema": "schema"} | {name: f.alias or name for name, f in QueueStorageEntry.model_fields.items()}
    input_of = {key: name for name, key in key_of.items()} | {"schema": "schema"}
    given = {"schema": "placeholder"} | {key_of[name]: value for name, value in values.items()}
    found: list[tuple[KeyPath, str]] = []
    try:
        QueueStorageEntry.model_validate(given)
    except ValidationError as exc:
        found += _problems(exc, QueueStorageEntry, given)
    found += entry_checks(given)
    return [(written((input_of.get(str(path[0]), path[0]), *path[1:])), message) for path, message in found]


def queues_problems(queues: object) -> list[tuple[str, str]]:
    """Return what is wrong with the declared queues of schema awa, as ``(input, message)``."""
    return queue_storage_problems({"queues": queues})


def problems_error(problems: list[Problem], source: str) -> ConfigurationError:
    """Return one error that lists every problem, in the order of the file."""
    listed = [f"{source}{f':{p.line}' if p.line else ''}: {said(p)}" for p in in_order(problems)]
    if len(listed) == 1:
        return ConfigurationError(
            listed[0] + ("" if listed[0].endswith("?") else "."), hint="Correct it and run again; nothing was done."
        )
    return ConfigurationError(
        f"{source} has {len(listed)} problems.",
        details=listed,
        hint="Correct them and run again; nothing was done.",
    )


def in_order(problems: list[Problem]) -> list[Problem]:
    """Return the problems in the order of the file."""
    return sorted(problems, key=lambda p: (p.line or 0, p.key))


def said(problem: Problem) -> str:
    """Return a problem as text, without its line."""
    return f"{problem.key}: {problem.message}" if problem.key else problem.message


def _problems(exc: ValidationError, model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    seen: set[KeyPath] = set()
    for error in exc.errors(include_url=False, include_input=False):
        path, message = _told(error["loc"], error["type"], model)
        path = reached(path, values)
        encrypted = _encrypted(path, values)
        if encrypted is not None:
            path = encrypted
            message = f"is encrypted, and only {_listed(sorted(SECRETS))} may be; set it without --secret"
        elif not message:
            message = _in_words(error)
            if error["type"] == "string_type" and isinstance(value_at(path, values), int | float | date):
                message += "; put it in quotes"
        if path not in seen:
            seen.add(path)
            yield path, message


def _in_words(error: ErrorDetails) -> str:
    words = _WORDS.get(error["type"])
    if words is None:
        return error["msg"]
    context = error.get("ctx", {})
    return words.format_map({k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in context.items()})


def _told(path: KeyPath, kind: str, model: type[BaseModel]) -> tuple[KeyPath, str]:
    """Return where to report an error and, if it is about the keys of a mapping, what to say."""
    of = _model_of(path[:-1], model)
    if kind == "invalid_key" and of is not Encrypted:
        return path[:-1], ""
    if of is Encrypted and kind in {"extra_forbidden", "invalid_key", "missing"}:
        near = kind == "extra_forbidden" and _near(str(path[-1]), of)
        # What is written as a key here is as likely the secret itself.
        return (path, f"unknown key; did you mean {near}?") if near else (path[:-1], "must be text, or secure: alone")
    if kind != "extra_forbidden":
        return path, ""
    near = _near(str(path[-1]), of)
    return path, f"unknown key; did you mean {near}?" if near else f"unknown key; known are {', '.join(aliases(of))}"


def _model_of(path: KeyPath, model: type[BaseModel]) -> type[BaseModel]:
    """Return the model of the mapping at a path."""
    for part in path:
        for name, field in model.model_fields.items():
            if part == (field.alias or name):
                model = inner_model(field.annotation) or model
                break
    return model


def _near(key: str, model: type[BaseModel]) -> str:
    folded = {name.lower(): name for name in aliases(model)}
    return next((folded[n] for n in difflib.get_close_matches(key.lower(), folded, n=1)), "")


def _encrypted(path: KeyPath, values: Mapping[str, Any]) -> KeyPath | None:
    """Return where on a path an encrypted value stands, unless it may be."""
    if path[0] in SECRETS:
        return None
    above = (path[:depth] for depth in range(1, len(path) + 1))
    return next((part for part in above if _is_encrypted(value_at(part, values))), None)


def _is_encrypted(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
