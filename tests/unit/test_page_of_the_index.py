"""What the package index shows: README.md, with links that work there."""

from __future__ import annotations

import re
from importlib import metadata
from itertools import chain

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from markdown_it import MarkdownIt

from tests.support.wheels import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
REPOSITORY = "https://github.com/acme/awa-infra"


def shown(urls: dict[str, str]) -> str:
    """Return what a build puts into the metadata when the project file has these addresses."""
    project = ProjectMetadata(str(ROOT), PluginManager())
    project.config["project"].pop("urls", None)
    if urls:
        project.config["project"]["urls"] = urls
    return project.core.readme


def addresses(page: str) -> list[str]:
    """Return where the links and pictures of a page lead, as a reader of Markdown finds them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    inline = chain.from_iterable(token.children or () for token in tokens)
    found = (token.attrs.get("href") or token.attrs.get("src") for token in inline)
    return [str(address) for address in found if address]


@pytest.mark.skipif((ROOT / "PKG-INFO").exists(), reason="a source archive: hatchling takes the page that it has")
@pytest.mark.parametrize("url", [REPOSITORY, f"{REPOSITORY}.git", f"{REPOSITORY}/"])
def test_every_link_of_the_readme_leads_to_the_repository_at_the_tag_of_the_version(url: str) -> None:
    version = metadata.version("awa-infra")
    here = [address for address in addresses(README) if not address.startswith("https:")]
    there = [address for address in addresses(shown({"Repository": url})) if address not in addresses(README)]
    assert len(here) > 10
    assert there == [
        f"{REPOSITORY}/{'raw' if address.endswith('.svg') else 'blob'}/v{version}/{address}" for address in here
    ]


def test_without_a_repository_the_page_has_words_in_place_of_links_and_no_picture() -> None:
    page = shown({})
    assert [address for address in addresses(page) if not address.startswith("https:")] == []
    assert "![" not in page
    words = re.sub(r"\]\([^)\s]*\)|\[|\]", "", re.sub(r"^!\[.*\n\n", "", README, flags=re.MULTILINE))
    assert re.sub(r"\]\([^)\s]*\)|\[|\]", "", page) == words


def test_blocks_of_code_are_shown_as_they_are() -> None:
    fences = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    for urls in ({}, {"repository": REPOSITORY}):
        assert fences.findall(shown(urls)) == fences.findall(README)
