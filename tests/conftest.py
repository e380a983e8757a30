"""Fixtures of every level: a server, databases cloned from templates, and the release under test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awa_infra.model import DesiredState, QueueStorage, Release
from awa_infra.release import installed_release
from tests.support.servers import Database, TestServer, any_server
from tests.support.templates import Templates
from tests.support.tools import awa

if TYPE_CHECKING:
    from tests.matrix.starts import Starts

# Tests start thousands of processes. Where Python is told to write no bytecode, each would compile our modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Pulumi and the other tools in Go run for seconds: collecting garbage seldom saves a tenth of their time.
os.environ.setdefault("GOGC", "400")

LONGEST = tuple(
    Path(__file__).parent / path
    for path in (
        "engine/test_plugin.py",
        "engine/test_full_stack.py",
        "engine/test_example_pages.py",
        "engine/test_pages_by_pulumi.py",
        "rough/test_lost_clients.py",
    )
)
"""Files with tests of a minute and more: begun first, or the other workers would wait for the last of them."""

LEVELS = ("unit", "database", "tools", "rough", "engine", "provider")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its level, which is the name of its folder, and begin with those that take longest."""
    items.sort(key=lambda item: item.path not in LONGEST)
    for item in items:
        level = Path(item.path).relative_to(Path(__file__).parent).parts[0]
        if level in LEVELS:
            item.add_marker(level)


@pytest.fixture(scope="session")
def release() -> Release:
    """Return the release of the awa-pg wheel that is installed."""
    return installed_release()


@pytest.fixture
def desired(release: Release) -> Callable[..., DesiredState]:
    """Return a maker of desired states of the installed release."""

    def make(*schemas: QueueStorage, target: int | None = release.schema_version) -> DesiredState:
        return DesiredState(release, target, schemas)

    return make


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """Give the PostgreSQL server of this run."""
    with any_server() as found:
        yield found


@pytest.fixture(scope="session")
def awa_template(server: TestServer) -> Iterator[Database]:
    """Give a database that the real ``awa migrate`` made; tests get copies."""
    template = server.create()
    awa("migrate", url=template.url)
    yield template
    server.drop(template)


@pytest.fixture(scope="session")
def templates(server: TestServer) -> Iterator[Templates]:
    """Give what copies databases that an apply made."""
    with Templates.on(server) as made:
        yield made


@pytest.fixture
def applied(server: TestServer, templates: Templates) -> Iterator[Callable[[DesiredState], Database]]:
    """Return what gives a database that a superuser's apply brought to a desired state."""
    copies: list[Database] = []

    def copy(desired: DesiredState) -> Database:
        copies.append(templates.copy(desired))
        return copies[-1]

    yield copy
    for made in copies:
        server.drop(made)


@pytest.fixture(scope="module")
def starts(server: TestServer) -> Iterator[Starts]:
    """Give databases as earlier releases left them."""
    from tests.matrix.starts import Starts  # noqa: PLC0415  few tests start from one

    with Starts.on(server) as made:
        yield made


@pytest.fixture
def database(server: TestServer) -> Iterator[Database]:
    """Give an empty database."""
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def awa_database(server: TestServer, awa_template: Database) -> Iterator[Database]:
    """Give a database that the real ``awa migrate`` migrated."""
    made = server.create(awa_template.name)
    yield made
    server.drop(made)


other_awa_database = awa_database
"""A second one, for a test that has the first."""
