"""The pytest plugin: fixtures ``awa_database`` and ``awa_databases``, marker ``awa``, options of pytest.ini."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # pytest imports this module in every run, also where no test uses a database.
    from awa_infra.testing.databases import Databases, TestDatabase

_ABOUT = {
    "awa_config": "Path of a Pulumi.<stack>.yaml, relative to the root of the tests: databases of awa_database have "
    "its custom queue-storage schemas, lanes and roles.",
    "awa_activation": "Activate queue storage in this schema in databases of awa_database. Default: nothing is "
    "activated that the configuration does not declare.",
}
_MARKER = (
    "awa(config=None, activation=None): what awa_database holds in this test, in place of the options awa_config and "
    "awa_activation; activation=None activates nothing that the configuration does not declare."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a project sets for all its tests."""
    for name, about in _ABOUT.items():
        parser.addini(name, about)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def awa_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Make databases ready for Awa: ``with awa_databases.create() as database``; for fixtures of a wider scope."""
    from awa_infra.testing.databases import databases  # noqa: PLC0415  takes half a second

    with _shown(request.config), _plainly(), databases() as found:
        yield found


@pytest.fixture
def awa_database(request: pytest.FixtureRequest, awa_databases: Databases) -> Iterator[TestDatabase]:
    """Give this test a database of its own that is ready for Awa: ``awa_database.url``, ``.name``, ``.parameters``."""
    with _plainly(), awa_databases.create(**_asked(request)) as database:
        yield database


def _asked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the arguments of a test's marker, else the options of the project."""
    options: dict[str, Any] = {"config": request.config.getini("awa_config") or None}
    options["activation"] = request.config.getini("awa_activation") or None
    marker = request.node.get_closest_marker("awa")
    if marker is not None:
        if marker.args or not set(marker.kwargs) <= set(options):
            pytest.fail(f"The marker is {_MARKER.partition(':')[0]}, not {marker!r}.", pytrace=False)
        options |= marker.kwargs
    if options["config"] is not None:
        options["config"] = request.config.rootpath / Path(options["config"])
    return options


@contextmanager
def _plainly() -> Iterator[None]:
    """Show a failure of awa-infra as its message, without the traceback."""
    from awa_infra.errors import AwaInfraError  # noqa: PLC0415  see above

    try:
        yield
    except AwaInfraError as error:
        raise pytest.fail.Exception(error.report(), pytrace=False) from None


class _Shown(logging.Handler):
    """Print on standard error at once, although pytest captures what tests print."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(logging.WARNING)
        self._capture = config.pluginmanager.get_plugin("capturemanager")

    def emit(self, record: logging.LogRecord) -> None:
        """Print it on a line of its own, below the dots of pytest."""
        with self._capture.global_and_fixture_disabled() if self._capture else nullcontext():
            sys.stderr.write(f"\nawa-infra: {record.getMessage()}\n")
            sys.stderr.flush()


@contextmanager
def _shown(config: pytest.Config) -> Iterator[None]:
    """Show progress of the server on standard error."""
    log, handler = logging.getLogger("awa_infra.localserver"), _Shown(config)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
