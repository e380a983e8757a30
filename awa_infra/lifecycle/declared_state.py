"""Compare a database with what its stack configuration declares, beside what its release promises."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from awa_infra.database.observe import read_plan
from awa_infra.database.roles import read_excess
from awa_infra.lifecycle.desired import desired_state
from awa_infra.verification.declared import with_declared
from awa_infra.verification.drift import Examination

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig  # pydantic takes a third of a second to import


def compared_with_declared(
    url: str, config: StackConfig, found: Examination, schemas: Collection[str], *, role: str | None
) -> Examination:
    """Return what a verification found, with what is declared and missing, and what roles have beyond it.

    Args:
        url: connection string; hidden from every message.
        config: what is declared.
        found: what was found against the release.
        schemas: keep what is about these alone; everything without any.
        role: become this role first.

    Raises:
        BlockedError: another release is installed than the declared one.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    desired = desired_state(config)
    # A look of its own: with declared roles it is the login's, and a verification reads as the owner where it may.
    observed, plan = read_plan(url, desired, role=role)
    given = read_excess(url, desired.roles, observed.active_schema) if desired.roles else ()
    whole = with_declared(found, observed, plan, desired, config.activation, given)
    return replace(whole, findings=tuple(f for f in whole.findings if not schemas or f.schema in schemas))
