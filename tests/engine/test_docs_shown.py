from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.support.servers import Database
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_THE_ENGINE


@pytest.fixture
def sandbox(pulumi_path: str, database: Database, tmp_path: Path) -> Sandbox:
    """Return the quickstart example, with a state of its own, on an empty database."""
    folder = tmp_path / "quickstart"
    shutil.copytree(ROOT / "examples" / "quickstart", folder)
    (folder / "state").mkdir()
    (folder / "passphrase").write_text("correct horse")
    config = folder / "Pulumi.dev.yaml"
    config.write_text(config.read_text().replace("awa_quickstart", database.name))
    environment = docs_shown.environment(
        Path(sys.executable).parent,
        pulumi_path.partition(":")[0],
        DATABASE_URL=database.url,
        PULUMI_BACKEND_URL=f"file://{folder / 'state'}",
        PULUMI_CONFIG_PASSPHRASE_FILE=str(folder / "passphrase"),
        PYTHONPATH=str(ROOT),  # for python -m devtools...
    )
    return Sandbox(folder, environment, {"awa_quickstart": database.name})


def test_commands_of_pages_about_stacks_do_what_the_pages_say(sandbox: Sandbox) -> None:
    """One long story, because every step of the engine costs seconds."""
    for page in RUN_WITH_THE_ENGINE:
        # A page about programs writes one; the other pages are about a project of YAML alone.
        (sandbox.folder / "__main__.py").unlink(missing_ok=True)
        assert docs_shown.problems(docs_shown.run(ROOT / page, sandbox, NOT_RUN), sandbox) == []
