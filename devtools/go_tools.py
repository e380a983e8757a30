"""golang-migrate and goose, to test the bundles with, and actionlint, for the workflows, built from their Go modules.

Each is pinned by a `go.mod` and `go.sum` beside this file. Go builds a tool once, from its module proxy; afterwards
the command lies in the cache. Both are optional for a developer: without Go `ToolMissing` says so, and the tests that
need them skip.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devtools import cache
from devtools.processes import run_bounded
from devtools.progress import ToolMissing, note, run_cli, tail

BUILD_TIMEOUT = 15 * 60.0


@dataclass(frozen=True)
class _Tool:
    name: str
    package: str
    # which databases a tool knows is decided when it is built
    tags: str

    @property
    def module(self) -> Path:
        return Path(__file__).parent / self.name

    @property
    def target(self) -> Path:
        """Return where the command of this pin and these tags is, or will be."""
        digest = hashlib.sha256(self.tags.encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.module / name).read_bytes())
        return cache.directory() / "go" / f"{self.name}-{digest.hexdigest()[:12]}"


MIGRATE = _Tool("golang-migrate", "github.com/golang-migrate/migrate/v4/cmd/migrate", "postgres")
GOOSE = _Tool(
    "goose",
    "github.com/pressly/goose/v3/cmd/goose",
    "no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb",
)
ACTIONLINT = _Tool("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "")
"""Its package on PyPI fetches the command from elsewhere while it is installed."""

_TOOLS = {tool.name: tool for tool in (MIGRATE, GOOSE, ACTIONLINT)}


def golang_migrate() -> list[str]:
    """Return the start of a golang-migrate command line, building the tool if needed."""
    return _command(MIGRATE)


def goose() -> list[str]:
    """Return the start of a goose command line, building the tool if needed."""
    return _command(GOOSE)


def actionlint() -> list[str]:
    """Return the start of an actionlint command line, building the tool if needed."""
    return _command(ACTIONLINT)


def _command(tool: _Tool) -> list[str]:
    target = tool.target
    cache.once(target, tool.name, f"building {tool.name}", lambda: _build(tool, target))
    return [str(target / tool.name)]


def _build(tool: _Tool, target: Path) -> None:
    go = shutil.which("go")
    if go is None:
        message = f"{tool.name} needs Go once, to be built; there is no `go` on PATH"
        raise ToolMissing(message)
    note(f"{tool.name}: building it, once")
    with cache.built_beside(target) as side:
        failure = run_bounded(
            [
                *(go, "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", "-s -w"),
                *("-tags", tool.tags, "-o", str(side / tool.name), tool.package),
            ],
            BUILD_TIMEOUT,
            activity=f"{tool.name}: still building",
            cwd=tool.module,
            # without cgo the build needs no C compiler
            environment={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"},
        )
        if failure is not None:
            message = f"{tool.name} could not be built\n{tail(failure, lines=4)}"
            raise ToolMissing(message)


def _main() -> int:
    """Run a tool by hand: ``python -m devtools.go_tools goose -version``."""
    parser = argparse.ArgumentParser(prog="devtools.go_tools", description=__doc__)
    parser.add_argument("tool", choices=list(_TOOLS))
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the tool itself")
    chosen = parser.parse_args()
    return subprocess.run([*_command(_TOOLS[chosen.tool]), *chosen.arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(run_cli(_main))
