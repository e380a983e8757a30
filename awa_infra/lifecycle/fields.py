"""Inputs and outputs of declared objects, described once for every adapter, schema and reference page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, final

from awa_infra.config.fields import MAX_SECONDS
from awa_infra.database import apply as defaults
from awa_infra.database.apply import OnWait, Waits
from awa_infra.model import Policy, Queue, Transaction

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


class Type(Enum):
    """What a value is."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRINGS = "strings"
    QUEUES = "queues"
    GATES = "gates"


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Attributes:
        name: in snake_case.
        type: what it is.
        text: one sentence for the reference.
        default: what is taken if it is not given.
        required: whether it must be given.
        secret: whether it is kept encrypted.
        fixed: whether it can never change.
        minimum: the smallest number that is accepted.
        maximum: the largest number that is accepted.
        choices: the only texts that are accepted, if any are listed.
    """

    name: str
    type: Type
    text: str
    default: Any = None
    required: bool = False
    secret: bool = False
    fixed: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """One output that is no input."""

    name: str
    type: Type
    text: str
    secret: bool = False


DATABASE_URL = Input(
    "database_url",
    Type.STRING,
    "Connection string of the database; always kept as a secret.",
    required=True,
    secret=True,
)
ROLE = Input(
    "role", Type.STRING, "Become this role for the transaction, so that it owns what is made. Default: do not."
)
LOCK_TIMEOUT = Input(
    "lock_timeout",
    Type.NUMBER,
    "Seconds to keep trying for table locks, in short waits with everything rolled back in between; 0 tries for ever.",
    defaults.LOCK_TIMEOUT,
    minimum=0,
    maximum=MAX_SECONDS,
)
LOCK_WAIT = Input(
    "lock_wait",
    Type.NUMBER,
    "Seconds to wait for another migration to finish.",
    defaults.LOCK_WAIT,
    minimum=0,
    maximum=MAX_SECONDS,
)
TRANSACTION = Input(
    "transaction",
    Type.STRING,
    "What is committed together: whole (all or nothing; locks are held until the end) or each (every migration by "
    "itself; locks are short, and what an interrupted run has committed is kept).",
    Transaction.WHOLE.value,
    choices=tuple(mode.value for mode in Transaction),
)
ALLOW_LIVE_RUNTIMES = Input(
    "allow_live_runtimes",
    Type.BOOLEAN,
    "Migrate although live runtimes are too old or would have to be away.",
    default=False,
)
QUEUES = Input(
    "queues",
    Type.QUEUES,
    "Queues whose lanes are made ahead by the owner: names, or mappings of name, priorities, shards, stripes. More can "
    "be added later; none is ever removed.",
    (),
)
GUARD = Input(
    "guard",
    Type.BOOLEAN,
    "Guard the schema with an event trigger, so that nobody drops it by accident; needs a superuser.",
    default=False,
)

_QUEUE_DEFAULTS = {"priorities": list(Queue("").priorities), "stripes": Queue("").stripes}

WAITING = (LOCK_TIMEOUT, LOCK_WAIT)


def normalised(inputs: Sequence[Input], props: Props) -> dict[str, Any]:
    """Return the inputs with their defaults, and numbers as what they are: every number arrives as a float."""
    found = {}
    for field in inputs:
        value = props.get(field.name)
        found[field.name] = _value(field.type, field.default if value is None else value)
    return found


def problem_of(field: Input, value: object) -> str | None:
    """Return what is wrong with a normalised value by itself, or ``None``; what is unknown is right."""
    if value is UNKNOWN or (value is None and not field.required):
        return None
    if value is None:
        return "is missing"
    if not _is_a(field.type, value):
        return f"must be {_NAMES[field.type]}"
    if field.choices and value not in field.choices:
        return f"must be {' or '.join(field.choices)}"
    return _bounds_problem(field, value) if isinstance(value, int | float) else None


def _bounds_problem(field: Input, value: float) -> str | None:
    if field.minimum is not None and value < field.minimum:
        return f"must be at least {field.minimum:g}"
    if field.maximum is not None and value > field.maximum:
        return f"must be at most {field.maximum:g}"
    return None


def in_one_form(inputs: Sequence[Input], values: Props) -> dict[str, Any]:
    """Return normalised values in which a queue by name and its mapping are the same.

    A queue gets every default but that of ``shards``: not to declare those has a meaning.
    """
    return {
        field.name: [_whole_queue(item) for item in values[field.name]]
        if field.type is Type.QUEUES and isinstance(values[field.name], list)
        else values[field.name]
        for field in inputs
    }


def changed_fields(inputs: Sequence[Input], before: Props, wanted: Props) -> tuple[str, ...]:
    """Return the names of inputs that differ between normalised values.

    Queues that differ only in ``shards: 1`` are equal: earlier releases kept that for a queue without shards. Whether a
    database has another number is for the plan to see.
    """
    return tuple(
        field.name
        for field in inputs
        if _comparable(field.type, before[field.name]) != _comparable(field.type, wanted[field.name])
    )


def is_known(props: Props, *names: str) -> bool:
    """Whether all of these inputs are known."""
    return not any(props.get(name) is UNKNOWN for name in names)


def waits_of(props: Props, on_wait: OnWait) -> Waits:
    """Return how long to wait for locks, from normalised inputs, and who is told of it."""
    lock_wait, lock_timeout = float(props["lock_wait"]), float(props["lock_timeout"])
    return Waits(migration_lock=lock_wait, table_lock=lock_timeout, on_wait=on_wait)


def transaction_of(props: Props) -> Transaction:
    """Return what is committed together, from normalised inputs."""
    given = props["transaction"]
    return Transaction.WHOLE if given is UNKNOWN else Transaction(given)


def policy_of(props: Props) -> Policy:
    """Return which gates are overruled, from normalised inputs."""
    return Policy(allow_live_runtimes=bool(props.get("allow_live_runtimes")))


_NAMES = {
    Type.STRING: "text",
    Type.INTEGER: "a whole number",
    Type.NUMBER: "a number",
    Type.BOOLEAN: "true or false",
    Type.STRINGS: "a list of text",
    Type.QUEUES: "a list",
    Type.GATES: "a list of gates",
}


def _is_a(type_: Type, value: object) -> bool:
    match type_:
        case Type.STRING:
            # PostgreSQL has no such character, and libpq would end the text there.
            return isinstance(value, str) and "\0" not in value
        case Type.BOOLEAN:
            return isinstance(value, bool)
        case Type.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Type.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case Type.STRINGS:
            return isinstance(value, list | tuple) and all(_is_a(Type.STRING, item) for item in value)
        case Type.QUEUES | Type.GATES:
            # The model that checks what is in it is that of the stack configuration.
            return isinstance(value, list | tuple)


def _value(type_: Type, value: Any) -> Any:  # noqa: ANN401  whatever the user gave
    if isinstance(value, float) and value.is_integer() and type_ is Type.INTEGER:
        return int(value)
    if type_ is Type.STRINGS and isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    if type_ is Type.QUEUES and isinstance(value, Sequence) and not isinstance(value, str):
        return [_queue(item) for item in value]
    return value


def _comparable(type_: Type, value: Any) -> Any:  # noqa: ANN401  whatever the user gave
    if type_ is not Type.QUEUES or not isinstance(value, list):
        return value
    return [{"shards": 1, **item} if isinstance(item, Mapping) else item for item in value]


def _whole_queue(item: Any) -> Any:  # noqa: ANN401  whatever the user gave; the model says what is wrong with it
    if isinstance(item, str):
        item = {"name": item}
    return {**_QUEUE_DEFAULTS, **item} if isinstance(item, Mapping) else item


def _queue(item: Any) -> Any:  # noqa: ANN401  whatever the user gave
    if not isinstance(item, Mapping):
        return item
    return {
        key: [_whole(v) for v in value] if isinstance(value, Sequence) and not isinstance(value, str) else _whole(value)
        for key, value in item.items()
        if value is not None
    }


def _whole(value: Any) -> Any:  # noqa: ANN401  whatever the user gave
    return int(value) if isinstance(value, float) and value.is_integer() else value
