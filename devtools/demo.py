"""``make demo``: provision a database, complete one job, write bundles, and show that a second ``up`` changes nothing.

Provisions with ``awa-infra up`` through the real Pulumi engine. What it makes stays until ``make demo-stop``. It only
runs the commands that a user runs; a task runner would add nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtools import postgres, pulumi_cli
from devtools.progress import ToolError, note, run_cli

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "quickstart"
HOME = Path(".demo")  # below ROOT, where the demo works; short names read better
STACK_FILE = "Pulumi.dev.yaml"
DATABASE = "awa_quickstart"  # as Pulumi.dev.yaml says
QUEUE_STORAGE = "acme_jobs"  # the same
FORMATS = ("flyway", "liquibase")


@dataclass(frozen=True)
class Demo:
    """Where everything is."""

    environment: dict[str, str]
    server_url: str
    own_server: bool
    project: Path = HOME / "quickstart"
    bundles: Path = HOME / "bundles"

    @property
    def config(self) -> Path:
        """The stack configuration that the demo works with, a copy of the example's."""
        return self.project / STACK_FILE

    @property
    def database_environment(self) -> dict[str, str]:
        """The environment for what talks to the provisioned database itself."""
        from awa_infra.database.target import Target  # noqa: PLC0415  psycopg is slow to import

        return {**self.environment, "DATABASE_URL": Target.of(self.server_url).with_database(DATABASE)}


def prepare() -> Demo:
    """Get a server, an engine and a project folder; keep what an earlier run left."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    given = os.environ.get("DATABASE_URL")
    if given:
        note("postgres: using DATABASE_URL")
        server_url = given
    else:
        server = postgres.start(HOME / "postgres")
        note(f"postgres: embedded server on {server.host}:{server.port}")
        server_url = server.url
    engine = pulumi_cli.ensure()
    note(f"pulumi: {engine.version}, {engine.source}")
    passphrase = HOME / "passphrase"
    if not passphrase.exists():
        passphrase.touch(mode=0o600)
        passphrase.write_text(secrets.token_urlsafe(24))
    project = HOME / "quickstart"
    if not project.exists():
        shutil.copytree(EXAMPLE, project)
    state = (HOME / "state").resolve()
    state.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "DATABASE_URL": server_url,
        "PATH": os.pathsep.join([str(engine.directory), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase.resolve()),
        "RUST_LOG": "off",
    }
    return Demo(environment, server_url, own_server=not given)


def run(demo: Demo, *command: str, database: bool = False, capture: bool = False) -> str:
    """Run one command as a user would, shown first; fail with it."""
    shown = [part.replace(f"{ROOT}/", "") for part in command]
    print(f"\n$ {' '.join(shown)}", flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=demo.database_environment if database else demo.environment,
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        if capture:
            print(done.stdout + done.stderr, file=sys.stderr)
        raise ToolError(f"the demo stopped: {shown[0]} {shown[1]} ended with status {done.returncode}, see above")
    return done.stdout or ""


def demo_up() -> int:
    """Run the whole demo."""
    begin = time.monotonic()
    demo = prepare()
    tool = shutil.which("awa-infra", path=demo.environment["PATH"]) or "awa-infra"
    config = f"--config={demo.config}"
    run(demo, tool, "up", config)
    run(demo, tool, "status", database=True)
    run(demo, sys.executable, str(demo.project / "worker.py"), QUEUE_STORAGE, database=True)
    for bundle in FORMATS:
        run(demo, tool, "package", f"--format={bundle}", config, f"--out={demo.bundles / bundle}")
    again = json.loads(run(demo, tool, "up", config, "--json", capture=True))
    changed = {kind: count for kind, count in again["changes"].items() if kind != "same"}
    if changed:
        raise ToolError(f"the second up was expected to change nothing, but it reports {changed}")
    print(f"up of stack dev: nothing changed, {again['changes']['same']} resources the same.")
    summary(demo, time.monotonic() - begin)
    return 0


def summary(demo: Demo, seconds: float) -> None:
    """Say what exists, where, and what to try next."""
    url = "$DATABASE_URL, database " + DATABASE
    if demo.own_server:
        url = "the embedded server; look around with: make demo-psql"
    folder = HOME
    print(f"""
Done in {seconds:.0f} s. What exists now:
  database {DATABASE} on {url}
    schema awa           version 40 with its patch: Awa's tables, owned by migrations
    schema {QUEUE_STORAGE:<13} a custom queue-storage schema, declared in {folder}/quickstart/{STACK_FILE}
    one job              inserted and completed by a real worker, which also activated queue storage
  Pulumi state           {folder}/state (passphrase in {folder}/passphrase)
  bundles for a DBA      {folder}/bundles/flyway, {folder}/bundles/liquibase: start with README.md

Try next:
  add a schema to {folder}/quickstart/{STACK_FILE} and run make demo again: only that one is created
  read the SQL: {folder}/bundles/flyway/custom/
  make demo-stop         stops the server and removes {folder}/""")


def demo_stop() -> int:
    """Stop the embedded server and remove everything that the demo made."""
    if (HOME / "postgres").exists() or (HOME / "postgres").is_symlink():
        postgres.destroy(HOME / "postgres")
    shutil.rmtree(HOME, ignore_errors=True)
    note("demo: stopped and removed. A server that DATABASE_URL named keeps its database.")
    return 0


def demo_url() -> int:
    """Print the connection string of the provisioned database."""
    server = postgres.running(HOME / "postgres")
    if server is None:
        raise ToolError("the demo's server does not run; start it with make demo")
    print(server.url_for(DATABASE))
    return 0


def demo_psql() -> int:
    """Open psql of the embedded server on the provisioned database."""
    server = postgres.running(HOME / "postgres")
    if server is None:
        raise ToolError("the demo's server does not run; start it with make demo")
    from awa_infra.dev.client import run_psql  # noqa: PLC0415  psycopg is slow to import

    return run_psql(str(server.bin_dir / "psql"), server.url_for(DATABASE), ())


def _main() -> int:
    actions: dict[str, Callable[[], int]] = {"up": demo_up, "stop": demo_stop, "url": demo_url, "psql": demo_psql}
    os.chdir(ROOT)
    parser = argparse.ArgumentParser(prog="devtools.demo", description=__doc__)
    parser.add_argument("action", nargs="?", choices=list(actions), default="up")
    return actions[parser.parse_args().action]()


if __name__ == "__main__":
    sys.exit(run_cli(_main))
