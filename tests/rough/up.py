"""``up`` on the real engine, by either adapter, as two more ways to bring a database to the current release."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from awa_infra.model import QueueStorage
from tests.engine.projects import DRIVE, environment
from tests.support.plugin import COMMAND
from tests.support.pulumi_tools import engine, generated

_PROGRAM = """
import os

import pulumi
{imported}

url = os.environ["DATABASE_URL"]
schema = {module}.{schema}("awa", database_url=url)
{module}.QueueStorageSchema(
    "custom",
    database_url=url,
    schema="{custom.schema}",
    queue_slots={custom.shape.queue_slots},
    lease_slots={custom.shape.lease_slots},
    claim_slots={custom.shape.claim_slots},
    opts=pulumi.ResourceOptions(depends_on=[schema]),
)
"""


def command(adapter: str, custom: QueueStorage, url: str) -> tuple[list[str], Path, Mapping[str, str]]:
    """Make a project with a state of its own.

    Args:
        adapter: ``dynamic`` or ``plugin``.
        custom: the queue-storage schema that it declares beside ``awa``.
        url: connection string of the database.

    Returns:
        The words that run ``up``, the folder for them, and the variables that they need.
    """
    pulumi = str(engine())
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-rough-up-"))
    (folder / "state").mkdir()
    (folder / "passphrase").write_text("of a test", encoding="utf-8")
    (folder / "Pulumi.yaml").write_text("name: rough\nruntime: python\n", encoding="utf-8")
    if adapter == "dynamic":
        text = _PROGRAM.format(imported="import awa_infra", module="awa_infra", schema="AwaSchema", custom=custom)
        path, sdk = [pulumi, os.environ["PATH"]], {}
    else:
        text = _PROGRAM.format(imported="import pulumi_awa", module="pulumi_awa", schema="Schema", custom=custom)
        path, sdk = [str(COMMAND.parent), pulumi, os.environ["PATH"]], {"PYTHONPATH": str(generated("python"))}
    program = folder / "other_main.py"
    program.write_text(text, encoding="utf-8")
    variables = environment(folder, os.pathsep.join(path), url) | sdk
    return [sys.executable, str(DRIVE), "up", "dev", str(program)], folder, variables
