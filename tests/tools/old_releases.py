"""Releases from before what may migrate here, for bundles that were written long ago."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from awa_infra.model import Release
from awa_infra.release import checked_release
from devtools.awa_releases import awa_python
from devtools.progress import ToolMissing
from tests.support.tools import missing

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
