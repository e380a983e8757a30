"""Read a ``Pulumi.<stack>.yaml``: its text, every problem with its line, and what to warn of in one that is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from awa_infra.config.loader import UNREADABLE, Loader, mapping_of, reason
from awa_infra.config.places import Places
from awa_infra.config.problems import problems_error, validate
from awa_infra.config.project import NO_PROJECT, ProjectKeys, project_keys
from awa_infra.errors import ConfigurationError
from awa_infra.spec.paths import KeyPath
from awa_infra.spec.problems import Problem
from awa_infra.spec.rules import PASSWORDS
from awa_infra.spec.stack import NAMESPACE, PREFIX, StackConfig
from awa_infra.spec.values import Encrypted

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


_PASSWORD_IN_URL = re.compile(r"://[^/?#@]*:[^@]+@|\bpassword\s*=")


def keys_in_clear(secrets: Mapping[str, str | Encrypted]) -> list[str]:
    """Return the keys of passwords that are not encrypted, those in a connection string included; by key, as given."""
    texts = {key: value for key, value in secrets.items() if isinstance(value, str)}
    return [key for key, value in texts.items() if key in PASSWORDS or _PASSWORD_IN_URL.search(value)]


def clear_warning(secrets: Mapping[str, str | Encrypted], source: str) -> str:
    """Return a warning about passwords that are not encrypted, with the command that encrypts; empty if all are."""
    keys = [f"{PREFIX}{key}" for key in keys_in_clear(secrets)]
    if not keys:
        return ""
    what = "a password" if len(keys) == 1 else "passwords"
    return (
        f"{source} has {what} in clear, in {' and '.join(keys)}. "
        f"Hint: Encrypt with pulumi config set --secret {keys[0]}, and change what others could read."
    )


def environment_warning(text: str, source: str) -> str:
    """Return a warning that keys may be missing here which environments of Pulumi ESC give the stack; empty if none do.

    The text is that of a ``Pulumi.<stack>.yaml``, the source its name.
    """
    if "environment" not in text:
        return ""  # reading a thousand schemas a second time takes a tenth of a second
    try:
        loader = Loader(text)
        document = mapping_of(loader, loader.get_single_node()) or {}
        found = loader.construct_document(document["environment"]) if "environment" in document else None
    except UNREADABLE:
        return ""
    if not found:
        return ""
    return (
        f"{source} takes values from environments of Pulumi ESC, which only Pulumi reads: keys awa:* that one of them "
        "gives are missing here. Hint: Write those keys into the file, or use pulumi preview and pulumi up."
    )


def warnings(text: str, config: StackConfig, source: str) -> list[str]:
    """Return what to warn of in the text of a file, and in the configuration that it declares."""
    found = clear_warning(config.secrets(), source), environment_warning(text, source)
    return [warning for warning in found if warning]
