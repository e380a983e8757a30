from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries, wheel_major
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.support.people import DUTIES, people
from tests.support.servers import Database, TestServer, _in_memory
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_A_DATABASE

OF_THE_MAJOR = "docs/how-to/restore-a-backup.md"
"""Its pg_dump and pg_restore have to be of the server's major, and only the wheel brings them."""

MAJOR = int(os.environ.get("AWA_INFRA_TEST_MAJOR") or wheel_major())
PAGES = [page for page in RUN_WITH_A_DATABASE if page != OF_THE_MAJOR or wheel_major() == MAJOR]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in memory: one page has a server of its own there."""
    with tempfile.TemporaryDirectory(prefix="awa-infra-docs-", dir=_in_memory()) as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def restored(server: TestServer, database: Database) -> Iterator[Database]:
    """Give the name of a database that a page creates, and drop it afterwards."""
    name = f"{database.name}_restored"
    made = Database(name, Target.of(server.url).with_database(name))
    yield made
    server.drop(made)


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_do_what_the_page_says(
    page: str, server: TestServer, database: Database, restored: Database, folder: Path
) -> None:
    shutil.copytree(ROOT / "examples" / "quickstart", folder / "quickstart")
    config = folder / "quickstart" / "Pulumi.dev.yaml"
    config.write_text(config.read_text().replace("awa_quickstart", database.name))
    where = Target.of(database.url).parameters
    environment = docs_shown.environment(
        Path(sys.executable).parent,
        binaries(),
        DATABASE_URL=database.url,
        PGPASSWORD=where.get("password", ""),
        AWA_TEST_DATABASE_URL=server.url,
    )
    names = {
        "HOST:5432": f"{where['host']}:{where.get('port', '5432')}",
        "ROLE": where["user"],
        "DATABASE": database.name,
        "awa_quickstart": database.name,
        "restored_jobs": restored.name,
    }
    with people(server, database) as staff:
        roles = {f"awa_{duty}": staff.name(duty) for duty in DUTIES}
        sandbox = Sandbox(folder / "quickstart", environment, names | roles)
        assert docs_shown.problems(docs_shown.run(ROOT / page, sandbox, NOT_RUN), sandbox) == []
