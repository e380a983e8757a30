"""Start the server of a folder, find it, stop it, remove it. It outlives the process that started it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.localserver import host
from awa_infra.localserver.cluster import Cluster, StopMode
from awa_infra.localserver.folders import READABLE_DIRECTORY, Lock, lock, note
from awa_infra.localserver.homes import CLUSTER, foreign, home_of, keep, make_home, orphans, remove_home
from awa_infra.localserver.host import HOST, SUPERUSER, account, server_url, wheel_major

if TYPE_CHECKING:
    from awa_infra.localserver.cluster import Binaries

# Nothing this young is treated as an orphan: the process that made it may still be at work.
ORPHAN_AGE = 5 * 60.0
# A server that runs without its data directory is stopped only when no test run can be that old.
RUNNING_ORPHAN_AGE = 24 * 60 * 60.0
_OF_SHELLS = frozenset('"$`\\\n')
"""What a shell does not take as it is between the quotation marks in which pg_ctl puts the path of its log."""
_STOP = "Stop it first: awa-infra dev stop."
_LOCK = "lock"
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Server:
    """A running server; `url` is that of the maintenance database.

    `bin_dir` has the client programs, those of the wheel for every `major`.
    """

    url: str = field(repr=False)
    host: str
    port: int
    password: str = field(repr=False)
    data_dir: Path
    bin_dir: Path
    major: int

    def url_for(self, dbname: str) -> str:
        """Return the URL of another database on this server."""
        return server_url(self.port, self.password, dbname)


def start(
    data_dir: Path,
    *,
    port: int | None = None,
    settings: Mapping[str, str] = NO_SETTINGS,
    major: int | None = None,
    binaries: Binaries = host.binaries_of,
) -> Server:
    """Start the server of `data_dir`, creating it if needed; safe to repeat.

    Without `port` a free one is taken and kept over restarts. `settings` are
    those of postgresql.conf; a server that already runs keeps what it has.
    Without `major` data that exist keep theirs, and new ones get the wheel's.
    `binaries` finds the programs of a major version.

    With fsync off, as servers for tests have it, data that had to be placed
    elsewhere are removed once `data_dir` is gone; all others are kept.

    Raises:
        NotOursError: there is something else in the folder.
        LocalServerError: it cannot run here, or runs with other settings than requested.
    """
    data_dir = data_dir.absolute()
    refuse_path(data_dir)
    _refuse_foreign(data_dir)
    data_dir.mkdir(READABLE_DIRECTORY, parents=True, exist_ok=True)
    sync = settings.get("fsync") != "off"
    with _locked(data_dir):
        cluster = _existing(data_dir, binaries)
        if sync:
            keep(data_dir)
        if cluster is None:
            _remove_orphans()
            note("postgres: creating a server in %s", data_dir)
            home = home_of(data_dir) or make_home(data_dir, throw_away=not sync)
            cluster = Cluster.create(home, sync=sync, major=major or wheel_major(), binaries=binaries)
        if not cluster.running():
            cluster.check_version(major or cluster.major)
            cluster = cluster.launch(port, settings)
        elif cluster.moved():
            raise LocalServerError(
                f"PostgreSQL in {data_dir} runs, and the folder was moved meanwhile: it does not find its files.",
                hint="Stop it, then start it again: awa-infra dev stop",
            )
        elif port not in (None, cluster.port):
            raise LocalServerError(f"PostgreSQL in {data_dir} already runs on port {cluster.port}.", hint=_STOP)
        elif major not in (None, cluster.major):
            raise LocalServerError(f"PostgreSQL in {data_dir} already runs as version {cluster.major}.", hint=_STOP)
        return _server(cluster, data_dir)


def stop(data_dir: Path, mode: StopMode = "fast") -> bool:
    """Stop the server of `data_dir`, and return whether one ran; it need not be remembered."""
    data_dir = data_dir.absolute()
    if not data_dir.is_dir():
        return False
    with _locked(data_dir):
        return _stop(data_dir, mode)


def destroy(data_dir: Path) -> bool:
    """Stop the server and remove its data, wherever they had to be placed; return whether one ran.

    Raises:
        NotOursError: there is something else in the folder; nothing was removed.
    """
    data_dir = data_dir.absolute()
    if not data_dir.is_dir():
        return False
    _refuse_foreign(data_dir)
    # One lock for both: a start between them would leave a server without its data.
    with _locked(data_dir):
        ran = _stop(data_dir, "immediate")
        home = home_of(data_dir)
        if home is not None:
            remove_home(home)
        link = data_dir / CLUSTER
        if link.is_symlink():
            link.unlink()
        (data_dir / _LOCK).unlink()
        with suppress(OSError):
            data_dir.rmdir()  # another run waits, and has made a lock of its own
    return ran


def refuse_path(path: Path) -> None:
    """Raise a LocalServerError for a path where no server can have its data."""
    odd = sorted(set(str(path.absolute())) & _OF_SHELLS)
    if odd:
        raise LocalServerError(
            f"No server can have its data in {path}: pg_ctl gives the path to a shell, where {' '.join(odd)} means "
            "something else.",
            hint="Name another folder.",
        )


def _refuse_foreign(data_dir: Path) -> None:
    others = foreign(data_dir, [_LOCK])
    if others:
        raise NotOursError(
            f"Folder {data_dir} holds what awa-infra did not make: {', '.join(others)}. A server needs one for itself.",
            hint="Name an empty or a new folder. Nothing was changed.",
        )


def _stop(data_dir: Path, mode: StopMode) -> bool:
    """Stop the server under the lock, and return whether one ran."""
    home = home_of(data_dir)
    cluster = Cluster.to_stop(home) if home is not None else None
    return cluster is not None and cluster.stop(mode)


def running(data_dir: Path) -> Server | None:
    """Return the server of `data_dir` if it runs."""
    data_dir = data_dir.absolute()
    cluster = _existing(data_dir)
    return _server(cluster, data_dir) if cluster is not None and cluster.running() else None


def _locked(data_dir: Path) -> Lock:
    return lock(data_dir / _LOCK, f"PostgreSQL in {data_dir}")


def _existing(data_dir: Path, binaries: Binaries = host.binaries_of) -> Cluster | None:
    home = home_of(data_dir)
    return Cluster.load(home, binaries) if home is not None else None


def _server(cluster: Cluster, data_dir: Path) -> Server:
    return Server(
        url=server_url(cluster.port, cluster.password, SUPERUSER),
        host=HOST,
        port=cluster.port,
        password=cluster.password,
        data_dir=data_dir,
        bin_dir=host.binaries(),
        major=cluster.major,
    )


def _remove_orphans() -> None:
    """Free what was placed elsewhere for data directories removed since.

    Nothing that another run may be using: neither what is young nor, for long, a server that runs.
    """
    if not account().switches:
        return
    for home, age in orphans():
        if age < ORPHAN_AGE:
            continue
        cluster = Cluster.to_stop(home)
        try:
            if cluster is not None and cluster.running():
                if age < RUNNING_ORPHAN_AGE:
                    continue
                cluster.stop("immediate")
        except LocalServerError:
            continue  # no reason to refuse another server
        shutil.rmtree(home, ignore_errors=True)
