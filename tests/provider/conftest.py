from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.provider import ProviderProcess, provider_process


@pytest.fixture(scope="session")
def process() -> Iterator[ProviderProcess]:
    """Give one provider process for all tests, as the engine has one for all resources."""
    with provider_process() as found:
        yield found


@pytest.fixture
def provider(process: ProviderProcess) -> ProviderProcess:
    """Give the process with an empty log."""
    process.engine.lines.clear()
    return process
