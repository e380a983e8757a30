from __future__ import annotations

import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from devtools import diagrams, docs_shown, site, site_pages, site_settings
from devtools.docs_shown import ROOT
from devtools.progress import ToolError
from devtools.site_settings import Settings
from tests.support.site import REPOSITORY, built

LOADED = {"audio", "embed", "iframe", "img", "input", "link", "object", "script", "source", "track", "video"}


class Content(HTMLParser):
    """What a page loads, where its links lead, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors += [values["id"]] if "id" in values else []
        targets = [values[name] for name in ("src", "href", "data", "srcset", "poster", "xlink:href") if name in values]
        (self.loaded if tag in LOADED else self.links).extend(targets)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory)


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[Path, Content]:
    return {path: Content(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}


def test_the_site_loads_nothing_from_another_host(folder: Path, pages: dict[Path, Content]) -> None:
    asked = {target for content in pages.values() for target in content.loaded if urlsplit(target).netloc}
    assert asked == set()
    styles = [path.read_text(encoding="utf-8") for path in folder.rglob("*.css")]
    drawings = [text for path in pages for text in re.findall(r"<style.*?</style>", path.read_text(), re.DOTALL)]
    outside = re.compile(r"""(?:@import\s+(?:url\()?|url\()\s*["']?(?:https?:)?//[^)"']+""")
    assert [found for text in styles + drawings for found in outside.findall(text)] == []


def test_every_link_of_the_site_leads_to_a_page_and_an_anchor_of_it(folder: Path, pages: dict[Path, Content]) -> None:
    broken = defaultdict(set)
    for page, content in pages.items():
        for target in [*content.links, *content.loaded]:
            address, anchor = urldefrag(target)
            if urlsplit(address).scheme:
                continue
            aim = (page.parent / unquote(address.partition("?")[0])).resolve() if address else page
            if not aim.is_file() or (aim in pages and anchor and unquote(anchor) not in pages[aim].anchors):
                broken[page.relative_to(folder).as_posix()].add(target)
    assert broken == {}
    assert len(pages) > 50


def test_no_anchor_is_there_twice(folder: Path, pages: dict[Path, Content]) -> None:
    twice = {
        page.relative_to(folder).as_posix(): {one for one in content.anchors if content.anchors.count(one) > 1}
        for page, content in pages.items()
    }
    assert {page: found for page, found in twice.items() if found} == {}


def test_the_navigation_has_the_four_kinds_of_pages_and_every_page(folder: Path, pages: dict[Path, Content]) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    for kind in ("Tutorial", "How-to", "Reference", "Explanation", "Contributing"):
        assert re.search(rf'class="caption-text">{kind}', text)
    assert all(page.suffix == ".html" for page in pages)
    linked = "\n".join(pages[folder / "index.html"].links + pages[folder / "adr" / "README.html"].links)
    for path in sorted((ROOT / "docs").rglob("*.md")):
        assert f"{path.stem}.html" in linked or path.stem == "index"


def test_a_page_that_is_not_in_the_navigation_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("extensions = ['myst_parser']\n", encoding="utf-8")
    (docs / "index.md").write_text("# All\n\n[there](there.md#nowhere)\n", encoding="utf-8")
    (docs / "there.md").write_text("# There\n", encoding="utf-8")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    with pytest.raises(ToolError) as caught:
        site.build(tmp_path / "out")
    assert "there.md: WARNING: document isn't included in any toctree" in str(caught.value)
    assert "local id not found in doc 'there': 'nowhere'" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]


def test_files_of_the_repository_are_linked_by_the_repository_of_the_settings() -> None:
    settings = Settings.of({site_settings.REPOSITORY: f"{REPOSITORY}.git", site_settings.REFERENCE: "v1.2.3"}, "")
    assert settings.file("SECURITY.md") == f"{REPOSITORY}/blob/v1.2.3/SECURITY.md"
    assert settings.file("examples", folder=True) == f"{REPOSITORY}/tree/v1.2.3/examples"
    assert Settings.of({}, REPOSITORY).file("SECURITY.md") == f"{REPOSITORY}/blob/main/SECURITY.md"
    assert Settings().file("SECURITY.md") == ""


def test_a_link_to_a_file_outside_of_the_pages_leads_to_the_repository(
    folder: Path, pages: dict[Path, Content]
) -> None:
    links = pages[folder / "release.html"].links
    assert f"{REPOSITORY}/blob/main/SECURITY.md" in links
    assert f"{REPOSITORY}/blob/main/.github/workflows/release.yml" in links
    assert not list(folder.rglob("*.py"))


def test_where_no_repository_is_known_the_words_of_such_a_link_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(repository: str) -> nodes.document:
        monkeypatch.setenv(site_settings.REPOSITORY, repository)
        document = new_document("release.md")
        for target in ("../SECURITY.md", "reference/errors.yaml"):
            link = addnodes.download_reference("", "read", reftarget=target, reftype="myst")
            document += nodes.paragraph("", "", link)
        app: Any = SimpleNamespace(env=SimpleNamespace(docname="release"))
        site_pages.link_repository(app, document)
        return document

    unknown = made("")
    assert [node["reftarget"] for node in unknown.findall(addnodes.download_reference)] == ["reference/errors.yaml"]
    assert unknown.astext() == "read\n\nread"
    link = next(made(REPOSITORY).findall(nodes.reference))
    assert link["refuri"] == f"{REPOSITORY}/blob/main/SECURITY.md"


def test_a_drawing_has_words_for_people_who_do_not_see_it(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text('<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"></svg>\n', encoding="utf-8")
    assert 'aria-label="a &lt;b&gt; &quot;c&quot;"' in site_pages.inline_svg(path, 'a <b> "c"')
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(ToolError, match=r"a\.svg has no <svg>"):
        site_pages.inline_svg(path, "")


def test_versions_are_ordered_as_versions_and_the_newest_release_is_first() -> None:
    assert site.ordered(["0.9.0", "dev", "0.10.0", "images", "1.0.0rc1"]) == ["1.0.0rc1", "0.10.0", "0.9.0", "dev"]
    assert site.newest(["0.9.0", "dev", "0.10.0", "1.0.0rc1"]) == "0.10.0"
    assert site.newest(["dev", "1.0.0rc1"]) == "1.0.0rc1"
    assert site.newest(["dev"]) is None


def test_a_version_is_laid_beside_the_others_and_replaces_only_itself(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "index.html").write_text("new", encoding="utf-8")
    folder = tmp_path / "published"
    for version in ("0.1.0", "dev", "0.2.0"):
        site.lay(made, version, folder)
    assert json.loads((folder / "versions.json").read_text()) == {
        "newest": "0.2.0",
        "versions": ["0.2.0", "0.1.0", "dev"],
    }
    assert "url=0.2.0/index.html" in (folder / "index.html").read_text()
    (folder / "0.1.0" / "old.html").touch()
    (folder / "0.2.0" / "old.html").touch()
    site.lay(made, "0.2.0", folder)
    assert (folder / "0.1.0" / "old.html").exists()
    assert not (folder / "0.2.0" / "old.html").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "", ".", "v1/..", "main"])
def test_a_version_that_is_no_name_of_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolError, match="is no version"):
        site.lay(tmp_path, name, tmp_path / "published")
    assert not (tmp_path / "published").exists()


def test_a_drawing_of_another_source_is_another_one_and_a_mistake_in_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagrams, "DIAGRAMS", tmp_path)
    (tmp_path / "a.dot").write_text("digraph a { one -> two }", encoding="utf-8")
    first = diagrams.draw("a")
    assert diagrams.names() == ["a"]
    assert diagrams.draw("a") == first
    (tmp_path / "a.dot").write_text("digraph a { one -> three }", encoding="utf-8")
    assert diagrams.draw("a") != first
    assert "prefers-color-scheme:dark" in first
    (tmp_path / "a.dot").write_text("digraph a { one -> ", encoding="utf-8")
    with pytest.raises(ToolError, match="syntax error"):
        diagrams.draw("a")


def test_every_drawing_is_on_a_page() -> None:
    shown = {(page.parent / target).resolve() for page in docs_shown.pages() for target in docs_shown.links(page)}
    assert {diagrams.DIAGRAMS / f"{name}.svg" for name in diagrams.names()} <= shown
