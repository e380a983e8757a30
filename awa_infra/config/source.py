"""Read a ``Pulumi.<stack>.yaml``: its text, and every problem with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from awa_infra.config.loader import Loader, mapping_of
from awa_infra.config.places import Places
from awa_infra.config.problems import problems_error, validate
from awa_infra.errors import ConfigurationError
from awa_infra.spec.paths import KeyPath
from awa_infra.spec.problems import Problem
from awa_infra.spec.stack import NAMESPACE, StackConfig

_LARGEST = 10_000_000
"""Characters; a configuration with a thousand schemas has less than one million. /dev/zero has no end."""

_PREFIX = f"{NAMESPACE}:"


def parse(text: str, source: str) -> StackConfig:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``.

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
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``, or ``None`` and every problem.

    What is in other namespaces is not interpreted at all.
    """
    try:
        # Made here too: it refuses characters that no YAML has.
        loader = Loader(text)
        root = loader.get_single_node()
        document = mapping_of(loader, root)
        config = None if document is None else mapping_of(loader, document.get("config"))
        own = {key: node for key, node in (config or {}).items() if key.startswith(_PREFIX)}
        values = {key.removeprefix(_PREFIX): loader.construct_document(node) for key, node in own.items()}
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        return None, [Problem("", _reason(exc), line=mark.line + 1 if mark else None)]
    if document is None or config is None:
        words = "a stack configuration is a mapping with a mapping under config: with keys such as awa:database"
        return None, [Problem("", words)]
    places = Places()
    if root is not None:
        places.walk(root, (), frozenset())
    problems = [*_misplaced(document, config, places.lines), *places.repeated_of_ours()]
    found, wrong = validate(values, places.lines_of_ours())
    problems += [places.with_reading(problem) for problem in wrong]
    return (None if problems else found), problems


def _misplaced(
    document: Mapping[str, yaml.Node], config: Mapping[str, yaml.Node], lines: Mapping[KeyPath, int]
) -> Iterator[Problem]:
    """Say of keys which look like those of awa-infra that nothing reads them where they are."""
    for key in document:
        if key.startswith(_PREFIX):
            yield Problem(key, "nothing reads it outside of config:; write it there", line=lines.get((key,)))
    known = StackConfig.attributes()
    for key in config:
        if key in known:
            yield Problem(
                key,
                f"keys of awa-infra have a namespace; write {_PREFIX}{key}, or PROJECT:{key} if it is the project's "
                "own",
                line=lines.get(("config", key)),
            )
    nested = config.get(NAMESPACE)
    for node, _value in nested.value if isinstance(nested, yaml.MappingNode) else ():
        if isinstance(node, yaml.ScalarNode) and node.value in known:
            yield Problem(
                f"{NAMESPACE}.{node.value}",
                f"keys of awa-infra are not nested; write {_PREFIX}{node.value}, or PROJECT:{NAMESPACE} if it is the "
                "project's own",
                line=node.start_mark.line + 1,
            )


def _reason(exc: Exception) -> str:
    """Return what is wrong with the YAML; PyYAML quotes names and tags, which a secret can look like."""

    def hidden(quoted: re.Match[str]) -> str:
        inner = quoted.group(1)
        return quoted.group() if len(inner) == 1 or re.fullmatch("<[a-z ]+>", inner) else "'...'"

    return re.sub(r"'(.*)'", hidden, getattr(exc, "problem", None) or "it is not YAML", flags=re.DOTALL)
