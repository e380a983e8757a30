"""Pages, examples and lists that slow tests are made from: compared here, where every edit of a page meets them."""

from __future__ import annotations

import re

from awa_infra import __version__
from awa_infra.cli.main import COMMANDS
from devtools import docs_shown
from devtools.docs_shown import ROOT, blocks
from tests.engine.projects import EXAMPLES
from tests.engine.test_docs_programs import PROGRAMS
from tests.engine.test_plugin_folder import FOLDER
from tests.engine.test_protection import ATTEMPTS
from tests.engine.test_wheel_alone import RUNS
from tests.rough.profiles import PROFILES
from tests.unit.test_docs_commands import RUN_AUTOMATION, RUN_BESIDE_YOUR_MIGRATIONS, RUN_WITH_THEIR_PROGRAMS

RUN_BY_OWN_TESTS = (*RUN_WITH_THEIR_PROGRAMS, RUN_BESIDE_YOUR_MIGRATIONS, RUN_AUTOMATION)

HOW_TO = ROOT / "docs" / "how-to"


def test_the_page_about_removal_tells_of_every_attempt() -> None:
    page = (HOW_TO / "remove-a-stack.md").read_text(encoding="utf-8")
    assert set(ATTEMPTS) <= set(re.findall(r"^\| (.+?) \|", page, re.MULTILINE))


def test_the_page_about_managed_servers_names_only_kinds_that_are_run() -> None:
    text = (HOW_TO / "managed-postgres.md").read_text(encoding="utf-8")
    names = {one.name for one in PROFILES} | {"fifteen kinds"}
    said = {
        name.strip()
        for found in re.findall(r"\*run\*: ([^)]+)\)", text)
        for name in re.split(r",(?! (?:session|transaction|statement)\b)|;", " ".join(found.split()))
    }
    assert said
    assert said <= names, said - names


def test_the_page_about_a_fleet_shows_the_program_of_its_example() -> None:
    shown = blocks(HOW_TO / "manage-a-fleet.md", "python")[0].text.partition("\n")[2]
    assert (EXAMPLES / "fleet" / "__main__.py").read_text(encoding="utf-8").endswith(shown)


def test_every_python_block_is_a_program_or_a_file_that_its_page_runs_or_imports() -> None:
    for page in docs_shown.pages():
        run = "\n".join(block.text for block in docs_shown.blocks(page, "console"))
        shown = docs_shown.blocks(page, "python")
        imported = {f"{name}.py" for block in shown for name in re.findall(r"^import (\w+)", block.text, re.MULTILINE)}
        for block in shown:
            ran = re.search(rf"^\$ python (-m pytest )?{block.file}( [a-z]+)?$", run, re.MULTILINE)
            assert block in PROGRAMS or ran or block.file in imported or block.page in RUN_BY_OWN_TESTS


def test_every_example_has_a_page_that_leads_to_it() -> None:
    examples = {path.name for path in EXAMPLES.iterdir() if (path / "Pulumi.yaml").exists()}
    led_to = {
        (page.parent / target).resolve().parent.name for page in docs_shown.pages() for target in docs_shown.links(page)
    }
    assert examples - led_to == {"quickstart"}  # which the tutorial walks through
    assert all((EXAMPLES / example / "README.md").exists() for example in examples)


def test_the_folder_installs_the_version_that_it_is_of() -> None:
    assert (FOLDER / "requirements.txt").read_text() == f"awa-infra=={__version__}\n"


def test_no_command_is_left_out() -> None:
    assert {words[0] for words, _said in RUNS} == COMMANDS.keys()


def test_fragments_of_the_changelog_have_a_kind_that_is_known() -> None:
    kinds = {"danger", "breaking", "feature", "fix"}
    found = {path.name for path in (ROOT / "changelog.d").iterdir()} - {"README.md", ".gitkeep"}
    assert {name.split(".")[1] for name in found} <= kinds
    assert all(len(name.split(".")) == 3 for name in found)
