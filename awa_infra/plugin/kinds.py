"""The kinds of objects of package ``awa``, and which of their inputs the provider's configuration can give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from awa_infra.lifecycle.activation import ActivationLifecycle
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.database import DatabaseLifecycle
from awa_infra.lifecycle.queue_storage_schema import QueueStorageSchemaLifecycle
from awa_infra.lifecycle.roles import RolesLifecycle
from awa_infra.lifecycle.schema import SchemaLifecycle
from awa_infra.lifecycle.wording import with_inputs
from awa_infra.spec.base import Props, camel

PACKAGE = "awa"

KINDS: Final[Mapping[str, Lifecycle[Any]]] = {
    "awa:index:Database": DatabaseLifecycle(),
    "awa:index:Roles": RolesLifecycle(),
    "awa:index:Schema": SchemaLifecycle(),
    "awa:index:QueueStorageSchema": QueueStorageSchemaLifecycle(),
    "awa:index:StorageActivation": ActivationLifecycle(),
}
"""By type token."""

PROVIDER = "pulumi:providers:awa"
STACK = "awa:index:Stack"
GET_STATUS = "awa:index:getStatus"
GET_PLAN = "awa:index:getPlan"

FALLBACKS: Final[Mapping[str, str]] = {
    "database_url": "database_url",
    # Any database of the server will do to ask for another one.
    "server_url": "database_url",
    "role": "role",
    "lock_timeout": "lock_timeout",
    "lock_wait": "lock_wait",
}
"""Which input is taken from which key of the provider's configuration if it is not given."""

VARIABLES: Final[Mapping[str, str]] = {"database_url": "DATABASE_URL"}
"""Which variable of the environment a key of the provider's configuration is taken from if it is not given."""


def with_fallbacks(given: Props, configuration: Props) -> dict[str, object]:
    """Return what was given, and what the provider's configuration says instead where nothing was."""
    fallback = {name: configuration[key] for name, key in FALLBACKS.items() if configuration.get(key) is not None}
    return {**fallback, **{name: value for name, value in given.items() if value is not None}}


def without_fallbacks(kept: Props, given: Props) -> dict[str, object]:
    """Return what is to be kept without what came from the provider's configuration: it must not grow stale."""
    return {name: value for name, value in kept.items() if name in given or name not in FALLBACKS}


def worded(text: str) -> str:
    """Return a sentence with the names of inputs as other languages write them."""
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: camel(found[0]) if found[0] in _NAMES else found[0], text)


def spoken(text: str) -> str:
    """Return a message with resources and inputs as other languages name them: ``awa:Schema``, ``queueSlots``."""
    named = worded(_CLASSES.sub(lambda found: _BY_CLASS[found[0]], with_inputs(text)))
    return _IN_A_CONFIGURATION.sub("", named)


_BY_CLASS: Final[Mapping[str, str]] = {
    **{kind.name: token.replace(":index:", ":") for token, kind in KINDS.items()},
    "AwaStack": STACK.replace(":index:", ":"),
}
_CLASSES = re.compile(rf"(?<![\w:])(?:{'|'.join(_BY_CLASS)})\b")

_IN_A_CONFIGURATION = re.compile(r" \(\w+ in the stack configuration\)")
"""How a stack configuration names an input, which is as other languages do."""

_NAMES = frozenset(field.name for kind in KINDS.values() for field in kind.fields)
