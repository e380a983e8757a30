"""Advisory locks that show which databases for tests are in use: one for each run, and one for each template.

A session holds them for as long as it lives, so a killed run leaves none. PostgreSQL knows such a lock in one database
only; the list of them is that of the whole server.
"""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.database.connection import Connection, translated

RUNS = 0x41574152
"""First half of the advisory locks of runs ("AWAR"); the second is the number of the run."""

TEMPLATES = 0x41574154
"""First half of the advisory locks of templates ("AWAT"); the second is :func:`number_of`."""


def number_of(template: str) -> int:
    """Return the second half of the advisory lock of a template, from the digest in its name."""
    return int(template.rpartition("_")[2][:8], 16) % 2**31


def take(connection: Connection, url: str, first: int, number: int, *, shared: bool = False) -> bool:
    """Try once to hold a lock for as long as the session lives, alone or together with others; whether it has it."""
    file = "clones/hold_shared.sql" if shared else "clones/hold.sql"
    with translated(url, "Taking an advisory lock"):
        text = sqltext.render(file, **{"class": first}, number=number)
        return bool((connection.execute(text.encode()).fetchone() or {})["taken"])


def release(connection: Connection, url: str, first: int, number: int, *, shared: bool = False) -> None:
    """Release a lock that the session took in the same way."""
    file = "clones/let_go_shared.sql" if shared else "clones/let_go.sql"
    with translated(url, "Releasing an advisory lock"):
        connection.execute(sqltext.render(file, **{"class": first}, number=number).encode())


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
