from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from awa_infra.database.target import Target
from tests.engine.conftest import CANARY, ROLES
from tests.engine.projects import Project, Result
from tests.engine.watch import watched
from tests.support.servers import TestServer

IN_URL = f"{CANARY}/of@the:url%"
IN_OPTIONS = f"{CANARY}-in-options"
IN_PASSWORD = f"{CANARY}'of\"the\\roles%/@"
TALKATIVE = """
    CREATE FUNCTION public.tell() RETURNS event_trigger LANGUAGE plpgsql
        AS $$BEGIN RAISE 'not with %', current_setting('shop.token') USING HINT = current_setting('shop.token'); END$$;
    CREATE EVENT TRIGGER tell ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.tell();
"""
"""Makes SQL fail with a message that repeats what the connection string holds."""


def test_no_secret_is_seen_anywhere(shop: Project, server: TestServer, tmp_path: Path) -> None:
    """Secrets of every kind, operations that succeed and such that fail: state, output, log, arguments."""
    database = shop.database
    where = Target.of(shop.environment["DATABASE_URL"]).parameters
    user = where["user"]
    with psycopg.connect(server.url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(IN_URL)))
        made = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database.name), sql.Identifier(user))
        superuser.execute(made)
    database.rows(TALKATIVE)

    def server_url(password: str = IN_URL, port: str = where["port"]) -> str:
        options = quote(f"-c shop.token={IN_OPTIONS}", safe="")
        return f"postgresql://{user}:{quote(password, safe='')}@{where['host']}:{port}/postgres?options={options}"

    said: list[Result] = []

    def run(operation: str, url: str, *, fails_with: str = "") -> None:
        shop.environment["DATABASE_URL"] = url
        result = shop.awa_infra(operation)
        said.append(result)
        assert (result.status != 0) == bool(fails_with), result.stdout + result.stderr
        assert fails_with in result.stdout + result.stderr

    with watched(shop, tmp_path / "watch") as watch:
        for duty in ("migrator", "runtime", "observer"):
            shop.secret(f"{duty}Password", IN_PASSWORD)
        run("preview", server_url(port="1"), fails_with="[connection-failed]")
        run("preview", server_url(IN_URL + "x"), fails_with="[connection-failed]")
        run("up", server_url(), fails_with="not with ***")
        database.rows("DROP EVENT TRIGGER tell")
        run("up", server_url())
        database.rows(f"ALTER ROLE {user} NOLOGIN")
        run("refresh", server_url(), fails_with="[connection-failed]")
        database.rows(f"ALTER ROLE {user} LOGIN")
        run("refresh", server_url())
        run("preview", server_url())
        run("destroy", server_url(), fails_with="[protected-resources]")

    state = shop.state_text
    assert all(f"{role}_{database.name}" in state for role in ROLES)  # it is the state that is looked at
    assert any("pulumi.dynamic" in line for line in watch.arguments)
    log = watch.log.read_text()
    assert '"msg":"Pulumi","version"' in log
    seen = {
        "state": state,
        "output": "".join(result.stdout + result.stderr for result in said),
        "log": log,
        "arguments": "\n".join(watch.arguments),
    }
    assert [place for place, text in seen.items() if CANARY in text] == []
    assert "Traceback" not in seen["output"]
