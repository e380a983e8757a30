"""``awa-infra doctor`` on every kind of server: it says beforehand what an apply would say."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.rough.profiles import EVERY_WAY, PROFILES, Profile
from tests.rough.test_rough_servers import written
from tests.rough.ways import where
from tests.support.servers import TestServer
from tests.tools.runners import run

ALL = os.environ.get("AWA_INFRA_MATRIX") == "all"
ROTATION = 7
"""Without the whole matrix every seventh kind of server is enough."""


@pytest.mark.parametrize("profile", PROFILES if ALL else PROFILES[::ROTATION], ids=lambda p: str(p).replace(" ", "-"))
def test_doctor_finds_beforehand_what_would_keep_an_apply_from_working(server: TestServer, profile: Profile) -> None:
    with profile.make(server) as site:
        before = written(site)
        words = [sys.executable, "-c", "from awa_infra.cli.main import main; main()", "doctor", "--json"]
        done = run(where(site), words, Path(), {"DATABASE_URL": site.url})
        checks = json.loads(done.output[done.output.index("{") :])["checks"]
        assert written(site) == before
    code = profile.refused.get("engine") or profile.refused.get(EVERY_WAY)
    problems = [check for check in checks if check["outcome"] == "problem"]
    # What a verification finds keeps nothing from working.
    obstacles = [check["code"] for check in problems if check["name"] != "objects"]
    assert code in obstacles if code else obstacles == [], problems
    assert all(check["hint"] for check in problems)
    assert done.status == (1 if problems else 9 if any(c["outcome"] == "unknown" for c in checks) else 0)
