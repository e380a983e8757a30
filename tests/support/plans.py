"""Plans that a user has agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awa_infra.model import AgreedPlan, DatabaseIdentity, Plan, Transaction


def agreed_to(
    plan: Plan,
    transaction: Transaction = Transaction.WHOLE,
    database: DatabaseIdentity | None = None,
    release: str = "",
    declared: Mapping[str, Any] | None = None,
) -> AgreedPlan:
    """Return what is kept of a plan that was agreed to."""
    steps = tuple((step.key, step.sha256) for step in plan.steps)
    return AgreedPlan(plan.from_version, plan.digest, steps, transaction, database, release, declared)
