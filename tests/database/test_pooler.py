"""A pooler in transaction mode: every transaction may get another session of the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from awa_infra.database.observe import read_state
from tests.support.proxy import TransactionPooler
from tests.support.servers import Database
from tests.support.tools import dump_schema


@pytest.fixture
def pending(awa_database: Database) -> Database:
    """Give a migrated database on which one patch is pending."""
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    return awa_database


@pytest.fixture
def pooled(pending: Database) -> Iterator[str]:
    """Give the URL of that database by way of a pooler."""
    with TransactionPooler(pending.url) as pooler:
        yield pooler.url


def awa_infra(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from awa_infra.cli.main import main; main()", *arguments],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_pooler_of_these_tests_changes_the_session_with_every_transaction(pooled: str) -> None:
    with psycopg.connect(pooled, autocommit=True) as connection:
        question = "SELECT pg_backend_pid()"
        first, second, third = [connection.execute(question).fetchone() for _ in range(3)]
        assert first != second
        assert first == third
        with connection.transaction():
            assert connection.execute(question).fetchone() == connection.execute(question).fetchone()


@pytest.mark.parametrize("command", ["apply", "plan"])
def test_a_pooler_is_refused_before_anything_is_written(pending: Database, pooled: str, command: str) -> None:
    before = dump_schema(pending.url)
    done = awa_infra(pooled, command)
    assert done.returncode == 3
    assert f"A connection pooler sits between this program and database {pending.name}" in done.stderr
    assert "overrule with --allow-pooler" in done.stderr
    assert "[pooler]" in done.stderr
    assert dump_schema(pending.url) == before


def test_who_overrules_the_gate_gets_the_same_result_by_way_of_a_pooler(
    pending: Database, pooled: str, awa_template: Database
) -> None:
    done = awa_infra(pooled, "apply", "--allow-pooler", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changed"]
    assert dump_schema(pending.url) == dump_schema(awa_template.url)


def test_a_pooler_does_not_matter_where_nothing_is_pending(awa_database: Database) -> None:
    with TransactionPooler(awa_database.url) as pooler:
        assert awa_infra(pooler.url, "apply").returncode == 0
        assert awa_infra(pooler.url, "verify").returncode == 0
        assert read_state(pooler.url).version == 40
