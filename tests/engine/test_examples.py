"""Every example but the quickstart, which has stories of its own; the page about it says what is run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.model import Shape
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.engine import projects
from tests.engine.conftest import CANARY, ROLES
from tests.engine.projects import EXAMPLES, Project
from tests.matrix import starts
from tests.matrix.snapshot import jobs
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_everything
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_AN_EXAMPLE

PAGES = {example: page for page, example in RUN_WITH_AN_EXAMPLE.items()}
FLYWAY_HISTORY = """
    CREATE SCHEMA awa_migrations;
    CREATE TABLE awa_migrations.flyway_schema_history (installed_rank int PRIMARY KEY, version text, success bool);
    INSERT INTO awa_migrations.flyway_schema_history VALUES (1, '40', true);
"""

Run = Callable[..., None]


@pytest.fixture
def run(tmp_path: Path, pulumi_path: str) -> Run:
    """Return what runs the commands of an example's page, and checks what they print."""

    def run_page(example: str, url: str, names: dict[str, str], **variables: str) -> None:
        folder = copy(example, tmp_path, names)
        tools = (Path(sys.executable).parent, pulumi_path.partition(":")[0])
        settings = {
            "DATABASE_URL": url,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        }
        sandbox = Sandbox(folder, docs_shown.environment(*tools, **settings, **variables), names)
        assert docs_shown.problems(docs_shown.run(ROOT / PAGES[example], sandbox, NOT_RUN), sandbox) == []

    return run_page


def copy(example: str, tmp_path: Path, names: dict[str, str]) -> Path:
    """Copy all examples, for they refer to each other, and return the folder of one."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    shutil.rmtree(tmp_path / "examples" / example)
    folder = tmp_path / "examples" / example
    (stack,) = (path.name.split(".")[1] for path in (EXAMPLES / example).glob("Pulumi.*.yaml"))
    projects.copy(example, stack, folder, names)
    return folder


def test_schemas_of_several_shapes_are_installed_from_yaml(
    tmp_path: Path, pulumi_path: str, database: Database, server: TestServer, canary: str
) -> None:
    server.drop(database)
    folder = copy("queue-storage", tmp_path, {"awa_queue_storage": database.name})
    project = Project(folder, projects.environment(folder, pulumi_path, canary), database)
    assert project.awa_infra("up", "--json").changes == {"create": 7}
    state = read_state(database.url)
    assert {s.schema: s.shape for s in state.substrates} == {
        "awa": Shape(),
        "acme_jobs": Shape(),
        "small": Shape(4, 2, 2),
        "trial": Shape(4, receipts=False),
    }
    lanes = database.rows("SELECT queue, count(*) AS n FROM acme_jobs.queue_claim_heads GROUP BY 1 ORDER BY 1")
    assert lanes == [{"queue": "emails", "n": 4}, {"queue": "reports", "n": 4}]


def test_workers_run_with_a_login_that_owns_nothing(
    run: Run, database: Database, server: TestServer, canary: str
) -> None:
    server.drop(database)
    where = Target.of(server.url).parameters
    names = {"shop_jobs": database.name, **{role: f"{role}_{database.name}" for role in ROLES}}
    names["HOST:5432"] = f"{where['host']}:{where['port']}"
    run("roles", canary, names, RUNTIME_PASSWORD=CANARY)
    owned = database.rows("SELECT DISTINCT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE oid > 16384")
    assert owned == [{"owner": f"shop_owner_{database.name}"}]


def test_a_database_that_another_tool_migrated_is_taken_over_as_it_is(run: Run, awa_database: Database) -> None:
    awa_database.rows(FLYWAY_HISTORY)
    before = dump_everything(awa_database.url)
    run("adopt", awa_database.url, {})
    assert dump_everything(awa_database.url) == before


def test_a_database_of_an_old_release_is_upgraded_with_every_job_in_it(run: Run, database: Database) -> None:
    starts.build(starts.named("0.6.2-active"), database.url)
    before = jobs(database.url)
    run("upgrade", database.url, {})
    assert jobs(database.url) == before
    assert read_state(database.url).patches == {"wait_free_dirty_marks"}
