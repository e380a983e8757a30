"""Read a ``Pulumi.<stack>.yaml``: its text, and the line of every key.

PyYAML marks every node with its line. ruamel.yaml does too, but stops at the first key that is given twice, and takes
five times as long to import and read: every command would pay that.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from awa_infra.config.problems import problems_error, validate
from awa_infra.errors import ConfigurationError
from awa_infra.spec.paths import KeyPath, written
from awa_infra.spec.problems import Problem
from awa_infra.spec.stack import NAMESPACE, SECRETS, StackConfig

_LARGEST = 10_000_000
"""Characters; a configuration with a thousand schemas has less than one million. /dev/zero has no end."""

_PREFIX = f"{NAMESPACE}:"


class _Loader(yaml.SafeLoader):
    """Reads booleans as Pulumi does: ``yes``, ``no``, ``on`` and ``off`` are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if first in "tTfF" or tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str, source: str) -> StackConfig:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``.

    Args:
        text: the file's content.
        source: its name, for messages.

    Raises:
        ConfigurationError: it is not YAML, or anything in namespace ``awa`` is wrong; all of it is listed.
    """
    config, problems = examine(text)
    if config is None:
        raise problems_error(problems, source)
    return config


def load(path: Path) -> StackConfig:
    """Return the configuration in a file.

    Raises:
        ConfigurationError: the file cannot be read, or see :func:`parse`.
    """
    return parse(read(path), str(path))


def read(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"Cannot read {path}: {reason}.", hint="Give the path of a Pulumi.<stack>.yaml."
        ) from exc
    if len(text) > _LARGEST:
        raise ConfigurationError(
            f"Cannot read {path}: it has more than {_LARGEST} characters.",
            hint="Give the path of a Pulumi.<stack>.yaml.",
        )
    return text


def examine(text: str) -> tuple[StackConfig | None, list[Problem]]:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``, or ``None`` and every problem."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        return None, [Problem("", _reason(exc), line=mark.line + 1 if mark else None)]
    document = {} if document is None else document
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict | None):
        words = "a stack configuration is a mapping with a mapping under config: with keys such as awa:database"
        return None, [Problem("", words)]
    lines: dict[KeyPath, int] = {}
    repeated: list[Problem] = []
    if root is not None:
        _walk(root, (), lines, repeated, frozenset())
    config: dict[Any, Any] = document.get("config") or {}
    values = {key.removeprefix(_PREFIX): value for key, value in config.items() if str(key).startswith(_PREFIX)}
    own = {
        (str(path[1]).removeprefix(_PREFIX), *path[2:]): line
        for path, line in lines.items()
        if len(path) > 1 and path[0] == "config" and str(path[1]).startswith(_PREFIX)
    }
    problems = [
        Problem(
            str(key),
            f"keys of awa-infra have a namespace; write {_PREFIX}{key}, or PROJECT:{key} if it is the project's own",
            line=lines.get(("config", key)),
        )
        for key in config
        if key in StackConfig.attributes()
    ]
    problems += [p for p in repeated if p.key == "config" or p.key.startswith(_PREFIX)]
    found, wrong = validate(values, own)
    problems += wrong
    return (None if problems else found), problems


def _reason(exc: Exception) -> str:
    """Return what is wrong with the YAML; PyYAML quotes names and tags, which a secret can look like."""

    def hidden(quoted: re.Match[str]) -> str:
        inner = quoted.group(1)
        return quoted.group() if len(inner) == 1 or re.fullmatch("<[a-z ]+>", inner) else "'...'"

    return re.sub(r"'(.*)'", hidden, getattr(exc, "problem", None) or "it is not YAML", flags=re.DOTALL)


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
                repeated.append(_given_twice(below, lines[below], line))
            lines[below] = line
            _walk(value, below, lines, repeated, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, repeated, above)


def _given_twice(path: KeyPath, first: int, line: int) -> Problem:
    inside_secret = len(path) > 2 and str(path[1]).removeprefix(_PREFIX) in SECRETS  # noqa: PLR2004
    if inside_secret:
        return Problem(written(path[1:2]), f"holds a key twice, first in line {first}", line=line)
    return Problem(written(path[1:] or path), f"given twice, first in line {first}", line=line)
