from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from devtools.progress import ToolMissing
from tests.matrix import starts
from tests.matrix.snapshot import jobs
from tests.support.servers import Database, TestServer
from tests.support.tools import missing
from tests.tools.runners import Tool, flyway_tool, liquibase_tool
from tests.unit.test_docs_commands import (
    NOT_RUN,
    RUN_ADOPTION,
    RUN_UPGRADE,
    RUN_WITH_FLYWAY,
    RUN_WITH_LIQUIBASE,
    RUN_WITH_OTHERS,
    RUN_WITH_PSQL,
)


def sandbox(tool: Tool | None, command: str, database: Database, folder: Path) -> Sandbox:
    """Return the quickstart example with a tool on PATH and a DBA's words for the database."""
    shutil.copytree(ROOT / "examples" / "quickstart", folder / "quickstart")
    (folder / "bin").mkdir()
    variables = {}
    password = Target.of(database.url).parameters.get("password", "")
    if tool is not None:
        launcher = folder / "bin" / command
        launcher.write_text("#!/bin/sh\nexec " + " ".join(f"'{part}'" for part in tool.command) + ' "$@"\n')
        launcher.chmod(0o755)
        variables = {tool.variables[2]: password}
    where = Target.of(database.url).parameters
    variables["PGPASSWORD"] = password
    host, port = where["host"], where.get("port", "5432")
    names = {"HOST:5432": f"{host}:{port}", "-h HOST": f"-h {host} -p {port}"}
    names |= {"ROLE": where["user"], "DATABASE": database.name}
    path = (folder / "bin", Path(sys.executable).parent, binaries())
    return Sandbox(folder / "quickstart", docs_shown.environment(*path, **variables), names)


def test_the_page_about_flyway_is_right(flyway: Tool, database: Database, tmp_path: Path) -> None:
    made = sandbox(flyway, "flyway", database, tmp_path)
    assert docs_shown.problems(docs_shown.run(ROOT / RUN_WITH_FLYWAY, made, NOT_RUN), made) == []


def test_the_page_about_liquibase_is_right(liquibase: Tool, database: Database, tmp_path: Path) -> None:
    made = sandbox(liquibase, "liquibase", database, tmp_path)
    assert docs_shown.problems(docs_shown.run(ROOT / RUN_WITH_LIQUIBASE, made, NOT_RUN), made) == []


@pytest.mark.parametrize("page", [RUN_WITH_PSQL, RUN_UPGRADE, RUN_WITH_OTHERS])
def test_the_page_is_right(page: str, database: Database, tmp_path: Path) -> None:
    made = sandbox(None, "psql", database, tmp_path)
    assert docs_shown.problems(docs_shown.run(ROOT / page, made, NOT_RUN), made) == []


LIVE = starts.Start("live", "0.6.0", ("acme_jobs",), jobs=True, active="acme_jobs")
"""A version behind, with a custom schema that a worker of then activated, and jobs in every state."""

ADOPTING = ("Flyway", "Liquibase", "psql")


@pytest.fixture(scope="module")
def live_template(server: TestServer) -> Iterator[Database]:
    """Give a database that an old release made and worked in."""
    made = server.create()
    try:
        starts.build(LIVE, made.url)
        yield made
    except ToolMissing as exc:
        missing(str(exc))
    finally:
        server.drop(made)


@pytest.mark.parametrize("adopting", ADOPTING)
def test_the_page_about_adoption_is_right_and_no_job_is_touched(
    adopting: str, server: TestServer, live_template: Database, tmp_path: Path
) -> None:
    page = ROOT / RUN_ADOPTION
    live = server.create(live_template.name)
    tools = {"Flyway": flyway_tool, "Liquibase": liquibase_tool}
    made = sandbox(
        tools[adopting](tmp_path) if adopting in tools else None, adopting.lower(), live, tmp_path / "sandbox"
    )
    before, routing = jobs(live.url), live.transition()
    others = set().union(*(docs_shown.commands_under(page, other) for other in ADOPTING if other != adopting))
    others -= docs_shown.commands_under(page, adopting)
    assert docs_shown.problems(docs_shown.run(page, made, others | set(NOT_RUN)), made) == []
    assert jobs(live.url) == before
    assert live.transition() == routing
    server.drop(live)
