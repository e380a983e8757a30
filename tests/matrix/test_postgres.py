"""The servers that the matrix runs on: every major, and no server removed under another run's hands."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from awa_infra.errors import LocalServerError
from awa_infra.localserver import homes as server_homes
from awa_infra.localserver import host as postgres_host
from awa_infra.localserver import server as localserver
from awa_infra.localserver.cluster import Cluster
from awa_infra.naming import RESERVED_WORDS
from devtools import postgres, postgres_versions
from devtools.progress import ToolError, ToolMissing
from tests.support import servers
from tests.support.servers import _FAST
from tests.support.tools import missing

MAJORS = postgres_versions.majors() if os.environ.get("AWA_INFRA_MATRIX") == "all" else [postgres_versions.majors()[0]]


@pytest.mark.parametrize("major", MAJORS)
def test_server_of_a_major(tmp_path: Path, major: int) -> None:
    try:
        server = postgres.start(tmp_path, settings=_FAST, major=major)
    except ToolMissing as reason:
        missing(str(reason))
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.info.server_version // 10000 == server.major == major
            words = connection.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").fetchall()
            assert {word for (word,) in words} <= RESERVED_WORDS
        with pytest.raises(LocalServerError, match=f"already runs as version {major}"):
            postgres.start(tmp_path, major=major + 1)
        postgres.stop(tmp_path)
        with pytest.raises(LocalServerError, match=f"made by PostgreSQL {major}"):
            postgres.start(tmp_path, major=14 if major != 14 else postgres_host.wheel_major())
        assert postgres.start(tmp_path).major == major
    finally:
        postgres.destroy(tmp_path)
    assert not tmp_path.exists()


def test_unknown_major() -> None:
    with pytest.raises(ToolError, match="no binaries of PostgreSQL 9 are known"):
        postgres_versions.binaries(9)


def test_no_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWA_INFRA_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="no `mvn` on PATH"):
        postgres_versions._installation("17.11.0")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the place of clusters, named by way of a link as some temporary directories are."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "named"
    link.symlink_to(tmp_path / "real")
    monkeypatch.setattr(server_homes, "candidate_places", lambda: [link])
    monkeypatch.setattr(localserver, "account", lambda: SimpleNamespace(switches=True))
    return link


def _home(place: Path, name: str, *, age: float = 0, linked: bool = False) -> Path:
    home = place / f"cluster-{name}"
    home.mkdir()
    link = place.parent / f"data-{name}"
    if linked:
        link.symlink_to(home)
    mark = home / server_homes.OWNER_MARK
    mark.write_text(str(link))
    os.utime(mark, (time.time() - age,) * 2)
    return home


def test_orphans_that_may_be_in_use_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_made = place / "cluster-half"
    half_made.mkdir()
    (half_made / f"{server_homes.OWNER_MARK}.new").touch()
    young = _home(place, "young")
    old = _home(place, "old", age=localserver.ORPHAN_AGE + 60)
    in_use = _home(place, "used", age=localserver.RUNNING_ORPHAN_AGE * 2, linked=True)
    runs = _home(place, "runs", age=localserver.ORPHAN_AGE + 60)
    ran_for_days = _home(place, "days", age=localserver.RUNNING_ORPHAN_AGE + 60)
    stopped: list[Path] = []

    def to_stop(home: Path) -> SimpleNamespace:
        return SimpleNamespace(running=lambda: home in (runs, ran_for_days), stop=lambda _: stopped.append(home))

    monkeypatch.setattr(Cluster, "to_stop", to_stop)
    localserver._remove_orphans()
    assert [path.exists() for path in (half_made, young, in_use, runs)] == [True] * 4
    assert [path.exists() for path in (old, ran_for_days)] == [False] * 2
    assert stopped == [ran_for_days]


def _nobody_gets_in(place: Path, monkeypatch: pytest.MonkeyPatch, kept: Path | None = None) -> None:
    """Have data placed elsewhere, as where root starts a server."""
    postgres_host.binaries()  # found by the real account, and remembered
    monkeypatch.setattr(server_homes, "public_places", lambda *before: [(before and kept) or place])
    unreachable = SimpleNamespace(own=lambda _: None, can=lambda _: False)
    for module in (postgres_host, server_homes):
        monkeypatch.setattr(module, "account", lambda: unreachable)


def test_data_of_a_project_are_no_orphans_when_the_project_is_out_of_reach(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting = tmp_path / "lasting"
    lasting.mkdir()
    _nobody_gets_in(place, monkeypatch, lasting)
    homes = {}
    for name, throw_away in (("project", False), ("test", True), ("demo", True)):
        data = tmp_path / name
        data.mkdir()
        homes[name] = server_homes.make_home(data, throw_away=throw_away)
    # Temporary directories are emptied when a machine restarts, or after some days.
    assert [home.parent for home in homes.values()] == [lasting, place, place]
    # A server for tests that is then started as a project's is one of a project.
    running = SimpleNamespace(running=lambda: True, moved=lambda: False, port=1, password="", major=18)
    monkeypatch.setattr(Cluster, "load", lambda *_: running)
    localserver.start(tmp_path / "test", settings={"fsync": "off"})
    localserver.start(tmp_path / "demo")
    monkeypatch.undo()
    monkeypatch.setattr(server_homes, "candidate_places", lambda: [place])
    assert list(server_homes.orphans()) == []
    for name in homes:
        (tmp_path / name).rename(tmp_path / f"{name}-unmounted")
    assert [home.resolve() for home, _ in server_homes.orphans()] == [homes["test"].resolve()]


def test_a_copy_of_a_link_does_not_lead_to_the_data_of_the_original(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _nobody_gets_in(place, monkeypatch)
    data, copy = tmp_path / "data", tmp_path / "copy"
    data.mkdir()
    home = server_homes.make_home(data, throw_away=False)
    shutil.copytree(data, copy, symlinks=True)
    for act in (localserver.running, localserver.start, localserver.stop, localserver.destroy):
        with pytest.raises(LocalServerError, match=f"leads to data that belong to {data / 'cluster'}") as caught:
            act(copy)
    assert caught.value.hint.endswith(f"rm {copy / 'cluster'}")
    assert home.is_dir()
    assert server_homes.home_of(data) == home.resolve()
    # Moved, it is the same link.
    shutil.rmtree(copy)
    data.rename(copy)
    assert server_homes.home_of(copy) == home.resolve()
    server_homes.keep(copy)
    assert (home / server_homes.LINK_MARK).read_text() == str(copy / "cluster")


def test_a_port_that_this_user_may_not_have_is_not_called_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        'LOG:  could not bind IPv4 address "127.0.0.1": Permission denied\nFATAL:  could not create any TCP/IP sockets'
    )
    monkeypatch.setattr(Cluster, "launch_once", lambda _self, _settings: said)
    with pytest.raises(LocalServerError, match="may not listen on port 80") as caught:
        Cluster(tmp_path, "x", 0).launch(80, {})
    assert "1024" in caught.value.hint


def test_mark_of_a_home_is_never_seen_half_written(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run looks for orphans at every step of making a home for data to throw away, and finds none."""
    seen: list[object] = []

    def look(*_: object, **__: object) -> None:
        seen.extend(server_homes.orphans())

    def spy(cls: type, name: str) -> None:
        original = getattr(cls, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  whatever Path returns
            if name == "write_text":  # as the kernel does it: the file is there before its content
                arguments[0].touch()
            look()
            result = original(*arguments, **options)
            look()
            return result

        monkeypatch.setattr(cls, name, wrapped)

    data = tmp_path / "data"
    data.mkdir()
    _nobody_gets_in(place, monkeypatch)
    for name in ("symlink_to", "write_text", "rename"):
        spy(Path, name)
    home = server_homes.make_home(data, throw_away=True)
    monkeypatch.undo()
    assert home.parent == place
    assert (data / "cluster").resolve() == home.resolve()
    assert seen == []


def test_the_data_of_a_server_of_the_tests_is_in_the_folder_that_was_chosen_for_it() -> None:
    place = Path(servers._in_memory() or tempfile.gettempdir()).resolve()
    with servers.embedded_server() as server, psycopg.connect(server.url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    assert Path(row[0]).is_relative_to(place)
    assert Path(row[0]).relative_to(place).parts[0].startswith("awa-infra-test-")
