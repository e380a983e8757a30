"""The tools that know nothing but numbers, each the real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from awa_infra.database.bundle_history import read_history
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, QueueStorage, Release
from awa_infra.packaging.bundle import package, render
from awa_infra.packaging.check import progress
from awa_infra.packaging.existing import read
from awa_infra.packaging.write import write
from devtools import go_tools, npm_tools, perl_tools
from devtools.postgres_host import binaries
from tests.support.servers import Database
from tests.support.tools import dump_everything, dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, TIMEOUT, Result, command, psql, unverified
from tests.tools.old_releases import EDITED, old_release

TABLE = "x-migrations-table-quoted=true&x-migrations-table=%22awa_migrations%22.%22schema_migrations%22"


@dataclass(frozen=True)
class Numbered:
    """A tool: what it is told to bring a database up to date, and to take over one of Awa's own command."""

    name: str
    up: Callable[[str, Path], Result]
    adopt: Callable[[Database, Path], None]

    def __str__(self) -> str:
        return self.name


def run(words: list[str], folder: Path, **variables: str) -> Result:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Result(done.returncode, done.stdout)


def prepared(url: str, bundle: Path) -> Result:
    """Run what the README says to run with psql before the tool; return what did not go well."""
    for name in ("prerequisite.sql", "preflight.sql"):
        done = psql(url, bundle / name)
        if done.status:
            return done
    return done


def golang_migrate(url: str, bundle: Path, *words: str) -> Result:
    ready = prepared(url, bundle)
    if ready.status:
        return ready
    tool = command(go_tools.golang_migrate)
    return run(
        [*tool, "-path", "migrations", "-database", f"{url}?sslmode=disable&{TABLE}", *(words or ("up",))], bundle
    )


def goose(url: str, bundle: Path, *words: str) -> Result:
    ready = prepared(url, bundle)
    if ready.status:
        return ready
    history = ("-dir", "migrations", "-table", "awa_migrations.goose_db_version")
    return run([*command(go_tools.goose), *history, "postgres", f"{url}?sslmode=disable", *(words or ("up",))], bundle)


def alembic(url: str, bundle: Path, *words: str) -> Result:
    # As many environments have it; SQLAlchemy by itself refuses this scheme.
    where = url.replace("postgresql://", "postgres://")
    tool = [sys.executable, "-m", "alembic"]
    return run([*tool, *(words or ("upgrade", "head"))], bundle, AWA_DATABASE_URL=where)


def dbmate(url: str, bundle: Path, *words: str) -> Result:
    ready = prepared(url, bundle)
    if ready.status:
        return ready
    tool = [*command(npm_tools.dbmate), "--env-file", "dbmate.env"]
    return run([*tool, *(words or ("migrate",))], bundle, DATABASE_URL=f"{url}?sslmode=disable")


def sqitch(url: str, bundle: Path, *words: str) -> Result:
    where = Target.of(url).parameters
    target = f"db:pg://{where['user']}@{where['host']}:{where['port']}/{where['dbname']}"
    path = os.pathsep.join([str(binaries()), os.environ["PATH"]])
    who = {"SQITCH_FULLNAME": "a test", "SQITCH_EMAIL": "test@awa-infra.invalid", "PGPASSWORD": where["password"]}
    return run([*command(perl_tools.sqitch), *(words or ("deploy",)), target], bundle, PATH=path, **who)


def adopt(url: str, bundle: Path) -> None:
    """Run the script that the README has for a database of Awa's own command."""
    done = psql(url, bundle / "adopt.sql", "-1")
    assert done.status == 0, done.output


def adopt_with_script(database: Database, bundle: Path) -> None:
    assert prepared(database.url, bundle).status == 0
    adopt(database.url, bundle)


def adopt_with_goose(database: Database, bundle: Path) -> None:
    shown = goose(database.url, bundle, "version")
    assert shown.status == 0, shown.output
    adopt(database.url, bundle)


def adopt_with_sqitch(database: Database, bundle: Path) -> None:
    """Tell sqitch the change that the query of the README names."""
    readme = (bundle / "README.md").read_text(encoding="utf-8")
    query = re.search(r'-Atc "(SELECT format.*)"$', readme, flags=re.MULTILINE)
    assert query is not None
    [change] = database.rows(query[1])[0].values()
    logged = sqitch(database.url, bundle, "deploy", "--log-only", "--to", str(change))
    assert logged.status == 0, logged.output


TOOLS = (
    Numbered("golang-migrate", golang_migrate, adopt_with_script),
    Numbered("goose", goose, adopt_with_goose),
    Numbered("dbmate", dbmate, adopt_with_script),
    Numbered("sqitch", sqitch, adopt_with_sqitch),
    Numbered("alembic", alembic, lambda _database, _bundle: None),
)

every_tool = pytest.mark.parametrize("tool", TOOLS, ids=str)


@every_tool
def test_a_numbered_bundle_brings_an_empty_database_to_the_schema_of_awa_migrate(
    tool: Numbered, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, release.schema_version, CUSTOM)), bundle)
    done = tool.up(database.url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, bundle) == []
    assert Target.of(database.url).parameters["password"] not in done.output
    standing = read(bundle)
    assert standing is not None
    assert {entry.state for entry in progress(standing, read_history(database.url, tool.name))} == {"applied"}

    before = database.transition()
    again = tool.up(database.url, bundle)
    assert again.status == 0, again.output
    assert database.transition() == before
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


@every_tool
def test_a_numbered_bundle_of_an_old_release_grows_and_ends_in_the_same_schema(
    tool: Numbered, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    old = old_release()
    write(render(tool.name, DesiredState(old, old.schema_version)), bundle)
    done = tool.up(database.url, bundle)
    assert done.status == 0, done.output
    for wanted in (CUSTOM[:1], CUSTOM):
        grown = package(tool.name, DesiredState(release, release.schema_version, wanted), standing=read(bundle))
        assert len(grown.kept) == EDITED
        write(grown.files, bundle)
        done = tool.up(database.url, bundle)
        assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, bundle) == []


@every_tool
def test_a_numbered_bundle_takes_over_a_database_of_awa_migrate_and_tells_what_objects(
    tool: Numbered, awa_database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, release.schema_version, CUSTOM)), bundle)
    tool.adopt(awa_database, bundle)
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    refused = tool.up(awa_database.url, bundle)
    assert refused.status != 0
    assert "[newer-schema]" in refused.output

    awa_database.rows("DELETE FROM awa.schema_version WHERE version = 99")
    done = tool.up(awa_database.url, bundle)
    assert done.status == 0, done.output
    assert dump_schema(awa_database.url, *SCHEMAS) == schema_of_awa


def test_alembic_is_one_transaction_and_refuses_to_write_sql_or_to_go_back(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("alembic", DesiredState(release, release.schema_version, (QueueStorage("acme_jobs"),))), bundle)
    (bundle / "sql" / "030000_awa_v030.sql").write_text("SELECT 1/0", encoding="utf-8")
    failed = alembic(database.url, bundle)
    assert failed.status != 0
    assert "division by zero" in failed.output
    assert database.rows("SELECT FROM pg_namespace WHERE nspname IN ('awa', 'awa_migrations')") == []
    offline = alembic(database.url, bundle, "upgrade", "head", "--sql")
    assert offline.status != 0
    assert "cannot be written out with --sql" in offline.output


def test_dbmate_goes_neither_back_nor_past_a_file_that_was_lost(
    database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render("dbmate", DesiredState(release, release.schema_version)), bundle)
    lost = bundle / "migrations" / "039000_awa_v039.sql"
    lost.rename(tmp_path / lost.name)
    assert dbmate(database.url, bundle).status == 0
    before = dump_everything(database.url)
    back = dbmate(database.url, bundle, "rollback")
    assert back.status != 0
    assert "Awa has no migrations that go back" in back.output
    (tmp_path / lost.name).rename(lost)
    late = dbmate(database.url, bundle)
    assert late.status != 0
    assert "`039000` is out of order" in late.output
    assert dump_everything(database.url) == before


def test_sqitch_goes_on_where_it_failed_and_never_back(database: Database, release: Release, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    write(render("sqitch", DesiredState(release, release.schema_version)), bundle)
    broken = bundle / "deploy" / "030000_awa_v030.sql"
    right = broken.read_text(encoding="utf-8")
    broken.write_text(right.replace("\nCOMMIT;", "SELECT 1/0;\nCOMMIT;"), encoding="utf-8")
    failed = sqitch(database.url, bundle)
    assert failed.status != 0
    assert "division by zero" in failed.output
    assert database.rows("SELECT max(version) AS v FROM awa.schema_version") == [{"v": 29}]
    broken.write_text(right, encoding="utf-8")
    assert sqitch(database.url, bundle).status == 0
    before = dump_schema(database.url, "awa")
    back = sqitch(database.url, bundle, "revert", "-y")
    assert back.status != 0
    assert "Awa has no migrations that go back" in back.output
    assert dump_schema(database.url, "awa") == before
    verified = sqitch(database.url, bundle, "verify")
    assert verified.status == 0, verified.output
    database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    verified = sqitch(database.url, bundle, "verify")
    assert verified.status != 0
    assert "schema awa: version: 99 instead of 40" in verified.output
