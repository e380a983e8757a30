from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from pulumi import automation

from devtools import docs_shown
from devtools.docs_shown import Block
from tests.support.servers import Database

PROGRAMS = [
    block for page in docs_shown.pages() for block in docs_shown.blocks(page, "python") if block.file == "__main__.py"
]


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: f"{block.page}:{block.line}")
def test_a_program_that_a_page_shows_passes_a_preview(
    block: Block, database: Database, pulumi_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_text("correct horse")
    monkeypatch.setenv("PATH", pulumi_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("PULUMI_PYTHON_CMD", sys.executable)
    monkeypatch.setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    program = compile(block.text, f"{block.page}:{block.line}", "exec")
    stack = automation.create_stack(
        "dev",
        project_name="docs",
        program=lambda: exec(program, {"__name__": "__main__"}),  # noqa: S102  a page of this repository
        opts=automation.LocalWorkspaceOptions(work_dir=str(tmp_path)),
    )
    stack.set_config("awa:databaseUrl", automation.ConfigValue(database.url, secret=True))
    stack.set_config("fleet:databases", automation.ConfigValue(json.dumps([database.name])))  # of one page
    previewed = stack.preview()
    assert set(previewed.change_summary) == {automation.OpType.CREATE}, previewed.stdout
    assert "Pending from an empty database: 39 migrations" in previewed.stdout
