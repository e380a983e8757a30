"""Get a Pulumi that runs programs as people type it: the command together with its language hosts.

``pulumi_cli`` gets a command that is enough for programs inside a process. ``pulumi up`` in the folder of a program
further starts ``pulumi-language-NAME``, which no package registry has. The hosts of the full distribution on PATH are
taken; where there are none they are built with Go: YAML from its own module, the others from the last versions of
Pulumi's SDK that had them in its module. Those run programs of today's SDKs; they are older than code generation, which
``devtools.sdks`` does.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from dataclasses import dataclass, replace
from functools import cache as once
from pathlib import Path

from devtools import cache, go_build, pulumi_cli
from devtools.processes import answer_of
from devtools.progress import ToolError, run_cli, tail
from devtools.pulumi_cli import PulumiCli

PREFIX = "pulumi-language-"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_MODULES = Path(__file__).parent / "pulumi-hosts"
_LIST_TIMEOUT = 300.0


@dataclass(frozen=True)
class Host:
    """One language host.

    Attributes:
        language: as ``runtime`` in Pulumi.yaml names it.
        module: the folder that pins it.
        package: its import path.
        beside: a file of its module that must lie beside it; none if empty.
    """

    language: str
    module: Path
    package: str
    beside: str = ""

    @property
    def command(self) -> str:
        """Return the name of its command."""
        return f"{PREFIX}{self.language}"


HOSTS = (
    Host("yaml", _MODULES / "yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"),
    Host(
        "python",
        _MODULES / "python",
        f"{_SDK}/python/cmd/pulumi-language-python",
        "python/cmd/pulumi-language-python-exec",
    ),
    Host("nodejs", _MODULES / "nodejs", f"{_SDK}/nodejs/cmd/pulumi-language-nodejs"),
    Host("go", _MODULES / "go", f"{_SDK}/go/pulumi-language-go"),
)


@once
def ensure() -> PulumiCli:
    """Return a Pulumi command with a host for YAML, Python, Node.js and Go in its folder.

    Raises:
        ToolError: there is no command, or a host can be neither found nor built.
    """
    found = pulumi_cli.ensure()
    if all((found.directory / host.command).exists() for host in HOSTS):
        return found
    built = {host: _host(host) for host in HOSTS}
    # The engine warns of a host that lies elsewhere on PATH than itself, and Python's looks for its own companion.
    names = sorted(str(path) for path in (found.directory, *built.values()))
    together = _root() / f"together-{hashlib.sha256(''.join(names).encode()).hexdigest()[:12]}"

    def gather() -> None:
        with cache.built_beside(together) as side:
            for folder in (found.directory, *built.values()):
                for path in folder.iterdir():
                    _place(path.resolve(), side / path.name)

    cache.once(together, "together", "gathering Pulumi and its hosts", gather)
    return replace(found, directory=together, path=together / pulumi_cli.COMMAND)


def _host(host: Host) -> Path:
    """Return the folder of a host, built if needed."""
    target = _root() / f"{host.command}-{go_build.fingerprint(host.module)}"

    def make() -> None:
        with cache.built_beside(target) as side:
            title = f"Pulumi's language host for {host.language}; takes up to four minutes, once"
            go_build.build(side / host.command, host.module, host.package, title)
            if host.beside:
                shutil.copy(_sources(host) / host.beside, side)
                (side / Path(host.beside).name).chmod(0o755)

    # Two builds at once would compile the same packages twice.
    cache.once(target, "build", f"building {host.command}", make)
    return target


def _sources(host: Host) -> Path:
    """Return the folder of the SDK's module that a host is built from."""
    command = [*go_build.find_go().command, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK]
    listed = answer_of(command, _LIST_TIMEOUT, cwd=host.module, env=go_build.environment())
    if listed.returncode != 0:
        raise ToolError(f"Go does not find {_SDK}\n{tail(listed.stderr, lines=3)}")
    return Path(listed.stdout.strip())


def _place(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def _root() -> Path:
    return cache.directory() / "pulumi"


def _main() -> int:
    """Print the folder of a Pulumi command with its language hosts, for PATH; all else goes to stderr."""
    argparse.ArgumentParser(prog="devtools.pulumi_hosts", description=_main.__doc__).parse_args()
    print(ensure().directory)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
