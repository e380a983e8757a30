"""Which databases of a server were made for tests: their names, and the mark that tells them from others."""

from __future__ import annotations

from dataclasses import dataclass

from awa_infra import sqltext
from awa_infra.database.connection import Connection, translated

CLONE = "awa_clone_"
"""Start of the name of every copy; then eight digits of its run, and a number."""

TEMPLATE = "awa_template_"
"""Start of the name of every template; then the digest of what is in it."""

MARK = 0x41574154
"""Connection limit of each of them ("AWAT"), which no person sets. CREATE DATABASE has no other place for a mark that
is there from the first moment on, also where the run is killed in that moment."""

DENIED = "42501"
"""SQLSTATE where the role may not do it, such as to end a session of a superuser."""

IN_USE = "55006"
"""SQLSTATE where FORCE is not enough: a prepared transaction or a subscription uses a database, and has no session."""


@dataclass(frozen=True, slots=True)
class Made:
    """A database with such a name.

    Attributes:
        marked: whether it has our mark.
        owned: whether the session may drop it: its role is the owner, a member of the owner, or a superuser.
        dropping: whether it is being dropped, or a DROP of it was interrupted.
    """

    marked: bool
    owned: bool
    dropping: bool = False


def made(connection: Connection, url: str, pattern: str) -> dict[str, Made]:
    """Return the databases with such a name."""
    with translated(url, "Reading the list of databases"):
        text = sqltext.render("clones/made.sql", limit=MARK, pattern=pattern)
        rows = connection.execute(text.encode()).fetchall()
    return {row["name"]: Made(row["marked"], row["owned"], row["dropping"]) for row in rows}
