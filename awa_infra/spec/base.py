"""What every specification has: mappings in a file, inputs and outputs of a resource, values that are not known yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self, final

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from awa_infra.spec.paths import Found
from awa_infra.spec.values import Encrypted, Mark, forms

Props = Mapping[str, Any]
"""Inputs or outputs by name. Numbers may arrive as floats; what is not known yet is :data:`UNKNOWN`."""


@final
class Unknown:
    """The type of :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        """Return a word that cannot be taken for a value."""
        return "<not known yet>"


UNKNOWN: Final = Unknown()
"""What a preview does not know yet, because another object has to be made first."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output that is no input.

    Attributes:
        name: in snake_case.
        annotation: its type.
        text: one sentence for the reference.
        secret: whether it is kept encrypted.
    """

    name: str
    annotation: Any
    text: str
    secret: bool = False

    @property
    def key(self) -> str:
        """Return the name in camelCase, as files and other languages than Python write it."""
        return camel(self.name)


@dataclass(frozen=True, slots=True)
class Input(Output):
    """One input.

    Attributes:
        default: what is taken if it is not given.
        required: whether it must be given.
        fixed: whether it can never change.
    """

    default: Any = None
    required: bool = False
    fixed: bool = False


def snake(key: str) -> str:
    """Return a name as Python writes it."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", key)


def camel(name: str) -> str:
    """Return a name as files and programs in other languages than Python write it."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


class Entry(BaseModel):
    """A mapping that people write. Its keys are camelCase, its attributes and the names of inputs snake_case."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=camel, defer_build=True)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Found:  # noqa: ARG003  for those that have any
        """Check values against each other: by key, as they were given, whatever else is wrong with them."""
        return iter(())

    @classmethod
    def attributes(cls) -> dict[str, str]:
        """Return the attributes by the keys that people write."""
        return {field.alias or name: name for name, field in cls.model_fields.items()}

    @classmethod
    def described(cls) -> tuple[Input, ...]:
        """Return what is declared of every input, in the order of their declaration."""
        return described(cls)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Leave out what is secret: whatever is printed by mistake may be read by many."""
        attributes = self.attributes()
        secret = {attributes[i.key] for i in self.described() if i.secret}
        return ((name, value) for name, value in super().__repr_args__() if name not in secret)

    def props(self) -> dict[str, Any]:
        """Return every value by the name of its input, as an engine keeps it."""
        return {snake(key): plain(getattr(self, name)) for key, name in self.attributes().items()}


@dataclass(slots=True)
class _Wrong:
    """Collects what is wrong with inputs, so that the rest is read nevertheless."""

    errors: list[ErrorDetails]


class Inputs(Entry):
    """All inputs of a resource: what an engine sends, with defaults, checked value by value."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _leave_the_unknown(cls, value: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        """Take a value that is not known yet as it is, and one that is wrong if the errors are collected."""
        if value is UNKNOWN:
            return value
        try:
            return check(value)
        except ValidationError as exc:
            if not isinstance(info.context, _Wrong):
                raise
            key = cls.model_fields[str(info.field_name)].alias
            info.context.errors += ({**error, "loc": (str(key), *error["loc"])} for error in errors_of(exc))
            return value

    @classmethod
    def read(cls, props: Props) -> tuple[Self, list[ErrorDetails]]:
        """Return the inputs with their defaults, and what is wrong with them; what is wrong stays as it was given.

        Whatever is no input is left out, and ``None`` is the same as not given.
        """
        wrong, found = _Wrong([]), cls.given(props)
        missing = [i.key for i in cls.described() if i.required and i.key not in found]
        values = cls.model_validate({**dict.fromkeys(missing), **found}, context=wrong)
        errors = [error for error in wrong.errors if error["loc"][0] not in missing]
        errors += [{"type": "missing", "loc": (key,), "msg": "", "input": None} for key in missing]
        return values, errors

    @classmethod
    def given(cls, props: Props) -> dict[str, Any]:
        """Return the inputs that were given, by key, whole floats converted to int."""
        values = {i.key: props.get(i.name) for i in cls.described()}
        return {key: whole_numbers(value) for key, value in values.items() if value is not None}

    @classmethod
    def of(cls, props: Props) -> Self:
        """Return the inputs with their defaults, whole floats converted to int, a queue's name as the whole queue."""
        return cls.read(props)[0]

    def known(self, *names: str) -> bool:
        """Whether all of these inputs are known."""
        attributes = self.attributes()
        return not any(getattr(self, attributes[camel(name)]) is UNKNOWN for name in names)


class Outputs(Entry):
    """Everything that a resource reports beside its inputs."""


def plain(value: Any) -> Any:  # noqa: ANN401  whatever is declared
    """Return a value as the engine stores it; in a mapping, omit what is None."""
    if isinstance(value, Entry):
        return {name: item for name, item in value.props().items() if item is not None}
    return [plain(item) for item in value] if isinstance(value, tuple | list) else value


@cache
def described(model: type[BaseModel]) -> tuple[Input, ...]:
    """Return what is declared of every field of a model, in the order of their declaration."""
    return tuple(_input(field.alias or name, field) for name, field in model.model_fields.items())


def _input(key: str, field: FieldInfo) -> Input:
    marks = [mark for mark in field.metadata if isinstance(mark, Mark)]
    required = field.is_required()
    return Input(
        snake(key),
        field.annotation,
        field.description or "",
        secret=any(mark.secret for mark in marks) or Encrypted in forms(field.annotation),
        default=None if required else field.default,
        required=required,
        fixed=any(mark.fixed for mark in marks),
    )


def errors_of(exc: ValidationError) -> list[ErrorDetails]:
    """Return what is wrong, without the values, which may be secret."""
    return exc.errors(include_url=False, include_input=False)


def whole_numbers(value: Any) -> Any:  # noqa: ANN401  whatever the user gave
    """Return a value with whole floats converted to int: an engine sends every number as a float."""
    if isinstance(value, Mapping):
        return {key: whole_numbers(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
