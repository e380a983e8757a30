"""Give each test its own database, a copy of a template."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from awa_infra.database.clones import Run
from awa_infra.database.clones import run as begin_run
from awa_infra.database.target import Target
from awa_infra.testing.prepared import Contents, contents, make_ready
from awa_infra.testing.servers import any_server


@dataclass(frozen=True)
class TestDatabase:
    """A database that is one test's own.

    Attributes:
        name: of the database.
        url: connection string as a superuser, or as the role of ``AWA_TEST_DATABASE_URL``; with its password.
    """

    __test__ = False
    name: str
    url: str = field(repr=False)

    @property
    def parameters(self) -> dict[str, str]:
        """The same in parts, by the names of PostgreSQL's library: host, port, user, password, dbname."""
        return dict(Target.of(self.url).parameters)


@dataclass(frozen=True)
class Databases:
    """Makes databases for tests, each by :meth:`create`."""

    _run: Run = field(repr=False)
    _known: dict[tuple[str | None, str | None], tuple[Contents, str]] = field(default_factory=dict, repr=False)

    @contextmanager
    def create(
        self, *, config: str | os.PathLike[str] | None = None, activation: str | None = None
    ) -> Iterator[TestDatabase]:
        """Give a new database that is ready for Awa, and drop it afterwards.

        The first one with the same contents on a server takes as long as an installation, the others as a copy.

        Args:
            config: path of a ``Pulumi.<stack>.yaml``; its custom queue-storage schemas, lanes and roles are there.
            activation: activate queue storage in this schema. Default: what the configuration declares, else nothing.

        Raises:
            AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
        """
        wanted, template = self._template(None if config is None else os.fspath(config), activation)
        name = self._run.clone(template)
        try:
            url = self._run.url_of(name)
            if wanted.desired.roles is not None:
                # PostgreSQL does not copy what roles may do with the database itself.
                make_ready(url, wanted)
            yield TestDatabase(name, url)
        finally:
            self._run.drop(name)

    def _template(self, config: str | None, activation: str | None) -> tuple[Contents, str]:
        """Return what a database is to hold, and its template; a configuration is read once in a run."""
        key = config, activation
        if key not in self._known:
            wanted = contents(config, activation)
            # An installation takes seconds, a copy of one and the rest a fraction; with roles owners differ.
            plain = contents()
            base = self._template(None, None)[1] if key != (None, None) and wanted.extends(plain) else None
            name = self._run.template(wanted.text(), lambda url: make_ready(url, wanted), base)
            self._known[key] = wanted, name
        return self._known[key]


@contextmanager
def databases() -> Iterator[Databases]:
    """Give the maker of databases for this process, on the server that :func:`any_server` finds."""
    with any_server() as url, begin_run(url) as begun:
        yield Databases(begun)
