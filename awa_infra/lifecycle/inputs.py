"""Inputs of a declared object: defaults, checks, what changed, and which can never change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from awa_infra.lifecycle.connections import same_connection
from awa_infra.spec.base import UNKNOWN, Input, Inputs, Output, Outputs, Props
from awa_infra.spec.problems import Problem, input_problems

W = TypeVar("W", bound=Inputs)


class DeclaredInputs(ABC, Generic[W]):
    """The inputs and outputs of one kind of declared object.

    Attributes:
        name: as programs name it, for example ``AwaSchema``.
        declares: the specification of everything that can be declared.
        reports: the specification of everything else that is reported.
        connection: the input with the connection string.
        needed: inputs without which the database cannot be read.
    """

    name: ClassVar[str]
    declares: type[W]
    reports: ClassVar[type[Outputs]]
    connection: ClassVar[str] = "database_url"
    needed: ClassVar[tuple[str, ...]] = ("database_url",)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Return everything that can be declared."""
        return self.declares.described()

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Return everything else that is reported."""
        return self.reports.described()

    @property
    def fields(self) -> tuple[Input | Output, ...]:
        """Return everything that is kept of an object."""
        return (*self.inputs, *self.outputs)

    def normal(self, props: Props) -> W:
        """Return every input with its default, whole floats converted to int."""
        return self.declares.of(props)

    def changed(self, olds: Props, wanted: W) -> tuple[str, ...]:
        """Return the names of inputs that differ; one that an older release did not have counts as its default.

        Queues that differ only in ``shards: 1`` are equal: earlier releases kept that for a queue without shards.
        Whether a database has another number is for the plan to see.
        """
        before, now = self.normal(olds).props(), wanted.props()
        return tuple(name for name in now if _comparable(before[name]) != _comparable(now[name]))

    def follows(self, wanted: W) -> dict[str, Any]:  # noqa: ARG002  for those that have some
        """Return the outputs that follow from inputs alone, as an update would give them."""
        return {}

    def outdated(self, olds: Props, wanted: W) -> tuple[str, ...]:
        """Return the names of kept outputs that no longer follow from the inputs.

        The configuration of a provider can change, and no input of a resource with it.
        """
        if not wanted.known(*self.needed):
            return ()
        now = self.follows(wanted)
        return tuple(name for name, value in now.items() if not same_connection(olds.get(name) or "", value))

    def connections(self, olds: Props, wanted: W) -> tuple[object, object]:
        """Return the connection string with which it was kept, and that of now, to say what changed."""
        return olds.get(self.connection), getattr(wanted, self.connection)

    def problems(self, news: Props) -> list[Problem]:
        """Return what is wrong with the inputs by themselves; what is unknown is not."""
        return input_problems(self.declares, news)

    def declared_by(self, id_: str, found: Props) -> dict[str, Any]:
        """Return the inputs that declare what was imported, and nothing that a program need not say."""
        named = self.named(id_)
        fixed = {i.name: found[i.name] for i in self.inputs if i.fixed and found.get(i.name) is not None}
        return {**fixed, **named}

    def _fixed(self, olds: Props, wanted: W) -> list[Problem]:
        before, now = self.normal(olds).props(), wanted.props()
        return [
            Problem(i.name, *self.fixed_message(i.name, before[i.name], now[i.name]))
            for i in self.inputs
            if i.fixed and olds and now[i.name] is not UNKNOWN and before[i.name] != now[i.name]
        ]

    def fixed_message(self, name: str, old: object, new: object) -> tuple[str, str]:
        """Return why an input cannot change, and what to do."""
        return f"{name} cannot change from {old} to {new}.", f"Keep it, or declare a second {self.name}."

    @abstractmethod
    def identifier(self, wanted: W) -> str:
        """Return the id of a new object."""

    @abstractmethod
    def named(self, id_: str) -> dict[str, Any]:
        """Return the inputs that an id names."""


def _comparable(value: Any) -> Any:  # noqa: ANN401  whatever the user gave
    if not isinstance(value, list):
        return value
    return [{"shards": 1, **item} if isinstance(item, Mapping) else item for item in value]
