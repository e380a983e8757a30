"""Compare the database where an object was last applied with the one that the connection leads to now."""

from __future__ import annotations

from typing import Final

from awa_infra.database.identity import address, read_place
from awa_infra.errors import DatabaseMissingError
from awa_infra.model import Place, Same
from awa_infra.spec.base import Props

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
