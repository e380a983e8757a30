"""Describe what changed about a connection: the login, the server and database, or the database that it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from awa_infra.database.identity import address, read_place
from awa_infra.database.target import Target
from awa_infra.errors import ConfigurationError, ConnectionFailedError, DatabaseMissingError
from awa_infra.model import Place, Same
from awa_infra.spec.base import Props

_KEPT = (
    "A refresh and a removal use the connection that the last pulumi up kept: if the login or the address has changed, "
    "run that first."
)
_CONSEQUENCE = {
    Same.YES: "It is the same one, by its identifiers: renamed, moved, or on a server that was promoted.",
    Same.NO: "What is there stays as it is, and is not copied.",
    Same.UNKNOWN: "Nothing is copied from there, and nothing removed.",
}


@contextmanager
def kept_connection() -> Iterator[None]:
    """Say of a login that fails that it is the one in the state: a refresh and a removal see no program."""
    try:
        yield
    except DatabaseMissingError:
        raise
    except ConnectionFailedError as exc:
        exc.hint = f"{exc.hint} {_KEPT}"
        raise


def connection_change(before: object, now: object, same: Same = Same.UNKNOWN) -> str:
    """Return in words how a connection changed, without a secret; empty if it did not, or is not known.

    Args:
        before: connection string of the last update.
        now: the one that is declared.
        same: whether both lead to one database, under whatever address and name.
    """
    old, new = _target(before), _target(now)
    if old is None or new is None or old.parameters == new.parameters:
        return ""
    if leads_elsewhere(before, now):
        (old_server, old_name), (server, name) = old.address(), new.address()
        led = f"The connection leads to database {name} at {server} now, and led to {old_name} at {old_server} before."
        return f"{led} {_CONSEQUENCE[same]}"
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


PLACE: Final = "database_identity"
"""The output that says where an object was last applied; states of before this release have none."""


def kept_place(props: Props) -> Place | None:
    """Return where an object was last applied; ``None`` where that was not recorded."""
    return Place.of(props.get(PLACE))


def moved(kept: Place | None, now: Place) -> str:
    """Return in one sentence that an object was last applied elsewhere; empty if it was not, or is not recorded."""
    if kept is None or (same := kept.same_as(now)) is Same.YES:
        return ""
    if kept.has_other_data(now):
        return (
            f"The connection leads to database {now.where} as before, but the server's data have identifier "
            f"{now.system} now, and had {kept.system}. After pg_upgrade that is so; otherwise it is another database, "
            "and nothing was copied to it. An update records the new one."
        )
    led = f"The connection leads to database {now} now, and led to {kept} before"
    if same is Same.NO:
        return f"{led}, which is another one. What is there stays as it is, and is not copied."
    return f"{led}. Nothing shows whether that is the same one."


def is_elsewhere(kept: Place | None, url: str) -> bool:
    """Whether an object that a connection does not lead to may be in another database, where it was last applied.

    Raises:
        AwaInfraError: the database cannot be read.
    """
    if kept is None:
        return False
    try:
        return kept.same_as(read_place(url)) is not Same.YES
    except DatabaseMissingError:
        return kept.where != address(url)
