"""What the README of a bundle gives a DBA at night, run as it is: watch, stop, see what remains; and roles.sql."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from awa_infra.bundles.writing import write
from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Release, Roles
from tests.support.bundles import render
from tests.support.servers import Database
from tests.tools.runners import Result, psql


def shown_query(readme: str, beginning: str) -> str:
    """Return a query that a README shows."""
    found = re.search(rf"(?:^    .*\n)*^    {re.escape(beginning)}(?:.*\n)(?:^    .*\n)*", readme, re.MULTILINE)
    assert found
    return dedent(found[0])


@pytest.fixture
def bundle(release: Release, tmp_path: Path) -> Path:
    write(render("psql", DesiredState(release, release.schema_version)), tmp_path / "bundle")
    return tmp_path / "bundle"


def test_the_queries_of_a_readme_show_the_run_and_who_is_in_its_way_and_stop_it(
    database: Database, bundle: Path
) -> None:
    readme = (bundle / "README.md").read_text(encoding="utf-8")
    watch = shown_query(readme, 'SELECT a.pid, a.usename AS "user"').encode()
    count = shown_query(readme, "SELECT t.relnamespace::regnamespace AS schema").encode()
    # The run is made to wait in its first migration, under Awa's migration lock.
    script = bundle / "upstream" / "V001.sql"
    script.write_text(f"SELECT pg_sleep(600);\n{script.read_text()}", encoding="utf-8")
    results: list[Result] = []
    run = threading.Thread(target=lambda: results.append(psql(database.url, bundle / "apply.sql")))
    with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as dba:
        run.start()
        rows = wait_until(lambda: dba.execute(watch).fetchall())
        assert [(row["has_migration_lock"], row["waits_for"]) for row in rows] == [(True, [])]
        with psycopg.connect(database.url) as other:
            waiting = threading.Thread(target=lambda: wait_for_the_lock(other))
            waiting.start()
            rows = wait_until(lambda: found if len(found := dba.execute(watch).fetchall()) > 1 else None)
            assert [row["has_migration_lock"] for row in rows] == [True, False]
            assert rows[1]["waits_for"] == [rows[0]["pid"]]
            assert dba.execute(count).fetchall() == []
            dba.execute("SELECT pg_cancel_backend(%s)", [rows[0]["pid"]])
            run.join(60)
            waiting.join(60)
    assert results[0].status == 3
    assert "canceling statement due to user request" in results[0].output
    assert not read_state(database.url).schema_exists


def wait_until(look: Callable[[], list[dict[str, Any]] | None]) -> list[dict[str, Any]]:
    end = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def wait_for_the_lock(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(4708303813013489490)")
    connection.rollback()


@pytest.fixture
def roles(database: Database) -> Iterator[Roles]:
    """Give names of roles that no other test has, and drop the roles and their administrator afterwards."""
    names = [f"{duty}_{database.name}" for duty in ("owner", "migrator", "runtime", "observer", "admin")]
    with psycopg.connect(database.url, autocommit=True) as connection:
        admin = sql.Identifier(names[-1])
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'x'").format(admin))
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database.name), admin))
        yield Roles(names[0], names[1], names[2], names[3])
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(database.name)))
        for name in map(sql.Identifier, names):
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


def test_roles_sql_shows_what_it_made_and_the_revoke_of_what_it_leaves_an_administrator_with(
    database: Database, roles: Roles, release: Release, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    write(render("psql", DesiredState(release, release.schema_version, roles=roles)), folder)
    admin = f"admin_{database.name}"
    url = Target.of(database.url).with_login(admin, "x")
    for _ in range(2):
        made = psql(url, folder / "roles.sql", "-q", "-A", "-t")
        assert made.status == 0, made.output
        rows = [line.split("|") for line in made.output.splitlines() if line.count("|") == 4]
        revoke = f"REVOKE {roles.owner} FROM {admin};"
        assert rows[-1] == [admin, "ran this", "yes", roles.owner, revoke]
        assert [roles.owner, "owner", "no", "", ""] in rows
        assert [str(roles.migrator), "migrator", "yes", roles.owner, ""] in rows
        assert [str(roles.observer), "observer", "yes", "", ""] in rows
        with psycopg.connect(url, autocommit=True) as connection:
            may_act = "SELECT pg_has_role(%s, 'SET')" if connection.info.server_version >= 160000 else None
            connection.execute(revoke.encode())
            if may_act:
                assert connection.execute(may_act.encode(), [roles.owner]).fetchone() == (False,)
