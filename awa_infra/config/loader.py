"""Load YAML as Pulumi does: PyYAML's loader with plain scalars of Pulumi's library (Go, ``yaml.v3``).

YAML 1.1 and 1.2 disagree on octal numbers, exponents, times and dates; each library follows a bit of both.

PyYAML marks every node with its line. ruamel.yaml does too, but stops at the first key that is given twice, and takes
five times as long to import and read: every command would pay that.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import yaml

_NAMED: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_BEGINS = re.compile(r"[-+.0-9]")
_INT = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt ].*)?")
_LARGEST = 2**64
_SMALLEST = -(2**63)

Value = str | bool | int | float | date | None
"""What a plain scalar can be. Of a time only its date is kept, and Pulumi reads some times as text: no key is one."""


def plain_value(text: str) -> Value:
    """Return what Pulumi reads where a text is written without quotes."""
    if text in _NAMED:
        return _NAMED[text]
    if not _BEGINS.match(text):
        return text
    day = _DATE.fullmatch(text)
    if day:
        try:
            return date(*(int(part) or 1 for part in day.groups()))
        except ValueError:
            return text
    return _number(text.replace("_", ""), text)


def _number(digits: str, text: str) -> int | float | str:
    whole = _INT.fullmatch(digits)
    if whole:
        sign, *forms = whole.groups()
        base, found = next((base, found) for base, found in zip(_BASES, forms, strict=True) if found)
        # Python refuses to convert longer decimal numbers, and no number of 64 bits has as many digits.
        value = int(found, base) if len(found) <= _LARGEST.bit_length() else _LARGEST
        value = -value if sign == "-" else value
        if _SMALLEST <= value < _LARGEST:
            return value
    if _FLOAT.fullmatch(digits):
        number = float(digits)
        return text if number in {float("inf"), float("-inf")} else number
    return text


class Loader(yaml.SafeLoader):
    """Reads plain scalars as Pulumi does."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:  # noqa: ANN401  as PyYAML has it
        """Return the tag of a node without one."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return _MERGE if value == "<<" else PLAIN


def _plain(_loader: Loader, node: yaml.ScalarNode) -> Value:
    return plain_value(node.value)


def _tagged(loader: Loader, node: yaml.ScalarNode) -> Value:
    """Read a scalar whose tag says what it is; as another type it would not be that."""
    value = plain_value(loader.construct_scalar(node))
    if isinstance(value, str):
        raise yaml.constructor.ConstructorError(None, None, "the value is not what its tag says", node.start_mark)
    return value


PLAIN = "plain"
_MERGE = "tag:yaml.org,2002:merge"
Loader.add_constructor(PLAIN, _plain)
Loader.add_constructor(_MERGE, _plain)
for _name in ("int", "float", "timestamp"):
    Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _tagged)


def mapping_of(loader: Loader, node: yaml.Node | None) -> dict[str, yaml.Node] | None:
    """Return a mapping by its keys as they are written; nothing is an empty one, and anything else is none.

    Raises:
        yaml.YAMLError: it cannot be read.
    """
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "found unhashable key", key.start_mark)
        return {key.value: value for key, value in node.value}
    return {} if node is None or loader.construct_document(node) is None else None


UNREADABLE = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)
"""What PyYAML raises at a text that it cannot read."""

_WORDS = {
    r"found character '\t' that cannot start any token": "a tab cannot indent; write spaces",
    "but found another document": "a second document begins here; Pulumi reads one",
}
"""Plainer words for what PyYAML says."""


def reason(exc: Exception) -> str:
    """Return what is wrong with the YAML; PyYAML quotes names and tags, which a secret can look like."""

    def hidden(quoted: re.Match[str]) -> str:
        inner = quoted.group(1)
        return quoted.group() if len(inner) == 1 or re.fullmatch("<[a-z ]+>", inner) else "'...'"

    said = getattr(exc, "problem", None) or "it is not YAML"
    return _WORDS.get(said) or re.sub(r"'(.*)'", hidden, said, flags=re.DOTALL)
