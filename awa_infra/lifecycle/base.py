"""The life of a declared object, the same for all: what differs between them are a few short methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from awa_infra.errors import AwaInfraError, ConfigurationError, DatabaseMissingError, reported
from awa_infra.lifecycle.connections import connection_change, same_connection
from awa_infra.lifecycle.fields import (
    UNKNOWN,
    Input,
    Output,
    Props,
    changed_fields,
    in_one_form,
    is_known,
    normalised,
    problem_of,
)
from awa_infra.lifecycle.handed import Handed
from awa_infra.model import ObservedState, Plan
from awa_infra.planning.describe import pending_line
from awa_infra.planning.drift import Examination
from awa_infra.planning.gates import raise_if_blocked

_NO_SUCH_ROLE = "22023"
_MAY_NOT_ACT = "42501"


NOTHING = Examination((), ())
"""What is found where there is nothing to verify."""


class Tell(Protocol):
    """Shows one line to the user, at the object that it is about."""

    def __call__(self, message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
        """Show the line; an ephemeral one is progress that goes when the object is done."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes:
        input: its name, in snake_case.
        message: what is wrong with it.
        hint: what to do.
        code: stable identifier.
    """

    input: str
    message: str
    hint: str = ""
    code: str = ConfigurationError.code

    def report(self) -> str:
        """Return what is wrong, with the code, and what to do on a line of its own.

        Whatever a value that is named has in it, each of the two is one line.
        """
        return reported(" ".join(self.message.split()), self.code, " ".join(self.hint.split()))


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
    """What stands of an object beside what is declared.

    Attributes:
        observed: what stands.
        plan: what is to be done.
        found: what a verification of the object's own schema found; empty for what has none.
        fingerprint: of that schema; empty where there is nothing to compare it with.
    """

    observed: ObservedState
    plan: Plan
    found: Examination = NOTHING
    fingerprint: str = ""


class Lifecycle(ABC):
    """One kind of declared object. Keeps nothing but what a check hands to the diff after it.

    Attributes:
        name: as programs name it, for example ``AwaSchema``.
        inputs: everything that can be declared.
        outputs: everything else that is reported.
        connection: the input with the connection string.
        needed: inputs without which the database cannot be asked anything.
        satisfied_by_dependency: gates that say nothing in a preview, where what they ask for may be pending
            in the same run.
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[Input, ...]]
    outputs: ClassVar[tuple[Output, ...]]
    connection: ClassVar[str] = "database_url"
    needed: ClassVar[tuple[str, ...]] = ("database_url",)
    satisfied_by_dependency: ClassVar[frozenset[str]] = frozenset()
    _handed: ClassVar[Handed[Comparison]]

    def __init_subclass__(cls) -> None:
        """Give each kind a place of its own."""
        cls._handed = Handed()

    @property
    def fields(self) -> tuple[Input | Output, ...]:
        """Return everything that is kept of an object."""
        return (*self.inputs, *self.outputs)

    def check(self, olds: Props, news: Props, tell: Tell, *, new: bool | None = None) -> list[Problem]:
        """Return what is wrong with the inputs; on create say what is pending.

        Args:
            olds: inputs of before.
            news: inputs of now.
            tell: shows a line.
            new: whether it is to be created; by default if it had no inputs.

        Raises:
            BlockedError: a gate objects; better in the preview than in the middle of an update.
            AwaInfraError: the database cannot be asked.
        """
        wanted = self.normal(news)
        new = not olds if new is None else new
        problems = [*self.problems(wanted), *self._fixed(olds, wanted)]
        if problems:
            return problems
        if not is_known(wanted, *self.needed):
            if new:
                self.tell_unknown(wanted, tell)
            return []
        seen = self.compare(olds, wanted)
        blocking = [gate for gate in seen.plan.gates if gate.code not in self.satisfied_by_dependency]
        raise_if_blocked(blocking, seen.observed.database)
        if new:
            self.tell_pending(wanted, seen, tell)
        else:
            self._handed.put(wanted, seen)
        return []

    def foretell(self, news: Props, tell: Tell) -> None:
        """Say what a create would do, where :meth:`check` could not know that it is one."""
        wanted = self.normal(news)
        if is_known(wanted, *self.needed):
            self.tell_pending(wanted, self._seen({}, wanted), tell)
        else:
            self.tell_unknown(wanted, tell)

    def diff(self, olds: Props, news: Props, tell: Tell) -> Difference:
        """Compare with the live database, so that a plain preview shows what is pending, and drift."""
        wanted = self.normal(news)
        inputs, outputs = self.changed(olds, wanted), self.outdated(olds, wanted)
        self.tell_changed(olds, wanted, inputs, tell)
        said = connection_change(*self.connections(olds, wanted))
        if said:
            tell(said)
        if not is_known(wanted, *self.needed):
            if wanted[self.connection] is UNKNOWN:
                self.tell_unknown_again(wanted, tell)
            return Difference(inputs, pending=True, outputs=outputs)
        seen = self._seen(olds, wanted)
        if seen.plan.steps:
            self.tell_pending(wanted, seen, tell)
            return Difference(inputs, pending=True, outputs=outputs)
        return Difference(inputs, self.drifted(wanted, seen, tell), outputs)

    def preview(self, olds: Props, news: Props) -> dict[str, Any]:
        """Return everything that a create or an update would keep; what cannot be known is :data:`UNKNOWN`."""
        wanted = self.normal(news)
        found: dict[str, Any] = {**wanted, **dict.fromkeys((o.name for o in self.outputs), UNKNOWN)}
        if is_known(wanted, *self.needed):
            observed, plan = self.plan(olds, wanted)
            found |= self.foresee(olds, wanted, observed, plan)
        return found

    def create(self, news: Props, tell: Tell) -> tuple[str, dict[str, Any]]:
        """Make what is declared, or adopt what stands; return the id and everything to be kept."""
        wanted = self.normal(news)
        self._handed.clear()
        return self.identifier(wanted), self._kept(wanted, self.apply({}, wanted, tell))

    def update(self, olds: Props, news: Props, tell: Tell) -> dict[str, Any]:
        """Bring it to what is declared now; return everything to be kept."""
        wanted = self.normal(news)
        self._handed.clear()
        return self._kept(wanted, self.apply(olds, wanted, tell))

    def read(self, props: Props) -> dict[str, Any] | None:
        """Return what is to be kept as it stands now; ``None`` only where it is proven to be gone."""
        try:
            found = self.observe(self.normal(props))
        except DatabaseMissingError:
            return None
        return None if found is None else {**props, **found}

    def imported(self, id_: str, props: Props) -> dict[str, Any] | None:
        """Return what would be kept of what stands under an id; ``None`` if nothing does.

        Args:
            id_: as :meth:`identifier` gives it.
            props: the connection, from elsewhere than a program.

        Raises:
            ConfigurationError: the id cannot be one, or there is no connection.
            AwaInfraError: the database cannot be asked.
        """
        given = {**props, **self.named(id_)}
        problems = self.problems(self.normal(given))
        if problems:
            raise ConfigurationError(
                f"{self.name} {id_} cannot be imported.",
                hint="An import takes its connection from the configuration of the provider.",
                details=[f"{p.input} {p.message}{f' {p.hint}' if p.hint else ''}" for p in problems],
            )
        return self.read(given)

    def declared_by(self, id_: str, found: Props) -> dict[str, Any]:
        """Return the inputs that declare what was imported, and nothing that a program need not say."""
        named = self.named(id_)
        fixed = {i.name: found[i.name] for i in self.inputs if i.fixed and found.get(i.name) is not None}
        return {**fixed, **named}

    def normal(self, props: Props) -> dict[str, Any]:
        """Return every input with its default, and numbers as what they are."""
        return in_one_form(self.inputs, normalised(self.inputs, props))

    def changed(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of inputs that differ; one that an older release did not have counts as its default."""
        return changed_fields(self.inputs, self.normal(olds), wanted)

    def follows(self, wanted: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002  for those that have some
        """Return the outputs that follow from inputs alone, as an update would give them."""
        return {}

    def outdated(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of kept outputs that no longer follow from the inputs.

        The configuration of a provider can change, and no input of a resource with it.
        """
        if not is_known(wanted, self.connection):
            return ()
        now = self.follows(wanted)
        return tuple(name for name, value in now.items() if not same_connection(olds.get(name) or "", value))

    def connections(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[object, object]:
        """Return the connection string with which it was kept, and that of now, to say what changed."""
        return olds.get(self.connection), wanted[self.connection]

    def certain(self, olds: Props, news: Props) -> dict[str, Any]:
        """Return the outputs that an update will certainly give, of those that follow from inputs.

        Call it after :meth:`check`, which has read what this needs; nothing is certain otherwise.
        """
        wanted = self.normal(news)
        seen = self._handed.look(wanted) if olds else None
        if seen is None:
            return {}
        found = self.foresee(olds, wanted, seen.observed, seen.plan)
        return {name: found[name] for name in self.follows(wanted) if found[name] is not UNKNOWN}

    @abstractmethod
    def delete(self, props: Props, tell: Tell) -> None:
        """Do what a removal from the program means: for almost everything, nothing but forgetting it."""

    def kept_of_failed(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is kept of an object that is there although its create failed.

        Args:
            found: inputs as they were given, and outputs as they stand.
        """
        return dict(found)

    def droppable(self, props: Props) -> str:  # noqa: ARG002
        """Return which object a delete could drop, the same for every declaration of it; empty if it drops nothing."""
        return ""

    @abstractmethod
    def identifier(self, wanted: Mapping[str, Any]) -> str:
        """Return the id of a new object."""

    @abstractmethod
    def named(self, id_: str) -> dict[str, Any]:
        """Return the inputs that an id stands for."""

    @abstractmethod
    def plan(self, olds: Props, wanted: Mapping[str, Any]) -> tuple[ObservedState, Plan]:
        """Return what stands and what is to be done; writes nothing."""

    def compare(self, olds: Props, wanted: Mapping[str, Any]) -> Comparison:
        """Return the plan, and where the object is a schema what a verification of it found; writes nothing."""
        return Comparison(*self.plan(olds, wanted))

    @abstractmethod
    def apply(self, olds: Props, wanted: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        """Do it; return the outputs."""

    @abstractmethod
    def foresee(self, olds: Props, wanted: Mapping[str, Any], observed: ObservedState, plan: Plan) -> dict[str, Any]:
        """Return the outputs that an apply of this plan will certainly give."""

    @abstractmethod
    def observe(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return outputs as they stand; ``None`` if the object is proven to be gone."""

    def problems(self, wanted: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with the inputs by themselves; what is unknown is not."""
        return problems_of(self.inputs, wanted)

    def tell_unknown(self, wanted: Mapping[str, Any], tell: Tell) -> None:
        """Say what a new object would do in a database that is not known yet, where that much is known."""
        others = [name for name in self.needed if name != "database_url"]
        plan = self.draft(wanted) if is_known(wanted, *others) else None
        if plan is not None and plan.steps:
            tell(f"The database is not known yet. {pending_line(plan)}")

    def tell_unknown_again(self, wanted: Mapping[str, Any], tell: Tell) -> None:
        """Say what an update may do in a database that is not known yet, where that much is known."""
        others = [name for name in self.needed if name != self.connection]
        plan = self.draft(wanted) if is_known(wanted, *others) else None
        may = f" Another, empty one gets: {pending_line(plan)}" if plan is not None and plan.steps else ""
        tell(
            "The connection is not known yet. The same database as before is only updated if it is not as declared."
            f"{may}"
        )

    def draft(self, wanted: Mapping[str, Any]) -> Plan | None:  # noqa: ARG002  for those that have one
        """Return the plan for an empty database."""
        return None

    def tell_pending(self, wanted: Mapping[str, Any], seen: Comparison, tell: Tell) -> None:  # noqa: ARG002
        """Say what is pending."""
        if seen.plan.steps:
            tell(pending_line(seen.plan))

    def tell_changed(  # noqa: B027  most kinds have nothing to say
        self, olds: Props, wanted: Mapping[str, Any], inputs: tuple[str, ...], tell: Tell
    ) -> None:
        """Say why there is an update, where the program does not show it."""

    def drifted(self, wanted: Mapping[str, Any], seen: Comparison, tell: Tell) -> bool:  # noqa: ARG002
        """Warn of what differs although nothing is pending; return whether an update would put it right."""
        return False

    def _seen(self, olds: Props, wanted: Mapping[str, Any]) -> Comparison:
        """Return what the check before this has seen, or look."""
        return self._handed.take(wanted) or self.compare(olds, wanted)

    def _fixed(self, olds: Props, wanted: Mapping[str, Any]) -> list[Problem]:
        before = self.normal(olds)
        return [
            Problem(i.name, *self.fixed_message(i.name, before[i.name], wanted[i.name]))
            for i in self.inputs
            if i.fixed and olds and wanted[i.name] is not UNKNOWN and before[i.name] != wanted[i.name]
        ]

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why an input cannot change, and what to do."""
        return f"{name} cannot change from {old} to {new}.", f"Keep it, or declare a second {self.name}."

    def _kept(self, wanted: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
        return {**wanted, **outputs}


def problems_of(inputs: Iterable[Input], values: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with normalised values, each by itself."""
    found = ((i.name, problem_of(i, values[i.name])) for i in inputs)
    return [Problem(name, message) for name, message in found if message]


def role_is_pending(exc: AwaInfraError) -> bool:
    """Whether a role to act as is not there yet, or not granted yet: roles may be pending in the same run."""
    return exc.sqlstate in {_NO_SUCH_ROLE, _MAY_NOT_ACT}
