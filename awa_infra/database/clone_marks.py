"""What shows which databases of a server were made for tests, and which of them are in use.

Their names and a mark tell them from others. A run, and each template, has an advisory lock: a session holds it for as
long as it lives, so a killed run leaves none. PostgreSQL knows such a lock in one database only; the list of them is
that of the whole server.
"""

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


RUNS = 0x41574152
"""First half of the advisory locks of runs ("AWAR"); the second is the number of the run."""

TEMPLATES = 0x41574154
"""First half of the advisory locks of templates ("AWAT"); the second is :func:`number_of`."""


def number_of(template: str) -> int:
    """Return the second half of the advisory lock of a template, from the digest in its name."""
    return int(template.rpartition("_")[2][:8], 16) % 2**31


def take(connection: Connection, url: str, first: int, number: int, *, shared: bool = False) -> bool:
    """Try once to hold a lock for as long as the session lives, alone or together with others; whether it has it."""
    with translated(url, "Taking an advisory lock"):
        text = sqltext.render("clones/hold.sql", **{"class": first}, number=number, shared=shared)
        return bool((connection.execute(text.encode()).fetchone() or {})["taken"])


def release(connection: Connection, url: str, first: int, number: int, *, shared: bool = False) -> None:
    """Release a lock that the session took in the same way."""
    with translated(url, "Releasing an advisory lock"):
        text = sqltext.render("clones/let_go.sql", **{"class": first}, number=number, shared=shared)
        connection.execute(text.encode())


def taken(connection: Connection, url: str) -> set[tuple[int, int]]:
    """Return the locks that other sessions hold, in whatever database: both halves of each."""
    with translated(url, "Reading who uses the databases of tests"):
        text = sqltext.render("clones/live.sql", run=RUNS, template=TEMPLATES)
        return {(row["class"], row["number"]) for row in connection.execute(text.encode()).fetchall()}


def find_holders(template: str) -> str:
    """Return how to find the sessions that hold the lock of a template, as a hint."""
    return (
        "Find its session: SELECT a.pid, a.usename, a.client_addr, a.backend_start FROM pg_catalog.pg_locks l JOIN "
        f"pg_catalog.pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.classid = {TEMPLATES} AND "
        f"l.objid = {number_of(template)}. Let that run finish, or end its session: SELECT pg_terminate_backend(pid)."
    )
