"""What people type into a terminal: Pulumi with its language hosts, a YAML program, the plugin given to Pulumi."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from awa_infra import __version__
from awa_infra.database.observe import read_state
from devtools import docs_shown
from devtools.docs_shown import ROOT
from tests.engine.projects import PASSPHRASE, Result
from tests.engine.test_interruptions import BLOCKER, GATE, WAITING, until
from tests.engine.test_plugin import summary
from tests.support.plugin import COMMAND
from tests.support.servers import Database
from tests.support.tools import dump_everything

SMALL = {"queueSlots": 4, "leaseSlots": 2, "claimSlots": 2}
SCHEMA: dict[str, Any] = {"type": "awa:Schema"}
QUEUE: dict[str, Any] = {
    "type": "awa:QueueStorageSchema",
    "properties": {"schema": "shop_queue", **SMALL, "queues": ["emails"]},
    "options": {"dependsOn": ["${schema}"]},
}


@dataclass(frozen=True)
class Typed:
    """A folder with a program, and a terminal in it."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    database: Database

    def write(self, **resources: Any) -> None:  # noqa: ANN401  as in YAML
        """Write the program; the server is that of the environment."""
        content = {"name": "typed", "runtime": "yaml", "resources": resources}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def command(self, words: str) -> list[str]:
        return ["pulumi", "--color=never", *words.split()]

    def type(self, words: str) -> Result:
        """Run a command of Pulumi to its end."""
        done = subprocess.run(
            self.command(words),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def changes(self, words: str) -> dict[str, int]:
        """Run a command that must succeed; return what it counts."""
        done = self.type(words)
        assert done.status == 0, done.stdout + done.stderr
        return summary(done.stdout.rpartition("Resources:")[2])


@pytest.fixture
def typed(tmp_path: Path, hosted_path: str, database: Database) -> Typed:
    """Give an empty stack ``dev`` of a database without Awa."""
    folder = tmp_path / "typed"
    (folder / "state").mkdir(parents=True)
    environment = docs_shown.environment(
        DATABASE_URL=database.url,
        PULUMI_BACKEND_URL=f"file://{folder / 'state'}",
        PULUMI_HOME=str(tmp_path / "home"),
        PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
        PATH=hosted_path,
    )
    made = Typed(folder, environment, database)
    made.write()
    for words in (f"plugin install resource awa {__version__} --file {COMMAND}", "stack init dev"):
        done = made.type(words)
        assert done.status == 0, done.stderr
    return made


def test_target_alias_rename_and_move_change_nothing_in_the_database(typed: Typed) -> None:
    typed.write(schema=SCHEMA, queue=QUEUE)
    urn = "urn:pulumi:dev::typed::awa:index:Schema::schema"
    assert typed.changes(f"up --yes --target {urn}") == {"created": 2, "unchanged": 1}
    assert {s.schema for s in read_state(typed.database.url).substrates} == {"awa"}
    assert typed.changes("up --yes") == {"created": 1, "unchanged": 2}
    before = dump_everything(typed.database.url)

    renamed = {
        **QUEUE,
        "options": {**QUEUE["options"], "aliases": ["urn:pulumi:dev::typed::awa:index:QueueStorageSchema::queue"]},
    }
    typed.write(schema=SCHEMA, jobs=renamed)
    assert typed.changes("up --yes") == {"unchanged": 3}

    assert typed.type("stack rename prod").status == 0
    assert typed.changes("preview") == {"unchanged": 3}

    assert typed.type("stack init queues --no-select").status == 0
    urn = "urn:pulumi:prod::typed::awa:index:QueueStorageSchema::jobs"
    moved = typed.type(f"state move --yes --source prod --dest queues {urn}")
    assert moved.status == 0, moved.stdout + moved.stderr
    typed.write(schema=SCHEMA)
    assert typed.changes("up --yes --stack prod") == {"unchanged": 2}
    typed.write(jobs={key: value for key, value in QUEUE.items() if key != "options"})
    assert typed.changes("up --yes --stack queues") == {"unchanged": 2}
    assert dump_everything(typed.database.url) == before


def test_ctrl_c_in_a_terminal_leaves_what_the_next_up_finishes_and_a_second_up_is_refused(typed: Typed) -> None:
    typed.database.rows(BLOCKER)
    typed.write(schema=SCHEMA, queue=QUEUE)
    with psycopg.connect(typed.database.url) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(typed.folder)
            os.execvpe("pulumi", typed.command("up --yes"), typed.environment)  # noqa: S606  no shell is wanted
        os.set_blocking(terminal, False)
        shown = bytearray()

        def waits() -> bool:
            read(terminal, shown)
            return typed.database.rows(WAITING) != []

        until(waits)
        second = typed.type("up --yes")
        assert second.status != 0
        assert "the stack is currently locked by 1 lock(s)" in second.stdout + second.stderr
        os.write(terminal, b"\x03")
        ending: list[int] = []

        def ends() -> bool:
            read(terminal, shown)
            pid, status = os.waitpid(child, os.WNOHANG)
            ending.extend([os.waitstatus_to_exitcode(status)] * (pid != 0))
            return pid != 0

        until(ends)
        os.close(terminal)
        # Nobody let the lock go.
        assert typed.database.rows(WAITING) == []
    assert ending != [0]
    assert "panic" not in shown.decode()
    assert "Traceback" not in shown.decode()
    assert read_state(typed.database.url).version == 0
    counted = typed.changes("up --yes")
    assert counted["created"] >= 2
    assert read_state(typed.database.url).substrate("shop_queue") is not None
    assert typed.changes("preview") == {"unchanged": 3}


def read(terminal: int, shown: bytearray) -> None:
    """Take what a terminal shows, so that the program can go on."""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except (BlockingIOError, OSError):
        time.sleep(0.01)


FAILING = """
from awa_infra import AwaSchema

AwaSchema("awa", database_url="postgresql://nobody:canary@127.0.0.1:1/nowhere")
"""


@pytest.mark.parametrize("language", ["yaml", "python"])
def test_a_failing_program_says_in_few_lines_which_object_it_is_about(typed: Typed, language: str) -> None:
    if language == "yaml":
        typed.write(queue={**QUEUE, "properties": {**QUEUE["properties"], "queueSlots": 3}, "options": {}})
        needed = ["(queue)", "property queueSlots value {3} has a problem: must be at least 4"]
    else:
        (typed.folder / "Pulumi.yaml").write_text("name: typed\nruntime: python\n")
        (typed.folder / "__main__.py").write_text(FAILING)
        needed = ["(awa)", "Cannot connect to nobody@127.0.0.1:1/nowhere"]
    typed.environment["PYTHONPATH"] = str(ROOT)
    done = typed.type("preview")
    assert done.status != 0
    shown = done.stdout + done.stderr
    told = shown.partition("Diagnostics:")[2]
    assert [word for word in needed if word not in told] == [], shown
    assert "canary" not in shown
    assert "Traceback" not in shown
    assert len(told.splitlines()) < 15, shown
