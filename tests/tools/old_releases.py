"""Releases from before what may migrate here, for bundles that were written long ago."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from awa_infra.bundles.existing import read
from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from awa_infra.release import checked_release
from devtools.awa_releases import awa_python
from devtools.progress import ToolMissing
from tests.support.bundles import render
from tests.support.tools import missing
from tests.tools.bundle_tools import CUSTOM

OLD = "0.6.2"
"""Awa edited twelve migrations in place after it."""

EDITED = 12

_PRINT = "import awa, json; print(json.dumps(awa.migrations()))"


def old_release() -> Release:
    """Return an old release, whose texts are the ones that it is known by."""
    try:
        wheel = awa_python(OLD)
    except ToolMissing as exc:
        missing(str(exc))
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    done = subprocess.run([sys.executable, "-P", "-c", _PRINT], env=environment, capture_output=True, check=True)
    return checked_release(OLD, [tuple(row) for row in json.loads(done.stdout)], [])


def grow(form: str, release: Release, folder: Path) -> list[str]:
    """Package into a folder that has a bundle; return the files that stayed as they were."""
    desired = DesiredState(release, release.schema_version, CUSTOM)
    grown = package(form, desired, existing=read(folder))
    write(grown.files, folder)
    return [entry.file for entry in grown.kept]


def first(form: str, old: Release, folder: Path) -> dict[str, bytes]:
    """Write the old bundle."""
    files = render(form, DesiredState(old, old.schema_version))
    write(files, folder)
    return {path: text for path, text in files.items() if path.startswith("upstream/")}
