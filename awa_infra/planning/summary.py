"""What people who have to agree to a plan are shown, the same as Markdown and as a page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from awa_infra import sqltext
from awa_infra.facts import SECONDS_PER_MILLION_ROWS_AND_REPLAY
from awa_infra.facts.durations import duration_facts
from awa_infra.model import DesiredState, Gate, Note, Plan, Shape, Step, Transaction
from awa_infra.planning.effort import duration_of, replays_installer
from awa_infra.wording import counted

_LEAST = 0.01
"""Seconds: nothing is shown as faster than this."""


class Verdict(Enum):
    """Whether a plan can be applied."""

    DONE = "done"
    READY = "ready"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class SummaryStep:
    """One step, as it is shown: numbered from 1, with how long it took where it was measured, and what apply runs."""

    number: int
    title: str
    locks: str
    took: str
    sha256: str
    sql: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan, as it is shown.

    Attributes:
        database: its name.
        verdict: whether the plan can be applied.
        headline: one sentence: what would change.
        outcome: one sentence: whether its conditions hold.
        gates: the conditions that do not hold.
        held: codes of the conditions that were checked and hold, sorted.
        notes: what is worth knowing before.
        steps: in the order in which they run.
        commits: one sentence: what is committed together; empty without steps.
        measured: one sentence: where the durations are from; empty without steps.
        digest: of the plan; empty without steps.
    """

    database: str
    verdict: Verdict
    headline: str
    outcome: str
    gates: tuple[Gate, ...]
    held: tuple[str, ...]
    notes: tuple[Note, ...]
    steps: tuple[SummaryStep, ...]
    commits: str
    measured: str
    digest: str


def summary_of(database: str, plan: Plan, desired: DesiredState) -> PlanSummary:
    """Return what is shown of a plan."""
    shapes = desired.shapes
    failing = {gate.code for gate in plan.gates}
    return PlanSummary(
        database=sqltext.one_line(database),
        verdict=Verdict.BLOCKED if plan.gates else Verdict.READY if plan.steps else Verdict.DONE,
        headline=_headline(plan, desired.release.name),
        outcome=f"Blocked: {counted(len(plan.gates), 'condition does', 'conditions do')} not hold."
        if plan.gates
        else "All conditions hold.",
        gates=plan.gates,
        held=tuple(code for code in plan.checked if code not in failing),
        notes=plan.notes,
        steps=tuple(
            SummaryStep(number, step.title, _locks(step, shapes), took(step, shapes), step.sha256, step.sql)
            for number, step in enumerate(plan.steps, start=1)
        ),
        commits=_COMMITS[desired.transaction] if plan.steps else "",
        measured=f"Durations were measured on {duration_facts().reference}, without jobs and each step by itself; "
        "other machines have others. Locks are held until the commit."
        if plan.steps
        else "",
        digest=plan.digest if plan.steps else "",
    )


_COMMITS = {
    Transaction.WHOLE: "All steps are one transaction: all or nothing.",
    Transaction.EACH: "Every migration is committed by itself; a run that is interrupted keeps what it has committed.",
}


def _locks(step: Step, shapes: Mapping[str, Shape]) -> str:
    if step.locks:
        return step.locks
    return "not measured" if duration_of(step, shapes) is None else "nothing that others wait for"


def took(step: Step, shapes: Mapping[str, Shape]) -> str:
    """Return how long a step took where it was measured, and how much longer for jobs."""
    duration = duration_of(step, shapes)
    parts = [f"{max(duration.seconds, _LEAST):.2f} s"] if duration else ["not measured"]
    if duration and duration.per_million:
        parts.append(f"{duration.per_million:.1f} s more for a million jobs in schema awa")
    if replays_installer(step):
        replay = SECONDS_PER_MILLION_ROWS_AND_REPLAY
        parts.append(f"{replay:.0f} s more for a million jobs in queue storage")
    return ", ".join(parts)


def _headline(plan: Plan, release: str) -> str:
    if plan.empty:
        return f"As desired: schema awa is at version {plan.to_version} of Awa {release}. Nothing to do."
    if not plan.steps:
        return "Nothing can be planned."
    move = (
        f"stays at version {plan.to_version}"
        if plan.from_version == plan.to_version
        else f"from version {plan.from_version} to {plan.to_version}"
    )
    return f"Schema awa {move}, Awa {release}, {counted(len(plan.steps), 'step')}."
