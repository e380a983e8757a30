from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from awa_infra.database.url import parameters
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from devtools.postgres_host import binaries
from tests.support.servers import Database
from tests.tools.bundle_tools import Tool
from tests.unit.test_docs_commands import (
    NOT_RUN,
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
    password = parameters(database.url).get("password", "")
    if tool is not None:
        launcher = folder / "bin" / command
        launcher.write_text("#!/bin/sh\nexec " + " ".join(f"'{part}'" for part in tool.command) + ' "$@"\n')
        launcher.chmod(0o755)
        variables = {tool.variables[2]: password}
    where = parameters(database.url)
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
