"""Describe what changed about a connection: the login, or the server and database."""

from __future__ import annotations

from awa_infra.database.target import Target
from awa_infra.errors import ConfigurationError


def connection_change(before: object, now: object) -> str:
    """Return one sentence on how a connection changed, without a secret; empty if it did not, or is not known."""
    old, new = _target(before), _target(now)
    if old is None or new is None or old.parameters == new.parameters:
        return ""
    if leads_elsewhere(before, now):
        (old_server, old_name), (server, name) = old.address(), new.address()
        return (
            f"The connection leads to database {name} at {server} now, and led to {old_name} at {old_server} before. "
            "What is there stays as it is, and is not copied."
        )
    parts = sorted(k for k in {*old.parameters, *new.parameters} if old.parameters.get(k) != new.parameters.get(k))
    return f"The {' and the '.join(parts)} of the connection changed. That changes nothing in the database."


def leads_elsewhere(before: object, now: object) -> bool:
    """Whether two connection strings name different servers or databases; false where either is not known."""
    old, new = _target(before), _target(now)
    return old is not None and new is not None and old.address() != new.address()


def same_connection(before: object, now: object) -> bool:
    """Whether two connection strings say the same, however they are written."""
    if before == now:
        return True
    old, new = _target(before), _target(now)
    return old is not None and new is not None and old.parameters == new.parameters


def _target(url: object) -> Target | None:
    try:
        return Target.of(url) if isinstance(url, str) and url else None
    except ConfigurationError:
        return None
