"""Where everything is in a ``Pulumi.<stack>.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import yaml

from awa_infra.config.loader import PLAIN, Value, plain_value
from awa_infra.spec.base import whole_numbers
from awa_infra.spec.paths import KeyPath, written
from awa_infra.spec.problems import Problem
from awa_infra.spec.stack import PREFIX, SECRETS


@dataclass(slots=True)
class Places:
    """Where everything is in a file, keys as they are written.

    Attributes:
        lines: the line of each key and item.
        repeated: keys that are given twice.
        readings: what Pulumi reads where that differs from what is written, without secrets.
    """

    lines: dict[KeyPath, int] = field(default_factory=dict)
    repeated: list[Problem] = field(default_factory=list)
    readings: dict[str, Value] = field(default_factory=dict)

    def walk(self, node: yaml.Node, path: KeyPath, above: frozenset[int]) -> None:
        """Note a node and all below."""
        if id(node) in above:
            return  # an alias of what holds it
        above |= {id(node)}
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue  # in another namespace
                below = (*path, key.value)
                line = key.start_mark.line + 1
                if below in self.lines:
                    self.repeated.append(_given_twice(below, self.lines[below], line))
                self.lines[below] = line
                self.walk(value, below, above)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.walk(item, (*path, index), above)
        elif node.tag == PLAIN and len(path) > 1 and not _is_secret(path):
            read = plain_value(node.value)
            if isinstance(read, date) or str(read) != node.value:
                self.readings[written(path[1:])] = read

    def repeated_of_ours(self) -> list[Problem]:
        """Return what is given twice, and matters here."""
        return [p for p in self.repeated if p.key == "config" or p.key.startswith(PREFIX)]

    def lines_of_ours(self) -> dict[KeyPath, int]:
        """Return the lines of what is in namespace ``awa``, without the namespace."""
        return {
            (str(path[1]).removeprefix(PREFIX), *path[2:]): line
            for path, line in self.lines.items()
            if len(path) > 1 and path[0] == "config" and str(path[1]).startswith(PREFIX)
        }

    def with_reading(self, problem: Problem) -> Problem:
        """Return a problem with what Pulumi reads, where only that explains it."""
        if problem.key not in self.readings:
            return problem
        read = self.readings[problem.key]
        shown = f"the date {read}" if isinstance(read, date) else f"{whole_numbers(read)}"
        return replace(problem, message=f"{problem.message}; without quotes Pulumi reads {shown}")


def _is_secret(path: KeyPath) -> bool:
    return len(path) > 1 and str(path[1]).removeprefix(PREFIX) in SECRETS


def _given_twice(path: KeyPath, first: int, line: int) -> Problem:
    inside_secret = len(path) > 2 and _is_secret(path)  # noqa: PLR2004
    if inside_secret:
        return Problem(written(path[1:2]), f"holds a key twice, first in line {first}", line=line)
    return Problem(written(path[1:] or path), f"given twice, first in line {first}", line=line)
