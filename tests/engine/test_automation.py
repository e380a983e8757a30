"""Programs inside of another program, by Pulumi's Automation API, with both adapters."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pulumi
import pytest
from pulumi import automation

from awa_infra import AwaSchema, AwaStack, QueueStorageSchema
from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.engine import projects
from tests.engine.conftest import CANARY
from tests.engine.projects import PASSPHRASE
from tests.support.plugin import COMMAND
from tests.support.pulumi_tools import generated
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_everything
from tests.unit.test_docs_commands import RUN_AUTOMATION


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


def test_what_the_page_says_about_mistakes_and_variables_is_so(
    tmp_path: Path, pulumi_path: str, awa_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    environment = projects.environment(tmp_path, pulumi_path, awa_database.url)
    for key in ("PULUMI_CONFIG_PASSPHRASE", "DATABASE_URL"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("PATH", environment["PATH"])

    def stack(name: str, program: Callable[[], object], **variables: str) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(env_vars=environment | variables)
        return automation.create_or_select_stack(
            name, project_name="inline", program=lambda: (program(), None)[1], opts=options
        )

    with pytest.raises(automation.errors.RuntimeError, match=r"There is no database URL\. \[config-invalid\]"):
        stack("nowhere", AwaStack.from_config).preview()
    configured = stack("configured", lambda: AwaStack.from_config(database_url=awa_database.url))
    configured.set_all_config({"awa:queueStorageSchemas[0].schema": automation.ConfigValue("shop_queue")}, path=True)
    assert configured.preview().change_summary == {"create": 4}
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    only = stack("only", lambda: Jobs("awa", database_url=awa_database.url), AWA_INFRA_PREVIEW_ONLY="true")
    shown = only.preview()
    assert "Pending: patch wait_free_dirty_marks." in shown.stdout
    assert "awa:AwaSchema" in shown.stdout
    with pytest.raises(automation.CommandError, match=r"\[preview-only\]"):
        only.up()


class Jobs(AwaSchema, module="awa", name="AwaSchema"):
    """A subclass that repeats the names."""


@pytest.fixture
def services(server: TestServer, database: Database, canary: str) -> Iterator[Mapping[str, str]]:
    """Give names for the databases of two services, and drop those afterwards."""
    del canary  # whose role goes after the databases that it owns
    names = {f"{service}_jobs": f"{database.name}_{service}" for service in ("orders", "billing")}
    yield names
    for name in names.values():
        server.drop(Database(name, Target.of(server.url).with_database(name)))


def test_the_page_about_the_automation_api_looks_after_several_stacks_in_one_process(
    tmp_path: Path, pulumi_path: str, server: TestServer, services: Mapping[str, str], canary: str
) -> None:
    (tmp_path / "state").mkdir()
    sandbox = Sandbox(
        tmp_path,
        docs_shown.environment(
            Path(sys.executable).parent,
            pulumi_path.partition(":")[0],
            DATABASE_URL=canary,
            PULUMI_BACKEND_URL=f"file://{tmp_path / 'state'}",
            PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
        ),
        {**services, "{service}_jobs": f"{services['orders_jobs'].removesuffix('orders')}{{service}}"},
    )
    ran = list(docs_shown.run(ROOT / RUN_AUTOMATION, sandbox, ()))
    assert docs_shown.problems(ran, sandbox) == []
    for service, name in services.items():
        state = read_state(Target.of(server.url).with_database(name))
        queue = service.replace("_jobs", "_queue")
        assert (state.version, {s.schema for s in state.substrates}) == (40, {"awa", queue})
    shown = "\n".join(result.output for result in ran)
    states = [path.read_text(errors="replace") for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [text for text in (shown, *states) if CANARY in text] == []
