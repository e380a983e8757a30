"""What each kind of declared object adds to the life of one: a few short methods, most of which it may leave out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from awa_infra.lifecycle.inputs import DeclaredInputs, W
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import DesiredState, ObservedState, Plan
from awa_infra.planning.describe import pending_line
from awa_infra.planning.planner import make_plan
from awa_infra.spec.base import Props


class Kind(DeclaredInputs[W]):
    """What one kind of object is planned, applied, observed and removed by, and what is said about it.

    Attributes:
        satisfied_by_dependency: gates that say nothing in a preview, where what they ask for may be pending
            in the same run.
        approvable: whether a plan of awa-infra plan can hold what is pending, so that an approval names its digest.
    """

    approvable: ClassVar[bool] = True
    satisfied_by_dependency: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def delete(self, props: Props, show: Show) -> None:
        """Do what a removal from the program means: for almost everything, nothing but forgetting it."""

    def kept_of_failed(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is kept of an object that is there although its create failed."""
        return dict(found)

    def droppable(self, props: Props) -> str:  # noqa: ARG002
        """Return which object a delete could drop, the same for every declaration of it; empty if it drops nothing."""
        return ""

    def drops(self, props: Props) -> bool:  # noqa: ARG002
        """Whether a delete would drop the object."""
        return False

    def located(self, props: Props) -> str:  # noqa: ARG002
        """Return the droppable object by what identifies its database, however it is connected to; reads that.

        Empty where that cannot be read, or where there is no such object.
        """
        return ""

    @abstractmethod
    def plan(self, olds: Props, wanted: W) -> tuple[ObservedState, Plan]:
        """Return the observed state and the plan; writes nothing."""

    def compare(self, olds: Props, wanted: W) -> Comparison:
        """Return the plan, and where the object is a schema what a verification of it found; writes nothing."""
        return Comparison(*self.plan(olds, wanted))

    def read_ahead(self, olds: Props, wanted: W) -> Comparison | None:  # noqa: ARG002  for those that are foreseen
        """Return what was read before it was asked for, a few seconds ago at most; ``None`` if nothing was."""
        return None

    def foresee_next(self, olds: Props, wanted: W, seen: Comparison) -> None:
        """Remember what an engine asks for after an object that exists."""

    @abstractmethod
    def apply(self, olds: Props, wanted: W, show: Show) -> dict[str, Any]:
        """Do it; return the outputs."""

    @abstractmethod
    def foresee(self, olds: Props, wanted: W, observed: ObservedState, plan: Plan) -> dict[str, Any]:
        """Return the outputs that an apply of this plan will certainly give."""

    @abstractmethod
    def observe(self, wanted: W) -> dict[str, Any] | None:
        """Return outputs as they are in the database; ``None`` if the object is proven to be gone."""

    def show_unknown(self, wanted: W, show: Show) -> None:
        """Say what a new object would do in a database that is not known yet, where that much is known."""
        pending = self._pending_unseen(wanted)
        if pending:
            show(f"The database is not known yet. {pending}")

    def show_still_unknown(self, wanted: W, show: Show) -> None:
        """Say what an update may do in a database that is not known yet, where that much is known."""
        pending = self._pending_unseen(wanted)
        may = f" Another, empty one gets: {pending}" if pending else ""
        show(
            "The connection is not known yet. The same database as before is only updated if it is not as declared."
            f"{may}"
        )

    def _pending_unseen(self, wanted: W) -> str:
        """Return what an empty database would get, as far as that is known without a connection."""
        others = [name for name in self.needed if name != self.connection]
        desired = self.desired(wanted) if wanted.known(*others) else None
        plan = None if desired is None else make_plan(desired, ObservedState())
        return pending_line(plan) if plan is not None and plan.steps else ""

    def desired(self, wanted: W) -> DesiredState | None:  # noqa: ARG002  for those that are planned from it
        """Return what the database is to have."""
        return None

    def show_pending(self, wanted: W, seen: Comparison, show: Show) -> None:  # noqa: ARG002
        """Say what is pending."""
        if seen.plan.steps:
            show(pending_line(seen.plan))

    def show_adopted(self, wanted: W, seen: Comparison, show: Show) -> None:
        """Say what a create changes about what exists already, where its plan does not show it."""

    def show_changed(self, olds: Props, wanted: W, inputs: tuple[str, ...], show: Show) -> None:
        """Say why there is an update, where the program does not show it."""

    def drifted(self, wanted: W, seen: Comparison, show: Show) -> bool:  # noqa: ARG002
        """Warn of what differs although nothing is pending; return whether an update would put it right."""
        return False
