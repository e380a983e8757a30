"""The examples in other languages are compiled against the SDKs that Pulumi's generators make."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from awa_infra.plugin import functions
from awa_infra.plugin.kinds import KINDS, PROVIDER, STACK
from awa_infra.plugin.schema import description
from devtools import node_packages, sdks
from devtools.go_build import environment, find_go
from devtools.progress import ToolError
from tests.engine.projects import EXAMPLES
from tests.support.pulumi_tools import generated
from tests.support.tools import missing


def shown(language: str) -> list[str]:
    """Return the programs that the schema shows for its resources."""
    tokens = (*KINDS, STACK, PROVIDER, *functions.ARGUMENTS)
    return [re.findall(rf"```{language}\n(.*?)```", description(token), re.DOTALL)[0] for token in tokens]


def compiles(*command: str, folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def typescript(tmp_path: Path) -> Path:
    """Return a copy of the TypeScript example, with the SDK installed as npm does that from a folder."""
    folder = tmp_path / "plugin-typescript"
    shutil.copytree(EXAMPLES / folder.name, folder)
    try:
        packages = node_packages.installed(EXAMPLES / folder.name)
    except ToolError as exc:
        missing(str(exc))
    for package in packages.iterdir():
        (folder / "node_modules").mkdir(exist_ok=True)
        (folder / "node_modules" / package.name).symlink_to(package)
    sdk = folder / "sdks" / "awa"
    shutil.copytree(generated("nodejs"), sdk)
    (folder / "node_modules" / "@awa-infra").mkdir()
    (folder / "node_modules" / "@awa-infra" / "awa").symlink_to(sdk)
    return folder


WRONG = """\
import * as awa from "@awa-infra/awa";
// @ts-expect-error
new awa.Schema("awa", { targetVersion: "40" });
// @ts-expect-error
new awa.Schema("awa", { version: 40 });
// @ts-expect-error
new awa.QueueStorageSchema("acme", {});
"""


def test_the_typescript_example_and_those_of_the_schema_compile_strictly(typescript: Path) -> None:
    tsc = str(typescript / "node_modules" / ".bin" / "tsc")
    compiles(tsc, folder=typescript / "sdks" / "awa")
    files = {f"example_{number}.ts": f"{text}export {{}};\n" for number, text in enumerate(shown("typescript"))}
    files |= {"wrong.ts": WRONG}
    for name, text in files.items():
        (typescript / name).write_text(text)
    options = {"extends": "./tsconfig.json", "files": ["index.ts", *files]}
    (typescript / "tsconfig.all.json").write_text(json.dumps(options))
    compiles(tsc, "--noEmit", "--project", "tsconfig.all.json", folder=typescript)


GO_BUILD = ("-trimpath", "-buildvcs=false", "-mod=readonly")
"""Options of the compiler, the same in every test: what one has compiled, the next takes from Go's cache."""


def link_go_sdk(folder: Path, module: str) -> None:
    """Give a copy of the Go example the SDK in a folder, as ``pulumi package add`` does, and a module file that pins.

    Args:
        folder: the copy.
        module: the file's name; everything but the SDK is in the generator's versions.
    """
    shutil.copytree(generated("go"), folder / "sdks" / "awa")
    for name in ("go.mod", "go.sum"):
        shutil.copy(sdks.MODULE / name, (folder / module).with_suffix(Path(name).suffix))
    link = ("-require=awa-infra/sdk/go@v0.0.0", "-replace=awa-infra/sdk/go=./sdks/awa")
    compiles(*find_go().command, "mod", "edit", "-module=awa-plugin-go", *link, module, folder=folder)


@pytest.fixture
def go_program(tmp_path: Path) -> Path:
    """Return a copy of the Go example that takes the SDK from a folder, and all else in the generator's versions."""
    folder = tmp_path / "plugin-go"
    shutil.copytree(EXAMPLES / folder.name, folder)
    link_go_sdk(folder, "all.mod")
    return folder


def test_the_go_example_and_those_of_the_schema_compile(go_program: Path) -> None:
    pinned = re.compile(r"github\.com/pulumi/pulumi/sdk/v3 (v\S+)")
    assert pinned.findall((go_program / "go.mod").read_text()) == pinned.findall((go_program / "all.mod").read_text())
    for number, text in enumerate(shown("go")):
        path = go_program / f"example_{number}" / "main.go"
        path.parent.mkdir()
        path.write_text(text.replace("package main", "package example"))  # or each would be linked, which takes longer
    build = (*find_go().command, "build", *GO_BUILD, "-modfile=all.mod", "./...")
    compiles(*build, folder=go_program)
    program = (go_program / "main.go").read_text()
    (go_program / "main.go").write_text(program.replace("pulumi.Int(32)", 'pulumi.String("32")'))
    with pytest.raises(AssertionError, match=r"cannot use pulumi\.String"):
        compiles(*build, folder=go_program)
