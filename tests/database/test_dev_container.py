"""``dev start --docker`` against a stand-in for Docker's client: real Docker is not on every machine that runs this."""

from __future__ import annotations

import json
import stat
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound, NotFound
from requests import ReadTimeout

from awa_infra.database.target import Target
from awa_infra.dev import container, project
from awa_infra.dev.container import LABEL, Container
from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.localserver.docker import docker_client
from tests.support.command import Run
from tests.support.servers import Database, TestServer


class Docker:
    """What is used of Docker's client, with the names that its documentation has; the server is that of the tests."""

    def __init__(self) -> None:
        self.made: dict[str, SimpleNamespace] = {}
        self.prepared: list[str] = []
        self.kept: dict[str, SimpleNamespace] = {}
        self.asked: dict[str, Any] = {}
        self.containers = SimpleNamespace(list=self._list, run=self._run)
        self.volumes = SimpleNamespace(create=self._create, list=self._volumes)
        self.images = SimpleNamespace(get=self._image, pull=self._pull)
        self.has = ["postgres:18"]
        self.offers = ["postgres:17"]
        self.refuses: Exception | None = None

    def _list(self, *, all: bool, filters: dict[str, str]) -> list[SimpleNamespace]:  # noqa: A002  Docker's name
        assert all
        return [one for one in self.made.values() if filters["name"] in one.name]

    def _run(self, image: str, *, name: str, labels: dict[str, str], **asked: Any) -> None:  # noqa: ANN401
        self.asked = {"image": image, **asked}
        one = SimpleNamespace(name=name, labels=labels, status="running")
        one.start = lambda: setattr(one, "status", "running")
        one.stop = lambda: setattr(one, "status", "exited")
        one.remove = lambda force=False: self.made.pop(name)  # noqa: ARG005  Docker's name
        self.made[name] = one
        if self.refuses:
            raise self.refuses

    def _image(self, name: str) -> None:
        if name not in self.has:
            raise ImageNotFound(f"No such image: {name}")

    def _pull(self, name: str) -> None:
        if name not in self.offers:
            raise NotFound(f"manifest for {name} not found")
        self.has.append(name)

    def _create(self, name: str, labels: dict[str, str]) -> None:
        self.kept[name] = SimpleNamespace(name=name, labels=labels, remove=lambda: self.kept.pop(name))

    def _volumes(self, *, filters: dict[str, str]) -> list[SimpleNamespace]:
        return [one for one in self.kept.values() if f"{LABEL}={one.labels[LABEL]}" == filters["label"]]


@pytest.fixture
def docker(server: TestServer, database: Database, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """Give a stand-in whose containers lead to the server of the tests."""
    where = Target.of(server.url).parameters
    if where["user"] != "postgres" or where["host"] != "127.0.0.1":
        pytest.skip("the server of this run is not reached as a container is")
    stand_in = Docker()
    monkeypatch.setattr(project, "docker_client", lambda: stand_in)
    monkeypatch.setattr(project, "make_ready", lambda url, _wanted: stand_in.prepared.append(url))
    monkeypatch.setattr(project, "DATABASE", database.name)
    made = Container("postgres:18", int(where["port"]), where["password"])
    monkeypatch.setattr(Container, "new", lambda image, _port: replace(made, image=image))
    return stand_in


def test_a_container_is_started_found_stopped_and_deleted_with_its_volume(docker: Docker, tmp_path: Path) -> None:
    folder = tmp_path / ".awa"
    begun = project.start(folder, image="postgres:18")
    assert not begun.ran
    assert docker.asked["ports"] == {"5432/tcp": ("127.0.0.1", begun.port)}
    assert docker.asked["volumes"] == {container.name_of(folder): {"bind": "/var/lib/postgresql", "mode": "rw"}}
    assert stat.S_IMODE((folder / "dev.json").stat().st_mode) == 0o600
    assert project.required(folder).url == begun.url
    assert docker.prepared == [begun.url]
    assert project.start(folder).ran
    assert project.psql(folder, ["-c", "SELECT 1"]) == 0
    assert project.stop(folder)
    assert project.running(folder) is None
    assert not project.start(folder).ran
    docker.kept["other"] = SimpleNamespace(name="other", labels={LABEL: str(folder)})
    assert project.stop(folder, delete=True)
    assert docker.made == {}
    assert list(docker.kept) == ["other"]
    assert not folder.exists()


def test_a_container_of_others_is_left_alone(docker: Docker, tmp_path: Path) -> None:
    folder = tmp_path / ".awa"
    docker.made["x"] = SimpleNamespace(name=container.name_of(folder), labels={}, status="running")
    with pytest.raises(NotOursError, match=container.name_of(folder)):
        project.start(folder, image="postgres:18")
    assert list(docker.made) == ["x"]


def test_data_of_the_package_do_not_become_those_of_a_container(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text(json.dumps({"database": "jobs"}))
    with pytest.raises(LocalServerError, match="not of a container"):
        project.start(tmp_path, image="postgres:18")
    assert docker.made == {}


def test_where_docker_is_down_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    folder = tmp_path / ".awa"
    with pytest.raises(LocalServerError, match="Docker does not answer"):
        project.start(folder, docker=True)
    assert not folder.exists()


@pytest.mark.parametrize("there", [False, True])
def test_a_container_that_cannot_be_made_leaves_no_notes(docker: Docker, tmp_path: Path, *, there: bool) -> None:
    folder = tmp_path / ".awa"
    if there:
        folder.mkdir()
    with pytest.raises(LocalServerError, match="does not begin with a version"):
        project.start(folder, image="postgres:latest")
    assert folder.exists() == there
    with pytest.raises(LocalServerError, match="manifest for postgres:99 not found") as caught:
        project.start(folder, image="postgres:99")
    assert "docker pull postgres:99" in caught.value.hint
    for refused in (APIError("port is already allocated"), ReadTimeout("timed out")):
        docker.refuses = refused
        with pytest.raises(LocalServerError, match=str(refused)):
            project.start(folder, docker=True)
    assert (docker.made, docker.kept) == ({}, {})
    assert folder.exists() == there
    docker.refuses = None
    assert not project.start(folder, docker=True).ran


def test_an_image_that_is_not_here_is_told_before_it_is_got(docker: Docker, tmp_path: Path, run: Run) -> None:
    outcome = run("dev", "start", "--docker", "--image", "postgres:17", "--folder", str(tmp_path / ".awa"))
    assert outcome.status == 0
    assert "getting the image postgres:17" in outcome.err
    assert docker.asked["image"] == "postgres:17"


def test_a_container_keeps_its_image_and_its_port(docker: Docker, tmp_path: Path, run: Run) -> None:
    folder = tmp_path / ".awa"
    begun = project.start(folder, image="postgres:17")
    for changed in ({"image": "postgres:16"}, {"port": begun.port + 1}):
        with pytest.raises(LocalServerError, match="The container of this folder has the"):
            project.start(folder, **changed)
    assert project.start(folder, image="postgres:17", port=begun.port).ran
    assert run("dev", "start", "--docker", "--folder", str(folder)).status == 0
    assert docker.asked["image"] == "postgres:17"


def test_an_image_without_docker_is_refused(tmp_path: Path, run: Run) -> None:
    outcome = run("dev", "start", "--image", "postgres:17", "--folder", str(tmp_path / ".awa"))
    assert outcome.status == 2
    assert "--image needs --docker" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_container_whose_password_is_lost_is_neither_used_nor_deleted(docker: Docker, tmp_path: Path) -> None:
    folder = tmp_path / ".awa"
    project.start(folder, docker=True)
    (folder / "dev.json").unlink()
    with pytest.raises(LocalServerError, match="whose password was in") as caught:
        project.start(folder, docker=True)
    assert f"docker volume rm {container.name_of(folder)}" in caught.value.hint
    assert len(docker.made) == len(docker.kept) == 1


def test_the_folder_of_the_data_is_the_one_of_the_image() -> None:
    assert Container("postgres:17-alpine", 1, "").major == 17
    with pytest.raises(LocalServerError, match="does not begin with a version"):
        _ = Container("postgres:latest", 1, "").major


def test_without_docker_the_command_says_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(LocalServerError, match="Docker does not answer") as caught:
        docker_client()
    assert "leave out --docker" in caught.value.hint


def test_an_image_that_takes_long_is_reported_meanwhile_and_given_up(
    docker: Docker, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.has.clear()
    docker.images.pull = lambda _name: time.sleep(30)
    monkeypatch.setattr(container, "SILENT", 0.1)
    monkeypatch.setattr(container, "PULL", 0.3)
    begun = time.monotonic()
    outcome = run("dev", "start", "--docker", "--folder", str(tmp_path / ".awa"))
    assert outcome.status == LocalServerError.exit_status
    assert "still getting the image postgres:18" in outcome.err
    assert "Hint: Get it yourself, then run the same again: docker pull postgres:18." in outcome.err
    assert time.monotonic() - begun < 20
    assert not docker.made
