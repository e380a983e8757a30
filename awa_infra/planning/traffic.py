"""How long a plan keeps locks that producers and workers wait for: from the first such step to the commit. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from awa_infra.model import Shape, Step, StepKind, Transaction
from awa_infra.planning.effort import WAITING, effort_of, runs_over_one_schema
from awa_infra.planning.transactions import transactions
from awa_infra.wording import and_listed

_USERS = frozenset({"producers", "workers"})
_LOCKING = frozenset({StepKind.OWNERSHIP, StepKind.REPAIR, StepKind.NUMBERING})
"""Kinds whose steps lock tables of Awa by themselves, for milliseconds (ALTER ... OWNER, TRUNCATE, UPDATE)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Locks on what producers and workers use, which one transaction holds until its commit.

    Attributes:
        mode: of which way to commit this is a transaction: ``whole`` or ``each``.
        first: the step that takes the first of these locks: ``V12``, or its title.
        who: who waits.
        seconds: from there to the commit, on the machine of the facts, on a database without jobs.
        per_million: seconds more for a million jobs in the tables of before queue storage.
        replays: how often it runs the installer over every queue-storage schema.
        installs: over which schemas it runs it beside that.
        certain: whether it locks in any case; otherwise only if one of ``installs`` is there already.
        unmeasured: how many of its steps have a text that was never measured; they count as steps that lock.
    """

    mode: str
    first: str
    who: str
    seconds: float
    per_million: float
    replays: int
    installs: tuple[str, ...]
    certain: bool
    unmeasured: int


def holds(
    steps: Sequence[Step], shapes: Mapping[str, Shape], modes: Iterable[Transaction] = Transaction
) -> tuple[Hold, ...]:
    """Return what the transactions of a plan hold, for every way to commit."""
    found: list[Hold] = []
    for mode in modes:
        for together in transactions(steps, mode):
            locking = [n for n, step in enumerate(together) if _locks(step, shapes)]
            installing = [n for n, step in enumerate(together) if runs_over_one_schema(step)]
            if locking:
                found.append(_hold(mode, together[locking[0] :], shapes, certain=True))
            if installing and (not locking or installing[0] < locking[0]):
                found.append(_hold(mode, together[installing[0] :], shapes, certain=False))
    return tuple(found)


def holds_json(found: Iterable[Hold]) -> str:
    """Return what is held as JSON, for ``sql/traffic/held.sql``."""
    return json.dumps([asdict(hold) for hold in found], ensure_ascii=False)


def _hold(mode: Transaction, steps: Sequence[Step], shapes: Mapping[str, Shape], *, certain: bool) -> Hold:
    effort = effort_of(steps, shapes)
    all_wait = effort.unmeasured > 0 or not certain or any(step.kind in _LOCKING for step in steps)
    waiting = [who for who in WAITING if (all_wait and who in _USERS) or who in effort.waiting]
    return Hold(
        mode.value,
        _named(steps[0]),
        and_listed(waiting),
        round(effort.seconds, 3),
        round(effort.per_million, 1),
        effort.replays,
        effort.installs,
        certain,
        effort.unmeasured,
    )


def _locks(step: Step, shapes: Mapping[str, Shape]) -> bool:
    """Whether a step locks what producers or workers use, for all that is known."""
    effort = effort_of([step], shapes)
    return step.kind in _LOCKING or effort.unmeasured > 0 or not _USERS.isdisjoint(effort.waiting)


def _named(step: Step) -> str:
    return f"V{step.version}" if step.kind is StepKind.MIGRATION else step.title
