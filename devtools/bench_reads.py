"""The part of ``make bench`` about reads: previews that change nothing, and verifications of many schemas."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.model import DesiredState, QueueStorage, Shape
from awa_infra.release import installed_release
from devtools import pulumi_cli
from devtools.progress import note

RESOURCES = 100
"""How many resources a preview has."""

SCHEMAS = (5, 10, 20, 40)
"""How many custom schemas are verified."""

SMALL = Shape(4, 2, 2)
"""The smallest queue storage that Awa allows."""

Seconds = dict[str, list[float]]
Measure = Callable[[Callable[[], object]], float]

_PROGRAM = """
import os

import pulumi
from pulumi.dynamic import Resource, ResourceProvider, CreateResult

from awa_infra import AwaSchema


class TrivialProvider(ResourceProvider):
    def create(self, props):
        return CreateResult("x", props)


class Trivial(Resource):
    def __init__(self, name):
        super().__init__(TrivialProvider(), name, {"a": "b"})


if KIND == "trivial":
    for number in range(%(count)d):
        Trivial(f"r{number}")
else:
    first = AwaSchema("r0", database_url=os.environ["DATABASE_URL"])
    for number in range(1, %(count)d):
        options = pulumi.ResourceOptions(depends_on=[first])
        AwaSchema(f"r{number}", database_url=os.environ["DATABASE_URL"], opts=options)
"""


def previews(folder: Path, url: str, rounds: int, seconds: Measure) -> Seconds:
    """Return how long a preview of unchanged resources takes, beside as many resources that do nothing.

    Args:
        folder: for the project and its state.
        url: connection string of a migrated database.
        rounds: how often each is measured, in turn.
        seconds: measures one.

    Raises:
        ToolMissing: there is no Pulumi.
    """
    from pulumi import automation  # noqa: PLC0415  takes most of a second

    directory = pulumi_cli.ensure().directory
    project = folder / "previews"
    (project / "state").mkdir(parents=True)
    (project / "passphrase").write_text("of a bench")
    (project / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    program = project / "program.py"
    program.write_text(_PROGRAM % {"count": RESOURCES})
    os.environ |= {
        "DATABASE_URL": url,
        "PATH": f"{directory}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{project / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(project / "passphrase"),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def stack(kind: str) -> automation.Stack:
        def run() -> None:
            # A module of its own each time: what is defined in it is sent to the provider.
            runpy.run_path(str(program), {"KIND": kind}, run_name="__main__")

        options = automation.LocalWorkspaceOptions(work_dir=str(project))
        return automation.create_or_select_stack(kind, project_name="bench", program=run, opts=options)

    kinds = {f"{RESOURCES} trivial dynamic resources": "trivial", f"{RESOURCES} times AwaSchema": "awa"}
    stacks = {name: stack(kind) for name, kind in kinds.items()}
    for one in stacks.values():
        one.up()
    measured: Seconds = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, one in stacks.items():
            measured[name].append(seconds(one.preview))
    return measured


def verifications(url: str, rounds: int, seconds: Measure) -> Seconds:
    """Return how long the verification of a database takes with more and more custom schemas.

    Args:
        url: connection string of a migrated database, which gets the schemas.
        rounds: how often each is measured.
        seconds: measures one.
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
