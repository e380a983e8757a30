"""Checking values against the model, with every problem in people's words: key, line, did-you-mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from awa_infra.config.model import NAMESPACE, Encrypted, QueueStorageEntry, StackConfig
from awa_infra.errors import ConfigurationError

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys and list positions, from the outside in."""


_WORDS = {
    "bool_type": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "missing": "is missing",
    "model_type": "must be a mapping",
    "string_type": "must be text",
    "tuple_type": "must be a list",
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

    Returns:
        The configuration and no problems, or ``None`` and every problem.
    """
    lines = lines or {}
    problems: list[Problem] = []
    config: StackConfig | None = None
    try:
        config = StackConfig.model_validate(values)
    except ValidationError as exc:
        problems = list(_problems(exc, values, lines))
    problems += _duplicates(values, lines)
    return (None if problems else config), problems


def queue_storage_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the inputs of one queue-storage schema, as ``(input, message)``.

    Args:
        values: any of ``schema``, ``queue_slots``, ``lease_slots``, ``claim_slots``, ``receipts``; what is
            not given is not checked.
    """
    alias = _input_aliases()
    name_of = {key: name for name, key in alias.items()}
    given = {"schema": "placeholder"} | {alias[name]: value for name, value in values.items() if name in alias}
    try:
        QueueStorageEntry.model_validate(given)
    except ValidationError as exc:
        return [(name_of.get(p.key.rpartition(":")[2], p.key), p.message) for p in _problems(exc, {}, {})]
    return []


def queue_storage_entry(values: Mapping[str, Any]) -> QueueStorageEntry:
    """Return the entry that the checked inputs of one queue-storage schema make.

    Args:
        values: as for :func:`queue_storage_problems`, which has found nothing wrong.
    """
    alias = _input_aliases()
    return QueueStorageEntry.model_validate({alias[k]: v for k, v in values.items() if k in alias and v is not None})


def _input_aliases() -> dict[str, str]:
    """Return the key of the configuration for every input of a queue-storage schema."""
    named = {name: f.alias or name for name, f in QueueStorageEntry.model_fields.items()}
    return {"schema": "schema"} | {name: key for name, key in named.items() if name != "schema_name"}


def problems_error(problems: list[Problem], source: str) -> ConfigurationError:
    """Return one error that lists every problem, in the order of the file."""
    ordered = sorted(problems, key=lambda p: (p.line or 0, p.key))
    listed = [
        f"{source}:{p.line}: {p.key}: {p.message}" if p.line else f"{source}: {p.key}: {p.message}" for p in ordered
    ]
    if len(listed) == 1:
        return ConfigurationError(
            listed[0] + ("" if listed[0].endswith("?") else "."), hint="Correct it and run again; nothing was done."
        )
    return ConfigurationError(
        f"{source} has {len(listed)} problems.",
        details=listed,
        hint="Correct them and run again; nothing was done.",
    )


def _problems(exc: ValidationError, values: Mapping[str, Any], lines: Mapping[KeyPath, int]) -> Iterator[Problem]:
    seen: set[KeyPath] = set()
    for error in exc.errors(include_url=False, include_input=False):
        path: KeyPath = error["loc"]
        if path[0] == "databaseUrl":
            # A union: pydantic puts the tried member second, and complains once per member.
            path = (path[0], *path[2:])
            if len(path) == 1 and isinstance(values.get("databaseUrl"), Mapping):
                continue
        if path in seen:
            continue
        seen.add(path)
        words = _WORDS.get(error["type"])
        message = words.format(**error.get("ctx", {})) if words else error["msg"]
        if error["type"] == "extra_forbidden":
            inner = Encrypted if path[0] == "databaseUrl" else QueueStorageEntry
            message = _unknown_key(str(path[-1]), StackConfig if len(path) == 1 else inner)
        yield Problem(written((f"{NAMESPACE}:{path[0]}", *path[1:])), message, _line(path, lines))


def _duplicates(values: Mapping[str, Any], lines: Mapping[KeyPath, int]) -> list[Problem]:
    entries = values.get("queueStorageSchemas")
    problems = []
    first: dict[str, int] = {}
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        name = entry.get("schema") if isinstance(entry, Mapping) else None
        if not isinstance(name, str):
            continue
        if name in first:
            path = ("queueStorageSchemas", index, "schema")
            key = written((f"{NAMESPACE}:queueStorageSchemas", index, "schema"))
            other = f"queueStorageSchemas[{first[name]}]"
            problems.append(Problem(key, f"{name!r} is declared twice, first in {other}", _line(path, lines)))
        first.setdefault(name, index)
    return problems


def _unknown_key(key: str, model: type[BaseModel]) -> str:
    known = aliases(model)
    folded = {name.lower(): name for name in known}
    near = [folded[n] for n in difflib.get_close_matches(key.lower(), folded, n=1)]
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known are {', '.join(known)}"


def aliases(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model as people write them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _line(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    # A missing key has no line of its own; that of what should hold it is the next best.
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def written(path: KeyPath) -> str:
    """Return a path as people write it, for example ``awa:queueStorageSchemas[0].schema``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
