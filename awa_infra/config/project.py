"""Find the Pulumi project of a stack's file, and read what its ``Pulumi.yaml`` declares for every stack.

Pulumi hands a program the keys of the stack, and those of the project that the stack does not give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from awa_infra.config.loader import UNREADABLE, Loader, mapping_of, reason
from awa_infra.config.places import Places
from awa_infra.errors import ConfigurationError
from awa_infra.spec.problems import Problem
from awa_infra.spec.stack import PREFIX

_STACK_FILE = re.compile(r"Pulumi\..+\.ya?ml")
_OF_THE_KEY = re.compile(rf"{PREFIX}([^.\[]+)")


@dataclass(frozen=True, slots=True)
class ProjectKeys:
    """What a project's file declares in namespace ``awa`` for all of its stacks, by key without the namespace.

    The problems are what Pulumi refuses of it.
    """

    file: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def located(self, problem: Problem, given: Mapping[str, Any]) -> Problem:
        """Return a problem with the place of its key, where the project declares it and the stack does not."""
        found = _OF_THE_KEY.match(problem.key)
        key = found[1] if found else ""
        if key in given or key not in self.lines:
            return problem
        return replace(problem, message=f"{problem.message} ({self.file}:{self.lines[key]} declares it)", line=None)


NO_PROJECT = ProjectKeys()


def project_file(path: Path) -> Path | None:
    """Return the project's file of a stack's file: beside it, or above it if ``stackConfigDir`` leads to its folder.

    Raises:
        ConfigurationError: a file of that name cannot be read.
    """
    folder = path.resolve().parent
    for above in (folder, *folder.parents):
        file = above / f"Pulumi{path.suffix}"  # a project and its stacks have the same ending
        if file.is_file():
            return file if (above / _stack_folder(file)).resolve() == folder else None
    return None


def read_project(file: Path) -> Mapping[str, Any]:
    """Return what a project's file says.

    Raises:
        ConfigurationError: it cannot be read.
    """
    with _reading(file) as loader:
        root, _nodes = _document(loader, file)
        found: Mapping[str, Any] = loader.construct_document(root)
        return found


def project_keys(path: Path) -> ProjectKeys:
    """Return what the project of a stack's file declares for every stack; only a ``Pulumi.<stack>.yaml`` has one.

    Raises:
        ConfigurationError: the project's file cannot be read.
    """
    file = project_file(path) if _STACK_FILE.fullmatch(path.name) else None
    return NO_PROJECT if file is None else _keys(file)


def _stack_folder(file: Path) -> str:
    """Return where a project keeps the files of its stacks, relative to its own; ``config`` is the former name."""
    with _reading(file) as loader:
        _root, document = _document(loader, file)
        for key in ("stackConfigDir", "config"):
            found = document.get(key)
            if isinstance(found, yaml.ScalarNode) and found.value:
                return str(found.value)
    return "."


def _keys(file: Path) -> ProjectKeys:
    places = Places()
    values: dict[str, Any] = {}
    with _reading(file) as loader:
        root, document = _document(loader, file)
        places.walk(root, (), frozenset())
        problems = places.repeated_of_ours()
        for key, node in (mapping_of(loader, document.get("config")) or {}).items():
            if not key.startswith(PREFIX):
                continue
            inner = mapping_of(loader, node) if isinstance(node, yaml.MappingNode) else {"value": node}
            if inner is None or "value" not in inner:
                problems.append(Problem(key, "needs its value below value:, as every mapping in Pulumi.yaml"))
            else:
                values[key.removeprefix(PREFIX)] = loader.construct_document(inner["value"])
    lines = {str(path[0]): line for path, line in places.lines_of_ours().items() if len(path) == 1}
    keys = ProjectKeys(file.name, values, lines)
    return replace(keys, problems=tuple(keys.located(problem, {}) for problem in problems))


@contextmanager
def _reading(file: Path) -> Iterator[Loader]:
    try:
        yield Loader(file.read_text(encoding="utf-8-sig"))
    except (OSError, *UNREADABLE) as exc:
        said = exc.strerror if isinstance(exc, OSError) else reason(exc)
        raise ConfigurationError(
            f"{file} cannot be read: {said}.", hint="Correct it; Pulumi needs it as well."
        ) from exc


def _document(loader: Loader, file: Path) -> tuple[yaml.Node, Mapping[str, yaml.Node]]:
    root = loader.get_single_node()
    document = mapping_of(loader, root)
    if root is None or not document:
        raise ConfigurationError(f"{file} is no mapping.", hint="Give it the two keys name and runtime.")
    return root, document
