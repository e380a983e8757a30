from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from awa_infra.database.target import Target
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.support.people import DUTIES, people
from tests.support.servers import Database, TestServer, _in_memory
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_A_DATABASE


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in memory: one page has a server of its own there."""
    with tempfile.TemporaryDirectory(prefix="awa-infra-docs-", dir=_in_memory()) as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.mark.parametrize("page", RUN_WITH_A_DATABASE)
def test_commands_of_a_page_do_what_the_page_says(
    page: str, server: TestServer, database: Database, folder: Path
) -> None:
    shutil.copytree(ROOT / "examples" / "quickstart", folder / "quickstart")
    config = folder / "quickstart" / "Pulumi.dev.yaml"
    config.write_text(config.read_text().replace("awa_quickstart", database.name))
    where = Target.of(database.url).parameters
    environment = docs_shown.environment(
        Path(sys.executable).parent,
        DATABASE_URL=database.url,
        PGPASSWORD=where.get("password", ""),
        AWA_TEST_DATABASE_URL=server.url,
    )
    names = {
        "HOST:5432": f"{where['host']}:{where.get('port', '5432')}",
        "ROLE": where["user"],
        "DATABASE": database.name,
        "awa_quickstart": database.name,
    }
    with people(server, database) as staff:
        roles = {f"awa_{duty}": staff.name(duty) for duty in DUTIES}
        sandbox = Sandbox(folder / "quickstart", environment, names | roles)
        assert docs_shown.problems(docs_shown.run(ROOT / page, sandbox, NOT_RUN), sandbox) == []
