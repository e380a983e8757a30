"""``dev start --docker`` against a stand-in for Docker's client: real Docker is not on every machine that runs this."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from awa_infra.database.target import Target
from awa_infra.dev import container, project
from awa_infra.dev.container import LABEL, Container
from awa_infra.errors import LocalServerError, NotOursError
from awa_infra.testing.docker import docker_client
from tests.support.servers import Database, TestServer


class Docker:
    """What is used of Docker's client, with the names that its documentation has; the server is that of the tests."""

    def __init__(self) -> None:
        self.made: dict[str, SimpleNamespace] = {}
        self.kept: dict[str, SimpleNamespace] = {}
        self.asked: dict[str, Any] = {}
        self.containers = SimpleNamespace(list=self._list, run=self._run)
        self.volumes = SimpleNamespace(create=self._create, list=self._volumes)

    def _list(self, *, all: bool, filters: dict[str, str]) -> list[SimpleNamespace]:  # noqa: A002  Docker's name
        assert all
        return [one for one in self.made.values() if filters["name"] in one.name]

    def _run(self, image: str, *, name: str, labels: dict[str, str], **asked: Any) -> None:  # noqa: ANN401
        self.asked = {"image": image, **asked}
        one = SimpleNamespace(name=name, labels=labels, status="running")
        one.start = lambda: setattr(one, "status", "running")
        one.stop = lambda: setattr(one, "status", "exited")
        one.remove = lambda: self.made.pop(name)
        self.made[name] = one

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
    monkeypatch.setattr(project, "make_ready", lambda _url, _wanted: None)
    monkeypatch.setattr(project, "DATABASE", database.name)
    made = Container("postgres:18", int(where["port"]), where["password"])
    monkeypatch.setattr(Container, "new", lambda _image, _port: made)
    return stand_in


def test_a_container_is_started_found_stopped_and_deleted_with_its_volume(docker: Docker, tmp_path: Path) -> None:
    folder = tmp_path / ".awa"
    begun = project.start(folder, image="postgres:18")
    assert not begun.ran
    assert docker.asked["ports"] == {"5432/tcp": ("127.0.0.1", begun.port)}
    assert docker.asked["volumes"] == {container.name_of(folder): {"bind": "/var/lib/postgresql", "mode": "rw"}}
    assert stat.S_IMODE((folder / "dev.json").stat().st_mode) == 0o600
    assert project.required(folder).url == begun.url
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


def test_the_folder_of_the_data_is_the_one_of_the_image() -> None:
    assert Container("postgres:17-alpine", 1, "").major == 17
    with pytest.raises(LocalServerError, match="does not begin with a version"):
        _ = Container("postgres:latest", 1, "").major


def test_without_docker_the_command_says_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(LocalServerError, match="Docker does not answer") as caught:
        docker_client()
    assert "leave out --docker" in caught.value.hint
