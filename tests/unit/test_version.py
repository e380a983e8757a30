from __future__ import annotations

import tomllib
from pathlib import Path

from awa_infra import __version__

ROOT = Path(__file__).parents[2]


def test_the_version_is_the_same_wherever_a_release_sets_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert (ROOT / "provider" / "requirements.txt").read_text() == f"awa-infra=={__version__}\n"
