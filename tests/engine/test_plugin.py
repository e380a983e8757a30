"""The executable plugin on the real engine, driven by Python programs through the generated Python SDK."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from devtools import docs_shown, sdks
from devtools.docs_shown import ROOT
from tests.engine import projects
from tests.engine.conftest import CANARY
from tests.engine.projects import Project, Result
from tests.engine.test_interruptions import BLOCKER, GATE, WAITING, until
from tests.matrix import canonical_jobs
from tests.support.plugin import COMMAND
from tests.support.pulumi_tools import generated
from tests.support.schemas import EARLY
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_everything
from tests.unit.test_docs_commands import RUN_IMPORT, RUN_MOVE

ROLES = ("plugin_owner", "plugin_runtime")


@pytest.fixture(scope="session")
def sdk() -> Path:
    """Return the folder of the generated Python SDK."""
    return generated("python")


@pytest.fixture
def plugged(
    tmp_path: Path, pulumi_path: str, sdk: Path, database: Database, server: TestServer, canary: str
) -> Project:
    """Give the Python example of the plugin, pointed at a database that does not exist yet."""
    server.drop(database)
    folder = tmp_path / "plugin-python"
    projects.copy("plugin-python", "dev", folder, {})
    program = folder / "__main__.py"
    text = program.read_text()
    for word, own in own_names(database).items():
        text = re.sub(rf"\b{word}\b", own, text)
    program.write_text(text)
    environment = projects.environment(folder, pulumi_path, canary) | {
        "PATH": os.pathsep.join([str(COMMAND.parent), pulumi_path]),
        "PYTHONPATH": str(sdk),
    }
    made = Project(folder, environment, database)
    assert made.pulumi("stack", "init", "dev").status == 0
    made.secret("databaseUrl", canary)
    return made


def own_names(database: Database) -> dict[str, str]:
    return {"plugin_jobs": database.name, **{role: f"{role}_{database.name}" for role in ROLES}}


def said(result: Result) -> str:
    text = result.stdout + result.stderr
    assert CANARY not in text
    assert "Traceback" not in text
    return text


def summary(text: str) -> dict[str, int]:
    """Return the counts that the engine prints last."""
    return {
        word: int(count) for count, word in re.findall(r"^    [-+~=]? ?(\d+) (?:to )?(\w+)", text, flags=re.MULTILINE)
    }


@dataclass
class Page:
    """A page about the plugin, in the hands of somebody who does what it says."""

    name: str
    project: Project
    names: dict[str, str]
    variables: dict[str, str]

    def program(self, file: str) -> str:
        """Return a program that the page shows."""
        (text,) = [b.text for b in docs_shown.blocks(ROOT / self.name, "python") if b.file == file]
        for word, own in self.names.items():
            text = text.replace(word, own)
        return text

    def run_commands(self) -> None:
        """Run every command that the page shows."""
        for block in docs_shown.blocks(ROOT / self.name, "console"):
            for command in docs_shown.commands(block):
                done = self.project.run("bash", "-o", "pipefail", "-c", command.text, **self.variables)
                assert done.status == 0, said(done)


def without_imports(program: str) -> str:
    return re.sub(r"(, )?import_=\"\w+\"", "", program)


def test_a_full_stack_through_the_plugin(plugged: Project, server: TestServer) -> None:
    """One story, because every step of the engine costs seconds."""
    a_preview_says_what_is_pending(plugged)
    an_up_shows_progress_and_another_one_changes_nothing(plugged)
    drift_shows_in_a_preview_with_the_version_it_leads_to(plugged)
    a_fixed_input_is_refused_in_the_preview(plugged)
    a_refresh_finds_what_is_there(plugged)
    whatever_is_deleted_the_schemas_and_their_jobs_are_there(plugged)
    an_import_writes_no_secret_down(plugged, Target.of(server.url).with_database(plugged.database.name))
    assert CANARY not in plugged.state_text


def a_preview_says_what_is_pending(project: Project) -> None:
    text = said(project.program("preview"))
    assert summary(text) == {"create": 5}
    assert f"Database {project.database.name} is missing and is created." in text
    assert "Pending from an empty database: 39 migrations (V1-V7, V9-V40)" in text
    assert "Pending: queue-storage schema acme_jobs (16/8/8 slots with receipts), lanes of mail in acme_jobs." in text


def an_up_shows_progress_and_another_one_changes_nothing(project: Project) -> None:
    text = said(project.program("up"))
    assert summary(text) == {"created": 5}
    assert re.search(r"awa:index:Schema awa creating \(\d+s\) applying \d+/\d+: V\d+ ", text)
    state = read_state(project.database.url)
    assert state.version == 40
    existing = state.substrate("acme_jobs")
    assert existing is not None
    assert existing.owner == own_names(project.database)["plugin_owner"]
    assert summary(said(project.program("up"))) == {"unchanged": 5}


def drift_shows_in_a_preview_with_the_version_it_leads_to(project: Project) -> None:
    program = (project.folder / "__main__.py").read_text()
    held = program.replace('"awa", database_url', '"awa", target_version=39, database_url')
    refused = project.program("preview", source=held)
    assert refused.status == 1
    assert "[downgrade]" in said(refused)
    project.database.rows("DROP SCHEMA acme_jobs CASCADE")
    text = said(project.program("preview"))
    assert "Pending: queue-storage schema acme_jobs" in text
    assert summary(text) == {"update": 2, "unchanged": 3}  # the schema, and the privileges that went with it
    assert summary(said(project.program("up"))) == {"updated": 2, "unchanged": 3}


def a_fixed_input_is_refused_in_the_preview(project: Project) -> None:
    program = (project.folder / "__main__.py").read_text()
    refused = project.program("preview", source=program.replace('schema="acme_jobs"', 'schema="other_jobs"'))
    assert refused.status == 1
    assert "schema of a queue-storage schema cannot change from acme_jobs to other_jobs" in said(refused)


def a_refresh_finds_what_is_there(project: Project) -> None:
    assert summary(said(project.pulumi("refresh", "--yes", "--stack=dev"))) == {"unchanged": 5}


def leave_to_delete(project: Project, name: str) -> None:
    """Write into the state what an interrupted replacement leaves there."""
    state = project.export()
    resources = state["deployment"]["resources"]
    old = next(resource for resource in resources if resource["urn"] == project.urn(name))
    resources.append({**old, "delete": True})
    file = project.folder / "state.json"
    file.write_text(json.dumps(state))
    imported = project.pulumi("stack", "import", f"--file={file}", "--stack=dev")
    assert imported.status == 0, said(imported)
    file.unlink()


def whatever_is_deleted_the_schemas_and_their_jobs_are_there(project: Project) -> None:
    with psycopg.connect(project.database.url, autocommit=True) as connection:
        canonical_jobs.insert(connection, only_terminal=False)
    before = dump_everything(project.database.url)
    program = (project.folder / "__main__.py").read_text()
    assert "replaced" in said(project.program("up", f"--replace={project.urn('awa')}"))
    assert dump_everything(project.database.url) == before
    dropping = program.replace('schema="acme_jobs",', 'schema="acme_jobs", deletion_policy="drop",')
    # Another provider is another process, which the old resource's does not know.
    renamed = dropping.replace('"acme",', '"renamed",').replace(
        "depends_on=[schema])", 'depends_on=[schema], provider=awa.Provider("other"))'
    )
    said(project.program("up", source=dropping))
    text = said(project.program("up", source=renamed))
    assert "Another resource declares the same now, so nothing is dropped." in text
    leave_to_delete(project, "renamed")
    text = said(project.program("up", source=renamed))
    assert "What replaced it declares the same, so nothing is dropped." in text
    text = said(project.program("up", f"--replace={project.urn('renamed')}", source=renamed))
    assert "so nothing is dropped." in text
    said(project.program("up"))
    assert dump_everything(project.database.url) == before
    deleted = project.pulumi("state", "delete", project.urn("acme"), "--force", "--yes", "--stack=dev")
    assert deleted.status == 0, said(deleted)
    assert summary(said(project.program("up"))) == {"created": 1, "unchanged": 4}
    text = said(project.program("up", source="import pulumi"))
    assert "Queue-storage schema acme_jobs and its jobs are left as they are. Pulumi only forgets it." in text
    assert summary(text) == {"deleted": 4, "unchanged": 1}
    protecting = program.replace("depends_on=[roles]", "depends_on=[roles], protect=True")
    assert summary(said(project.program("up", source=protecting))) == {"created": 4, "unchanged": 1}
    assert "because it is protected" in said(project.pulumi("destroy", "--yes", "--skip-preview", "--stack=dev"))
    said(project.program("up"))
    assert dump_everything(project.database.url) == before
    text = said(project.pulumi("destroy", "--yes", "--skip-preview", "--stack=dev"))
    assert "Schema awa is left as it is: awa-infra never drops it. Pulumi only forgets it." in text
    assert summary(text) == {"deleted": 5}
    assert dump_everything(project.database.url) == before


def an_import_writes_no_secret_down(project: Project, url: str) -> None:
    """What `pulumi import` prints is written by its own generators; the command itself needs a language host."""
    page = Page(RUN_IMPORT, project, {}, {"DATABASE_URL": url})
    page.run_commands()
    program = page.program("imported.py")
    wrong = project.program("preview", source=program.replace("queue_slots=16", "queue_slots=32"))
    assert wrong.status == 1
    assert "queueSlots of a queue-storage schema cannot change from 16 to 32" in said(wrong)
    assert summary(said(project.program("up", source=program))) == {"created": 1, "imported": 2, "changes": 3}
    found = {r["type"]: r for r in project.export()["deployment"]["resources"]}
    assert "inputs" not in found["awa:index:Schema"]
    assert found["awa:index:Schema"]["outputs"]["schemaVersion"] == 40
    shape = {"schema": "acme_jobs", "queueSlots": 16, "leaseSlots": 8, "claimSlots": 8, "receipts": True}
    assert found["awa:index:QueueStorageSchema"]["inputs"] == shape
    for kind in ("Schema", "QueueStorageSchema"):
        assert "databaseUrl" not in found[f"awa:index:{kind}"]["outputs"]
    text = said(project.program("preview", source=without_imports(program) + ASKING))
    assert summary(text) == {"unchanged": 3}
    assert re.search(r"\+ stands *: 40\n", text)
    assert re.search(r"\+ pending *: \[\]", text)
    exported = project.folder / "exported.json"
    assert project.pulumi("stack", "export", "--stack=dev", f"--file={exported}").status == 0
    printed = {language: sdks.imported(language, exported) for language in sdks.LANGUAGES}
    for text in printed.values():
        assert "acme_jobs" in text
        assert "postgresql://" not in text
        assert CANARY not in text
    assert summary(said(project.program("preview", source=printed["python"]))) == {"unchanged": 3}


ASKING = """
pulumi.export("stands", awa.get_status_output().schema_version)
pulumi.export("pending", awa.get_plan_output(queue_storage_schemas=["acme_jobs"]).steps)
"""

STACK = """
import pulumi
import pulumi_awa as awa

stack = awa.Stack(
    "awa",
    database={{"name": "{database}"}},
    roles={{"owner": "{owner}", "runtime": "{runtime}"}},
    runtime_password=pulumi.Output.secret("{password}"),
    queue_storage_schemas=[{{"schema": "acme_jobs", "queueSlots": 4, "queues": ["mail", {{"name": "sms"}}]}}],
    activation="acme_jobs",
)
pulumi.export("version", stack.schema_version)
pulumi.export("schemas", stack.queue_storage_schemas)
pulumi.export("url", stack.database_url)
"""


def test_the_component_declares_what_a_stack_configuration_does(plugged: Project) -> None:
    names = own_names(plugged.database)
    program = STACK.format(
        database=plugged.database.name, owner=names["plugin_owner"], runtime=names["plugin_runtime"], password=CANARY
    )
    assert summary(said(plugged.program("preview", source=program))) == {"create": 7}
    text = said(plugged.program("up", source=program))
    assert summary(text) == {"created": 7}
    outputs = json.loads(plugged.pulumi("stack", "output", "--json", "--stack=dev").stdout)
    assert (outputs["version"], outputs["schemas"], outputs["url"]) == (40, ["acme_jobs"], "[secret]")
    state = read_state(plugged.database.url)
    assert state.transition is not None
    assert state.transition.active_schema == "acme_jobs"
    assert plugged.database.rows("SELECT queue FROM acme_jobs.queue_lanes WHERE queue = 'sms' LIMIT 1")
    assert summary(said(plugged.program("up", source=program))) == {"unchanged": 7}
    wrong = program.replace('"queueSlots": 4', '"queueSlots": 3').replace('activation="acme_jobs"', 'activation="acme"')
    refused = plugged.program("preview", source=wrong)
    assert refused.status == 1
    # The SDK of the program prints a traceback of its own when the engine ends it; nothing in it is ours.
    text = refused.stdout + refused.stderr
    assert "Stack awa has 2 problems." in text
    assert "Stack awa: activation: schema 'acme' is not in queueStorageSchemas" in text
    assert "Stack awa: queueStorageSchemas[0].queueSlots: must be at least 4" in text
    assert "awa_infra/" not in text.partition("Diagnostics:")[2]
    assert CANARY not in text + plugged.state_text


FROM_ENVIRONMENT = """
import pulumi
import pulumi_awa as awa

jobs = awa.Database("jobs", name="{database}")
own = awa.Provider("own", lock_wait=5)
jobs_too = awa.Database("too", name="{database}", opts=pulumi.ResourceOptions(provider=own, depends_on=jobs))
"""


def test_without_configuration_the_connection_is_that_of_the_environment_and_kept_encrypted(plugged: Project) -> None:
    plugged.set(databaseUrl=None)
    program = FROM_ENVIRONMENT.format(database=plugged.database.name)
    text = said(plugged.program("up", source=program))
    assert summary(text) == {"created": 4}, text
    providers = [
        resource["inputs"]["databaseUrl"]
        for resource in plugged.export()["deployment"]["resources"]
        if resource["type"] == "pulumi:providers:awa"
    ]
    assert [set(kept) & {"ciphertext"} for kept in providers] == [{"ciphertext"}] * 2
    assert CANARY not in plugged.state_text
    assert summary(said(plugged.program("preview", source=program))) == {"unchanged": 4}
    nowhere = replace(plugged, environment={k: v for k, v in plugged.environment.items() if k != "DATABASE_URL"})
    refused = nowhere.program("preview", source=program)
    assert refused.status == 1
    assert "or set DATABASE_URL, or databaseUrl of the provider" in said(refused)


FLEET = """
import pulumi
import pulumi_awa as awa

for number in range(20):
    database = awa.Database(f"jobs-{{number}}", name=f"{database}_{{number}}")
    awa.Schema(f"awa-{{number}}", database_url=database.url, target_version=None if number < {complete} else {early})
"""

COMPLETE = 6
"""Databases that get everything: more than fit into the lock table of the server at once."""


def test_twenty_databases_at_once(plugged: Project, server: TestServer) -> None:
    program = FLEET.format(database=plugged.database.name, complete=COMPLETE, early=EARLY)
    try:
        text = said(plugged.program("up", "--parallel=20", source=program))
        assert summary(text) == {"created": 41}
        for number in range(20):
            found = read_state(Target.of(server.url).with_database(f"{plugged.database.name}_{number}"))
            assert found.version == (40 if number < COMPLETE else EARLY)
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for number in range(20):
                name = sql.Identifier(f"{plugged.database.name}_{number}")
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def test_a_state_moves_from_the_dynamic_resources_to_the_plugin(plugged: Project, canary: str) -> None:
    """Does what the page says, with its programs and commands."""
    page = Page(
        RUN_MOVE,
        plugged,
        {"moved_jobs": plugged.database.name},
        {"JOBS_URL": Target.of(canary).with_database(plugged.database.name)},
    )
    said(plugged.program("up", source=page.program("before.py")))
    with psycopg.connect(plugged.database.url, autocommit=True) as connection:
        canonical_jobs.insert(connection, only_terminal=False)
    before = dump_everything(plugged.database.url)
    page.run_commands()
    program = page.program("after.py")
    text = said(plugged.program("up", source=program))
    assert {"imported": 3, "deleted": 3}.items() <= summary(text).items(), text
    types = {resource["type"] for resource in plugged.export()["deployment"]["resources"]}
    assert not any("pulumi-python:dynamic" in type_ for type_ in types)
    assert dump_everything(plugged.database.url) == before
    assert summary(said(plugged.program("preview", source=without_imports(program)))) == {"unchanged": 5}
    assert CANARY not in plugged.state_text


def test_an_interrupted_up_rolls_back_at_once_and_the_next_one_goes_on(plugged: Project, server: TestServer) -> None:
    user = Target.of(plugged.environment["DATABASE_URL"]).parameters["user"]
    with psycopg.connect(server.url, autocommit=True) as superuser:
        made = sql.SQL("CREATE DATABASE {} OWNER {}")
        superuser.execute(made.format(sql.Identifier(plugged.database.name), sql.Identifier(user)))
    plugged.database.rows(BLOCKER)
    command = [sys.executable, str(projects.DRIVE), "up", "dev", str(plugged.folder / "__main__.py")]
    with (
        psycopg.connect(plugged.database.url) as holder,
        subprocess.Popen(
            command,
            cwd=plugged.folder,
            env=plugged.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        holder.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        until(lambda: plugged.database.rows(WAITING) != [])
        engine = subprocess.run(
            ["pgrep", "-P", str(process.pid), "-x", "pulumi"], capture_output=True, text=True, check=True
        )
        os.kill(int(engine.stdout), signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
        # Nobody let the lock go: it was the engine that told the plugin, and the plugin PostgreSQL.
        assert plugged.database.rows(WAITING) == []
    assert process.returncode == 1
    assert "[cancelled]" in stdout
    assert CANARY not in stdout + stderr
    assert read_state(plugged.database.url).version == 0
    assert summary(said(plugged.program("up"))) == {"created": 2, "unchanged": 3}
