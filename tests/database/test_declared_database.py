"""A configuration is only ever applied to the database that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from tests.support.command import Run
from tests.support.servers import Database, TestServer

COMMANDS = (("plan",), ("apply",), ("status",), ("verify",), ("verify", "--repair"))


def written(tmp_path: Path, **values: str) -> str:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config:\n" + "".join(f"  awa:{key}: {value}\n" for key, value in values.items()))
    return str(path)


@pytest.mark.parametrize("command", COMMANDS)
def test_another_database_than_the_declared_one_is_refused_by_name(
    run: Run, database: Database, tmp_path: Path, command: tuple[str, ...]
) -> None:
    refused = run(*command, "--config", written(tmp_path, database="jobs"), url=database.url)
    assert refused.status == 3
    assert f"declares database jobs, but the database URL names database {database.name}." in refused.err
    assert "[another-database]" in refused.err
    assert not read_state(database.url).schema_exists


def test_the_declared_database_is_the_one_that_is_migrated(run: Run, database: Database, tmp_path: Path) -> None:
    config = written(tmp_path, database=database.name)
    assert run("apply", "--config", config, url=database.url).status == 0
    for command in COMMANDS:
        assert run(*command, "--config", config, url=database.url).status == 0


def test_a_url_in_the_configuration_that_leads_elsewhere_is_refused(
    run: Run, database: Database, server: TestServer, tmp_path: Path
) -> None:
    elsewhere = written(tmp_path, databaseUrl="postgresql://me:s3cret@elsewhere/jobs")
    refused = run("apply", "--config", elsewhere, url=database.url)
    assert refused.status == 2
    assert "awa:databaseUrl of the configuration leads to me@elsewhere:5432/jobs" in refused.err
    assert "s3cret" not in refused.err
    where = Target.of(server.url).parameters
    other = f"postgresql://me@{where['host']}:{where['port']}/elsewhere"
    assert run("plan", "--config", written(tmp_path, databaseUrl=other), url=database.url).status == 2
    # With awa:database it names a server only.
    both = written(tmp_path, databaseUrl=other, database=database.name)
    assert run("plan", "--config", both, url=database.url).status == 0


def test_a_url_in_the_configuration_serves_where_no_other_is_given(
    run: Run, database: Database, server: TestServer, tmp_path: Path
) -> None:
    shown = run("status", "--config", written(tmp_path, databaseUrl=database.url))
    assert f"database:        {database.name}" in shown.out
    both = written(tmp_path, databaseUrl=server.url, database=database.name)
    assert f"database:        {database.name}" in run("status", "--config", both).out
