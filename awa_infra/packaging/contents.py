"""What every format is rendered from, and what a format is: two functions over one plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from awa_infra.model import DesiredState, Plan, Step, StepKind

HISTORY_SCHEMA = "awa_migrations"
"""Where the tool keeps its own tables: beside schema ``awa``, which belongs to Awa's migrations alone."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle is to contain.

    Attributes:
        desired: what was asked for.
        plan: what it takes, from the state that the bundle starts at.
    """

    desired: DesiredState
    plan: Plan

    def of(self, kind: StepKind) -> tuple[Step, ...]:
        """Return the steps of one kind, in the plan's order."""
        return tuple(step for step in self.plan.steps if step.kind is kind)


@dataclass(frozen=True, slots=True)
class Format:
    """How one tool wants a plan written.

    Attributes:
        name: as on the command line.
        title: as people write it.
        paths: the path of every step's file by the step's key. The file is the step's SQL, byte for byte.
        files: all other files that the tool needs, by path.
    """

    name: str
    title: str
    paths: Callable[[Contents], Mapping[str, str]]
    files: Callable[[Contents], Mapping[str, bytes]]
