from __future__ import annotations

import re
import tomllib
from pathlib import Path

from awa_infra import __version__

ROOT = Path(__file__).parents[2]
NAMED = re.compile(
    r"(?:awa[-_]infra(?:==|[:-])|resource awa |resource-awa-v|refs/tags/v|--branch v|^(?:appV|v)ersion: |\btag: )"
    r"(\d+\.\d+\.\d+)",
    re.MULTILINE,
)
"""A version of awa-infra in a command, an image, a chart or a file name."""


def test_the_version_is_the_same_wherever_a_release_sets_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert (ROOT / "provider" / "requirements.txt").read_text() == f"awa-infra=={__version__}\n"


def test_pages_examples_and_manifests_name_the_version_that_they_are_of() -> None:
    folders = ("docs/how-to", "docs/tutorial", "deploy", "examples", "provider")
    found = {
        path.relative_to(ROOT).as_posix(): set(NAMED.findall(path.read_text(encoding="utf-8")))
        for path in (path for folder in folders for path in (ROOT / folder).rglob("*"))
        if path.suffix in {".md", ".tpl", ".txt", ".yaml", ".yml"} and "node_modules" not in path.parts
    }
    named = {name: versions for name, versions in found.items() if versions}
    assert named.keys() >= {"deploy/helm/awa-infra/Chart.yaml", "docs/how-to/verify-a-release.md"}
    assert {name: versions for name, versions in named.items() if versions != {__version__}} == {}


def test_every_section_of_the_changelog_is_of_one_release() -> None:
    """A section that stands there before its release would be there twice after it."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    *released, first = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first == "Before 0.1.0"
    versions = [re.fullmatch(r"(\d+\.\d+\.\d+), \d{4}-\d\d-\d\d", title) for title in released]
    assert all(versions)
    assert len({found[1] for found in versions if found}) == len(versions)
