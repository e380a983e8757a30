"""Read what is configured for all resources: by the program, by ``pulumi config``, by the environment."""

from __future__ import annotations

import os
from typing import Any

from google.protobuf import struct_pb2

from awa_infra.naming import nearest
from awa_infra.plugin.kinds import VARIABLES
from awa_infra.plugin.wire import Sent, decode, from_text
from awa_infra.spec.base import camel
from awa_infra.spec.paths import written
from awa_infra.spec.provider import ProviderInputs
from awa_infra.spec.stack import StackConfig

_OWN_KEYS = tuple(field.key for field in ProviderInputs.described())
_KEYS = frozenset({*_OWN_KEYS, *StackConfig.attributes(), "version", "pluginDownloadURL"})
"""Keys that the plugin, an ``AwaStack`` or Pulumi itself reads."""


def configured(sent: Sent) -> dict[str, Any]:
    """Return the configuration of the provider, as its inputs are called."""
    return {field.name: from_text(field, sent.values.get(field.name)) for field in ProviderInputs.described()}


def with_environment(news: struct_pb2.Struct) -> struct_pb2.Struct:
    """Return the configuration, with what the environment has where nothing is given: not every SDK looks there."""
    found = struct_pb2.Struct()
    found.CopyFrom(news)
    given = decode(news).values
    for name, variable in VARIABLES.items():
        if name not in given and os.environ.get(variable):
            found[camel(name)] = os.environ[variable]
    return found


def remarks(news: struct_pb2.Struct) -> list[str]:
    """Return what is to be said of keys of namespace ``awa`` that nothing here reads."""
    found = []
    for key in sorted(set(news.fields) - _KEYS):
        near = nearest(key, sorted(_KEYS))
        hint = f"Did you mean awa:{near}?" if near else f"The plugin reads {', '.join(_OWN_KEYS)}."
        found.append(f"Nothing reads the configuration key awa:{written((key,))}. Hint: {hint}")
    return found
