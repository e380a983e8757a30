"""Record what Pulumi keeps of the examples, for the test that later versions preview these states clean.

``python -m devtools.record_states VERSION [--checkout FOLDER]`` writes ``tests/engine/states/VERSION/EXAMPLE``, made
with this checkout or with another one, by ``pulumi stack export``. Every value in there is made up.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from devtools import postgres, pulumi_cli
from devtools.progress import ToolError, note, run_cli

ROOT = Path(__file__).resolve().parent.parent
STATES = ROOT / "tests" / "engine" / "states"
STACKS = {"quickstart": "dev", "roles": "prod"}
"""Which stack of which example."""

PASSPHRASE = "correct horse"  # noqa: S105  of values that are made up
LOGIN = "deployer"
SERVER = "db.example:5432"
"""Stands for where the server is, in every connection string of a recorded state."""

VOLATILE = ("created", "modified", "sourcePosition", "stackTrace")


def record(version: str, checkout: Path) -> list[Path]:
    """Record every example that the checkout has; return the folders."""
    made = []
    with tempfile.TemporaryDirectory(prefix="awa-infra-states-") as temporary:
        work = Path(temporary)
        server = postgres.start(work / "pg")
        try:
            _make_login(server.url)
            url = f"postgresql://{LOGIN}:recorded@{server.host}:{server.port}/postgres"
            for example, stack in STACKS.items():
                if (checkout / "examples" / example).is_dir():
                    note(f"states: {example}")
                    state = _run_example(checkout, example, stack, work / example, url)
                    text = json.dumps(state, indent=1, sort_keys=True).replace(f"{server.host}:{server.port}", SERVER)
                    made.append(_write(STATES / version / example, work / example, text))
        finally:
            postgres.destroy(work / "pg")
    return made


def _make_login(url: str) -> None:
    import psycopg  # noqa: PLC0415  slow to import

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {LOGIN} LOGIN CREATEROLE CREATEDB PASSWORD 'recorded'".encode())


def _run_example(checkout: Path, example: str, stack: str, folder: Path, url: str) -> dict[str, Any]:
    shutil.copytree(checkout / "examples" / example, folder)
    (folder / "state").mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "PATH": os.pathsep.join([str(pulumi_cli.ensure().directory), os.environ["PATH"]]),
        "DATABASE_URL": url,
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ToolError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    pulumi = ("pulumi", "--non-interactive", f"--stack={stack}")
    run("pulumi", "--non-interactive", "stack", "init", stack)
    if example == "roles":
        for duty in ("migrator", "runtime", "observer"):
            run(*pulumi, "config", "set", "--secret", f"awa:{duty}Password", f"recorded-{duty}")
    call = "from awa_infra.cli.main import main; main()"
    run(sys.executable, "-c", call, "up", "--config", f"Pulumi.{stack}.yaml")
    state: dict[str, Any] = json.loads(run(*pulumi, "stack", "export", "--show-secrets"))
    deployment = state["deployment"]
    # Without what is of this run alone: times, and places on this machine.
    state["deployment"] = {
        "secrets_providers": deployment["secrets_providers"],
        "resources": [_lasting(resource) for resource in deployment["resources"]],
    }
    return state


def _lasting(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in VOLATILE}


def _write(target: Path, folder: Path, state: str) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in folder.glob("Pulumi*.yaml"):
        shutil.copy(path, target)
    (target / "state.json").write_text(state + "\n", encoding="utf-8")
    return target


def _main() -> int:
    """Record the states and print where they are."""
    parser = argparse.ArgumentParser(prog="devtools.record_states", description=_main.__doc__)
    parser.add_argument("version", help="of awa-infra, such as 0.1.0")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="of another version")
    given = parser.parse_args()
    for path in record(given.version, given.checkout.resolve()):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
