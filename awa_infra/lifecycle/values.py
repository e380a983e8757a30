"""What a lifecycle returns and calls: differences, comparisons, and lines for the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from awa_infra.model import ObservedState, Plan
from awa_infra.verification.drift import Examination

NOTHING = Examination((), ())
"""What is found where there is nothing to verify."""


class Show(Protocol):
    """Shows one line to the user, at the object that it is about."""

    def __call__(self, message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
        """Show the line; an ephemeral one is progress that goes when the object is done."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an update would be about.

    Attributes:
        inputs: names of the inputs that changed.
        pending: whether the database itself is not as declared.
        outputs: names of the outputs that follow from inputs and are kept as they were with other inputs.
    """

    inputs: tuple[str, ...]
    pending: bool
    outputs: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.inputs or self.outputs) or self.pending


@dataclass(frozen=True, slots=True)
class Comparison:
    """The observed state of an object next to the declared one.

    Attributes:
        observed: the observed state.
        plan: what is to be done.
        found: what a verification of the object's own schema found; empty for what has none.
        fingerprint: of that schema; empty where there is nothing to compare it with.
        refused: why PostgreSQL refused the declared role, so that the login read; empty if it did not.
    """

    observed: ObservedState
    plan: Plan
    found: Examination = NOTHING
    fingerprint: str = ""
    refused: str = ""
