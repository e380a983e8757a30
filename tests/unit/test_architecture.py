"""The page about the architecture lists the files that a change touches; made in a copy, each change needs no other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools.docs_shown import ROOT

MOST = 3
"""Files, pages aside."""

PAGE = ROOT / "docs" / "contributing" / "architecture.md"

GATE = """\
-- gate: made-up
-- when: pending
SELECT 'made-up' AS code, 'This is made up.' AS message, 'Ignore it.' AS hint
 WHERE false
"""

CONDITION = '        "server-too-old": "Awa needs PostgreSQL 14 or newer.",\n'

COMMAND = '''\
"""``awa-infra hello``."""

import click

from awa_infra.cli.examples import examples


@click.command(epilog=examples("hello"))
def hello() -> None:
    """Say hello."""
    click.echo("Hello.")
'''


def insert(path: Path, before: str, more: str) -> None:
    """Insert lines before the only place with a text."""
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, more + before), encoding="utf-8")


def add_gate(folder: Path) -> None:
    (folder / "sql" / "gates" / "made_up.sql").write_text(GATE)
    insert(folder / "awa_infra" / "bundles" / "conditions.py", CONDITION, '        "made-up": "It is made up.",\n')
    section = "  made-up:\n    happened: It is made up.\n    do: Ignore it.\n\n"
    insert(folder / "docs" / "reference" / "errors.yaml", "  server-too-old:\n", section)


def add_format(folder: Path) -> None:
    bundles = folder / "awa_infra" / "bundles"
    made = (bundles / "formats" / "psql.py").read_text(encoding="utf-8")
    made = made.replace('PSQL = Format("psql", "psql"', 'MADE = Format("made", "Made"')
    (bundles / "formats" / "made.py").write_text(made, encoding="utf-8")
    entry = "from awa_infra.bundles.formats.made import MADE\n"
    insert(bundles / "formats" / "__init__.py", "from awa_infra.bundles.formats.numbered", entry)
    insert(bundles / "formats" / "__init__.py", "FLYWAY, LIQUIBASE, PSQL, ", "MADE, ")
    shutil.copy(bundles / "texts" / "psql.md", bundles / "texts" / "made.md")


def add_command(folder: Path) -> None:
    cli = folder / "awa_infra" / "cli"
    (cli / "hello.py").write_text(COMMAND)
    insert(cli / "main.py", '    "explain": "', '    "hello": "Say hello.",\n')
    insert(cli / "examples.py", '        "explain": (', '        "hello": (("a greeting", "hello"),),\n')


def add_major(folder: Path) -> None:
    path = folder / "awa_infra" / "facts" / "catalog-0.6.9.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["majors"]["19"] = data["majors"]["18"] | {"fingerprint": "of nineteen"}
    path.write_text(json.dumps(data), encoding="utf-8")


CHANGES: dict[str, tuple[str, Callable[[Path], None], str, object]] = {
    "gate": (
        "a gate",
        add_gate,
        """
from awa_infra.bundles.package import package
from awa_infra.explain import sections
from awa_infra.model import DesiredState
from awa_infra.planning.gates import gate_queries
from awa_infra.release import installed_release
desired = DesiredState(installed_release(), 40)
readme = package("psql", desired).files["README.md"].decode()
found = ["made-up" in {q.code for q in gate_queries(desired)}, "| `made-up` | It is made up. |" in readme,
         [section.do for section in sections()["made-up"]]]
""",
        [True, True, ["Ignore it."]],
    ),
    "format": (
        "a bundle format",
        add_format,
        """
from awa_infra.bundles.checking import check
from awa_infra.bundles.existing import ExistingBundle
from awa_infra.bundles.package import package
from awa_infra.model import DesiredState
from awa_infra.release import installed_release
from pathlib import Path
files = package("made", DesiredState(installed_release(), 40)).files
found = [files["README.md"].decode().splitlines()[0], check(ExistingBundle(Path("b"), files))]
""",
        ["# Awa 0.6.9, schema version 40: Made bundle", []],
    ),
    "command": (
        "a command",
        add_command,
        """
from click.testing import CliRunner
from awa_infra.cli.main import cli
run = lambda *words: CliRunner().invoke(cli, words).output
found = [run("hello"), "Say hello." in run("--help"), "awa-infra hello" in run("hello", "--help")]
""",
        ["Hello.\n", True, True],
    ),
    "major": (
        "a PostgreSQL major",
        add_major,
        """
from awa_infra.bundles.package import package
from awa_infra.facts.catalog import catalog_facts, measured_majors
from awa_infra.model import DesiredState
from awa_infra.release import installed_release
script = package("psql", DesiredState(installed_release(), 40)).files["structure.sql"].decode()
found = [measured_majors()[-1], catalog_facts("0.6.9", 19).fingerprint, '"18":' in script]
""",
        [19, "of nineteen", False],
    ),
}


def listed(change: str) -> list[str]:
    """Return the files that the page lists for a change."""
    [row] = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {change} | ")]
    return re.findall(r"`([\w./<>-]+(?:/|\.\w+))`", row.split(" | ", 1)[1])


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_touches_the_files_that_the_page_lists_and_no_others(change: str, tmp_path: Path) -> None:
    name, make, probe, expected = CHANGES[change]
    for folder in ("awa_infra", "sql", "docs/reference"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    make(tmp_path)
    touched = {path for path in tmp_path.rglob("*") if path.is_file() and before.get(path) != path.read_bytes()}
    assert len([path for path in touched if path.parent.name != "texts"]) <= MOST
    patterns = [re.sub(r"<\w+>", r"[\\w.-]+", re.escape(file)) for file in listed(name)]
    for path in touched:
        assert any(re.search(f"{pattern}$", path.as_posix()) for pattern in patterns), path
    done = subprocess.run(
        [sys.executable, "-c", f"import json\n{probe}\nprint(json.dumps(found))"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected
