"""Examples of the plugin, each run as its README says, by Pulumi with its language hosts."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from devtools import docs_shown, node_packages, sdk_packages
from devtools.docs_shown import Sandbox
from devtools.go_build import find_go
from devtools.progress import ToolError
from devtools.sdks import Language
from tests.engine.conftest import CANARY, RUNTIME_PASSWORD, Example
from tests.engine.projects import EXAMPLES
from tests.engine.test_sdk_programs import GO_BUILD, link_go_sdk
from tests.support.servers import Database
from tests.support.tools import missing

PACKAGE_ADD = "pulumi package add .venv/bin/pulumi-resource-awa"
"""Not run: it needs a newer language host than registries serve. Each test puts the SDK where this command does."""


def run_as_its_page_says(example: Example, **variables: str) -> None:
    """Run the commands of the README; what ``pulumi package add`` makes was made by the caller."""
    sandbox = Sandbox(example.folder, example.environment | variables, example.names)
    ran = list(docs_shown.run(EXAMPLES / example.folder.name / "README.md", sandbox, [PACKAGE_ADD]))
    assert docs_shown.problems(ran, sandbox) == []
    shown = "\n".join(result.output for result in ran)
    assert [word for word in (CANARY, RUNTIME_PASSWORD) if word in shown] == []
    # the last is destroyed; everything is there still, and the state holds no secret
    states = [path.read_text(errors="replace") for path in (example.folder / "state").rglob("*") if path.is_file()]
    assert [word for word in (CANARY, RUNTIME_PASSWORD) for state in states if word in state] == []
    noise = ("exited prematurely", "from $PATH", "panic", "Traceback", "warning: resource plugin")
    assert [word for word in noise if word in shown] == [], shown


def stands(database: Database, schema: str) -> None:
    """Check what was made, and is left after a destroy."""
    state = read_state(database.url)
    assert (state.version, {s.schema for s in state.substrates}) == (40, {"awa", schema})


def logs_in(example: Example, database: Database) -> None:
    (runtime,) = (own for word, own in example.names.items() if word.endswith("_runtime"))
    with psycopg.connect(Target.of(database.url).with_login(runtime, RUNTIME_PASSWORD)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (runtime,)


def published(language: Language, folder: Path, pattern: str) -> Path:
    """Make what is published of the SDK of a language; return the file that is installed from it."""
    try:
        made = sdk_packages.build(language, folder)
    except ToolError as exc:
        missing(str(exc))
    (found,) = [path for path in made if path.match(pattern)]
    return found


def test_the_python_example_runs_as_its_page_says(
    example: Callable[[str], Example], database: Database, tmp_path: Path
) -> None:
    copied = example("plugin-python")
    installed = tmp_path / "installed"
    shutil.unpack_archive(published("python", tmp_path / "sdks", "*.whl"), installed, "zip")
    run_as_its_page_says(copied, PYTHONPATH=str(installed))
    stands(database, "acme_jobs")


def test_the_yaml_example_runs_as_its_page_says(example: Callable[[str], Example], database: Database) -> None:
    copied = example("plugin-yaml")
    run_as_its_page_says(copied)
    stands(database, "shop_queue")
    logs_in(copied, database)


def test_the_typescript_example_runs_as_its_page_says(
    example: Callable[[str], Example], database: Database, tmp_path: Path
) -> None:
    copied = example("plugin-typescript")
    try:
        packages = node_packages.installed(EXAMPLES / copied.folder.name)
    except ToolError as exc:
        missing(str(exc))
    modules = copied.folder / "node_modules"
    modules.mkdir()
    for package in packages.iterdir():
        (modules / package.name).symlink_to(package)
    shutil.unpack_archive(published("nodejs", tmp_path / "sdks", "*.tgz"), modules / "@awa-infra", filter="data")
    (modules / "@awa-infra" / "package").rename(modules / "@awa-infra" / "awa")
    run_as_its_page_says(copied)
    stands(database, "shop_queue")
    logs_in(copied, database)


def test_the_go_example_runs_as_its_page_says(example: Callable[[str], Example], database: Database) -> None:
    copied = example("plugin-go")
    link_go_sdk(copied.folder, "go.mod")
    # The host starts `go`, and that may be from a package.
    go = copied.folder / "bin" / "go"
    go.parent.mkdir()
    go.write_text(f'#!/bin/sh\nexec {shlex.join(find_go().command)} "$@"\n')
    go.chmod(0o755)
    path = os.pathsep.join([str(go.parent), copied.environment["PATH"]])
    # With other options of the compiler, Pulumi's SDK would be compiled once more; without DWARF it is linked faster.
    run_as_its_page_says(copied, PATH=path, GOFLAGS=" ".join((*GO_BUILD, "-ldflags=-w")), CGO_ENABLED="0", GOWORK="off")
    stands(database, "shop_queue")
    logs_in(copied, database)
