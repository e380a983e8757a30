"""The image of deploy/container: linted, built, and run by Podman as its page says, with less than it asks for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from awa_infra import __version__
from awa_infra.database.target import Target
from devtools import container, docs_shown
from devtools.docs_shown import ROOT, Sandbox
from devtools.progress import ToolMissing
from tests.support.servers import Database
from tests.support.tools import missing
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_PODMAN

IMAGE = f"registry.example.com/awa-infra:{__version__}-awa0.6.9"
FOLDER = ROOT / "deploy" / "container"
SECRET = "a-password-of-a-package-index"  # noqa: S105  of no index that there is


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    """Give a name for the image of a test, and remove what has it afterwards."""
    try:
        container.base()
    except ToolMissing as exc:
        missing(str(exc))
    name = f"localhost/awa-infra-test-{tmp_path.name}:{tmp_path.parent.name}"
    yield name
    run(*container.podman("rmi", "--force", name))


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = run(str(hadolint), "--failure-threshold=style", str(container.CONTAINERFILE))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_hadolint_would_find_a_base_without_a_version(tmp_path: Path) -> None:
    path = tmp_path / "Containerfile"
    text = container.CONTAINERFILE.read_text()
    path.write_text(text.replace(container.pinned_base(), "docker.io/library/python"))
    done = run(str(Path(sys.executable).with_name("hadolint")), str(path))
    assert done.returncode != 0
    assert "DL3006" in done.stdout


def test_every_command_of_the_page_runs_in_the_image_without_root_without_writing_and_without_capabilities(
    image: str, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "page"
    programs = tmp_path / "bin"
    secret = tmp_path / "pip.conf"
    secret.write_text(f"# {SECRET}\n")
    programs.mkdir()
    (folder / "deploy").mkdir(parents=True)
    # The page is for a checkout. What it builds and mounts is made here, not there.
    (folder / "deploy" / "container").mkdir()
    (folder / "deploy" / "container" / ".dockerignore").write_text((FOLDER / ".dockerignore").read_text())
    (folder / "deploy" / "container" / "secret.txt").write_text(SECRET)
    make = f"{shutil.which('make')} -C {ROOT} --no-print-directory CONTEXT={folder}/deploy/container"
    script(programs / "make", f'exec {make} "$@"')
    # Without itself on the path, so that it finds the real one.
    script(programs / "podman", f'cd {ROOT} && PATH="${{PATH#*:}}" exec {sys.executable} -m devtools.container "$@"')
    where = Target.of(database.url).parameters
    environment = docs_shown.environment(programs, Path(sys.executable).parent, AWA_INFRA_TEST_PIP_CONF=str(secret))
    names = {
        "HOST:5432": f"{where['host']}:{where.get('port', '5432')}",
        "ROLE": f"{where['user']}:{where.get('password', '')}",
        "DATABASE": database.name,
        IMAGE: image,
        "deploy/container": f"{folder}/deploy/container",
    }
    sandbox = Sandbox(folder, environment, names)
    assert docs_shown.problems(docs_shown.run(ROOT / RUN_WITH_PODMAN, sandbox, NOT_RUN), sandbox) == []

    seen = run(sys.executable, "-m", "devtools.container", "run", "--rm", "--entrypoint=python3", image, "-c", LOOK)
    assert json.loads(seen.stdout) == {"uid": 65532, "gid": 65532, "writable": [], "capabilities": 0}, seen.stderr

    # Stopped while it waits, it ends by itself, though it is the first process of the container.
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(4708303813013489490)")
        name = f"test-{database.name}"
        words = ("run", "--rm", f"--name={name}", "--env=DATABASE_URL", image, "apply", "--lock-wait=300")
        variables = {**os.environ, "DATABASE_URL": database.url}
        log = tmp_path / "log"
        with log.open("w") as errors:
            waiting = subprocess.Popen(
                [sys.executable, "-m", "devtools.container", *words], cwd=ROOT, env=variables, stderr=errors
            )
            until(lambda: bool(database.rows(CONNECTED)))
        stopped = run(*container.podman("stop", "--time=60", name))
        assert stopped.returncode == 0, stopped.stderr
        assert waiting.wait(timeout=60) == 143, log.read_text()

    # Neither the secret of the build nor the file beside the Containerfile is in a layer.
    saved = tmp_path / "image.tar"
    assert run(*container.podman("save", "--quiet", f"--output={saved}", image)).returncode == 0
    content = saved.read_bytes()
    assert b"/opt/awa-infra/bin/python" in content
    assert SECRET.encode() not in content


CONNECTED = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'awa-infra'"

LOOK = """
import json, os
places = ["/", "/tmp", "/var/tmp", "/run", "/opt/awa-infra", os.getcwd()]
caps = [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")]
print(json.dumps({"uid": os.getuid(), "gid": os.getgid(), "capabilities": int(caps[0], 16),
    "writable": [p for p in places if os.path.isdir(p) and os.access(p, os.W_OK)]}))
"""


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
