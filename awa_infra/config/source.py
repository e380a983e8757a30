"""Read a ``Pulumi.<stack>.yaml``: its text, and every problem with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from awa_infra.config.caution import warnings
from awa_infra.config.loader import UNREADABLE, Loader, mapping_of, reason
from awa_infra.config.places import Places
from awa_infra.config.problems import problems_error, validate
from awa_infra.config.project import NO_PROJECT, ProjectKeys, project_keys
from awa_infra.errors import ConfigurationError
from awa_infra.spec.paths import KeyPath
from awa_infra.spec.problems import Problem
from awa_infra.spec.stack import NAMESPACE, PREFIX, StackConfig

_LARGEST = 10_000_000
"""Characters; a configuration with a thousand schemas has less than one million. /dev/zero has no end."""


def load(path: Path) -> StackConfig:
    """Return the configuration in a file, with the keys that its Pulumi project declares for every stack.

    Raises:
        ConfigurationError: one of the two cannot be read or is not YAML, or anything in namespace ``awa`` is wrong;
            all of it is listed.
    """
    return load_with_warnings(path)[0]


def load_with_warnings(path: Path) -> tuple[StackConfig, list[str]]:
    """Return the configuration in a file, see :func:`load`, and what to warn of; reads the file once.

    Raises:
        ConfigurationError: see :func:`load`.
    """
    text = read(path)
    config, problems = examine(text, project_keys(path))
    if config is None:
        raise problems_error(problems, str(path))
    return config, warnings(text, config, str(path))


def read(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except (OSError, UnicodeDecodeError) as exc:
        said, hint = "it is not UTF-8 text", "Save it as UTF-8."
        if isinstance(exc, OSError):
            said, hint = str(exc.strerror), "Give the path of a Pulumi.<stack>.yaml."
        raise ConfigurationError(f"Cannot read {path}: {said}.", hint=hint) from exc
    if len(text) > _LARGEST:
        raise ConfigurationError(
            f"Cannot read {path}: it has more than {_LARGEST} characters.",
            hint="Give the path of a Pulumi.<stack>.yaml.",
        )
    return text


def examine(text: str, project: ProjectKeys = NO_PROJECT) -> tuple[StackConfig | None, list[Problem]]:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``, or ``None`` and every problem.

    What is in other namespaces is not interpreted at all. What the project declares for every stack comes second.
    """
    try:
        # Made here too: it refuses characters that no YAML has.
        loader = Loader(text)
        root = loader.get_single_node()
        document = mapping_of(loader, root)
        config = None if document is None else mapping_of(loader, document.get("config"))
        own = {key: node for key, node in (config or {}).items() if key.startswith(PREFIX)}
        values = {key.removeprefix(PREFIX): loader.construct_document(node) for key, node in own.items()}
    except UNREADABLE as exc:
        mark = getattr(exc, "problem_mark", None)
        return None, [Problem("", reason(exc), line=mark.line + 1 if mark else None)]
    if document is None or config is None:
        words = "a stack configuration is a mapping with a mapping under config: with keys such as awa:database"
        return None, [Problem("", words)]
    if {"name", "runtime"} <= document.keys():
        return None, [Problem("", "this is the file of a project; give that of a stack, Pulumi.<stack>.yaml")]
    places = Places()
    if root is not None:
        places.walk(root, (), frozenset())
    problems = [*project.problems, *_misplaced(document, config, places.lines), *places.repeated_of_ours()]
    found, wrong = validate({**project.values, **values}, places.lines_of_ours())
    problems += [project.located(places.with_reading(problem), values) for problem in wrong]
    return (None if problems else found), problems


def _misplaced(
    document: Mapping[str, yaml.Node], config: Mapping[str, yaml.Node], lines: Mapping[KeyPath, int]
) -> Iterator[Problem]:
    """Say of keys which look like those of awa-infra that nothing reads them where they are."""
    for key in document:
        if key.startswith(PREFIX):
            yield Problem(key, "nothing reads it outside of config:; write it there", line=lines.get((key,)))
    known = StackConfig.attributes()
    for key in config:
        if key in known:
            yield Problem(
                key,
                f"keys of awa-infra have a namespace; write {PREFIX}{key}, or PROJECT:{key} if it is the project's own",
                line=lines.get(("config", key)),
            )
    nested = config.get(NAMESPACE)
    for node, _value in nested.value if isinstance(nested, yaml.MappingNode) else ():
        if isinstance(node, yaml.ScalarNode) and node.value in known:
            yield Problem(
                f"{NAMESPACE}.{node.value}",
                f"keys of awa-infra are not nested; write {PREFIX}{node.value}, or PROJECT:{NAMESPACE} if it is the "
                "project's own",
                line=node.start_mark.line + 1,
            )
