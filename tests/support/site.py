"""The built site, made once for all workers of a test run."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from devtools import site


def built(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site; whoever is first builds it, the others wait."""
    base = factory.getbasetemp()
    # With several workers each has its own folder in that of the run.
    shared = base.parent if base.name.startswith("popen-") else base
    out = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            site.build(out)
    return out
