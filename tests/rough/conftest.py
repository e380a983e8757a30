from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rough.profiles import forget_migrated
from tests.support.servers import TestServer


@pytest.fixture(scope="session", autouse=True)
def forgotten(server: TestServer) -> Iterator[None]:
    """Leave nothing on the server that sites were copied from."""
    yield
    forget_migrated(server)
