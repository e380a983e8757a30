"""The ways in which a database is brought to the current version; each ends in the same schema, or refuses."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_state
from awa_infra.model import DesiredState, QueueStorage, Shape, Step, Transaction
from awa_infra.packaging.bundle import render
from awa_infra.packaging.write import write
from awa_infra.release import installed_release
from devtools import java_tools
from tests.matrix.starts import CUSTOM_SHAPES, Start
from tests.support.tools import awa
from tests.tools.bundle_tools import Tool, command, psql

STEP_OF_THE_INTERRUPTION = 3


def desired_for(start: Start) -> DesiredState:
    """Return what a start is to become: the current release, and the custom schemas that it has."""
    release = installed_release()
    custom = tuple(QueueStorage(name, Shape(*CUSTOM_SHAPES[name])) for name in start.custom_schemas)
    return DesiredState(release, release.schema_version, custom)


class Refused(Exception):  # noqa: N818
    """A way that is documented not to work for this start says so by the code of a gate."""


def engine(start: Start, url: str) -> None:
    """Apply, in one transaction."""
    apply(url, desired_for(start))


def engine_each(start: Start, url: str) -> None:
    """Apply, every migration in a transaction of its own; be interrupted once on the way."""
    desired = replace(desired_for(start), transaction=Transaction.EACH)

    def interrupt(number: int, total: int, _step: Step) -> None:
        if number == min(STEP_OF_THE_INTERRUPTION, total):
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        apply(url, desired, progress=interrupt)
    apply(url, desired)


def interrupted(start: Start, url: str) -> None:
    """Apply, be interrupted in the middle, apply again."""

    def interrupt(number: int, total: int, _step: Step) -> None:
        if number == min(STEP_OF_THE_INTERRUPTION, total):
            raise KeyboardInterrupt

    try:
        apply(url, desired_for(start), progress=interrupt)
    except KeyboardInterrupt:
        apply(url, desired_for(start))


def awa_migrate(_start: Start, url: str) -> None:
    """Run Awa's own command."""
    awa("migrate", url=url)


def psql_bundle(start: Start, url: str) -> None:
    """Run the psql bundle, which skips what is there."""
    observed = read_state(url)
    done = psql(url, _bundle("psql", start.custom_schemas) / "apply.sql")
    if observed.legacy_numbering:
        assert done.status != 0
        assert "legacy-numbering" in done.output
        raise Refused("legacy-numbering")
    assert done.status == 0, done.output


def flyway(start: Start, url: str) -> None:
    """Run the Flyway bundle; a database that Awa migrated is adopted first."""
    observed = read_state(url)
    tool = _tool("flyway", start.custom_schemas)
    if observed.legacy_numbering:
        result = tool.run(url, "migrate")
        assert result.status != 0
        assert "legacy-numbering" in result.output
        raise Refused("legacy-numbering")
    if observed.versions:
        done = tool.run(url, f"-baselineVersion={observed.version}", "baseline")
        assert done.status == 0, done.output
    done = tool.run(url, "migrate")
    assert done.status == 0, done.output


def liquibase(start: Start, url: str) -> None:
    """Run the Liquibase bundle, which adopts what is there."""
    observed = read_state(url)
    tool = _tool("liquibase", start.custom_schemas)
    prepared = psql(url, tool.bundle / "prerequisite.sql")
    assert prepared.status == 0, prepared.output
    done = tool.run(url, "update")
    if observed.legacy_numbering:
        assert done.status != 0
        assert "legacy-numbering" in done.output
        raise Refused("legacy-numbering")
    assert done.status == 0, done.output


@dataclass(frozen=True)
class Way:
    """One way, by the name that the table in the docs has for it."""

    name: str
    run: Callable[[Start, str], None]

    def __str__(self) -> str:
        return self.name


WAYS = tuple(
    Way(name, run)
    for name, run in (
        ("awa migrate", awa_migrate),
        ("engine", engine),
        ("engine, interrupted", interrupted),
        ("engine, each", engine_each),
        ("psql bundle", psql_bundle),
        ("Flyway", flyway),
        ("Liquibase", liquibase),
    )
)

_VARIABLES = MappingProxyType(
    {
        "flyway": (java_tools.flyway, ("FLYWAY_URL", "FLYWAY_USER", "FLYWAY_PASSWORD")),
        "liquibase": (
            java_tools.liquibase,
            ("LIQUIBASE_COMMAND_URL", "LIQUIBASE_COMMAND_USERNAME", "LIQUIBASE_COMMAND_PASSWORD"),
        ),
    }
)


@cache
def _tool(name: str, custom: tuple[str, ...]) -> Tool:
    find, variables = _VARIABLES[name]
    return Tool(command(find), variables, _bundle(name, custom))


@cache
def _bundle(name: str, custom: tuple[str, ...]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-matrix-")) / name
    write(render(name, desired_for(Start("any", custom_schemas=custom))), folder)
    return folder
