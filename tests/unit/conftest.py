"""Hypothesis for every unit test: no deadline, because how long an example takes says nothing here."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("awa-infra", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("awa-infra")
