"""The data of a server of this machine are never removed or run by mistake."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest

from awa_infra.dev import project
from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.localserver import server as localserver
from awa_infra.localserver.cluster import Cluster
from awa_infra.localserver.folders import lock
from awa_infra.localserver.host import account
from tests.support.servers import _in_memory

FAST = {"fsync": "off"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that the account of the server can enter."""
    made = Path(tempfile.mkdtemp(prefix="awa-infra-data-", dir=_in_memory()))
    made.chmod(0o711)
    yield made
    for data in made.iterdir():
        localserver.destroy(data)
    shutil.rmtree(made)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False


def test_data_whose_password_is_lost_stay_until_they_are_deleted(folder: Path) -> None:
    data = folder / "pg"
    url = localserver.start(data, settings=FAST).url
    memory = data / "cluster" / "server.json"
    kept = memory.read_bytes()
    memory.unlink()
    with pytest.raises(LocalServerError, match=r"server\.json, with their password and port, is missing") as caught:
        localserver.start(data, settings=FAST)
    assert "Put that file back" in caught.value.hint
    assert _answers(url)
    memory.write_text("{")
    with pytest.raises(LocalServerError, match="is damaged"):
        localserver.start(data, settings=FAST)
    memory.write_bytes(kept)
    assert localserver.start(data, settings=FAST).url == url
    memory.unlink()
    localserver.destroy(data)
    assert not _answers(url)
    assert not data.exists()


def test_a_copy_of_a_folder_leaves_the_server_of_the_original_alone(folder: Path) -> None:
    original, copy = folder / "pg", folder / "copy"
    url = localserver.start(original, settings=FAST).url
    subprocess.run(["cp", "-a", original, copy], check=True)
    assert localserver.running(copy) is None
    assert not localserver.stop(copy)
    assert _answers(url)
    subprocess.run(["cp", "-a", original / "cluster/pgdata/postmaster.pid", copy / "cluster/pgdata"], check=True)
    localserver.destroy(copy)
    assert _answers(url)
    # Moved, it is still the same server.
    original.rename(copy)
    with pytest.raises(LocalServerError, match="the folder was moved meanwhile") as moved:
        localserver.start(copy, settings=FAST)
    assert "awa-infra dev stop" in moved.value.hint
    assert localserver.stop(copy)
    assert not _answers(url)


def test_nobody_else_may_exchange_the_data_of_a_server_whatever_the_umask_is(folder: Path) -> None:
    before = os.umask(0)
    try:
        localserver.start(folder / "pg", settings=FAST)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "pg").stat().st_mode) == 0o755


def test_a_path_that_means_something_to_a_shell_is_refused_wherever_it_was_named(folder: Path) -> None:
    with pytest.raises(LocalServerError, match="pg_ctl gives the path to a shell"):
        localserver.start(folder / "with $HOME", settings=FAST)
    assert list(folder.iterdir()) == []


@contextmanager
def _as_somebody_else(*paths: Path) -> Iterator[None]:
    """Let this process, and the account of a server, be a user who may not look into folders."""
    for path in paths:
        path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path in paths:
            path.chmod(0o700)


def test_a_server_that_this_user_may_not_look_at_is_not_taken_for_one_that_does_not_run(tmp_path: Path) -> None:
    data = tmp_path / "pg"
    pgdata = data / "cluster" / "pgdata"
    pgdata.mkdir(parents=True)
    (pgdata / "PG_VERSION").write_text("18\n")
    (pgdata / "postmaster.pid").write_text(f"{os.getpid()}\n{pgdata}\n")
    Cluster(data / "cluster", "secret", 1).save()
    pgdata.chmod(0)  # also for the account of a server that root starts
    try:
        for act in (localserver.running, localserver.start, localserver.stop, localserver.destroy):
            with pytest.raises(LocalServerError, match=r"Cannot look whether PostgreSQL in .* runs") as caught:
                act(data)
            assert caught.value.hint == "Run it as the user who started it."
    finally:
        pgdata.chmod(0o700)
    assert (pgdata / "PG_VERSION").exists()
    (pgdata / "PG_VERSION").unlink()
    assert not localserver.stop(data)  # what is left of data has no server


def test_a_folder_of_another_user_is_told_from_one_of_others(tmp_path: Path) -> None:
    folder = tmp_path / ".awa"
    folder.mkdir()
    (folder / "dev.json").write_text('{"database": "jobs"}')
    with _as_somebody_else(folder):
        for act in (project.start, project.running, project.stop):
            with pytest.raises(LocalServerError, match=r"Cannot read .*: Permission denied") as caught:
                act(folder)
            assert "Run it as the user who started the server" in caught.value.hint
    assert (folder / "dev.json").exists()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes into folders of another account")


@as_root
@pytest.mark.parametrize("name", ["awa-infra.conf", "awa-infra.conf.new", "postgresql.conf.new"])
def test_root_does_not_write_through_links_of_the_account_of_the_server(
    folder: Path, tmp_path: Path, name: str
) -> None:
    """The account of the server owns its data, so it can put a link to any file there."""
    data, precious = folder / "pg", tmp_path / "precious"
    localserver.start(data, settings=FAST)
    localserver.stop(data)
    precious.write_text("of root")
    pgdata = data / "cluster" / "pgdata"
    if name == "postgresql.conf.new":
        main = pgdata / "postgresql.conf"
        main.write_text(main.read_text().replace("include_if_exists = 'awa-infra.conf'", ""))
    (pgdata / name).unlink(missing_ok=True)
    (pgdata / name).symlink_to(precious)
    url = localserver.start(data, settings=FAST).url
    assert _answers(url)
    assert (precious.read_text(), precious.stat().st_uid) == ("of root", 0)
    written = (pgdata / "awa-infra.conf").lstat()
    assert stat.S_ISREG(written.st_mode)
    assert written.st_uid == (pgdata / "PG_VERSION").stat().st_uid


@as_root
@pytest.mark.parametrize("what", ["postgresql.conf", "pgdata"])
def test_root_refuses_to_start_through_a_link_that_it_would_have_to_follow(folder: Path, what: str) -> None:
    data = folder / "pg"
    localserver.start(data, settings=FAST)
    localserver.stop(data)
    home = data / "cluster"
    linked = home / "pgdata" / "postgresql.conf" if what == "postgresql.conf" else home / "pgdata"
    elsewhere = home / "elsewhere"
    linked.rename(elsewhere)
    linked.symlink_to(elsewhere)
    before = {path.name for path in elsewhere.rglob("*")}, elsewhere.stat().st_size
    with pytest.raises(LocalServerError, match=r"^Cannot (read|write) "):
        localserver.start(data, settings=FAST)
    assert ({path.name for path in elsewhere.rglob("*")}, elsewhere.stat().st_size) == before
    linked.unlink()
    elsewhere.rename(linked)


@as_root
def test_the_first_password_is_not_written_through_a_link(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("of root")
    data = folder / "pg"
    home = data / "cluster"
    home.mkdir(parents=True)
    account().own(home)
    for name in ("initial-password", "initial-password.new", "server.json.new"):
        (home / name).symlink_to(precious)
    assert _answers(localserver.start(data, settings=FAST).url)
    assert precious.read_text() == "of root"


def test_a_start_beside_a_removal_never_leaves_a_server_without_its_data(folder: Path) -> None:
    data = folder / "pg"
    localserver.start(data, settings=FAST)
    localserver.stop(data)
    for number in range(4000):  # a removal that takes a while
        (data / "cluster" / f"file-{number}").touch()
    with ThreadPoolExecutor() as threads:
        removed = threads.submit(localserver.destroy, data)
        urls = [threads.submit(localserver.start, data, settings=FAST) for _ in range(2)]
        removed.result()
        answering = {_answers(url.result().url) for url in urls}
    running = localserver.running(data)
    # Either all of it went last, or the server that is there is the one of these data.
    assert answering == {running is not None}


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    held = Event()

    def wait_for_it() -> bool:
        held.wait()
        with lock(path, "the test"):
            return path.exists()

    with ThreadPoolExecutor() as threads:
        with lock(path, "the test"):
            waiting = threads.submit(wait_for_it)
            held.set()
            time.sleep(0.3)  # it has opened the file by now
            path.unlink()
            path.parent.rmdir()
        assert waiting.result()


@pytest.mark.parametrize("path", ["notes.txt", "important/file", "cluster", "cluster/kept"])
def test_a_folder_with_something_else_in_it_gets_no_server_and_loses_nothing(path: str, tmp_path: Path) -> None:
    kept = tmp_path / "pg" / path
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    for act in (localserver.start, localserver.destroy):
        with pytest.raises(NotOursError, match="holds what awa-infra did not make: "):
            act(tmp_path / "pg")
    assert kept.read_text() == "mine"
    assert [found for found in (tmp_path / "pg").rglob("*") if found.is_file()] == [kept]


def test_a_link_to_what_somebody_else_made_is_neither_used_nor_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "kept").touch()
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "cluster").symlink_to(tmp_path / "theirs")
    for act in (localserver.start, localserver.destroy):
        with pytest.raises(NotOursError, match="did not make: cluster"):
            act(tmp_path / "pg")
    assert (tmp_path / "theirs" / "kept").exists()


def test_a_removal_that_was_killed_is_in_the_way_of_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = folder / "pg"
    localserver.start(data, settings=FAST)

    def killed(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise OSError(str(path))

    with monkeypatch.context() as patch:
        patch.setattr("awa_infra.localserver.homes.shutil.rmtree", killed)
        with pytest.raises(OSError, match="cluster"):
            localserver.destroy(data)
    assert _answers(localserver.start(data, settings=FAST).url)
    localserver.destroy(data)
    assert not data.exists()
