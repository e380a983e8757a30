"""Paths of values in a configuration, and how messages write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys and list positions, from the outside in; the first key is without its namespace."""

Found = Iterator[tuple[KeyPath, str]]
"""Where, and what is wrong there."""

_ORDINARY = re.compile(r"[\w.-]*")


def written(path: KeyPath) -> str:
    """Return a path as people write it, for example ``awa:queueStorageSchemas[0].schema``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" if text else _first(part)
    return text


def reached(path: KeyPath, values: object) -> KeyPath:
    """Return as much of a path as the values have.

    A text may be given where the model has a mapping, so the model's path can go on where the values end. A key
    that is missing from its mapping counts as reached.
    """
    for depth in range(len(path)):
        if not isinstance(value_at(path[:depth], values), Mapping | list | tuple):
            return path[:depth]
    return path


def value_at(path: KeyPath, values: object) -> object:
    """Return the value at a path that is reached; ``None`` for a key that is missing."""
    found: Any = values
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else found[part]
    return found


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """Return the line of a path, or of the nearest that should hold it: a missing key has no line of its own."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _first(part: str) -> str:
    namespace, colon, key = part.partition(":")
    return f"{_shown(namespace)}{colon}{_shown(key)}"


def _shown(part: str) -> str:
    """Return a key, cut at the first unusual character: after a forgotten space the rest may be a value."""
    start = _ORDINARY.match(part)
    return part if start is None or start.group() == part else f"{start.group()}..."
