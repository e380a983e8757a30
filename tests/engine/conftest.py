from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.target import Target
from devtools import docs_shown, pulumi_hosts
from devtools.progress import ToolError
from tests.engine import projects
from tests.engine.projects import EXAMPLES, PASSPHRASE, Project
from tests.support.pulumi_tools import engine
from tests.support.servers import Database, TestServer
from tests.support.tools import missing

CANARY = "c4nary-w0rd"
RUNTIME_PASSWORD = "runs-on-pulumi"  # noqa: S105  of a role that is made up
ROLES = ("shop_owner", "shop_migrator", "shop_runtime", "shop_observer")
"""Roles of examples/roles."""


@dataclass(frozen=True)
class Example:
    """A copy of an example with names of its own."""

    folder: Path
    names: dict[str, str]
    environment: dict[str, str]

    def pulumi(self, *arguments: str, given: str = "") -> tuple[int, str]:
        """Run Pulumi in the folder; return its status and all that it printed."""
        # Not by name: where it is looked for is the PATH of the copy, not that of the tests.
        command = shutil.which("pulumi", path=self.environment["PATH"])
        assert command is not None
        done = subprocess.run(
            [command, *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="session")
def pulumi_path() -> str:
    """Return a PATH that starts with a usable Pulumi command."""
    return os.pathsep.join([str(engine()), os.environ["PATH"]])


@pytest.fixture
def canary(server: TestServer, database: Database) -> Iterator[str]:
    """Give a server URL of an administrator who is no superuser, and whose password must turn up nowhere.

    Afterwards the database is gone, and every role that has its name in its own.
    """
    role = f"deployer_of_{database.name}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        made = sql.SQL("CREATE ROLE {} CREATEROLE CREATEDB LOGIN PASSWORD {}")
        connection.execute(made.format(sql.Identifier(role), sql.Literal(CANARY)))
    where = Target.of(server.url).parameters
    yield f"postgresql://{role}:{CANARY}@{where['host']}:{where['port']}/postgres"
    server.drop(database)
    with psycopg.connect(server.url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(reverse(rolname), reverse(%s)) ORDER BY rolname = %s",
            (database.name, role),  # the administrator last, who granted the rest
        ).fetchall()
        for (name,) in found:
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))


@pytest.fixture
def project(tmp_path: Path, pulumi_path: str, database: Database, server: TestServer, canary: str) -> Project:
    """Give the quickstart example, pointed at a database that does not exist yet."""
    server.drop(database)
    folder = tmp_path / "quickstart"
    projects.copy("quickstart", "dev", folder, {"awa_quickstart": database.name})
    return Project(folder, projects.environment(folder, pulumi_path, canary), database)


@pytest.fixture
def shop(tmp_path: Path, pulumi_path: str, database: Database, server: TestServer, canary: str) -> Project:
    """Give the example with roles and activation, pointed at a database that does not exist yet."""
    server.drop(database)
    folder = tmp_path / "roles"
    names = {"shop_jobs": database.name, **{role: f"{role}_{database.name}" for role in ROLES}}
    projects.copy("roles", "prod", folder, names)
    made = Project(folder, projects.environment(folder, pulumi_path, canary), database, "prod")
    begun = made.pulumi("stack", "init", "prod")
    assert begun.status == 0, begun.stderr
    return made


@pytest.fixture(scope="session")
def hosted_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH that starts with a Pulumi that has language hosts, and with a Python that has this project."""
    try:
        hosted = pulumi_hosts.ensure()
    except ToolError as exc:
        missing(f"no Pulumi with language hosts: {exc}")
    # The host for Python asks pip what is installed, and the environment of this project has none.
    home = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", home], check=True, timeout=600)
    own = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    Path(own, "of_this_project.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    # Not the folder of this environment: Pulumi warns of a plugin that it takes from there.
    return os.pathsep.join([str(hosted.directory), str(home / "bin"), os.environ["PATH"]])


@pytest.fixture
def example(
    tmp_path: Path, hosted_path: str, database: Database, server: TestServer, canary: str
) -> Callable[[str], Example]:
    """Return what copies an example, pointed at a database that does not exist yet."""
    server.drop(database)

    def copy(name: str) -> Example:
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder)
        (folder / "state").mkdir()
        (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
        prefix = "plugin" if name == "plugin-python" else "shop"
        names = {
            f"{prefix}_jobs": database.name,
            **{f"{prefix}_{duty}": f"{prefix}_{duty}_{database.name}" for duty in ("owner", "runtime")},
        }
        for path in folder.iterdir():
            if path.suffix in {".py", ".yaml", ".ts", ".go"}:
                text = path.read_text()
                for word, own in names.items():
                    text = re.sub(rf"\b{word}\b", own, text)
                path.write_text(text)
        environment = docs_shown.environment(
            DATABASE_URL=canary,
            RUNTIME_PASSWORD=RUNTIME_PASSWORD,
            PULUMI_BACKEND_URL=f"file://{folder / 'state'}",
            PULUMI_HOME=str(tmp_path / "home"),
            PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
        )
        return Example(folder, names, environment | {"PATH": hosted_path})

    return copy
