"""Convert properties from and to the engine's form: unknown values, secrets, and names in camelCase."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from awa_infra.spec.base import UNKNOWN, Input, camel, snake, whole_numbers
from awa_infra.spec.values import forms

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a mark, no secret
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""Keys and values that tell a wrapped value from a mapping (Pulumi's own, ``sdk/go/common/resource/sig``)."""

_MAX_DEPTH = 32
"""Deeper values mean nothing here; the limit keeps a hostile one from using up the stack."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the engine sent.

    Attributes:
        values: by name in snake_case; one that is not known, in part or in whole, is :data:`UNKNOWN`.
        secrets: names of those that must stay secret.
        keys: every name as it was sent; one that is not in camelCase is in no other attribute.
    """

    values: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


def decode(struct: struct_pb2.Struct) -> Sent:
    """Return the properties; those of the SDKs themselves, whose names begin with two underscores, are left out.

    A null counts as not given: a program may have an output of nothing, also a secret one.
    """
    values, secrets = {}, set()
    keys = frozenset(key for key in struct.fields if not key.startswith("__"))
    # Others are no inputs: queue_slots must not be taken for queueSlots.
    for key in (key for key in keys if camel(snake(key)) == key):
        value, secret = _value(struct.fields[key], 0)
        if value is None:
            continue
        values[snake(key)] = value
        if secret:
            secrets.add(snake(key))
    return Sent(values, frozenset(secrets), keys)


def decode_plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return the properties by the names they have, whole floats converted to int."""
    return {key: whole_numbers(_value(sent, 0)[0]) for key, sent in struct.fields.items() if not key.startswith("__")}


def encode(values: Mapping[str, Any], secrets: Collection[str]) -> struct_pb2.Struct:
    """Return the properties for the engine; those named are wrapped as secrets, ``None`` is left out."""
    struct = struct_pb2.Struct()
    for name, value in values.items():
        if value is not None:
            sent = _sendable(value)
            struct.update({camel(name): rpc.wrap_rpc_secret(sent) if name in secrets else sent})
    return struct


def from_text(field: Input, value: object) -> object:
    """Return a value of the provider's configuration, where numbers may arrive as text."""
    if float in forms(field.annotation) and isinstance(value, str):
        try:
            return float(json.loads(value))
        except (ValueError, TypeError):
            return value
    return value


def _value(sent: struct_pb2.Value, depth: int) -> tuple[Any, bool]:
    kind = sent.WhichOneof("kind")
    if depth > _MAX_DEPTH or kind in {None, "null_value"}:
        return None, False
    if kind == "struct_value":
        return _mapping(sent.struct_value, depth)
    if kind == "list_value":
        items = [_value(item, depth + 1) for item in sent.list_value.values]
        return _whole([value for value, _secret in items]), any(secret for _value, secret in items)
    if kind == "string_value":
        return (UNKNOWN if sent.string_value == rpc.UNKNOWN else sent.string_value), False
    return (sent.bool_value if kind == "bool_value" else sent.number_value), False


def _mapping(struct: struct_pb2.Struct, depth: int) -> tuple[Any, bool]:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if signature in {_SECRET, _OUTPUT}:
        # Asking for a key that is not there would put it there.
        secret = signature == _SECRET or ("secret" in struct.fields and struct.fields["secret"].bool_value)
        if "value" not in struct.fields:
            return UNKNOWN, secret
        value, inner = _value(struct.fields["value"], depth + 1)
        return value, secret or inner
    items = {key: _value(item, depth + 1) for key, item in struct.fields.items()}
    values = {key: value for key, (value, _secret) in items.items()}
    unknown = _whole(list(values.values())) is UNKNOWN
    return (UNKNOWN if unknown else values), any(secret for _value, secret in items.values())


def _whole(values: list[Any]) -> Any:  # noqa: ANN401  a list, or what is not known
    """Part of a list or mapping that is not known leaves the whole unknown: nothing can be said about it."""
    return UNKNOWN if any(value is UNKNOWN for value in values) else values


def _sendable(value: Any) -> Any:  # noqa: ANN401  whatever is to be kept
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sendable(item) for item in value]
    return value
