from __future__ import annotations

from awa_infra.model import Release
from devtools import golden
from devtools.docs_shown import ROOT

FOLDERS = ("awa_infra", "sql", "docs", "examples", "provider", "devtools", "tests")
TEXTS = frozenset({".py", ".sql", ".md", ".json", ".jsonl", ".yaml", ".yml", ".txt", ".html", ".toml", ".lock"})


def test_every_bundle_is_the_one_that_was_reviewed() -> None:
    found = golden.differences()
    told = "\n".join(found[:200])
    assert not found, f"read this, and if it is meant: python -m devtools.golden\n{told}"


def test_none_of_awas_own_sql_is_in_the_repository(release: Release) -> None:
    texts = [*(entry.sql for entry in release.migrations), *(entry.sql for entry in release.patches)]
    # Not even in part: no long line of it.
    lines = {line.strip() for text in texts for line in text.splitlines() if len(line.strip()) > 60}
    assert len(lines) > 1000
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*") if path.suffix in TEXTS]
    assert len(files) > 500
    found = {
        path: kept
        for path in files
        if (kept := lines & {line.strip() for line in path.read_text("utf-8", errors="replace").splitlines()})
    }
    assert found == {}
