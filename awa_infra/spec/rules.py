"""Cross-field validation: declared twice, not declared at all, one without the other.

The checks look at the values as given, so that they report beside whatever else is wrong; what has the wrong form
they leave to the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from awa_infra.model import CANONICAL_SCHEMA
from awa_infra.naming import identifier_problem, nearest
from awa_infra.spec.paths import Found, KeyPath, written

LOGINS: Final = ("migrator", "runtime", "observer")
"""Duties of roles that log in; each may have a password."""

PASSWORDS: Final[Mapping[str, str]] = {f"{duty}Password": duty for duty in LOGINS}
"""Which role each password is for."""


def stack_checks(values: Mapping[str, Any]) -> Found:
    """Check the values of a whole stack against each other."""
    yield from _schemas_twice(values)
    for index, entry in enumerate(_list(values.get("queueStorageSchemas"))):
        for path, message in entry_checks(_mapping(entry)):
            yield ("queueStorageSchemas", index, *path), message
    yield from queues_checks(values)
    yield from _shards_differ(values)
    roles = values.get("roles", {})
    if isinstance(roles, Mapping):
        yield from ((("roles", *path), message) for path, message in duty_checks(roles))
        yield from password_checks(values, roles, within="roles.")
    yield from _undeclared(values)


def entry_checks(entry: Mapping[str, Any]) -> Found:
    """Check the values of one queue-storage schema against each other."""
    yield from queues_checks(entry)
    if entry.get("forceDrop") is True and entry.get("deletionPolicy", "retain") == "retain":
        yield ("forceDrop",), "needs deletionPolicy: drop; nothing is dropped otherwise"


def queues_checks(holder: Mapping[str, Any]) -> Found:
    """Check the queues of one schema against each other."""
    first: dict[str, int] = {}
    for index, queue in enumerate(_list(holder.get("queues"))):
        name = _mapping(queue).get("name") if isinstance(queue, Mapping) else queue
        if not isinstance(name, str):
            continue
        path: KeyPath = ("queues", index, "name") if isinstance(queue, Mapping) else ("queues", index)
        if name in first:
            yield path, f"is declared twice, first in queues[{first[name]}]"
        first.setdefault(name, index)
        stripes = _mapping(queue).get("stripes")
        if "#" in name and isinstance(stripes, int) and stripes > 1:
            yield path, "must not hold # if the queue has stripes: Awa calls those name#0, name#1 and so on"


def _shards_differ(values: Mapping[str, Any]) -> Found:
    """Refuse two numbers of shards for one queue: ``awa.queue_meta`` has one row for it, whatever the schema."""
    first: dict[str, tuple[int, KeyPath]] = {}
    holders: list[tuple[KeyPath, Mapping[str, Any]]] = [((), values)]
    entries = enumerate(_list(values.get("queueStorageSchemas")))
    holders += [(("queueStorageSchemas", index), _mapping(entry)) for index, entry in entries]
    for where, holder in holders:
        for index, queue in enumerate(_list(holder.get("queues"))):
            name, shards = _mapping(queue).get("name"), _mapping(queue).get("shards")
            if not isinstance(name, str) or not isinstance(shards, int):
                continue
            path: KeyPath = (*where, "queues", index, "shards")
            known, other = first.setdefault(name, (shards, path))
            if known != shards:
                yield path, f"is {shards}, and {written(other)} is {known}: Awa keeps one number for the queue's name"


def _schemas_twice(values: Mapping[str, Any]) -> Found:
    first: dict[str, int] = {}
    for index, entry in enumerate(_list(values.get("queueStorageSchemas"))):
        name = _mapping(entry).get("schema")
        if not isinstance(name, str):
            continue
        if name in first:
            what = f"{name!r} is" if _plain(name) else "is"
            other = f"queueStorageSchemas[{first[name]}]"
            yield ("queueStorageSchemas", index, "schema"), f"{what} declared twice, first in {other}"
        first.setdefault(name, index)


def duty_checks(roles: Mapping[str, Any]) -> Found:
    """Check that every duty has a role of its own."""
    first: dict[str, str] = {}
    for duty in ("owner", *LOGINS):
        name = roles.get(duty)
        if not isinstance(name, str):
            continue
        if name in first:
            yield (duty,), f"is the same role as {first[name]}; each needs one of its own"
        first.setdefault(name, duty)


def password_checks(passwords: Mapping[str, Any], roles: Mapping[str, Any], within: str = "") -> Found:
    """Check that every password has its role; messages name the role after ``within``, which ends with a full stop."""
    for key, duty in PASSWORDS.items():
        if key in passwords and roles.get(duty) is None:
            yield (key,), f"there is no {duty} role; set {within}{duty}, or remove its password"


def schema_checks(named: Sequence[tuple[KeyPath, object]], declared: Collection[object]) -> Found:
    """Check that schemas that are named are declared: elsewhere nothing is made or granted, and workers find out."""
    schemas = [CANONICAL_SCHEMA, *(name for name in declared if isinstance(name, str) and _plain(name))]
    for path, name in named:
        if isinstance(name, str) and _plain(name) and name not in schemas:
            near = nearest(name, schemas)
            hint = f"did you mean {near}?" if near else f"name {CANONICAL_SCHEMA} or a declared one"
            yield path, f"schema {name!r} is not in queueStorageSchemas; {hint}"


def roles_checks(values: Mapping[str, Any]) -> Found:
    """Check roles, their passwords and their schemas where one mapping holds them."""
    yield from duty_checks(values)
    yield from password_checks(values, values)
    declared = values.get("queueStorageSchemas", ())
    if isinstance(declared, list | tuple):
        lanes = enumerate(_list(values.get("laneSchemas")))
        yield from schema_checks([(("laneSchemas", index), name) for index, name in lanes], declared)


def _undeclared(values: Mapping[str, Any]) -> Found:
    entries = values.get("queueStorageSchemas", [])
    if not isinstance(entries, list | tuple):
        return
    named: list[tuple[KeyPath, object]] = [(("activation",), values.get("activation"))]
    for index, name in enumerate(_list(_mapping(values.get("roles")).get("laneSchemas"))):
        named.append((("roles", "laneSchemas", index), name))
    yield from schema_checks(named, [_mapping(entry).get("schema") for entry in entries])


def _plain(name: str) -> bool:
    # Anything else has its own problem, and may be a secret that must not show in a message.
    return identifier_problem(name) is None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
