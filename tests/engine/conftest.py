from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from awa_infra.database.url import parameters
from devtools import pulumi_cli
from devtools.progress import ToolError
from tests.support.servers import Database, TestServer
from tests.support.tools import missing

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"


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


@dataclass(frozen=True)
class Project:
    """A copy of the quickstart example with a state of its own."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    database: Database

    @property
    def config(self) -> Path:
        """The stack configuration."""
        return self.folder / "Pulumi.dev.yaml"

    @property
    def state_text(self) -> str:
        """Everything that the engine has written down."""
        files = (path for path in (self.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    def declare(self, *schemas: dict[str, Any]) -> None:
        """Set the queue-storage schemas of the configuration, and keep the rest."""
        content = yaml.safe_load(self.config.read_text())
        content["config"]["awa:queueStorageSchemas"] = list(schemas)
        self.config.write_text(yaml.safe_dump(content))

    def awa_infra(self, *arguments: str) -> Result:
        """Run the real command."""
        return self._run(str(Path(sys.executable).with_name("awa-infra")), *arguments, f"--config={self.config}")

    def pulumi(self, *arguments: str) -> Result:
        """Run the real Pulumi command."""
        return self._run("pulumi", "--non-interactive", *arguments)

    def output(self, resource: str, name: str) -> object:
        """Return one output of a resource, as it stands in the state."""
        exported = json.loads(self.pulumi("stack", "export", "--stack=dev").stdout)
        found = exported["deployment"]["resources"]
        return next(r["outputs"][name] for r in found if r["urn"].endswith(f"::{resource}"))

    def _run(self, *command: str) -> Result:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def pulumi_path() -> str:
    """Return a PATH that starts with a usable Pulumi command."""
    try:
        engine = pulumi_cli.ensure()
    except ToolError as exc:
        missing(f"no Pulumi engine: {exc}")
    return os.pathsep.join([str(engine.directory), os.environ["PATH"]])


@pytest.fixture
def canary(server: TestServer, database: Database) -> Iterator[str]:
    """Give a server URL whose password must turn up nowhere."""
    role = f"deployer_of_{database.name}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        made = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD 'c4nary-w0rd'").format(sql.Identifier(role))
        connection.execute(made)
    where = parameters(server.url)
    yield f"postgresql://{role}:c4nary-w0rd@{where['host']}:{where['port']}/postgres"
    server.drop(database)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))


@pytest.fixture
def project(tmp_path: Path, pulumi_path: str, database: Database, server: TestServer, canary: str) -> Project:
    """Give the quickstart example, pointed at a database that does not exist yet."""
    server.drop(database)
    folder = tmp_path / "quickstart"
    shutil.copytree(QUICKSTART, folder)
    (folder / "state").mkdir()
    (folder / "passphrase").write_text("correct horse")
    environment = {
        **os.environ,
        "PATH": pulumi_path,
        "DATABASE_URL": canary,
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    made = Project(folder, environment, database)
    config = yaml.safe_load(made.config.read_text())
    config["config"]["awa:database"] = database.name
    made.config.write_text(yaml.safe_dump(config))
    return made
