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


def test_a_stack_with_roles_previews_as_its_observer_without_the_password_of_whoever_deploys(
    shop: Project, canary: str
) -> None:
    deployer = Target.of(canary).parameters
    url = f"postgresql://{deployer['host']}:{deployer['port']}/postgres"
    shop.secret("observerPassword", PASSWORD)
    shop.environment.update(DATABASE_URL=url, PGUSER=deployer["user"], PGPASSWORD=CANARY)
    assert shop.awa_infra("up", "--json").changes == {"create": 7}
    shop.database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    shop.declare({"schema": "shop_queue", "queues": ["greetings", "mails"]}, {"schema": "second"})
    observer = f"shop_observer_{shop.database.name}"
    shop.environment.update(PGUSER=observer, PGPASSWORD=PASSWORD, AWA_INFRA_PREVIEW_ONLY="true")
    found = shop.awa_infra("preview", "--json")
    assert found.changes == {"create": 1, "same": 4, "update": 3}
    for pending in ("patch wait_free_dirty_marks.", "lanes of mails in shop_queue.", "queue-storage schema second "):
        assert f"Pending: {pending}" in found.stderr
    assert f"An up with this login fails: Role {observer} neither owns schema awa" in found.stderr
    assert "of the connection changed" not in found.stderr
    assert f"TO {observer}" not in found.stderr  # nobody is told to make it more than an observer
    assert shop.awa_infra("refresh", "--json").status == 0
    refused = shop.awa_infra("destroy", "--yes")
    assert (refused.status, "[preview-only]" in refused.stderr) == (3, True)
