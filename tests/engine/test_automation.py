"""Programs inside of another program, by Pulumi's Automation API, with both adapters."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pulumi import automation

from awa_infra import AwaSchema, QueueStorageSchema
from awa_infra.database.observe import read_state
from tests.engine import projects
from tests.engine.projects import PASSPHRASE
from tests.support.plugin import COMMAND
from tests.support.pulumi_tools import generated
from tests.support.servers import Database
from tests.support.tools import dump_everything


def dynamic(url: str, slots: int) -> Callable[[], None]:
    def program() -> None:
        schema = AwaSchema("awa", database_url=url, opts=pulumi.ResourceOptions(protect=False))
        queue = QueueStorageSchema(
            "queue",
            database_url=url,
            schema="shop_queue",
            queue_slots=slots,
            opts=pulumi.ResourceOptions(depends_on=schema),
        )
        pulumi.export("version", schema.schema_version)
        pulumi.export("url", queue.database_url)

    return program


def plugin(url: str, slots: int) -> Callable[[], None]:
    def program() -> None:
        awa = importlib.import_module("pulumi_awa")  # generated for the tests
        schema = awa.Schema("awa", database_url=url)
        queue = awa.QueueStorageSchema(
            "queue",
            database_url=url,
            schema="shop_queue",
            queue_slots=slots,
            opts=pulumi.ResourceOptions(depends_on=schema),
        )
        pulumi.export("version", schema.schema_version)
        pulumi.export("url", queue.database_url)

    return program


@pytest.mark.parametrize(("adapter", "name"), [(dynamic, "queue_slots"), (plugin, "queueSlots")])
def test_an_inline_program_has_outputs_and_errors_as_any(
    adapter: Callable[[str, int], Callable[[], None]],
    name: str,
    tmp_path: Path,
    pulumi_path: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = database.url
    (tmp_path / "state").mkdir()
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    environment = projects.environment(tmp_path, pulumi_path, url)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("PATH", os.pathsep.join([str(COMMAND.parent), pulumi_path]))
    monkeypatch.syspath_prepend(generated("python"))
    options = automation.LocalWorkspaceOptions(work_dir=str(tmp_path))
    stack = automation.create_or_select_stack("inline", project_name="inline", program=adapter(url, 4), opts=options)
    made = stack.up()
    assert made.summary.resource_changes == {"create": 3}
    assert made.outputs["version"].value == 40
    assert (made.outputs["url"].value, made.outputs["url"].secret) == (url, True)
    before = dump_everything(url)
    assert stack.up().summary.resource_changes == {"same": 3}
    wrong = automation.select_stack("inline", project_name="inline", program=adapter(url, 3), opts=options)
    with pytest.raises(automation.CommandError) as failed:
        wrong.up()
    assert f"property {name} value {{3}} has a problem: must be at least 4 [config-invalid]" in str(failed.value)
    assert "<nil>" not in str(failed.value)
    assert stack.refresh().summary.resource_changes == {"same": 3}
    assert stack.destroy().summary.resource_changes == {"delete": 3}
    assert dump_everything(url) == before
    assert read_state(url).version == 40
