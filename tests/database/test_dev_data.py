"""The data of a server of this machine are never removed or run by mistake."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from awa_infra.dev import project
from awa_infra.errors import LocalServerError
from awa_infra.localserver import server as localserver
from awa_infra.localserver.cluster import Cluster
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
    subprocess.run(["cp", original / "cluster/pgdata/postmaster.pid", copy / "cluster/pgdata"], check=True)
    localserver.destroy(copy)
    assert _answers(url)
    # Moved, it is still the same server.
    original.rename(copy)
    assert localserver.stop(copy)
    assert not _answers(url)


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
