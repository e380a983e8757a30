"""Which steps run Awa's queue-storage installer, how often, and over which schemas. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from awa_infra.model import Step, StepKind

INSTALLER = "FUNCTION awa.install_queue_storage_substrate("
"""Text that marks a migration as replaying the installer."""


def replays_installer(step: Step) -> bool:
    """Whether a step replays Awa's queue-storage installer, which locks and scans its tables."""
    return step.kind is StepKind.MIGRATION and INSTALLER in step.sql


_OVER_ONE_SCHEMA = frozenset(("queue-storage", "install"))
"""What the keys of steps begin with that install, complete or repair one queue-storage schema."""


def replays(steps: Iterable[Step]) -> int:
    """Return how often migrations run the installer again, each time over every queue-storage schema."""
    return sum(map(replays_installer, steps))


def installs(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return over which schemas steps of their own run it; one that is not there yet has nothing to scan."""
    parts = (step.key.partition(":") for step in steps)
    return tuple(schema for kind, _, schema in parts if kind in _OVER_ONE_SCHEMA)
