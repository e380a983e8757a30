"""Remember what one run of the engine has declared so far.

A renamed resource is a new one and a removed one for Pulumi, and so is a replaced one. Both declare the same
object, so the removal must not drop what the new one has just adopted.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.claims import Claim, Claims, State
from awa_infra.lifecycle.preview_only import refuse_to_write
from awa_infra.lifecycle.values import Show
from awa_infra.spec.base import Props


class Declared:
    """Which resource, by its URN, declares what.

    Args:
        run: address of the engine, which the other provider processes of the same run have, too.
    """

    def __init__(self, run: str = "") -> None:
        self._claims = Claims(run)
        self._places: dict[str, tuple[Lifecycle[Any], Props]] = {}
        self._hidden = False
        self._lock = threading.Lock()

    def note(self, urn: str, lifecycle: Lifecycle[Any], props: Props, *, again: bool) -> None:
        """Remember that a resource declares its object. Call it before the check: what that refuses is declared, too.

        Args:
            urn: of the resource.
            lifecycle: of its kind.
            props: what is declared now.
            again: whether the engine compares with what was declared before; for a new resource, and for one that is
                to be replaced, it does not.
        """
        if not lifecycle.problems(props):
            self._add(urn, "declared" if again else "afresh", lifecycle, props)

    def note_compared(self, urn: str, lifecycle: Lifecycle[Any], props: Props) -> None:
        """Remember that a resource was compared: after a check of it, what is deleted under its URN is an older one."""
        self._add(urn, "compared", lifecycle, props)

    def note_made(self, urn: str, lifecycle: Lifecycle[Any], props: Props) -> None:
        """Remember that a resource is being made, or adopted, in this run."""
        # Two connection strings may lead to one database; a create is rare enough to look.
        self._add(urn, "made", lifecycle, props, lifecycle.located(props))

    def delete(self, urn: str, lifecycle: Lifecycle[Any], props: Props, show: Show) -> None:
        """Do what a removal from the program means, unless something else declares the same object now."""
        refuse_to_write()
        holder = self.holder(urn, lifecycle, props)
        if holder:
            show(f"{holder}, so nothing is dropped.", warning=True)
        else:
            lifecycle.delete(props, show)

    def holder(self, urn: str, lifecycle: Lifecycle[Any], props: Props) -> str:
        """Return what declares the object of a resource that is to be deleted, in words; empty if nothing does."""
        name = lifecycle.droppable(props)
        if not name:
            return ""
        drops = lifecycle.drops(props)
        if drops and self._hidden:
            return "This process cannot share with others of the same run what it declares"
        located = lifecycle.located(props) if drops else ""
        try:
            with self._lock:
                processes = self._claims.of_each_process()
        except (OSError, ValueError, KeyError, TypeError):
            return "What other processes of this run declare cannot be read" if drops else ""
        names = {name, located, *self._spellings(located)} - {""}
        about = [[claim for claim in claims if names & {*claim.names}] for claims in processes]
        return _holder(urn, about)

    def _add(self, urn: str, state: State, lifecycle: Lifecycle[Any], props: Props, located: str = "") -> None:
        name = lifecycle.droppable(props)
        if not name:
            return
        with self._lock:
            self._places[name] = (lifecycle, props)
            try:
                self._claims.add(Claim(urn, state, (name, located) if located else (name,)))
            except OSError:
                # Nobody else knows of it. Only a drop would do harm, and there is none from now on.
                self._hidden = True

    def _spellings(self, located: str) -> Iterable[str]:
        """Return the names, in this process, of the same object by way of other connection strings."""
        if not located:
            return
        for name, (lifecycle, props) in [*self._places.items()]:
            if name.rpartition("/")[2] == located.rpartition("/")[2] and lifecycle.located(props) == located:
                yield name


def _holder(urn: str, processes: Iterable[Sequence[Claim]]) -> str:
    """Return what the claims of each process about one object say against its deletion under a URN, in words."""
    claims = [*itertools.chain(*processes)]
    # A refresh compares what the program may not declare any more.
    if any(claim.urn != urn and claim.state != "compared" for claim in claims):
        return "Another resource declares the same now"
    if any(claim.state == "made" for claim in claims):
        return "Its replacement has adopted the same"
    kept = any(_is_kept([claim.state for claim in own if claim.urn == urn]) for own in processes)
    return "What replaced it declares the same" if kept else ""


def _is_kept(states: Sequence[State]) -> bool:
    """Whether a resource is kept or updated: it was checked with what was before, and that was compared next.

    Without a comparison it is to be destroyed, and after a check afresh to be replaced. A comparison without a check
    before it is that of a refresh, which knows nothing of the program.
    """
    checks = [number for number, state in enumerate(states) if state in {"declared", "afresh"}]
    return bool(checks) and [*states[checks[-1] :]][:2] == ["declared", "compared"]
