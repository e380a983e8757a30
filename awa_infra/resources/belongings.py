"""Say which resources of a Pulumi stack ``AwaStack.from_config()`` could have declared. Pure.

A run with that program deletes whatever it does not declare. So a resource that it can never declare belongs to
another program, and nothing may run while the stack holds one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

COMPONENT = "awa:index:AwaStack"
"""Type of the component; it is part of every state, so it never changes."""

COMPONENT_NAME = "awa"
"""Its name when ``AwaStack.from_config()`` gets none."""

_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"
_DEFAULT_PROVIDER = "default"
"""How the engine begins the names of providers that no program declared; it removes those by itself."""

_OWN = frozenset(
    f"{COMPONENT}$pulumi-python:dynamic/awa:{kind}"
    for kind in ("AwaDatabase", "AwaRoles", "AwaSchema", "QueueStorageSchema", "StorageActivation")
)


def foreign_resources(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the URNs of resources that ``AwaStack.from_config()`` never declares, in the order of the state.

    Args:
        resources: the entries ``deployment.resources`` of an exported stack.
    """
    return [str(resource["urn"]) for resource in resources if not _is_own(resource)]


def _is_own(resource: Mapping[str, Any]) -> bool:
    kind, name = _parts(str(resource["urn"]))
    if kind == _STACK:
        return True
    if kind == COMPONENT:
        return name == COMPONENT_NAME
    if kind in _OWN:
        return _parts(str(resource.get("parent", ""))) == (COMPONENT, COMPONENT_NAME)
    return kind.rpartition("$")[2].startswith(_PROVIDER) and name.startswith(_DEFAULT_PROVIDER)


def _parts(urn: str) -> tuple[str, str]:
    """Return the type, with those of its parents, and the name of a URN."""
    # urn:pulumi:STACK::PROJECT::TYPE::NAME, and a name may hold colons of its own.
    found = urn.split("::", 3)
    return (found[2], found[3]) if len(found) == 4 else ("", "")  # noqa: PLR2004
