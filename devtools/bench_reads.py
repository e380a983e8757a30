"""The part of ``make bench`` about reads: previews that change nothing, and verifications of many schemas."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, QueueStorage, Shape
from awa_infra.release import installed_release
from devtools import pulumi_cli
from devtools.bench_ways import Seconds, in_turn, seconds
from devtools.progress import note

if TYPE_CHECKING:
    from pulumi import automation

RESOURCES = 100
"""How many resources a preview has."""

SCHEMAS = (5, 10, 20, 40)
"""How many custom schemas are verified."""

SMALL = Shape(4, 2, 2)
"""The smallest queue storage that Awa allows."""

_TRIVIAL = """
from pulumi.dynamic import CreateResult, ResourceProvider


class TrivialProvider(ResourceProvider):
    def create(self, props):
        return CreateResult("x", props)
"""
"""A module of its own: the provider is kept by its name, as those of this package are."""

_PROGRAM = """
import os

from pulumi import ResourceOptions
from pulumi.dynamic import Resource
from trivial import TrivialProvider

from awa_infra import AwaDatabase, AwaSchema, QueueStorageSchema


class Trivial(Resource):
    def __init__(self, name):
        super().__init__(TrivialProvider(), name, {"a": "b"})


url = os.environ["DATABASE_URL"]
if KIND == "trivial":
    for number in range(COUNT):
        Trivial(f"r{number}")
elif KIND == "fleet":
    for number in range(COUNT // 2):
        database = AwaDatabase(f"d{number}", server_url=url, name=f"fleet_{number}")
        AwaSchema(f"r{number}", database_url=database.url)
else:
    options = ResourceOptions(depends_on=[AwaSchema("r0", database_url=url)])
    shape = {"queue_slots": %d, "lease_slots": %d, "claim_slots": %d}
    for number in range(1, COUNT):
        QueueStorageSchema(f"r{number}", database_url=url, schema=f"acme_{number - 1}", opts=options, **shape)
"""


def previews(folder: Path, url: str, rounds: int) -> Seconds:
    """Return how long a preview of unchanged resources takes, beside as many resources that do nothing.

    Args:
        folder: for the project and its state.
        url: connection string of a migrated database; the server gets a fleet of copies of it.
        rounds: how often each is measured, in turn.

    Raises:
        ToolMissing: there is no Pulumi.
    """
    _copy(url, [f"fleet_{number}" for number in range(RESOURCES // 2)])
    stacks = {
        f"{RESOURCES} trivial dynamic resources": _stack(folder, url, "trivial", RESOURCES),
        f"{RESOURCES // 2} databases, each with AwaSchema": _stack(folder, url, "fleet", RESOURCES),
    }
    return in_turn({name: one.preview for name, one in stacks.items()}, rounds, seconds)


def unchanged(folder: Path, url: str, rounds: int) -> Seconds:
    """Return how long an ``up`` that changes nothing takes for a database with more and more custom schemas.

    Args:
        folder: for the projects and their states.
        url: connection string of a migrated database with the schemas that `verifications` has made.
        rounds: how often each is measured, in turn.

    Raises:
        ToolMissing: there is no Pulumi.
    """
    stacks = {
        f"{count + 1} trivial dynamic resources": _stack(folder, url, "trivial", count + 1) for count in SCHEMAS[-1:]
    }
    stacks |= {f"{count} custom schemas": _stack(folder, url, "custom", count + 1) for count in SCHEMAS}
    return in_turn({name: one.up for name, one in stacks.items()}, rounds, seconds)


def _copy(url: str, names: Iterable[str]) -> None:
    """Make copies of a database, each with its own catalogs; they go with the server."""
    source = sql.Identifier(Target.of(url).parameters["dbname"])
    with psycopg.connect(Target.of(url).with_database("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))


def _stack(folder: Path, url: str, kind: str, count: int) -> automation.Stack:
    """Make a stack and bring its resources up once."""
    from pulumi import automation  # noqa: PLC0415  takes most of a second

    note(f"bench: a stack of {count} resources, {kind}")
    directory = pulumi_cli.ensure().directory
    project = folder / f"{kind}-{count}"
    (project / "state").mkdir(parents=True)
    (project / "passphrase").write_text("of a bench")
    (project / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (project / "trivial.py").write_text(_TRIVIAL)
    program = project / "program.py"
    program.write_text(_PROGRAM % (SMALL.queue_slots, SMALL.lease_slots, SMALL.claim_slots))
    if str(project) not in sys.path:
        sys.path.insert(0, str(project))
    if str(directory) not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = f"{directory}{os.pathsep}{os.environ['PATH']}"
    environment = {
        "PULUMI_BACKEND_URL": f"file://{project / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(project / "passphrase"),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PYTHONPATH": str(project),
    }
    os.environ["DATABASE_URL"] = url  # the program runs in this process, and the engine in its environment

    def run() -> None:
        runpy.run_path(str(program), {"KIND": kind, "COUNT": count}, run_name="__main__")

    options = automation.LocalWorkspaceOptions(work_dir=str(project), env_vars=environment)
    stack = automation.create_or_select_stack("bench", project_name="bench", program=run, opts=options)
    stack.up()
    return stack


def verifications(url: str, rounds: int) -> Seconds:
    """Return how long the verification of a database takes with more and more custom schemas.

    Args:
        url: connection string of a migrated database, which gets the schemas.
        rounds: how often each is measured.
    """
    release = installed_release()
    measured: Seconds = {}
    made = 0
    for count in SCHEMAS:
        note(f"bench: verify with {count} custom schemas")
        for number in range(made, count):
            apply(url, DesiredState(release, None, (QueueStorage(f"acme_{number}", SMALL),)))
        made = count
        measured[f"{count} custom schemas"] = [seconds(lambda: verify(url, release)) for _ in range(rounds)]
    return measured
