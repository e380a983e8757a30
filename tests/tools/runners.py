"""Runs each migration tool on a database, as the README of its bundle says: the only place with their command lines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import pytest

from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries
from devtools import go_tools, java_tools, node_packages, perl_tools
from devtools.progress import ToolMissing
from tests.support.tools import missing

TIMEOUT = 180.0
"""Seconds; only guards against a hang."""

NEWEST_FLYWAY, *OLDER_FLYWAYS = java_tools.FLYWAYS

_TABLE = "x-migrations-table-quoted=true&x-migrations-table=%22awa_migrations%22.%22schema_migrations%22"
_FLYWAY = ("FLYWAY_URL", "FLYWAY_USER", "FLYWAY_PASSWORD")
_LIQUIBASE = ("LIQUIBASE_COMMAND_URL", "LIQUIBASE_COMMAND_USERNAME", "LIQUIBASE_COMMAND_PASSWORD")


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    status: int
    output: str


@dataclass(frozen=True)
class Where:
    """The database that a tool is run on.

    Attributes:
        url: of whoever migrates.
        jdbc: the URL of a Java program, where it does not follow from the other one.
        environment: variables of every program.
        programs: the folder of psql.
    """

    url: str = field(repr=False)
    jdbc: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    programs: Path = field(default_factory=binaries)


def command(find: Callable[[], list[str]]) -> tuple[str, ...]:
    """Return a tool's command line, or skip the test."""
    try:
        return tuple(find())
    except ToolMissing as exc:
        missing(str(exc))


def psql(where: str | Where, script: Path, *options: str) -> Result:
    """Run a script with psql as the README of a bundle says, from another folder."""
    where = _where(where)
    words = [str(where.programs / "psql"), "-X", "-v", "ON_ERROR_STOP=1", *options, "-d", where.url, "-f", str(script)]
    return run(where, words, Path(), {})


@dataclass(frozen=True)
class Tool:
    """A Java tool and the names of the environment variables that name the database."""

    command: tuple[str, ...]
    variables: tuple[str, str, str]
    bundle: Path

    def start(self, where: str | Where, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start the tool inside the bundle's folder."""
        where = _where(where)
        found = Target.of(where.url).parameters
        target = f"jdbc:postgresql://{found['host']}:{found.get('port', '5432')}/{quote(found['dbname'], safe='')}"
        values = (where.jdbc or target, found["user"], found.get("password", ""))
        variables = dict(zip(self.variables, values, strict=True))
        return _start(where, [*self.command, *arguments], self.bundle, variables, stdin)

    def run(self, where: str | Where, *arguments: str) -> Result:
        """Run the tool to its end."""
        return finish(self.start(where, *arguments))


def flyway_tool(bundle: Path, version: str = NEWEST_FLYWAY) -> Tool:
    """Return a version of Flyway for a bundle, or skip the test."""
    return Tool(command(lambda: java_tools.flyway(version)), _FLYWAY, bundle)


def embedded_flyway(bundle: Path) -> Tool:
    """Return an application that runs a bundle with Flyway as a library, or skip the test."""
    program = Path(__file__).parent / "java" / "EmbeddedFlyway.java"
    return Tool(command(lambda: java_tools.flyway_embedded(program)), _FLYWAY, bundle)


def flyway_by_maven(bundle: Path) -> Tool:
    """Return the plugin of Maven for a bundle, as the README says, or skip the test."""
    options = [f"-Dflyway.configFiles={bundle}/classic.conf", f"-Dflyway.workingDirectory={bundle}"]
    return Tool(command(lambda: [*java_tools.flyway_maven(), *options]), _FLYWAY, bundle)


def liquibase_tool(bundle: Path, version: str = java_tools.LIQUIBASES[0]) -> Tool:
    """Return a version of Liquibase for a bundle, or skip the test."""
    return Tool(command(lambda: java_tools.liquibase(version)), _LIQUIBASE, bundle)


def flyway(where: str | Where, bundle: Path) -> Result:
    """Run Flyway."""
    return flyway_tool(bundle).run(where, "migrate")


def liquibase(where: str | Where, bundle: Path) -> Result:
    """Run the prerequisite, then Liquibase."""
    ready = psql(where, bundle / "prerequisite.sql")
    return ready if ready.status else liquibase_tool(bundle).run(where, "update")


def prepared(where: str | Where, bundle: Path) -> Result:
    """Run what the README says to run with psql before the tool; return the first that failed, or the last."""
    for name in ("prerequisite.sql", "preflight.sql"):
        done = psql(where, bundle / name)
        if done.status:
            return done
    return done


def golang_migrate(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run the preparation, then golang-migrate; ``up`` unless told otherwise."""
    where = _where(where)
    url = _go_url(where)
    tool = [*command(go_tools.golang_migrate), "-path", "migrations", "-database", f"{url}&{_TABLE}"]
    ready = prepared(where, bundle)
    return ready if ready.status else run(where, [*tool, *(words or ("up",))], bundle, {})


def goose(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run the preparation, then goose; ``up`` unless told otherwise."""
    ready = prepared(where, bundle)
    return ready if ready.status else goose_alone(where, bundle, *words)


def goose_alone(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run goose without the preparation."""
    where = _where(where)
    return run(where, [*_goose(where), *(words or ("up",))], bundle, {})


def _goose(where: Where) -> list[str]:
    history = ("-dir", "migrations", "-table", "awa_migrations.goose_db_version")
    return [*command(go_tools.goose), *history, "postgres", _go_url(where)]


def dbmate(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run the preparation, then dbmate; ``migrate`` unless told otherwise."""
    ready = prepared(where, bundle)
    return ready if ready.status else dbmate_alone(where, bundle, *words)


def dbmate_alone(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run dbmate without the preparation."""
    where = _where(where)
    tool = [*command(node_packages.dbmate), "--env-file", "dbmate.env"]
    return run(where, [*tool, *(words or ("migrate",))], bundle, {"DATABASE_URL": _go_url(where)})


def alembic(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run Alembic; ``upgrade head`` unless told otherwise."""
    where = _where(where)
    tool = [sys.executable, "-m", "alembic"]
    return run(where, [*tool, *(words or ("upgrade", "head"))], bundle, {"AWA_DATABASE_URL": where.url})


def sqitch(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run the prerequisite, then sqitch; ``deploy`` unless told otherwise."""
    ready = psql(where, bundle / "prerequisite.sql")
    return ready if ready.status else sqitch_alone(where, bundle, *words)


def sqitch_alone(where: str | Where, bundle: Path, *words: str) -> Result:
    """Run sqitch without the prerequisite."""
    where = _where(where)
    found = Target.of(where.url).parameters
    user, database = quote(found["user"], safe=""), quote(found["dbname"], safe="")
    target = f"db:pg://{user}@{found['host']}:{found['port']}/{database}"
    path = os.pathsep.join([str(where.programs), os.environ["PATH"]])
    who = {"SQITCH_FULLNAME": "a test", "SQITCH_EMAIL": "test@awa-infra.invalid", "PGPASSWORD": found["password"]}
    tool = [*command(perl_tools.sqitch), *(words or ("deploy",)), target]
    return run(where, tool, bundle, {"PATH": path, **who})


def adopt(where: str | Where, bundle: Path) -> Result:
    """Run the script that the README has for a database of Awa's own command."""
    return psql(where, bundle / "adopt.sql", "-1")


def _adopt_prepared(where: str | Where, bundle: Path) -> Result:
    ready = psql(where, bundle / "prerequisite.sql")
    return ready if ready.status else adopt(where, bundle)


def _adopt_with_goose(where: str | Where, bundle: Path) -> Result:
    where = _where(where)
    ready = psql(where, bundle / "prerequisite.sql")
    if ready.status:
        return ready
    shown = run(where, [*_goose(where), "version"], bundle, {})
    return shown if shown.status else adopt(where, bundle)


def adopt_with_sqitch(where: str | Where, bundle: Path) -> Result:
    """Name to sqitch the change that the query of the README finds."""
    where = _where(where)
    readme = (bundle / "README.md").read_text(encoding="utf-8")
    query = re.search(r'-Atc "(SELECT format.*)"$', readme, flags=re.MULTILINE)
    assert query is not None
    asked = run(where, [str(where.programs / "psql"), "-X", "-d", where.url, "-Atc", query[1]], bundle, {})
    return asked if asked.status else sqitch(where, bundle, "deploy", "--log-only", "--to", asked.output.strip())


def _baseline(where: str | Where, bundle: Path) -> Result:
    """Name to Flyway the highest version that Awa recorded."""
    where = _where(where)
    query = "SELECT max(version) FROM awa.schema_version"
    asked = run(where, [str(where.programs / "psql"), "-X", "-d", where.url, "-Atc", query], bundle, {})
    if asked.status:
        return asked
    return flyway_tool(bundle).run(where, f"-baselineVersion={asked.output.strip()}", "baseline")


def _nothing(_where: str | Where, _bundle: Path) -> Result:
    return Result(0, "")


@dataclass(frozen=True)
class Runner:
    """A tool: how its bundle brings a database up to date, and how it takes over one of Awa's own command."""

    name: str
    up: Callable[[str | Where, Path], Result]
    adopt: Callable[[str | Where, Path], Result] = _nothing

    def __str__(self) -> str:
        return self.name


NUMBERED = (
    Runner("golang-migrate", golang_migrate, _adopt_prepared),
    Runner("goose", goose, _adopt_with_goose),
    Runner("dbmate", dbmate, _adopt_prepared),
    Runner("sqitch", sqitch, adopt_with_sqitch),
    Runner("alembic", alembic),
)
"""The tools that know nothing but numbers."""

RUNNERS: Mapping[str, Runner] = MappingProxyType(
    {
        runner.name: runner
        for runner in (
            Runner("psql", lambda where, bundle: psql(where, bundle / "apply.sql")),
            Runner("flyway", flyway, _baseline),
            Runner("liquibase", liquibase),
            *NUMBERED,
        )
    }
)
"""Every format's tool, by the name of the format."""


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for a run to end, but not for ever."""
    with process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
    return Result(process.returncode, output)


def said_after(process: subprocess.Popen[str], beginning: str) -> str:
    """Read what an application says, up to a line with a beginning; return the rest of that line, or fail."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(beginning):
            return line.removeprefix(beginning).strip()
    pytest.fail("".join(said))


def _where(where: str | Where) -> Where:
    return Where(where) if isinstance(where, str) else where


def _go_url(where: Where) -> str:
    url = where.url
    return url if "sslmode=" in url else f"{url}{'&' if '?' in url else '?'}sslmode=disable"


def run(where: Where, words: list[str], folder: Path, variables: Mapping[str, str]) -> Result:
    """Run a program to its end, with nothing but the environment of the database and some variables."""
    return finish(_start(where, words, folder, variables, subprocess.DEVNULL))


def _start(
    where: Where, words: list[str], folder: Path, variables: Mapping[str, str], stdin: int
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, **where.environment, **variables},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
