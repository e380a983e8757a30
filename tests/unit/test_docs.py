from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.queue_storage import QueueEntry, QueueStorageEntry
from awa_infra.spec.roles import RolesEntry
from awa_infra.spec.stack import StackConfig
from awa_infra.verification.findings import FindingCode
from devtools import docs, docs_codes, docs_configuration, docs_errors, docs_shown
from devtools.docs_shown import ROOT, Block
from devtools.progress import ToolError
from devtools.site_navigation import NAVIGATION
from tests.support.configs import parse

PAGES = docs_shown.pages()

CODE_PATTERNS = (
    r'^\s+code(?:: str)? = "([a-z-]+)"',  # a class of errors
    r'\bcode="([a-z-]+)"',  # a query that is a gate
    r'\bGate\(\s*"([a-z-]+)"',
    r'\bgate="([a-z-]+)"',
    r"\[([a-z]+(?:-[a-z]+)*)\]['\"\\]",  # the end of a message
    r"'([a-z-]+)' AS code\b",
    r"^-- gate: (\S+)$",
    r"^-- note: (\S+)$",
    r'\bstate\(\s*"([a-z-]+)"',
    r'\bFinding\(\s*[\w.]+,\s*"([a-z-]+)"',
    r'"(object-[a-z]+)"',
)
NO_CODES = frozenset({"s", "flyway", "local", "dev", "docker", "formats"})
"""What the patterns find and is no code: an index, a table of TOML, the name of a socket, extras of the package."""


def ids(found: list[Block]) -> list[str]:
    return [f"{block.page}:{block.line}" for block in found]


YAML_BLOCKS = [block for page in PAGES for block in docs_shown.blocks(page, "yaml")]


@pytest.mark.parametrize("name", docs.PAGES)
def test_the_reference_says_what_the_code_says(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == docs.PAGES[name](), "run make docs"


def test_every_code_of_the_program_has_its_section() -> None:
    sections = docs_shown.anchors(docs.REFERENCE / "errors.md")
    files = [*(ROOT / "awa_infra").rglob("*.py"), *(ROOT / "sql").rglob("*.sql")]
    mentioned = {
        code
        for path in files
        for pattern in CODE_PATTERNS
        for code in re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    } - NO_CODES
    assert len(mentioned) > 60
    assert (mentioned | set(get_args(FindingCode))) - sections == set()


def test_every_section_says_what_happened_what_was_left_behind_and_what_to_do() -> None:
    text = (docs.REFERENCE / "errors.md").read_text(encoding="utf-8")
    sections = re.split(r"^#{2,3} ", text, flags=re.MULTILINE)
    codes = [section for section in sections if "**" in section]
    assert len(codes) > 60
    parts = ("**What happened.** ", "**Left behind.** ", "**What to do.** ")
    assert [section.partition("\n")[0] for section in codes if not all(part in section for part in parts)] == []


def test_a_code_that_nobody_can_list_stops_the_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "awa_infra" / "made_up.py"
    source.parent.mkdir()
    monkeypatch.setattr(docs_codes, "ROOT", tmp_path)
    monkeypatch.setattr(docs_codes, "PACKAGE", source.parent)
    source.write_text('Gate("one" if x else "two", "text"); Gate(row["code"], "text"); Gate(code="three")')
    assert [code for code, _ in docs_codes.written("Gate")] == ["one", "two", "three"]
    source.write_text('\nGate(f"object-{kind}", "text")')
    docs_codes._trees.cache_clear()
    with pytest.raises(ToolError, match=r"made_up\.py:2: a code that is put together cannot be listed"):
        list(docs_codes.written("Gate"))
    with pytest.raises(ToolError, match="nowhere found: active-schema-missing"):
        docs_codes.findings()


def test_a_code_without_a_section_and_a_section_without_a_code_stop_the_generator(tmp_path: Path) -> None:
    written = yaml.safe_load(docs_errors.PROSE.read_text(encoding="utf-8"))
    written["gates"]["of-no-use"] = written["gates"].pop("downgrade")
    del written["failures"]["internal"]["left"]
    del written["findings"]["object-extra"]["do"]
    prose = tmp_path / "errors.yaml"
    prose.write_text(yaml.safe_dump(written), encoding="utf-8")
    with pytest.raises(ToolError) as caught:
        docs_errors.render(prose)
    assert "downgrade of gates has no section" in str(caught.value)
    assert "of-no-use of gates is no code" in str(caught.value)
    assert "internal does not say what was left behind" in str(caught.value)
    assert "object-extra does not say what is to be done" in str(caught.value)


def test_the_example_of_the_reference_uses_every_key() -> None:
    parsed = parse(docs_configuration.EXAMPLE, "Pulumi.dev.yaml")
    assert parsed.model_fields_set == set(StackConfig.model_fields)
    assert parsed.database is not None
    assert parsed.database.model_fields_set == set(DatabaseEntry.model_fields)
    assert parsed.roles is not None
    assert parsed.roles.model_fields_set == set(RolesEntry.model_fields)
    entries = parsed.queue_storage_schemas
    assert set(QueueStorageEntry.model_fields) in [entry.model_fields_set for entry in entries]
    queues = [queue.model_fields_set for entry in entries for queue in entry.queues]
    assert set(QueueEntry.model_fields) in queues


@pytest.mark.parametrize("block", YAML_BLOCKS, ids=ids(YAML_BLOCKS))
def test_configuration_that_a_page_shows_is_valid(block: Block) -> None:
    content = yaml.safe_load(block.text)
    if "config" in content and "runtime" not in content:
        parse(block.text, f"{block.page}:{block.line}")
    else:
        assert {"name", "runtime"} <= set(content), "neither a stack configuration nor a Pulumi.yaml"


def test_programs_in_other_languages_are_the_examples_that_are_tried() -> None:
    page = ROOT / "docs" / "how-to" / "use-from-other-languages.md"
    shown = {block.language: block for block in docs_shown.blocks(page, "go", "typescript", "yaml")}
    for language, block in shown.items():
        program = ROOT / "examples" / f"plugin-{language}" / (block.file or "")
        assert block.text.partition("\n")[2] == program.read_text(encoding="utf-8")
    assert len(shown) == 3


@pytest.mark.parametrize("page", PAGES, ids=docs_shown.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in docs_shown.links(page):
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and anchor not in docs_shown.anchors(aim)):
            broken.append(target)
    assert broken == []


def test_the_map_leads_to_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    reached = {(index.parent / target).resolve() for target in docs_shown.links(index)}
    pages = {page for page in PAGES[1:] if page != index and page.parent.name != "adr"}
    assert pages - reached == set()


def test_every_page_has_its_place_in_the_navigation_of_the_site() -> None:
    places = [re.sub(r".*<(.+)>", r"\1", place) for pages in NAVIGATION.values() for place in pages]
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES[1:]}
    decisions = {page for page in pages if page.startswith("adr/0")}
    assert sorted(places) == sorted(pages - decisions - {"index"}), "see NAVIGATION in devtools/site_navigation.py"


def test_the_page_of_the_architecture_names_every_package() -> None:
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "docs/contributing/architecture.md").read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    packages = {folder.parent.name for folder in (ROOT / "awa_infra").glob("*/__init__.py")}
    assert packages - named == set()


@pytest.mark.parametrize("page", PAGES, ids=docs_shown.name)
def test_blocks_say_what_they_are(page: Path) -> None:
    unknown = {block.language for block in docs_shown.blocks(page)} - docs_shown.LANGUAGES
    assert unknown == set(), "commands belong into console blocks, where they are run"
    transcripts = [
        block.line for block in docs_shown.blocks(page, "text") if re.search(r"^\$ ", block.text, re.MULTILINE)
    ]
    # The README shows a whole run of make demo; what it ran is run from the quickstart page.
    assert transcripts == [] or page.name == "README.md"
