"""Tools without a Python package, built from their Go modules: golang-migrate, goose, actionlint and Helm.

Each is pinned by a `go.mod` and `go.sum` beside this file, because no Python package has them. `devtools.go_build`
builds a tool once. Without Go `ToolMissing` says so, and the tests that need the tool skip.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devtools import cache, go_build
from devtools.progress import ToolError, ToolMissing, run_cli


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
        return cache.directory() / "go" / f"{self.name}-{go_build.fingerprint(self.module, self.tags)}"


MIGRATE = _Tool("golang-migrate", "github.com/golang-migrate/migrate/v4/cmd/migrate", "postgres")
GOOSE = _Tool(
    "goose",
    "github.com/pressly/goose/v3/cmd/goose",
    "no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb",
)
ACTIONLINT = _Tool("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "")
"""Its package on PyPI fetches the command from elsewhere while it is installed."""

HELM = _Tool("helm", "helm.sh/helm/v4/cmd/helm", "")

_TOOLS = {tool.name: tool for tool in (MIGRATE, GOOSE, ACTIONLINT, HELM)}


def golang_migrate() -> list[str]:
    """Return the start of a golang-migrate command line, building the tool if needed."""
    return _command(MIGRATE)


def goose() -> list[str]:
    """Return the start of a goose command line, building the tool if needed."""
    return _command(GOOSE)


def actionlint() -> list[str]:
    """Return the start of an actionlint command line, building the tool if needed."""
    return _command(ACTIONLINT)


def helm() -> list[str]:
    """Return the start of a Helm command line, building the tool if needed, which takes minutes."""
    return _command(HELM)


def _command(tool: _Tool) -> list[str]:
    target = tool.target
    cache.once(target, tool.name, f"building {tool.name}", lambda: _build(tool, target))
    return [str(target / tool.name)]


def _build(tool: _Tool, target: Path) -> None:
    try:
        with cache.built_beside(target) as side:
            go_build.build(side / tool.name, tool.module, tool.package, f"{tool.name}, once", tags=tool.tags)
    except ToolError as exc:
        raise ToolMissing(str(exc)) from exc


def _main() -> int:
    """Run a tool by hand: ``python -m devtools.go_tools goose -version``."""
    parser = argparse.ArgumentParser(prog="devtools.go_tools", description=__doc__)
    parser.add_argument("tool", choices=list(_TOOLS))
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the tool itself")
    chosen = parser.parse_args()
    return subprocess.run([*_command(_TOOLS[chosen.tool]), *chosen.arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(run_cli(_main))
