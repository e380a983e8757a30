"""What the steps of a plan lock, who waits for them, how long they take, and which run Awa's installer again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from awa_infra.facts.durations import Duration, duration_facts
from awa_infra.facts.measured import shape_locks
from awa_infra.model import Shape, Step, StepKind
from awa_infra.release import normalised_sha256
from awa_infra.wording import and_listed, counted

WAITING = ("producers", "workers", "readers of ready jobs", "readers of finished jobs")
"""Who can be made to wait, as the facts call them."""

DURATION = "duration"
"""Code of the note that says how long a plan takes on a database (``sql/notes/duration.sql``)."""

_MEASURED_ALONE = frozenset({StepKind.MIGRATION, StepKind.PATCH})
STRONG = ("ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE")
"""Modes that block writers, strongest first (PostgreSQL's table of conflicting lock modes)."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a plan costs where there are no jobs, and what it costs more for jobs.

    Attributes:
        seconds: on the machine of the facts, on a database without jobs.
        per_million: seconds more for a million jobs in the tables of before queue storage.
        waiting: who waits until the transaction ends, in the order of :data:`WAITING`.
        unmeasured: how many steps have a text that was never measured.
        replays: how often migrations run Awa's installer again, each time over every queue-storage schema.
        installs: over which schemas steps of their own run it; one that is not there yet has nothing to scan.
    """

    seconds: float = 0.0
    per_million: float = 0.0
    waiting: tuple[str, ...] = ()
    unmeasured: int = 0
    replays: int = 0
    installs: tuple[str, ...] = ()


def effort_of(steps: Iterable[Step], shapes: Mapping[str, Shape]) -> Effort:
    """Return what steps cost together."""
    each = [(step, duration_of(step, shapes)) for step in steps]
    measured = [duration for _step, duration in each if duration is not None]
    return Effort(
        sum(duration.seconds for duration in measured),
        sum(duration.per_million for duration in measured),
        tuple(who for who in WAITING if any(who in duration.waiting for duration in measured)),
        sum(duration is None and step.kind in _MEASURED_ALONE for step, duration in each),
        sum(replays_installer(step) for step, _duration in each),
        tuple(step.subject for step, _duration in each if runs_over_one_schema(step)),
    )


def duration_of(step: Step, shapes: Mapping[str, Shape]) -> Duration | None:
    """Return what is known of a step; ``None`` if its text was never measured."""
    facts = duration_facts()
    if step.kind is StepKind.LANES:
        return facts.lanes
    if step.kind is StepKind.QUEUE_STORAGE and step.subject in shapes:
        installation = facts.installation
        return replace(installation, seconds=installation.seconds * shape_locks(shapes[step.subject]) / facts.objects)
    return facts.texts.get(normalised_sha256(step.sql)) if step.kind in _MEASURED_ALONE else None


def locks_text(sql: str) -> str | None:
    """Return in words what a text of Awa locks and who waits for it.

    Returns:
        Empty if nothing waits; ``None`` if the text was never measured.
    """
    duration = duration_facts().texts.get(normalised_sha256(sql))
    if duration is None:
        return None
    held = [_held(mode, duration) for mode in STRONG if mode in duration.locks]
    wait = [f"{and_listed(duration.waiting)} wait"] if duration.waiting else []
    return "; ".join([", ".join(held), *wait]) if held else ""


def _held(mode: str, known: Duration) -> str:
    if mode in known.named:
        return f"{mode} on {and_listed(f'awa.{table}' for table in known.named[mode])}"
    return f"{mode} on {counted(known.locks[mode], 'table')}"


INSTALLER = "FUNCTION awa.install_queue_storage_substrate("
"""Text that marks a migration as replaying the installer."""


def replays_installer(step: Step) -> bool:
    """Whether a step replays Awa's queue-storage installer, which locks and scans its tables."""
    return step.kind is StepKind.MIGRATION and INSTALLER in step.sql


_OVER_ONE_SCHEMA = ("queue-storage:", "install:")
"""What the keys of steps begin with that install, complete or repair one queue-storage schema."""


def runs_over_one_schema(step: Step) -> bool:
    """Whether a step runs the installer over one queue-storage schema alone."""
    return step.key.startswith(_OVER_ONE_SCHEMA)
