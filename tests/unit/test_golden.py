from __future__ import annotations

from awa_infra.model import Release
from devtools import golden


def test_every_bundle_is_the_one_that_was_reviewed() -> None:
    found = golden.differences()
    told = "\n".join(found[:200])
    assert not found, f"read this, and if it is meant: python -m devtools.golden\n{told}"


def test_none_of_awas_own_sql_is_in_the_repository(release: Release) -> None:
    kept = b"".join(golden.existing().values())
    for text in [entry.sql for entry in release.migrations] + [entry.sql for entry in release.patches]:
        # Not even in part: no long line of it.
        lines = {line.strip().encode() for line in text.splitlines() if len(line.strip()) > 60}
        assert [line for line in lines if line in kept] == []
