"""Reading a ``Pulumi.<stack>.yaml``: its text, and the line of every key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from awa_infra.config.model import NAMESPACE, StackConfig
from awa_infra.config.problems import KeyPath, Problem, aliases, problems_error, validate, written
from awa_infra.errors import ConfigurationError


def parse(text: str, source: str) -> StackConfig:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``.

    Args:
        text: the file's content.
        source: its name, for messages.

    Raises:
        ConfigurationError: it is not YAML, or anything in namespace ``awa`` is wrong; all of it is listed.
    """
    values, lines, problems = _read(text, source)
    config, found = validate(values, lines)
    problems += found
    if problems or config is None:
        raise problems_error(problems, source)
    return config


def load(path: Path) -> StackConfig:
    """Return the configuration in a file.

    Raises:
        ConfigurationError: the file cannot be read, or see :func:`parse`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"Cannot read {path}: {reason}.", hint="Give the path of a Pulumi.<stack>.yaml."
        ) from exc
    return parse(text, str(path))


def _read(text: str, source: str) -> tuple[dict[str, Any], dict[KeyPath, int], list[Problem]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark else source
        reason = getattr(exc, "problem", None) or "it is not YAML"
        raise ConfigurationError(f"{where}: {reason}.", hint="Correct the YAML; nothing was done.") from exc
    document = {} if document is None else document
    if not isinstance(document, dict) or not isinstance(document.get("config") or {}, dict):
        raise ConfigurationError(
            f"{source}: a stack configuration is a mapping with a mapping under config.",
            hint="Start it with config: and indent keys such as awa:queueStorageSchemas under it.",
        )
    lines: dict[KeyPath, int] = {}
    repeated: list[Problem] = []
    if root is not None:
        _walk(root, (), lines, repeated, frozenset())
    config: dict[str, Any] = document.get("config") or {}
    prefix = f"{NAMESPACE}:"
    values = {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}
    own = {
        (str(path[1]).removeprefix(prefix), *path[2:]): line
        for path, line in lines.items()
        if len(path) > 1 and path[0] == "config" and str(path[1]).startswith(prefix)
    }
    bare = [
        Problem(str(key), f"keys of awa-infra have a namespace; write {prefix}{key}", lines.get(("config", key)))
        for key in config
        if key in aliases(StackConfig)
    ]
    return values, own, bare + [p for p in repeated if p.key == "config" or p.key.startswith(prefix)]


def _walk(
    node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], repeated: list[Problem], above: frozenset[int]
) -> None:
    if id(node) in above:
        return  # an alias of what holds it
    above |= {id(node)}
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, key.value)
            line = key.start_mark.line + 1
            if below in lines:
                repeated.append(
                    Problem(written(below[1:] or below), f"given twice, first in line {lines[below]}", line)
                )
            lines[below] = line
            _walk(value, below, lines, repeated, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, repeated, above)
