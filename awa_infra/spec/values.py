"""The kinds of values that can be declared, each with its check and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from awa_infra.model import CANONICAL_SCHEMA
from awa_infra.naming import (
    MAX_LENGTH,
    POSTGRES_MAX_LENGTH,
    RESERVED_WORDS,
    TAKEN,
    database_name_problem,
    identifier_problem,
    name_problem,
    role_name_problem,
    schema_name_problem,
)

MAX_SECONDS = 2_147_483
"""PostgreSQL counts its timeouts in milliseconds of 31 bits."""

MAX_QUEUE_NAME = 200
"""Longest name of a queue, in characters (a constraint of Awa's tables)."""

_RELEASE = r"[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.+]*"
_CONNECTION = re.compile(r"\b(host|hostaddr|port|user|password|dbname|service|sslmode)\s*=")
"""What a connection string of keywords has in it."""

_ENCODING = r"[A-Za-z][A-Za-z0-9_-]{0,62}"


@dataclass(frozen=True, slots=True)
class Mark:
    """Says of an input or output what is no part of its type: that it is kept encrypted, or can never change."""

    secret: bool = False
    fixed: bool = False


SECRET: Final = Mark(secret=True)
FIXED: Final = Mark(fixed=True)


class Encrypted(BaseModel):
    """A value that Pulumi encrypted (``secure: ...``); it stays so unless the engine hands it over."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    secure: StrictStr = Field(repr=False, description="The ciphertext, as Pulumi wrote it.")


@dataclass(frozen=True)
class TextOrMapping:
    """Marks what can be written as text or as a mapping.

    Not a union of the type system, for pydantic would report an error for each member.

    Attributes:
        model: what the mapping is read as.
        key: the key of the mapping that a text is the value of; ``None`` lets the text be text, which must not be
            empty.
    """

    model: type[BaseModel]
    key: str | None = None

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Decide by the form of the value, then check it as that."""

        def read(value: object, check: Callable[[object], object]) -> object:
            if isinstance(value, str):
                if self.key is not None:
                    return check({self.key: value})
                return _not_empty(value)
            if not isinstance(value, Mapping | self.model):
                raise PydanticCustomError("text_or_mapping", "must be text or a mapping")
            return check(value)

        return core_schema.no_info_wrap_validator_function(read, handler.generate_schema(self.model))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Offer both forms."""
        mapping = handler(core)
        text: Any = {"type": "string", "minLength": 1}
        if self.key is not None:
            named = handler.resolve_ref_schema(mapping)["properties"][self.key]
            text = {key: value for key, value in named.items() if key not in {"title", "description"}}
        return {"anyOf": [text, mapping]}


def _name(problem_of: Callable[[str], str | None], *, plain: bool = False) -> AfterValidator:
    def check(value: str) -> str:
        # A connection string in the wrong place must not get into the message.
        if "://" in value or _CONNECTION.search(value) or (plain and "=" in value):
            raise PydanticCustomError("not_a_name", "must be a name, not a connection string")
        problem = problem_of(value)
        if problem:
            raise PydanticCustomError("name", "{problem}", {"problem": problem})
        return value

    return AfterValidator(check)


def _name_schema(reserved: str, longest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^(?!{reserved})[a-z_][a-z0-9_]*$", "maxLength": longest})


def _any_name_schema(reserved: str) -> WithJsonSchema:
    # JSON Schema cannot count bytes; a name has at most as many characters.
    pattern = rf"^(?!{reserved})[^\u0000-\u001f\u007f-\u009f]+$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": POSTGRES_MAX_LENGTH})


def _matching(pattern: str, problem: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise PydanticCustomError("form", "{problem}", {"problem": problem})
        return value

    return AfterValidator(check)


def _storable(value: str) -> str:
    # PostgreSQL has no such character, and libpq would end the text there.
    if "\0" in value:
        raise PydanticCustomError("string_type", "must be text")
    return value


def _not_empty(value: str) -> str:
    if not value:
        raise PydanticCustomError("empty", "must not be empty")
    return value


def _active_schema_problem(name: str) -> str | None:
    return None if name == CANONICAL_SCHEMA else schema_name_problem(name)


def _queue_name(value: str) -> str:
    _not_empty(value)
    if len(value) > MAX_QUEUE_NAME:
        raise PydanticCustomError("too_long", "has more than {most} characters", {"most": MAX_QUEUE_NAME})
    if not value.isprintable():
        raise PydanticCustomError("unprintable", "contains non-printable characters")
    return value


def _is_a_list(value: object) -> object:
    # pydantic would take a set, whose order changes from run to run.
    if not isinstance(value, list | tuple):
        raise PydanticCustomError("list", "must be a list")
    return value


def _distinct(value: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = next((item for item in value if value.count(item) > 1), None)
    if twice is not None:
        raise PydanticCustomError("distinct", "has {twice} twice", {"twice": str(twice)})
    return value


_RESERVED = f"pg_|({'|'.join([*TAKEN, *sorted(RESERVED_WORDS)])})$"

Text = Annotated[StrictStr, AfterValidator(_storable)]
"""Any text that can be handed to PostgreSQL."""

Given = Annotated[Text, AfterValidator(_not_empty)]
"""Text that is not empty: an empty role, such as of a variable that is not set, must not mean the login, nor an empty
connection string wherever libpq's defaults lead."""

Password = Given
ActingRole = Given
Url = Given

MAX_INTEGER = 2**31 - 1
"""Largest number of PostgreSQL's type integer."""

ActiveSchema = Annotated[StrictStr, _name(_active_schema_problem, plain=True)]
SchemaName = Annotated[StrictStr, _name(schema_name_problem, plain=True), _name_schema(_RESERVED, MAX_LENGTH)]
DatabaseName = Annotated[StrictStr, _name(database_name_problem), _any_name_schema("template[01]$")]
TemplateName = Annotated[StrictStr, _name(name_problem), _any_name_schema("$")]
Identifier = Annotated[
    StrictStr,
    _name(identifier_problem, plain=True),
    WithJsonSchema({"type": "string", "pattern": "^[a-z_][a-z0-9_]*$", "maxLength": POSTGRES_MAX_LENGTH}),
]
RoleName = Annotated[StrictStr, _name(role_name_problem), _any_name_schema("pg_|public$|none$")]
QueueName = Annotated[
    StrictStr,
    AfterValidator(_queue_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_QUEUE_NAME}),
]
ReleaseName = Annotated[
    StrictStr,
    _matching(_RELEASE, "must be a version of awa-pg, such as 0.6.9"),
    WithJsonSchema({"type": "string", "pattern": f"^{_RELEASE}$"}),
]
Encoding = Annotated[
    StrictStr,
    _matching(_ENCODING, "must be the name of an encoding, such as UTF8"),
    WithJsonSchema({"type": "string", "pattern": f"^{_ENCODING}$"}),
]
Seconds = Annotated[float, Field(strict=True, ge=0, le=MAX_SECONDS, allow_inf_nan=False)]
Secret = Annotated[str | Encrypted, TextOrMapping(Encrypted)]

IS_A_LIST = BeforeValidator(_is_a_list)
DISTINCT = AfterValidator(_distinct)


def forms(annotation: object) -> Iterator[object]:
    """Return the types that a value of an annotation can have; a list by ``tuple``, without what is in it."""
    origin = get_origin(annotation)
    if origin is Annotated or origin in {Union, UnionType}:
        for part in get_args(annotation)[: 1 if origin is Annotated else None]:
            yield from forms(part)
    else:
        yield origin or annotation


def inner_model(annotation: object) -> type[BaseModel] | None:
    """Return the model of the values of an annotation, whether in a list or not."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := inner_model(part))), None)
