"""Find the text of an Awa function by its hash, and show how another text differs from it. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from awa_infra.model import Release
from awa_infra.verification.catalog import SchemaName, body_hash, concrete_body

_FUNCTION = re.compile(r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+awa\.(\w+)\s*\(", re.IGNORECASE)
_QUOTE = re.compile(r"\bAS\s+(\$\w*\$)", re.IGNORECASE)


def release_bodies(release: Release) -> dict[str, list[str]]:
    """Return the bodies that a release gives each function of schema ``awa``, the last one first.

    What is not a function after all does no harm: a body with another hash is not used.
    """
    found: dict[str, list[str]] = {}
    for text in [*(m.sql for m in release.migrations), *(p.sql for p in release.patches)]:
        for function in _FUNCTION.finditer(text):
            quote = _QUOTE.search(text, function.end())
            end = text.find(quote[1], quote.end()) if quote else -1
            if quote and end >= 0:
                found.setdefault(function[1], []).insert(0, text[quote.end() : end])
    return found


def text_of(wanted: str, schema: SchemaName, candidates: Iterable[str], neutral: Iterable[str]) -> str | None:
    """Return the body that has a hash, if there is one: a candidate, or a neutral one made for the schema."""
    for text in candidates:
        if body_hash(text) == wanted:
            return text
    return next((concrete_body(text, schema) for text in neutral if body_hash(text) == wanted), None)


def difference(expected: str, found: str) -> tuple[str, ...]:
    """Return the lines of a unified difference, without trailing blanks."""
    lines = difflib.unified_diff(
        expected.replace("\r\n", "\n").splitlines(),
        found.replace("\r\n", "\n").splitlines(),
        "expected",
        "found",
        lineterm="",
    )
    return tuple(line.rstrip() for line in lines)


def last_definer(release: Release, pattern: str) -> str | None:
    """Return what of a release matches a pattern last: ``patch:<name>``, ``V<number>``, or nothing."""
    texts: Mapping[str, str] = {f"V{m.version}": m.sql for m in release.migrations} | {
        f"patch:{p.name}": p.sql for p in release.patches
    }
    matching = [key for key, text in texts.items() if re.search(pattern, text, re.IGNORECASE)]
    return matching[-1] if matching else None
