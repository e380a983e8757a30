"""The life of a declared object, the same for all kinds; what each kind adds is in :mod:`awa_infra.lifecycle.kind`."""

from __future__ import annotations

from typing import Any

from awa_infra.database.identity import place
from awa_infra.errors import ConfigurationError, DatabaseMissingError
from awa_infra.lifecycle.check_results import CheckResults
from awa_infra.lifecycle.connections import PLACE, connection_change, is_elsewhere, kept_place, leads_elsewhere, moved
from awa_infra.lifecycle.inputs import W
from awa_infra.lifecycle.kind import Kind
from awa_infra.lifecycle.preview_only import refuse_to_write, stopping
from awa_infra.lifecycle.values import Comparison, Difference, Show
from awa_infra.model import Same
from awa_infra.planning.describe import digest_line
from awa_infra.planning.gates import VERSION_UNKNOWN
from awa_infra.planning.pure_gates import raise_if_blocked
from awa_infra.spec.base import UNKNOWN, Props
from awa_infra.spec.problems import Problem

_REFUSED = "An update or a removal fails with role-refused, unless the role is created or granted in the same run."


class Lifecycle(Kind[W]):
    """One kind of declared object. Keeps nothing but what a check hands to the diff after it."""

    def __init__(self) -> None:
        """Create the results of checks: one instance serves all objects of its kind in a process."""
        self._check_results: CheckResults[Comparison] = CheckResults()

    def check(self, olds: Props, news: Props, show: Show, *, new: bool | None = None) -> list[Problem]:
        """Return what is wrong with the inputs; on create say what is pending, and in any case before a gate blocks.

        Args:
            olds: inputs of before.
            news: inputs of now.
            show: shows a line.
            new: whether it is to be created; by default if it had no inputs.

        Raises:
            BlockedError: a gate blocks; a preview reports it before an update would meet it. Not in a run that only
                previews, if another login may be enough.
            AwaInfraError: the database cannot be read.
        """
        wanted = self.normal(news)
        new = not olds if new is None else new
        problems = self.problems(news)
        wrong = {problem.key for problem in problems}
        problems += [problem for problem in self._fixed(olds, wanted) if problem.key not in wrong]
        if problems:
            return problems
        if not wanted.known(*self.needed):
            if new:
                self.show_unknown(wanted, show)
            return []
        seen = self.read_ahead(olds, wanted) or self.compare(olds, wanted)
        blocking = [gate for gate in seen.plan.gates if gate.code not in self.satisfied_by_dependency]
        blocking = stopping(blocking, show)
        if blocking:
            # The engine asks for no difference of what is refused here.
            self._show_refused(olds, wanted, seen, show, new=new)
        raise_if_blocked(blocking, seen.observed.database)
        self._check_results.put(wanted.props(), seen)
        if new:
            self._show_plan(wanted, seen, show)
            self.show_adopted(wanted, seen, show)
        else:
            self.foresee_next(olds, wanted, seen)
        return []

    def announce_create(self, news: Props, show: Show) -> None:
        """Say what a create would do, where :meth:`check` could not know that it is one."""
        wanted = self.normal(news)
        if wanted.known(*self.needed):
            seen = self._seen({}, wanted)
            self._show_plan(wanted, seen, show)
            self.show_adopted(wanted, seen, show)
        else:
            self.show_unknown(wanted, show)

    def diff(self, olds: Props, news: Props, show: Show) -> Difference:
        """Compare with the live database, so that a plain preview shows what is pending, and drift."""
        wanted = self.normal(news)
        inputs, outputs = self.changed(olds, wanted), self.outdated(olds, wanted)
        self.show_changed(olds, wanted, inputs, show)
        before, now = self.connections(olds, wanted)
        if not wanted.known(*self.needed):
            _show_any(connection_change(before, now), show)
            if not wanted.known(self.connection):
                self.show_still_unknown(wanted, show)
            return Difference(inputs, pending=True, outputs=outputs)
        seen = self._seen(olds, wanted)
        kept, here = kept_place(olds), place(getattr(wanted, self.connection), seen.observed)
        elsewhere = moved(kept, here)
        _show_any(connection_change(before, now, Same.UNKNOWN if kept is None else kept.same_as(here)), show)
        if elsewhere:
            outputs = (*outputs, PLACE)
            if not leads_elsewhere(before, now):
                show(elsewhere, warning=True)
        return Difference(inputs, self._show_difference(wanted, seen, show), outputs)

    def preview(self, olds: Props, news: Props) -> dict[str, Any]:
        """Return everything that a create or an update would keep; what cannot be known is ``UNKNOWN``."""
        wanted = self.normal(news)
        found: dict[str, Any] = {**wanted.props(), **dict.fromkeys((o.name for o in self.outputs), UNKNOWN)}
        if wanted.known(*self.needed):
            observed, plan = self.plan(olds, wanted)
            found |= self.foresee(olds, wanted, observed, plan)
        return found

    def create(self, news: Props, show: Show) -> tuple[str, dict[str, Any]]:
        """Create what is declared, or adopt what exists; return the id and everything to be kept."""
        refuse_to_write()
        wanted = self.normal(news)
        self._check_results.clear()
        return self.identifier(wanted), {**wanted.props(), **self.apply({}, wanted, show)}

    def update(self, olds: Props, news: Props, show: Show) -> dict[str, Any]:
        """Bring it to what is declared now; return everything to be kept."""
        refuse_to_write()
        wanted = self.normal(news)
        self._check_results.clear()
        return {**wanted.props(), **self.apply(olds, wanted, show)}

    def read(self, props: Props) -> dict[str, Any] | None:
        """Return what is to be kept, read from the database; ``None`` only where it is proven to be gone."""
        wanted, kept = self.normal(props), kept_place(props)
        try:
            found = self.observe(wanted)
        except DatabaseMissingError:
            found = None
        if found is None:
            # Another database cannot prove that. Only an update moves an object there.
            return dict(props) if is_elsewhere(kept, getattr(wanted, self.connection)) else None
        here = kept_place(found)
        if here is not None and moved(kept, here):
            found = {**found, PLACE: props[PLACE]}
        return {**props, **found}

    def imported(self, id_: str, props: Props) -> dict[str, Any] | None:
        """Return what would be kept of the object with an id; ``None`` if there is none.

        Args:
            id_: as :meth:`identifier` gives it.
            props: the connection, from elsewhere than a program.

        Raises:
            ConfigurationError: the id cannot be one, or there is no connection.
            AwaInfraError: the database cannot be read.
        """
        given = {**props, **self.named(id_)}
        problems = self.problems(given)
        if problems:
            raise ConfigurationError(
                f"{self.name} {id_} cannot be imported.",
                hint="An import takes its connection from the provider: run pulumi config set --secret "
                "awa:databaseUrl, or set DATABASE_URL.",
                details=[f"{p.key} {p.message}{f' {p.hint}' if p.hint else ''}" for p in problems],
            )
        return self.read(given)

    def certain(self, olds: Props, news: Props) -> dict[str, Any]:
        """Return the outputs that a create or an update will certainly give, of those that follow from inputs.

        Call it after :meth:`check`, which has read what this needs; nothing is certain otherwise.
        """
        wanted = self.normal(news)
        seen = self._check_results.look(wanted.props())
        if seen is None:
            return {}
        found = self.foresee(olds, wanted, seen.observed, seen.plan)
        return {name: found[name] for name in self.follows(wanted) if found[name] is not UNKNOWN}

    def _show_refused(self, olds: Props, wanted: W, seen: Comparison, show: Show, *, new: bool) -> None:
        """Say what is pending where a gate blocks, as a preview says it where none does."""
        if any(gate.code in VERSION_UNKNOWN for gate in seen.plan.gates):
            return
        if not new:
            self.show_changed(olds, wanted, self.changed(olds, wanted), show)
        self._show_difference(wanted, seen, show)
        if new:
            self.show_adopted(wanted, seen, show)

    def _show_difference(self, wanted: W, seen: Comparison, show: Show) -> bool:
        """Say what an update would be about, other than changed inputs; return whether the database needs it."""
        if seen.refused:
            # No difference: an update could not be done either.
            show(f"{seen.refused.rstrip('.')}. {_REFUSED}", warning=True)
        if seen.plan.steps:
            self._show_plan(wanted, seen, show)
            return True
        return self.drifted(wanted, seen, show)

    def _show_plan(self, wanted: W, seen: Comparison, show: Show) -> None:
        """Say what is pending, and the digest by which an approval can name it."""
        self.show_pending(wanted, seen, show)
        if seen.plan.steps and self.approvable:
            show(digest_line(seen.plan))

    def _seen(self, olds: Props, wanted: W) -> Comparison:
        """Return what the check before this has seen, or look."""
        return self._check_results.take(wanted.props()) or self.compare(olds, wanted)


def _show_any(sentence: str, show: Show) -> None:
    if sentence:
        show(sentence)
