"""The ways in which a database is brought to the current version; each ends in the same schema, or refuses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from awa_infra.bundles.writing import write
from awa_infra.database.apply import apply
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.model import DesiredState, QueueStorage, Shape, Step, Transaction
from awa_infra.release import installed_release
from tests.matrix.starts import CUSTOM_SHAPES, Start
from tests.support.bundles import render
from tests.support.folders import folder_of_the_run
from tests.support.tools import awa
from tests.tools.runners import RUNNERS

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
        apply(url, desired, options=ApplyOptions(progress=interrupt))
    apply(url, desired)


def interrupted(start: Start, url: str) -> None:
    """Apply, be interrupted in the middle, apply again."""

    def interrupt(number: int, total: int, _step: Step) -> None:
        if number == min(STEP_OF_THE_INTERRUPTION, total):
            raise KeyboardInterrupt

    try:
        apply(url, desired_for(start), options=ApplyOptions(progress=interrupt))
    except KeyboardInterrupt:
        apply(url, desired_for(start))


def awa_migrate(_start: Start, url: str) -> None:
    """Run Awa's own command."""
    awa("migrate", url=url)


def bundle_of(form: str) -> Callable[[Start, str], None]:
    """Return the way of a bundle: where the tool has to be told of what Awa migrated, it is told first."""

    def run(start: Start, url: str) -> None:
        observed = read_state(url)
        tool, bundle = RUNNERS[form], _bundle(form, start.custom_schemas)
        if observed.versions and not observed.legacy_numbering:
            adopted = tool.adopt(url, bundle)
            assert adopted.status == 0, adopted.output
        done = tool.up(url, bundle)
        if observed.legacy_numbering:
            assert done.status != 0
            assert "legacy-numbering" in done.output
            raise Refused("legacy-numbering")
        assert done.status == 0, done.output

    return run


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
        ("psql bundle", bundle_of("psql")),
        ("Flyway", bundle_of("flyway")),
        ("Liquibase", bundle_of("liquibase")),
        ("Alembic", bundle_of("alembic")),
        ("goose", bundle_of("goose")),
        ("golang-migrate", bundle_of("golang-migrate")),
        ("dbmate", bundle_of("dbmate")),
        ("sqitch", bundle_of("sqitch")),
    )
)


@cache
def _bundle(name: str, custom: tuple[str, ...]) -> Path:
    folder = folder_of_the_run("matrix") / name
    write(render(name, desired_for(Start("any", custom_schemas=custom))), folder)
    return folder
