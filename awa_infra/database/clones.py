"""Databases for tests: a template made once, a copy for each test, and no copy left behind.

What is ours is known by its name and by a mark on the database. A run holds an advisory lock with its number for as
long as its session lives; copies whose number no session holds belong to a run that has ended, in any way.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from awa_infra import sqltext
from awa_infra.database import clone_marks
from awa_infra.database.clone_marks import CLONE, DENIED, MARK, TEMPLATE, Made, made
from awa_infra.database.clone_sweep import drop, sweep_on
from awa_infra.database.connection import Connection, connect, translated
from awa_infra.database.session import session, stay_while_idle
from awa_infra.database.target import Target
from awa_infra.errors import BlockedError, NotOursError, SqlFailedError
from awa_infra.localserver.waiting import wait_until
from awa_infra.model.desired import LOCK_TIMEOUT
from awa_infra.naming import quote

COMMENT = "Made by awa-infra for tests; awa-infra dev clean drops it when no test run uses it."
"""The comment on each of them, for people."""

_TAKEN = "42P04"
"""SQLSTATE where a database of that name exists."""

_READ_ONLY = "25006"
"""SQLSTATE on a standby."""

_ENCODING = "UTF8"
"""What Awa needs (0.6.9)."""

_BY_FILES = 150000
"""First version of PostgreSQL where CREATE DATABASE has a STRATEGY."""


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
    _encoding: str
    _count: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def template(self, content: str, make: Callable[[str], object], base: str | None = None) -> str:
        """Return the name of a template, made now if the server has none with that content.

        Args:
            content: everything that decides what is in it, as text; the digest of it names the template.
            make: gets the connection string of a new database, and makes it ready.
            base: template that the new database is a copy of; an empty one without.

        Raises:
            NotOursError: a database of that name exists, and awa-infra did not make it.
            LockTimeoutError: another run has held the lock of the template for ``WAIT`` of
                :mod:`awa_infra.localserver.waiting`.
            AwaInfraError: whatever `make` raises; the half-made database is dropped.
        """
        digest = hashlib.sha256(f"{content}\n{self.login}\n{self.major}".encode()).hexdigest()[:16]
        name = TEMPLATE + digest
        wait_until(lambda: self._ready(name, make, base), f"template {name}", clone_marks.find_holders(name))
        return name

    def clone(self, template: str | None) -> str:
        """Return the name of a new copy of a template, or of an empty database, which is this run's to drop."""
        name = f"{CLONE}{self._number:08x}_{next(self._count)}"
        file = "clones/create_by_files.sql" if self._by_files else "clones/create.sql"
        if template is None and self._encoding != _ENCODING:
            file = "clones/create_utf8.sql"
        source = sqltext.Name(template or "template0")
        create = sqltext.render(file, name=sqltext.Name(name), template=source, limit=MARK)
        try:
            with translated(self.url, f"Creating database {name}", "Nothing was created."):
                self._connection.execute(create.encode())
        except SqlFailedError as exc:
            if exc.sqlstate == DENIED:
                alter = f"ALTER ROLE {quote(self.login)} CREATEDB"
                exc.hint = f"Role {self.login} needs CREATEDB: {alter}. Nothing was created."
            elif exc.sqlstate == _READ_ONLY:
                exc.hint = "Databases for tests need a server that can be written to: name the primary, not a standby."
            raise
        self._execute("comment", name=sqltext.Name(name), comment=COMMENT)
        return name

    def drop(self, name: str) -> None:
        """Drop a copy that this run made; sessions connected to it are ended."""
        drop(self._connection, self.url, name)

    def url_of(self, name: str) -> str:
        """Return the connection string of a copy."""
        return Target.of(self.url).with_database(name)

    def _ready(self, name: str, make: Callable[[str], object], base: str | None) -> bool:
        """Make a template that is not there, and hold its lock together with other runs; whether that succeeded."""
        number = clone_marks.number_of(name)
        if not self._exists(name):
            if not self._take(number):
                return False
            try:
                found = self._found(name)
                if found is not None and found.dropping:
                    # Its DROP was interrupted: nothing can connect to it, and its name is needed.
                    self.drop(name)
                if found is None or found.dropping:
                    self._make(name, make, base)
            finally:
                self._release(number)
        if not self._take(number, shared=True):
            return False
        if self._exists(name):
            return True
        # Dropped between the look and the lock.
        self._release(number, shared=True)
        return False

    def _make(self, name: str, make: Callable[[str], object], base: str | None) -> None:
        """Make a template under the name of a copy, so that the next run drops it if this one is killed."""
        building = self.clone(base)
        try:
            make(self.url_of(building))
            self._execute("close", name=sqltext.Name(building))
            self._execute("end_sessions", database=building)
            self._execute("finish", name=sqltext.Name(building), template=sqltext.Name(name))
        except BaseException as exc:
            self.drop(building)
            # Advisory locks are a database's: a run that administers from another one may have been faster.
            if not (isinstance(exc, SqlFailedError) and exc.sqlstate == _TAKEN and self._exists(name)):
                raise

    def _exists(self, name: str) -> bool:
        found = self._found(name)
        return found is not None and not found.dropping

    def _found(self, name: str) -> Made | None:
        found = made(self._connection, self.url, f"^{name}$").get(name)
        if found is not None and not found.marked:
            raise NotOursError(
                f"Database {name} exists, but awa-infra did not make it: it lacks the mark.",
                hint="Rename it, or drop it if you do not need it.",
            )
        return found

    def _take(self, number: int, *, shared: bool = False) -> bool:
        return clone_marks.take(self._connection, self.url, clone_marks.TEMPLATES, number, shared=shared)

    def _release(self, number: int, *, shared: bool = False) -> None:
        clone_marks.release(self._connection, self.url, clone_marks.TEMPLATES, number, shared=shared)

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
        BlockedError: a pooler gives one session to several clients.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`; also where the role may create no databases.
    """
    with connect(url) as connection, session(connection, LOCK_TIMEOUT):
        with translated(url, "Reading the server"):
            stay_while_idle(connection)
            row = connection.execute(sqltext.load("clones/server.sql").encode()).fetchone() or {}
            if row["pid"] != connection.info.backend_pid:
                _refuse_shared_session(url, row["pid"])
        number = secrets.randbits(31)
        while made(connection, url, f"^{CLONE}{number:08x}_") or not clone_marks.take(
            connection, url, clone_marks.RUNS, number
        ):
            number = secrets.randbits(31)
        sweep_on(connection, url, templates=False)
        by_files = row["version"] >= _BY_FILES and not row["keeps"]
        yield Run(url, row["login"], row["version"] // 10000, connection, number, by_files, row["encoding"])


def _refuse_shared_session(url: str, pid: int) -> None:
    """Refuse a pooler that gives one session to several clients: copies of a live run would be dropped by another."""
    with connect(url) as other:
        row = other.execute(sqltext.load("clones/server.sql").encode()).fetchone() or {}
    if row["pid"] == pid:
        raise BlockedError(
            "A connection pooler sits between the tests and the server, and gives one session to several clients: the "
            "locks that show which databases of tests are in use would be worth nothing.",
            hint="Connect to the server itself, or use a pooler in session mode.",
            gate="pooler",
        )
