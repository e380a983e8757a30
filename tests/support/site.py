"""The built site, made once for all workers of a test run, and laid beside an older version as it is published."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from awa_infra import __version__
from devtools import site, site_settings

OLDER = "0.0.9"
"""A version of two pages, of which one is in every version."""
OLD_PAGE = '<!doctype html><link rel="icon" href="data:,"><title>older</title>\n'
REPOSITORY = "https://github.com/example/awa-infra"


def built(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this version; whoever is first builds it, the others wait."""
    base = factory.getbasetemp()
    # With several workers each has its own folder in that of the run.
    shared = base.parent if base.name.startswith("popen-") else base
    published = shared / "published"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not published.exists():
            made = site.build(shared / "site", {site_settings.VERSIONS: "1", site_settings.REPOSITORY: REPOSITORY})
            older = shared / "older"
            (older / "explanation").mkdir(parents=True)
            for page in ("index.html", "explanation/plan.html"):
                (older / page).write_text(OLD_PAGE, encoding="utf-8")
            site.lay(older, OLDER, published)
            site.lay(made, __version__, published)
    return published / __version__
