"""Run the server of a project in a Docker container: image ``postgres``, data in a volume."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awa_infra.database.connection import connect
from awa_infra.errors import ConnectionFailedError, LocalServerError, NotOursError
from awa_infra.localserver.folders import note
from awa_infra.localserver.host import HOST, SUPERUSER, free_port, server_url

LABEL = "awa-infra.folder"
"""Label of the container and of its volume, with the folder of the project."""

_PORT = "5432/tcp"
_READY = 60.0
"""Seconds for a container to take connections; the first start of the image runs initdb."""
PULL = 900.0
"""Seconds to wait for an image: postgres:18 has 160 MB to get."""

SILENT = 15.0
"""Seconds without a line meanwhile."""

_FIRST_WITH_FOLDERS = 18
"""From this major on the image keeps the data of each version in a folder of its own."""


@dataclass(frozen=True, slots=True)
class Container:
    """What is remembered of a container between starts; the tag of its image begins with a version: ``postgres:18``."""

    image: str
    port: int
    password: str = field(repr=False)

    @classmethod
    def new(cls, image: str, port: int | None) -> Container:
        """Return a container that does not exist yet."""
        return cls(image, port or free_port(), secrets.token_urlsafe(24))

    @property
    def major(self) -> int:
        """The version of PostgreSQL, by the tag of the image.

        Raises:
            LocalServerError: the tag does not say it.
        """
        found = re.search(r":(\d+)", self.image)
        if found is None:
            raise LocalServerError(
                f"The tag of the image {self.image} does not begin with a version of PostgreSQL.",
                hint="Name one such as postgres:18.",
            )
        return int(found[1])

    def url_for(self, database: str) -> str:
        """Return the connection string of a database of it."""
        return server_url(self.port, self.password, database)

    def check(self, image: str | None, port: int | None) -> None:
        """Raise a LocalServerError for another image, or another port, than the container has."""
        for what, requested, has in (("image", image, self.image), ("port", port, self.port)):
            if requested not in (None, has):
                raise LocalServerError(
                    f"The container of this folder has the {what} {has}, not {requested}.",
                    hint=f"Leave out --{what}; or delete the container with its data: awa-infra dev stop --delete.",
                )

    def start(self, folder: Path, client: Any) -> None:  # noqa: ANN401  the docker package has no types
        """Start the container of a folder, making it first if need be, and wait until it takes connections.

        Raises:
            NotOursError: a container of that name exists, and is not of this folder.
            LocalServerError: Docker refuses, or it takes no connections in time. What did not exist before is removed
                if Docker refuses.
        """
        with _docker():
            found = existing(folder, client)
            if found is None:
                self._make(folder, client)
            else:
                found.start()
        deadline = time.monotonic() + _READY
        while True:
            try:
                with connect(self.url_for(SUPERUSER)):
                    return
            except ConnectionFailedError as error:
                if time.monotonic() > deadline:
                    raise LocalServerError(
                        f"Container {name_of(folder)} takes no connections after {_READY:.0f} s: {error.message}",
                        hint=f"Read its log: docker logs {name_of(folder)}.",
                    ) from error
                time.sleep(0.2)

    def _make(self, folder: Path, client: Any) -> None:  # noqa: ANN401  the docker package has no types
        """Make volume and container, or neither."""
        from docker.errors import ImageNotFound  # noqa: PLC0415  an extra

        with _docker(f"Name another one with --image, or see why: docker pull {self.image}"):
            try:
                client.images.get(self.image)
            except ImageNotFound:
                _pull(self.image, client)
        name = name_of(folder)
        data = "/var/lib/postgresql" if self.major >= _FIRST_WITH_FOLDERS else "/var/lib/postgresql/data"
        kept_data = bool(_volumes(folder, client))
        try:
            client.volumes.create(name, labels={LABEL: str(folder)})
            client.containers.run(
                self.image,
                detach=True,
                name=name,
                labels={LABEL: str(folder)},
                environment={"POSTGRES_PASSWORD": self.password},
                ports={_PORT: (HOST, self.port)},
                volumes={name: {"bind": data, "mode": "rw"}},
            )
        except BaseException:
            # Docker makes a container before it finds that its port is in use.
            half_made = existing(folder, client)
            if half_made is not None:
                half_made.remove(force=True)
            for volume in () if kept_data else _volumes(folder, client):
                volume.remove()
            raise


def _pull(image: str, client: Any) -> None:  # noqa: ANN401  the docker package has no types
    """Get an image, with a line every few seconds: Docker's client has no limit of time for it, and shows nothing.

    Raises:
        LocalServerError: it took longer than `PULL`.
        DockerException: Docker refused.
    """
    note("docker: getting the image %s, which may take minutes", image)
    failures: list[Exception] = []

    def get() -> None:
        try:
            client.images.pull(image)
        except Exception as exc:  # noqa: BLE001  raised below, by whoever waits
            failures.append(exc)

    # Docker gives up what nobody waits for, once this process has ended.
    work = threading.Thread(target=get, daemon=True)
    begun = time.monotonic()
    work.start()
    while work.is_alive():
        work.join(SILENT)
        waited = time.monotonic() - begun
        if work.is_alive() and waited >= PULL:
            raise LocalServerError(
                f"Docker did not get the image {image} within {PULL:.0f} s.",
                hint=f"Get it yourself, then run the same again: docker pull {image}.",
            )
        if work.is_alive():
            note("docker: still getting the image %s, for %d s now", image, waited)
    if failures:
        raise failures[0]


@contextmanager
def _docker(hint: str = "Remove the cause, then run the same command again.") -> Iterator[None]:
    """Raise a LocalServerError if Docker refuses, or does not answer in time."""
    from docker.errors import DockerException  # noqa: PLC0415  an extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415  of that extra

    try:
        yield
    except (DockerException, HTTPError, OSError) as error:  # those of requests are OSErrors
        raise LocalServerError(f"Docker failed: {error}", hint=hint) from error


def left_behind(folder: Path, client: Any) -> bool:  # noqa: ANN401  the docker package has no types
    """Whether there is a container or a volume of a folder."""
    with _docker():
        return existing(folder, client) is not None or bool(_volumes(folder, client))


def name_of(folder: Path) -> str:
    """Return the name of the container of a folder, and of its volume."""
    return f"awa-dev-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def existing(folder: Path, client: Any) -> Any:  # noqa: ANN401  the docker package has no types
    """Return the container of a folder, or ``None``.

    Raises:
        NotOursError: one has its name, and is not of this folder.
    """
    name = name_of(folder)
    found = next((one for one in client.containers.list(all=True, filters={"name": name}) if one.name == name), None)
    if found is not None and found.labels.get(LABEL) != str(folder):
        raise NotOursError(f"Container {name} exists, but awa-infra dev did not make it.", hint="Rename or remove it.")
    return found


def runs(folder: Path, client: Any) -> bool:  # noqa: ANN401  the docker package has no types
    """Whether the container of a folder runs."""
    with _docker():
        found = existing(folder, client)
    return found is not None and found.status == "running"


def stop(folder: Path, client: Any, *, delete: bool) -> None:  # noqa: ANN401  the docker package has no types
    """Stop the container of a folder; with `delete`, delete the container and its volume, and nothing else."""
    with _docker():
        found = existing(folder, client)
        if found is not None:
            found.stop()
            if delete:
                found.remove()
        for volume in _volumes(folder, client) if delete else ():
            volume.remove()


def _volumes(folder: Path, client: Any) -> list[Any]:  # noqa: ANN401  the docker package has no types
    found = client.volumes.list(filters={"label": f"{LABEL}={folder}"})
    return [volume for volume in found if volume.name == name_of(folder)]
