"""Databases that old releases made, and Awa's own command upgraded, are healthy."""

from __future__ import annotations

import pytest

from awa_infra.database.fingerprint import verify
from awa_infra.model import Release
from tests.matrix.starts import Starts, named
from tests.support.tools import awa


@pytest.mark.parametrize("name", ["0.3.0", "0.5.7", "0.6.0-active-custom"])
def test_an_upgraded_database_is_healthy(starts: Starts, name: str, release: Release) -> None:
    made = starts.copy(named(name))
    try:
        awa("migrate", url=made.url)
        assert verify(made.url, release)[1].drift == ()
    finally:
        starts.server.drop(made)
