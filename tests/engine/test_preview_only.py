"""Previews with a login that may only read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.engine import projects
from tests.engine.conftest import CANARY
from tests.engine.projects import Project
from tests.support.people import forget
from tests.support.servers import Database, TestServer
from tests.unit.test_docs_commands import RUN_PREVIEWS

PASSWORD = "reads-only"  # noqa: S105  of a role that is made up


@pytest.fixture
def reader(server: TestServer, database: Database) -> Iterator[str]:
    """Make the login of the page; return its name."""
    (made,) = docs_shown.blocks(ROOT / RUN_PREVIEWS, "sql")
    role = f"awa_preview_{database.name}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(made.text.replace("awa_preview", role).replace("'...'", f"'{PASSWORD}'").encode())
    yield role
    forget(server, role)


def test_the_page_about_previews_shows_what_is_pending_to_a_login_that_may_only_read(
    tmp_path: Path, pulumi_path: str, server: TestServer, database: Database, canary: str, reader: str
) -> None:
    deployer = Target.of(canary).parameters["user"]
    with psycopg.connect(server.url, autocommit=True) as connection:
        give = sql.SQL("ALTER DATABASE {} OWNER TO {}")
        connection.execute(give.format(sql.Identifier(database.name), sql.Identifier(deployer)))
    where = Target.of(server.url).parameters
    folder = tmp_path / "adopt"
    projects.copy("adopt", "prod", folder, {})
    names = {
        "shop_jobs": database.name,
        "HOST:5432": f"{where['host']}:{where['port']}",
        "shop_deployer": deployer,
        "awa_preview": reader,
    }
    tools = (Path(sys.executable).parent, pulumi_path.partition(":")[0])
    environment = docs_shown.environment(
        *tools,
        DEPLOYER_PASSWORD=CANARY,
        PREVIEW_PASSWORD=PASSWORD,
        PULUMI_BACKEND_URL=f"file://{folder / 'state'}",
        PULUMI_CONFIG_PASSPHRASE_FILE=str(folder / "passphrase"),
    )
    sandbox = Sandbox(folder, environment, names)
    ran = list(docs_shown.run(ROOT / RUN_PREVIEWS, sandbox, ()))
    assert docs_shown.problems(ran, sandbox) == []
    state = read_state(database.url)
    assert (state.version, [s.schema for s in state.substrates]) == (39, ["awa"])
    project = Project(folder, environment, database, "prod")
    shown = project.pulumi("stack", "export", "--show-secrets", "--stack=prod").stdout
    assert database.name in shown
    assert [word for word in (CANARY, PASSWORD) if word in shown] == []
