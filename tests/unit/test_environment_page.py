from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import awa_infra
from devtools.docs_shown import ROOT

PAGE = ROOT / "docs" / "reference" / "environment.md"
VARIABLE = re.compile(r"NO_COLOR|DATABASE_URL|(PG|AWA|PULUMI)_?[A-Z_]+")
NOT_ONE = {"PG_VERSION", "AWAT", "AWAR"}
"""A file of PostgreSQL, and names of locks."""


def variables(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value):
            yield node.value


def test_the_page_names_every_variable_that_the_code_reads_or_sets() -> None:
    sources = Path(awa_infra.__file__).parent.rglob("*.py")
    read = {name for path in sources for name in variables(path.read_text(encoding="utf-8"))} - NOT_ONE
    assert {"DATABASE_URL", "NO_COLOR", "PGHOST", "PULUMI_BACKEND_URL"} <= read
    named = set(re.findall(r"`([A-Z_]+)`", PAGE.read_text(encoding="utf-8")))
    assert read <= named, read - named
