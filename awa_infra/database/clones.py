"""Databases for tests: a template made once, a copy for each test, and no copy left behind.

What is ours is known by its name and by a mark on the database. A run holds an advisory lock with its number for as
long as its session lives; copies whose number nobody holds belong to a run that is gone, however it ended.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from awa_infra import sqltext
from awa_infra.database.connection import Connection, connect, translated
from awa_infra.database.databases import LOCK_TIMEOUT
from awa_infra.database.session import session, stay_while_idle
from awa_infra.database.target import Target
from awa_infra.errors import NotOursError, SqlFailedError

CLONE = "awa_clone_"
"""Start of the name of every copy; then eight digits of its run, and a number."""

TEMPLATE = "awa_template_"
"""Start of the name of every template; then the digest of what is in it."""

MARK = 0x41574154
"""Connection limit of each of them ("AWAT"), which no person sets. CREATE DATABASE has no other place for a mark that
is there from the first moment on, also where the run is killed in that moment."""

COMMENT = "Made by awa-infra for tests; awa-infra dev clean drops it when no test run uses it."
"""The comment on each of them, for people."""

_RUNS = 0x41574152
"""First half of the advisory locks of runs ("AWAR")."""

_TEMPLATES = 0x41574154
"""First half of the advisory locks of templates ("AWAT")."""

_PAUSE = 0.1
"""Seconds between two looks whether another run has finished a template."""

_TAKEN = "42P04"
"""SQLSTATE where a database of that name exists."""

_BY_FILES = 150000
"""First version of PostgreSQL where CREATE DATABASE has a STRATEGY."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What was there of ours, by name.

    Attributes:
        dropped: copies of runs that are gone, and templates where those were asked for.
        in_use: what live runs use.
        unmarked: databases with such a name but without the mark; they stay.
        templates: templates that stay.
    """

    dropped: tuple[str, ...]
    in_use: tuple[str, ...]
    unmarked: tuple[str, ...]
    templates: tuple[str, ...]


@dataclass
class Run:
    """One run of tests on one server; made by :func:`run`.

    Attributes:
        url: connection string of the database that it administers from.
        login: the role that owns all that it makes.
        major: version of the server.
    """

    url: str = field(repr=False)
    login: str
    major: int
    _connection: Connection = field(repr=False)
    _number: int
    _by_files: bool
    _count: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def template(self, content: str, make: Callable[[str], object], base: str | None = None) -> str:
        """Return the name of a template, made now if the server has none with that content.

        Args:
            content: everything that decides what is in it, as text; the digest of it names the template.
            make: gets the connection string of a new database, and makes it ready.
            base: template that the new database is a copy of; an empty one without.

        Raises:
            NotOursError: a database of that name exists, and awa-infra did not make it.
            AwaInfraError: whatever `make` raises; the half-made database is dropped.
        """
        digest = hashlib.sha256(f"{content}\n{self.login}\n{self.major}".encode()).hexdigest()[:16]
        name = TEMPLATE + digest
        number = int(digest[:8], 16) % 2**31
        while not self._exists(name):
            if not self._hold("hold", _TEMPLATES, number):
                time.sleep(_PAUSE)
                continue
            try:
                if not self._exists(name):
                    self._make(name, make, base)
            finally:
                self._execute("let_go", **{"class": _TEMPLATES}, number=number)
        while not self._hold("hold_shared", _TEMPLATES, number):
            time.sleep(_PAUSE)
        return name

    def clone(self, template: str) -> str:
        """Return the name of a new copy of a template, which is this run's to drop."""
        return self._create(template, by_files=self._by_files)

    def drop(self, name: str) -> None:
        """Drop a copy that this run made, whoever is connected to it."""
        self._execute("drop", name=sqltext.Name(name))

    def url_of(self, name: str) -> str:
        """Return the connection string of a copy."""
        return Target.of(self.url).with_database(name)

    def _make(self, name: str, make: Callable[[str], object], base: str | None) -> None:
        """Make a template under the name of a copy, so that the next run drops it if this one is killed."""
        building = self._create(base or "template0", by_files=self._by_files)
        try:
            make(self.url_of(building))
            self._execute("close", name=sqltext.Name(building))
            self._execute("finish", name=sqltext.Name(building), template=sqltext.Name(name))
        except BaseException as exc:
            self.drop(building)
            # Advisory locks are a database's: a run that administers from another one may have been faster.
            if not (isinstance(exc, SqlFailedError) and exc.sqlstate == _TAKEN and self._exists(name)):
                raise

    def _create(self, template: str, *, by_files: bool) -> str:
        name = f"{CLONE}{self._number:08x}_{next(self._count)}"
        file = "clones/create_by_files.sql" if by_files else "clones/create.sql"
        create = sqltext.render(file, name=sqltext.Name(name), template=sqltext.Name(template), limit=MARK)
        hint = f"Role {self.login} needs CREATEDB: ALTER ROLE {self.login} CREATEDB. Nothing was created."
        with translated(self.url, f"Creating database {name}", hint):
            self._connection.execute(create.encode())
        self._execute("comment", name=sqltext.Name(name), comment=COMMENT)
        return name

    def _exists(self, name: str) -> bool:
        found = made(self._connection, self.url, f"^{name}$")
        if found and not found[name]:
            raise NotOursError(
                f"Database {name} exists, but awa-infra did not make it: it lacks the mark.",
                hint="Rename it, or drop it if nobody needs it.",
            )
        return bool(found)

    def _hold(self, how: str, first: int, number: int) -> bool:
        return hold(self._connection, self.url, how, first, number)

    def _execute(self, file: str, **values: sqltext.Value | sqltext.Name) -> None:
        with translated(self.url, "Preparing a database for tests"):
            self._connection.execute(sqltext.render(f"clones/{file}.sql", **values).encode())


@contextmanager
def run(url: str) -> Iterator[Run]:
    """Begin a run of tests on a server: drop what runs that are gone left there, and hold a number of its own.

    Args:
        url: connection string of any database of the server, with a role that may create databases; not through a
            pooler in transaction mode, which would lose the lock that shows that the run lives.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`; also where the role may create no databases.
    """
    with connect(url, autocommit=True) as connection, session(connection, LOCK_TIMEOUT):
        with translated(url, "Reading the server"):
            stay_while_idle(connection)
            row = connection.execute(sqltext.load("clones/server.sql").encode()).fetchone() or {}
        number = secrets.randbits(31)
        while made(connection, url, f"^{CLONE}{number:08x}_") or not hold(connection, url, "hold", _RUNS, number):
            number = secrets.randbits(31)
        _sweep(connection, url, templates=False)
        by_files = row["version"] >= _BY_FILES and not row["keeps"]
        begun = Run(url, row["login"], row["version"] // 10000, connection, number, by_files)
        yield begun


def sweep(url: str, *, templates: bool = False) -> Leftovers:
    """Drop the copies that runs left which are gone, and nothing else.

    Args:
        url: connection string of any database of the server.
        templates: drop templates that no run uses, too.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with connect(url, autocommit=True) as connection, session(connection, LOCK_TIMEOUT):
        return _sweep(connection, url, templates=templates)


def made(connection: Connection, url: str, pattern: str) -> dict[str, bool]:
    """Return the databases with such a name, and whether each has our mark."""
    with translated(url, "Reading the list of databases"):
        text = sqltext.render("clones/made.sql", limit=MARK, pattern=pattern)
        return {row["name"]: row["marked"] for row in connection.execute(text.encode()).fetchall()}


def hold(connection: Connection, url: str, how: str, first: int, number: int) -> bool:
    """Try once to hold a number for as long as the session lives."""
    with translated(url, "Taking an advisory lock"):
        text = sqltext.render(f"clones/{how}.sql", **{"class": first}, number=number)
        return bool((connection.execute(text.encode()).fetchone() or {})["taken"])


def _sweep(connection: Connection, url: str, *, templates: bool) -> Leftovers:
    # In this order: whoever made a database after the list was read is not in it, and before that it had its lock.
    clones = made(connection, url, f"^{CLONE}[0-9a-f]{{8}}_[0-9]+$")
    kept = made(connection, url, f"^{TEMPLATE}[0-9a-f]{{16}}$")
    with translated(url, "Reading who uses the databases of tests"):
        text = sqltext.render("clones/live.sql", run=_RUNS, template=_TEMPLATES)
        live = {(row["class"], row["number"]) for row in connection.execute(text.encode()).fetchall()}
    holders = {name: (_RUNS, int(name.removeprefix(CLONE)[:8], 16)) for name in clones}
    holders |= {name: (_TEMPLATES, int(name.removeprefix(TEMPLATE)[:8], 16) % 2**31) for name in kept}
    marked = {name for name, has_mark in (clones | kept).items() if has_mark}
    used = {name for name, holder in holders.items() if holder in live}
    dropped = [name for name in (clones | kept if templates else clones) if name in marked - used]
    for name in dropped:
        with translated(url, f"Dropping database {name}", f"Database {name} is still there."):
            connection.execute(sqltext.render("clones/drop.sql", name=sqltext.Name(name)).encode())
    return Leftovers(
        tuple(dropped),
        tuple(sorted(used)),
        tuple(sorted(set(holders) - marked - used)),
        tuple(name for name in kept if name in marked and name not in dropped),
    )
