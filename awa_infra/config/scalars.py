"""Read a plain scalar of YAML as Pulumi does, whose library (Go, ``yaml.v3``) differs from PyYAML.

YAML 1.1 and 1.2 disagree on octal numbers, exponents, times and dates; each library follows a bit of both.
"""

from __future__ import annotations

import re
from datetime import date

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
