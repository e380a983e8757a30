"""Describe what is wrong with values: one wording for files, resources and functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from awa_infra.errors import ConfigurationError, reported
from awa_infra.naming import nearest
from awa_infra.spec.base import Entry, Inputs, Props, errors_of, snake
from awa_infra.spec.paths import Found, KeyPath, reached, value_at, written
from awa_infra.spec.values import Encrypted, forms, inner_model
from awa_infra.wording import and_listed

_WORDS = {
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "invalid_key": "must have text as keys",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_type": "must be a mapping",
    "string_type": "must be text",
    "too_short": "must not be empty",
}
"""pydantic's kinds of errors in people's words; the kinds of our own checks bring their words with them."""


_TEXTS = frozenset({"string_type", "text_or_mapping"})
"""Kinds of errors about what can be text."""

_NOTHING = re.compile(r"(?!)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LOOKS = {"bool_type": re.compile("true|false", re.IGNORECASE), "float_type": _NUMBER, "int_type": _NUMBER}
"""Texts that look like a value of another type where they are printed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a key or an input, named as people write it; the line is that in its file."""

    key: str
    message: str
    hint: str = ""
    code: str = ConfigurationError.code
    line: int | None = None

    def report(self) -> str:
        """Return what is wrong, with the code, and what to do on a line of its own.

        Whatever a value that is named has in it, each of the two is one line.
        """
        return reported(" ".join(self.message.split()), self.code, " ".join(self.hint.split()))


E = TypeVar("E", bound=Entry)


def entry_problems(
    model: type[E], values: Mapping[str, Any], *, in_yaml: bool = True
) -> tuple[E | None, list[tuple[KeyPath, str]]]:
    """Return what was declared, and where something is wrong with it.

    With ``in_yaml`` people write it in YAML, and may have to put a text into quotes.
    """
    try:
        return model.model_validate(values), list(model.checked(values))
    except ValidationError as exc:
        found = _reported(errors_of(exc), model, values, in_yaml=in_yaml)
        return None, [*found, *model.checked(values)]


def input_problems(model: type[Inputs], props: Props) -> list[Problem]:
    """Return what is wrong with the inputs of a resource, under their names; what is unknown is right."""
    given = model.given(props)
    found = [*_reported(model.read(props)[1], model, given, in_yaml=False), *model.checked(given)]
    return [Problem(_input(path, model), _in_python(message, model)) for path, message in found]


def _input(path: KeyPath, model: type[Inputs]) -> str:
    """Return an input, down to the part of it that is wrong; the name in a list is part of the message."""
    of_names = len(path) == 2 and inner_model(model.model_fields[model.attributes()[str(path[0])]].annotation) is None  # noqa: PLR2004
    return written((snake(str(path[0])), *(() if of_names else path[1:])))


def _in_python(message: str, model: type[Entry]) -> str:
    """Return a message with the names of inputs as Python writes them; each adapter writes them in its own way."""
    keys = [key for key in model.attributes() if key != snake(key)]
    return re.sub(rf"\b({'|'.join(keys)})\b", lambda found: snake(found[0]), message) if keys else message


def _reported(errors: Sequence[ErrorDetails], model: type[Entry], values: Mapping[str, Any], *, in_yaml: bool) -> Found:
    seen: set[KeyPath] = set()
    inside = {error["loc"][:-1] for error in errors}
    for error in errors:
        # pydantic counts only the items that are right.
        if error["type"] == "too_short" and error["loc"] in inside:
            continue
        path, message = _about_keys(error["loc"], error["type"], model)
        path = reached(path, values)
        encrypted = _encrypted(path, model, values)
        if encrypted is not None:
            path, message = encrypted
        elif not message:
            message = _in_words(error) + _form(error["type"], value_at(path, values), in_yaml=in_yaml)
        if path not in seen:
            seen.add(path)
            yield path, message


def _form(kind: str, value: object, *, in_yaml: bool) -> str:
    """Return what to add of a value that looks right, and has the wrong type."""
    if in_yaml:
        return "; put it in quotes" if kind in _TEXTS and isinstance(value, int | float | date) else ""
    looks = isinstance(value, str) and _LOOKS.get(kind, _NOTHING).fullmatch(value)
    return ", not text" if looks else ""


def _in_words(error: ErrorDetails) -> str:
    words = _WORDS.get(error["type"])
    if words is None:
        return error["msg"]
    context = error.get("ctx", {})
    return words.format_map({k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in context.items()})


def _about_keys(path: KeyPath, kind: str, model: type[BaseModel]) -> tuple[KeyPath, str]:
    """Return where to report an error and, if it is about the keys of a mapping, what to say."""
    of = _model_of(path[:-1], model)
    if kind == "invalid_key" and of is not Encrypted:
        return path[:-1], ""
    if of is Encrypted and kind in {"extra_forbidden", "invalid_key", "missing"}:
        near = kind == "extra_forbidden" and nearest(str(path[-1]), _keys(of))
        # What is written as a key here is as likely the secret itself.
        return (path, f"unknown key; did you mean {near}?") if near else (path[:-1], "must be text, or secure: alone")
    if kind != "extra_forbidden":
        return path, ""
    near = nearest(str(path[-1]), _keys(of))
    return path, f"unknown key; did you mean {near}?" if near else f"unknown key; known are {', '.join(_keys(of))}"


def _model_of(path: KeyPath, model: type[BaseModel]) -> type[BaseModel]:
    """Return the model of the mapping at a path."""
    for part in path:
        for name, field in model.model_fields.items():
            if part == (field.alias or name):
                model = inner_model(field.annotation) or model
                break
    return model


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _encrypted(path: KeyPath, model: type[Entry], values: Mapping[str, Any]) -> tuple[KeyPath, str] | None:
    """Return where on a path a value is encrypted that may not be, and what to say."""
    secrets = [i.key for i in model.described() if Encrypted in forms(i.annotation)]
    if not secrets or path[0] in secrets:
        return None
    above = (path[:depth] for depth in range(1, len(path) + 1))
    found = next((part for part in above if _is_encrypted(value_at(part, values))), None)
    if found is None:
        return None
    return found, f"is encrypted, and only {and_listed(sorted(secrets))} may be; set it without --secret"


def _is_encrypted(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}
