"""The page about other languages: its commands, without those that need a newer language host."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.engine.projects import PASSPHRASE
from tests.support.servers import Database
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_THE_PLUGIN


def test_commands_of_the_page_about_other_languages_do_what_it_says(
    pulumi_path: str, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    environment = docs_shown.environment(
        Path(sys.executable).parent,
        pulumi_path.partition(":")[0],
        DATABASE_URL=database.url,
        PULUMI_BACKEND_URL=f"file://{tmp_path / 'state'}",
        PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
        PULUMI_HOME=str(tmp_path / "home"),
    )
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "shop", "runtime": "nodejs"}))
    sandbox = Sandbox(folder, environment, {})
    assert docs_shown.problems(docs_shown.run(ROOT / RUN_WITH_THE_PLUGIN, sandbox, NOT_RUN), sandbox) == []
