"""Decode the texts in which Pulumi keeps numbers, booleans, lists and mappings of the first level."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awa_infra.spec.stack import StackConfig
from awa_infra.spec.values import forms, inner_model

_JSON: dict[object, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float), tuple: (list,)}
"""Which types of JSON a type of the model may be written as."""


def decode(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of namespace ``awa``, by key without it, with every text decoded that is JSON of another type.

    The engine hands everything to a program as text, and ``pulumi config set`` and ``pulumi stack init`` rewrite
    ``40`` and ``true`` in the file as ``"40"`` and ``"true"``. What cannot be decoded stays text, for
    :func:`awa_infra.config.validate` to report. Doing it twice changes nothing.
    """
    return {key: _decoded(key, value) if isinstance(value, str) else value for key, value in values.items()}


def _decoded(key: str, text: str) -> Any:  # noqa: ANN401  JSON is anything
    try:
        value = json.loads(text) if _ACCEPTED.get(key) else text
    except (ValueError, RecursionError):
        return text
    # Not isinstance: true is an int in Python.
    return value if type(value) in _ACCEPTED.get(key, ()) else text


def _accepted(annotation: object) -> tuple[type, ...]:
    return tuple(
        accepted for form in forms(annotation) for accepted in _JSON.get(form, (dict,) if inner_model(form) else ())
    )


_ACCEPTED = {i.key: () if i.secret else _accepted(i.annotation) for i in StackConfig.described()}
"""By key which types of JSON its text may hold; a secret is never anything but its text."""
