from __future__ import annotations

import re
from pathlib import Path

import pytest

from devtools.docs_shown import ROOT

TERMS = {
    "slot": r"slots?(?: counts?)?",
    "receipt": r"receipts?",
    "lane": r"lanes?",
    "shard": r"shards?",
    "stripe": r"stripes?",
    "runtime": r"live runtimes?|runtimes",
    "drift": r"drift",
    "gate": r"gates?",
    "fingerprint": r"fingerprints?",
    "lock-object": r"lock objects?",
    "pooler": r"poolers?",
}
"""Words that a reader may not know, by their anchor in docs/reference/terms.md."""

FOLDERS = ("tutorial", "how-to", "explanation")
PAGES = [ROOT / "README.md", *(page for name in FOLDERS for page in sorted((ROOT / "docs" / name).glob("*.md")))]
NO_PROSE = re.compile(r"^```.*?^```$|^#.*?$|^ {4}\S.*?$|`[^`\n]*`|\]\([^)]*\)", re.MULTILINE | re.DOTALL)
"""Blocks, headings, code and where a link leads to."""


def blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n\]]", " ", found[0])


def first_use(page: str, pattern: str) -> re.Match[str] | None:
    return re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", NO_PROSE.sub(blank, page), re.IGNORECASE)


def linked(page: str, use: re.Match[str]) -> bool:
    """Whether a use is inside the text of a link."""
    return re.match(r"[^\[\]]*\]\(", page[use.end() :]) is not None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_links_a_word_where_it_uses_it_first(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    uses = {anchor: first_use(page, pattern) for anchor, pattern in TERMS.items()}
    unlinked = {
        f"{path.relative_to(ROOT)}:{page.count(chr(10), 0, use.start()) + 1}: {anchor}"
        for anchor, use in uses.items()
        if use and not linked(page, use)
    }
    assert not unlinked


def test_the_page_of_terms_explains_each_of_them() -> None:
    headings = re.findall(r"^### (.+)$", (ROOT / "docs" / "reference" / "terms.md").read_text(), re.MULTILINE)
    assert TERMS.keys() <= {heading.lower().replace(" ", "-") for heading in headings}
