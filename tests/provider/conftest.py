from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.plugin import Plugin, plugin_process
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


@pytest.fixture(scope="session")
def plugin_of_session() -> Iterator[Plugin]:
    """Give one plugin for all tests, as the engine has one for all resources."""
    with plugin_process() as found:
        yield found


@pytest.fixture
def plugin(plugin_of_session: Plugin) -> Plugin:
    """Give the plugin with an empty log, no configuration, and calls about a schema."""
    plugin_of_session.engine.lines.clear()
    plugin_of_session.configure({})
    return plugin_of_session.use("Schema")


@pytest.fixture
def own_plugin() -> Iterator[Plugin]:
    """Give a plugin that a test may spoil."""
    with plugin_process() as found:
        yield found
