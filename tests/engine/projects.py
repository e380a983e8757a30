"""Copies of the examples, each with a state of its own, and the real commands run in them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.servers import Database

EXAMPLES = Path(__file__).parents[2] / "examples"
DRIVE = Path(__file__).with_name("drive.py")
FROM_CONFIG = """
from awa_infra import AwaStack

AwaStack.from_config()
"""
"""What ``awa-infra up`` runs."""
PASSPHRASE = "correct horse"  # noqa: S105  of states that are made up


@dataclass(frozen=True)
class Result:
    """What one command printed, and how it ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def data(self) -> dict[str, Any]:
        """The JSON on standard output."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    @property
    def changes(self) -> dict[str, int]:
        """How many resources the engine created, updated and so on, of a command with ``--json`` that succeeded."""
        assert self.status == 0, self.stderr
        found: dict[str, int] = self.data["changes"]
        return found


@dataclass(frozen=True)
class Project:
    """A copy of an example with a state of its own."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    database: Database
    stack: str = "dev"

    @property
    def config(self) -> Path:
        """The stack configuration."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def state_text(self) -> str:
        """Everything that the engine has written down."""
        files = (path for path in (self.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    def set(self, **values: Any) -> None:  # noqa: ANN401  whatever may stand in the file
        """Set keys of namespace ``awa`` in the configuration, and keep the rest; ``None`` takes a key out."""
        content = yaml.safe_load(self.config.read_text())
        content["config"] |= {f"awa:{key}": value for key, value in values.items()}
        content["config"] = {key: value for key, value in content["config"].items() if value is not None}
        self.config.write_text(yaml.safe_dump(content))

    def declare(self, *schemas: dict[str, Any]) -> None:
        """Set the queue-storage schemas of the configuration, and keep the rest."""
        self.set(queueStorageSchemas=list(schemas))

    def secret(self, key: str, value: str) -> None:
        """Keep a value as an encrypted key of the configuration, as people are told to."""
        kept = self.pulumi("config", "set", "--secret", f"awa:{key}", f"--stack={self.stack}", given=value)
        assert kept.status == 0, kept.stderr

    def awa_infra(self, *arguments: str) -> Result:
        """Run the real command."""
        return self.run(str(Path(sys.executable).with_name("awa-infra")), *arguments, f"--config={self.config}")

    def pulumi(self, *arguments: str, given: str | None = None) -> Result:
        """Run the real Pulumi command."""
        return self.run("pulumi", "--non-interactive", *arguments, given=given)

    def program(self, operation: str, *options: str, source: str | None = None) -> Result:
        """Run the engine on a program, as ``pulumi up`` and ``pulumi preview`` do: the folder's, or the given one."""
        path = self.folder / "__main__.py"
        if source is not None or not path.exists():
            # Not where Pulumi looks for a program: the project stays one of YAML alone.
            path = self.folder / "other_main.py"
            path.write_text(FROM_CONFIG if source is None else source)
        return self.run(sys.executable, str(DRIVE), operation, self.stack, str(path), *options)

    def worker(self, schema: str, url: str) -> Result:
        """Complete one job with the worker of the quickstart."""
        worker = EXAMPLES / "quickstart" / "worker.py"
        return self.run(sys.executable, str(worker), schema, DATABASE_URL=url, RUST_LOG="off")

    def export(self, *options: str) -> dict[str, Any]:
        """Return the stack's state as Pulumi exports it."""
        found: dict[str, Any] = json.loads(self.pulumi("stack", "export", f"--stack={self.stack}", *options).stdout)
        return found

    def output(self, resource: str, name: str) -> object:
        """Return one output of a resource, as it stands in the state."""
        found = self.export()["deployment"]["resources"]
        return next(r["outputs"][name] for r in found if r["urn"].endswith(f"::{resource}"))

    def urn(self, resource: str) -> str:
        """Return the name that Pulumi has for a resource."""
        found = self.export()["deployment"]["resources"]
        return next(str(r["urn"]) for r in found if r["urn"].endswith(f"::{resource}"))

    def run(self, *command: str, given: str | None = None, **variables: str) -> Result:
        """Run a command in the folder."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)


def copy(example: str, stack: str, folder: Path, names: dict[str, str]) -> None:
    """Copy an example, and replace names in its configuration that must be another test's own."""
    shutil.copytree(EXAMPLES / example, folder)
    (folder / "state").mkdir()
    (folder / "passphrase").write_text(PASSPHRASE)
    config = folder / f"Pulumi.{stack}.yaml"
    text = config.read_text()
    for word, own in names.items():
        text = re.sub(rf"\b{word}\b", own, text)
    config.write_text(text)


def environment(folder: Path, path: str, url: str) -> dict[str, str]:
    """Return the variables that tell the commands where everything is."""
    return {
        # A passphrase of the developer's own comes before any file.
        **{name: value for name, value in os.environ.items() if name != "PULUMI_CONFIG_PASSPHRASE"},
        "PATH": path,
        "DATABASE_URL": url,
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
