"""A plan that was agreed to: enough to recognise it, and none of its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awa_infra.model.desired import Transaction
from awa_infra.model.place import DatabaseIdentity


@dataclass(frozen=True, slots=True)
class AgreedPlan:
    """What was agreed to.

    Attributes:
        from_version: version of schema ``awa`` when the plan was made.
        digest: of the plan.
        steps: key and hash of the SQL of each, in order.
        transaction: what is committed together.
        database: for which database it was made; ``None`` for any.
        release: of Awa, with which it was made; empty if that does not matter.
        declared: what it was made for, as :func:`awa_infra.planning.agreement.declared_data` has it; ``None`` if that
            does not matter.
    """

    from_version: int
    digest: str
    steps: tuple[tuple[str, str], ...]
    transaction: Transaction
    database: DatabaseIdentity | None = None
    release: str = ""
    declared: Mapping[str, Any] | None = None
