"""Which steps of a plan commit together. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from awa_infra.model import Step, StepKind, Transaction
from awa_infra.planning.access import INSTALLER_KEY
from awa_infra.planning.effort import replays_installer


def transactions(steps: Sequence[Step], mode: Transaction) -> tuple[tuple[Step, ...], ...]:
    """Return the steps of a plan as the transactions in which they run, in order.

    With :attr:`Transaction.EACH` every step commits by itself, with three exceptions. Patches commit with the migration
    before them, because a migration can put back what a patch replaces. A migration that makes Awa's installer commits
    with the step that takes it from others, if the plan has one. What acts as the owner is part of every transaction
    after it.
    """
    if not steps:
        return ()
    if mode is Transaction.WHOLE:
        return (tuple(steps),)
    installer = tuple(step for step in steps if step.key == INSTALLER_KEY)
    found: list[tuple[Step, ...]] = []
    setting: tuple[Step, ...] = ()
    for step in steps:
        if step.kind is StepKind.ACT_AS:
            # It holds for the rest of a transaction, so every later one begins with it.
            setting = (*setting, step)
        elif step.kind is StepKind.PATCH and found and any(s.kind is StepKind.MIGRATION for s in found[-1]):
            found[-1] = (*found[-1], step)
        elif replays_installer(step):
            found.append((*setting, step, *installer))
        else:
            found.append((*setting, step))
    return tuple(found)
