"""Drop the databases for tests that no run uses any more, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from awa_infra import sqltext
from awa_infra.database import clone_marks
from awa_infra.database.clone_marks import CLONE, DENIED, IN_USE, TEMPLATE, made
from awa_infra.database.connection import Connection, connect, translated
from awa_infra.database.session import session
from awa_infra.errors import SqlFailedError
from awa_infra.model.desired import LOCK_TIMEOUT


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What was there of ours, by name.

    Attributes:
        dropped: copies of runs that have ended, and templates if requested.
        in_use: what live runs use, or a prepared transaction or a subscription.
        unmarked: databases with such a name but without the mark; they stay.
        templates: templates that stay.
        others: what no run uses either, but the role of the session may not drop, such as what belongs to another
            developer's role; it stays.
    """

    dropped: tuple[str, ...]
    in_use: tuple[str, ...]
    unmarked: tuple[str, ...]
    templates: tuple[str, ...]
    others: tuple[str, ...] = ()


def sweep(url: str, *, templates: bool = False) -> Leftovers:
    """Drop the copies that runs left which are gone, with ``templates`` also templates that no run uses; nothing else.

    The connection string may be that of any database of the server.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with connect(url) as connection, session(connection, LOCK_TIMEOUT):
        return sweep_on(connection, url, templates=templates)


def sweep_on(connection: Connection, url: str, *, templates: bool) -> Leftovers:
    """Do what :func:`sweep` does, on a connection that has the session's settings."""
    # In this order: a database made after the list was read is not in the list; one made before has its lock already.
    clones = made(connection, url, f"^{CLONE}[0-9a-f]{{8}}_[0-9]+$")
    kept = made(connection, url, f"^{TEMPLATE}[0-9a-f]{{16}}$")
    found = clones | kept
    holders = {name: (clone_marks.RUNS, int(name.removeprefix(CLONE)[:8], 16)) for name in clones}
    holders |= {name: (clone_marks.TEMPLATES, clone_marks.number_of(name)) for name in kept}
    live = clone_marks.taken(connection, url)
    used = {name for name, holder in holders.items() if holder in live}
    unused = [name for name in (found if templates else clones) if found[name].marked and name not in used]
    dropped: list[str] = []
    others: list[str] = []
    for name in unused:
        if not found[name].owned or (gone := _drop_unused(connection, url, name)) is None:
            others.append(name)
        elif gone:
            dropped.append(name)
        else:
            used.add(name)
    return Leftovers(
        dropped=tuple(dropped),
        in_use=tuple(sorted(used)),
        unmarked=tuple(sorted(name for name in found if not found[name].marked and name not in used)),
        templates=tuple(name for name in kept if kept[name].marked and name not in dropped),
        others=tuple(others),
    )


def drop(connection: Connection, url: str, name: str) -> None:
    """Drop a database of ours; sessions connected to it are ended."""
    with translated(url, f"Dropping database {name}", f"Database {name} is still there; a later run drops it."):
        connection.execute(sqltext.render("clones/drop.sql", name=sqltext.Name(name)).encode())


def _drop_unused(connection: Connection, url: str, name: str) -> bool | None:
    """Drop a copy, or a template that no run has begun to use: whether it was dropped, ``None`` if that is refused."""
    template = name.startswith(TEMPLATE)
    number = clone_marks.number_of(name) if template else 0
    if template and not clone_marks.take(connection, url, clone_marks.TEMPLATES, number):
        return False
    try:
        # Such a lock is known in one database of the server, and the list has those of all.
        if template and (clone_marks.TEMPLATES, number) in clone_marks.taken(connection, url):
            return False
        drop(connection, url, name)
    except SqlFailedError as exc:
        if exc.sqlstate == IN_USE:
            return False
        if exc.sqlstate != DENIED:
            raise
        return None
    finally:
        if template:
            clone_marks.release(connection, url, clone_marks.TEMPLATES, number)
    return True
