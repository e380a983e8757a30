"""Wrong inputs of programs in TypeScript and Go: what people read, in a run of the real Pulumi with its hosts."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from awa_infra import __version__
from devtools import docs_shown, node_packages
from devtools.go_build import environment, find_go
from devtools.progress import ToolError
from tests.engine.projects import EXAMPLES, PASSPHRASE
from tests.engine.test_sdk_programs import GO_BUILD, link_go_sdk
from tests.support.plugin import COMMAND
from tests.support.pulumi_tools import generated
from tests.support.servers import TestServer
from tests.support.tools import dump_everything, missing

PROGRAMS = Path(__file__).with_name("wrong_inputs")
NOWHERE = "is given neither here nor in the configuration of the provider"

ONE_EACH = {"numbers", "lists", "secrets"}
"""Cases with a line for each problem."""

Run = Callable[[str], str]
"""Runs a case with ``pulumi up``, which fails; returns what it printed."""

TYPESCRIPT: Final[Mapping[str, list[str]]] = {
    "missing": [f"resource 'awa' has a problem: databaseUrl: {NOWHERE}", "or set DATABASE_URL"],
    "numbers": [
        "property targetVersion value {NaN} has a problem: must be a whole number",
        "property lockWait value {+Inf} has a problem: must be a finite number",
        "property lockTimeout value {-1} has a problem: must be at least 0",
        "property release value {six} has a problem: must be a version of awa-pg, such as 0.6.9",
        "property transaction value {some} has a problem: must be 'whole' or 'each'",
        "has a problem: role: must not be empty",
        "property guard value {true} has a problem: must be true or false, not text",
    ],
    "lists": [
        "property schema value {Shop Queue} has a problem: 'Shop Queue' must start with a lower-case letter",
        "property queueSlots value {3} has a problem: must be at least 4",
        "property leaseSlots value {1e+99} has a problem: must be at most 2147483647",
        "property claimSlots value {8} has a problem: must be a whole number, not text",
        "property deletionPolicy value {burn} has a problem: must be 'retain' or 'drop'",
        "has a problem: queues[1]: is declared twice, first in queues[0]",
        "has a problem: queues[2].shards: must be at least 1",
        "has a problem: queues[3].name: must not be empty",
        "has a problem: queues[3].priorities: has 1 twice",
        "has a problem: queues[4].name: is missing",
        "has a problem: queues[4].nam: unknown key; did you mean name?",
    ],
    "secrets": [
        "property runtime value {shop} has a problem: is the same role as owner",
        "has a problem: observer: must be a name, not a connection string",
        "has a problem: migratorPassword: there is no migrator role; set migrator, or remove its password",
        "has a problem: laneSchemas: schema 'shop' is not in queueStorageSchemas",
    ],
    "database": [
        "encoding UTF9, which this server does not have. [database-encoding-unusable]",
    ],
    "component": [
        "Stack awa has 6 problems.",
        f"databaseUrl: {NOWHERE}",
        "database.owner: must be text\n",
        "queueStorageSchemas[0].queueSlots: must be at least 4",
        "observerPassword: there is no observer role; set roles.observer",
        "activation: schema 'shopp' is not in queueStorageSchemas; did you mean shop?",
        "lockWait: must be at least 0",
    ],
    "function": [
        "must not be empty [config-invalid] (databaseUrl)",
        "must be a whole number [config-invalid] (targetVersion)",
        "[config-invalid] (queueStorageSchemas)",
    ],
}

GO: Final[Mapping[str, list[str]]] = {
    "missing": TYPESCRIPT["missing"],
    # Not taken for one that is not given, as in TypeScript: DATABASE_URL may lead to another database.
    "empty": ["has a problem: databaseUrl: must not be empty"],
    "numbers": [
        "property targetVersion value {0} has a problem: must be at least 1",
        "property lockWait value {NaN} has a problem: must be a finite number",
        "property lockTimeout value {-Inf} has a problem: must be a finite number",
        "has a problem: release: must be a version of awa-pg, such as 0.6.9",
        "has a problem: transaction: must be 'whole' or 'each'",
        "has a problem: role: must not be empty",
    ],
    "lists": [
        "has a problem: schema: '' must start with a lower-case letter",
        "property queueSlots value {0} has a problem: must be at least 4",
        "has a problem: must be at most 2147483647",
        "property deletionPolicy value {burn} has a problem: must be 'retain' or 'drop'",
        "has a problem: queues[1]: is declared twice, first in queues[0]",
        "has a problem: queues[2]: must be text or a mapping",
        "has a problem: queues[3]: must be text or a mapping",
        "has a problem: queues[4].name: is missing",
        "has a problem: queues[4].nam: unknown key; did you mean name?",
        "has a problem: queues[5].priorities[0]: must be at most 4",
    ],
    "secrets": [*TYPESCRIPT["secrets"], "has a problem: observerPassword: must not be empty"],
    "component": [
        "Stack awa has 6 problems.",
        "databaseUrl: must not be empty",
        "runtimePassword: must not be empty",
        "runtimePassword: there is no runtime role; set roles.runtime",
        "activation: schema 'shop' is not in queueStorageSchemas",
        "lockWait: must be a finite number",
        "targetVersion: must be at least 1",
    ],
    "function": [
        "must not be empty [config-invalid] (databaseUrl)",
        "must be at least 1 [config-invalid] (targetVersion)",
        "[config-invalid] (queueStorageSchemas)",
    ],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, hosted_path: str, server: TestServer) -> dict[str, str]:
    """Give variables of a Pulumi that has the plugin."""
    folder = tmp_path_factory.mktemp("wrong_inputs")
    (folder / "state").mkdir()
    variables = docs_shown.environment(
        SERVER_URL=server.url,
        PULUMI_BACKEND_URL=f"file://{folder / 'state'}",
        PULUMI_HOME=str(folder / "home"),
        PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
        PATH=hosted_path,
    )
    variables.pop("DATABASE_URL", None)
    pulumi(folder, variables, f"plugin install resource awa {__version__} --file {COMMAND}")
    return variables


def pulumi(folder: Path, variables: Mapping[str, str], words: str, status: int = 0) -> str:
    done = subprocess.run(
        ["pulumi", "--color=never", "--non-interactive", *words.split()],
        cwd=folder,
        env=dict(variables),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    shown = done.stdout + done.stderr
    assert (done.returncode != 0) == (status != 0), shown
    return shown


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory, home: dict[str, str]) -> Run:
    """Return what runs a case of the program in TypeScript, with the SDK as npm would install it."""
    folder = tmp_path_factory.mktemp("typescript")
    try:
        packages = node_packages.installed(EXAMPLES / "plugin-typescript")
    except ToolError as exc:
        missing(str(exc))
    for name in ("Pulumi.yaml", "package.json", "tsconfig.json"):
        shutil.copy(EXAMPLES / "plugin-typescript" / name, folder)
    shutil.copy(PROGRAMS / "index.ts", folder)
    modules = folder / "node_modules"
    modules.mkdir()
    for package in packages.iterdir():
        (modules / package.name).symlink_to(package)
    sdk = modules / "@awa-infra" / "awa"
    shutil.copytree(generated("nodejs"), sdk)
    # As `pulumi package add` links it: outside of node_modules it is TypeScript that the host compiles.
    build = subprocess.run(
        [str(modules / ".bin" / "tsc")], cwd=sdk, capture_output=True, text=True, timeout=300, check=False
    )
    assert build.returncode == 0, build.stdout
    shutil.copy(sdk / "package.json", sdk / "bin")
    return running(folder, home)


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory, home: dict[str, str]) -> Run:
    """Return what runs a case of the program in Go, which is compiled once."""
    folder = tmp_path_factory.mktemp("go")
    shutil.copy(EXAMPLES / "plugin-go" / "go.mod", folder)
    shutil.copy(PROGRAMS / "main.go", folder)
    link_go_sdk(folder, "go.mod")
    build = subprocess.run(
        [*find_go().command, "build", *GO_BUILD, "-o", "program", "."],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    (folder / "Pulumi.yaml").write_text("name: wrong\nruntime:\n  name: go\n  options: {binary: program}\n")
    launcher = folder / "bin" / "go"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(find_go().command)} "$@"\n')
    launcher.chmod(0o755)
    # With other options of the compiler, the host would have Pulumi's SDK compiled once more.
    options = {"GOFLAGS": " ".join(GO_BUILD), "CGO_ENABLED": "0", "GOWORK": "off"}
    return running(folder, home | options | {"PATH": os.pathsep.join([str(launcher.parent), home["PATH"]])})


def running(folder: Path, variables: dict[str, str]) -> Run:
    pulumi(folder, variables, "stack init dev")

    def run(case: str) -> str:
        shown = pulumi(folder, variables | {"CASE": case}, "up --yes --skip-preview --stack dev", status=1)
        state = pulumi(folder, variables, "stack export --stack dev")
        assert '"type": "awa:index:' not in state.replace("awa:index:Stack", "")
        return shown

    return run


@pytest.mark.parametrize("case", TYPESCRIPT)
def test_wrong_inputs_in_typescript(typescript: Run, case: str, server: TestServer) -> None:
    judge(typescript, case, TYPESCRIPT[case], server)


@pytest.mark.parametrize("case", GO)
def test_wrong_inputs_in_go(go: Run, case: str, server: TestServer) -> None:
    judge(go, case, GO[case], server)


def judge(run: Run, case: str, words: list[str], server: TestServer) -> None:
    """Everything wrong is named at once as the program writes it; nothing is changed, and no password is shown."""
    before = dump_everything(server.url)
    shown = run(case)
    assert [word for word in words if word not in shown] == [], shown
    if case in ONE_EACH:
        assert shown.partition("Diagnostics:")[2].count(" has a problem: ") == len(words), shown
    for word in ("<nil>", "s3cret-word", "Traceback", "awa_infra/", "panic"):
        assert word not in shown, shown
    assert dump_everything(server.url) == before
