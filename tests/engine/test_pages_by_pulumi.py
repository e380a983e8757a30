"""Pages whose programs Pulumi runs itself, with its language hosts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from devtools import docs_shown
from devtools.docs_shown import ROOT, Sandbox
from tests.engine.conftest import CANARY, RUNTIME_PASSWORD, Example
from tests.support.servers import Database, TestServer
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_LANGUAGE_HOSTS

FLEET, PROGRAM, OTHER_LANGUAGES = RUN_WITH_LANGUAGE_HOSTS


@pytest.fixture
def tenants(server: TestServer, database: Database, canary: str) -> Iterator[Mapping[str, str]]:
    """Give names for the databases of a fleet, and drop those afterwards."""
    del canary  # whose role goes after the databases that it owns
    names = {f"tenant_{number:02}": f"{database.name}_{number:02}" for number in range(1, 21)}
    yield names
    for name in names.values():
        server.drop(Database(name, Target.of(server.url).with_database(name)))


def run(page: str, copied: Example, names: Mapping[str, str]) -> None:
    """Run the commands of a page, and check what they print."""
    sandbox = Sandbox(copied.folder, copied.environment, {**copied.names, **names})
    ran = list(docs_shown.run(ROOT / page, sandbox, NOT_RUN))
    assert docs_shown.problems(ran, sandbox) == []
    shown = "\n".join(result.output for result in ran)
    assert [word for word in (CANARY, RUNTIME_PASSWORD) if word in shown] == []


def test_the_page_about_programs_deploys_the_program_that_it_shows(
    example: Callable[[str], Example], database: Database
) -> None:
    run(PROGRAM, example(RUN_WITH_LANGUAGE_HOSTS[PROGRAM]), {})
    state = read_state(database.url)
    assert {s.schema: s.shape.queue_slots for s in state.substrates} == {"awa": 16, "acme_jobs": 32}


def test_the_page_about_other_languages_deploys_the_program_that_it_shows(
    example: Callable[[str], Example], database: Database
) -> None:
    copied = example(RUN_WITH_LANGUAGE_HOSTS[OTHER_LANGUAGES])
    path = os.pathsep.join([copied.environment["PATH"], str(Path(sys.executable).parent)])
    run(OTHER_LANGUAGES, replace(copied, environment=copied.environment | {"PATH": path}), {})
    assert {s.schema for s in read_state(database.url).substrates} == {"awa", "shop_queue"}


def test_the_page_about_fleets_deploys_the_list_that_it_shows(
    example: Callable[[str], Example], tenants: Mapping[str, str], server: TestServer
) -> None:
    run(FLEET, example(RUN_WITH_LANGUAGE_HOSTS[FLEET]), tenants)
    found = [read_state(Target.of(server.url).with_database(tenants[f"tenant_0{n}"])).version for n in (1, 2, 3)]
    assert found == [40, 40, 40]


def test_twenty_databases_are_made_from_one_list(
    example: Callable[[str], Example], tenants: Mapping[str, str], server: TestServer, canary: str
) -> None:
    copied = example("fleet")
    for path in copied.folder.glob("Pulumi.*.yaml"):
        text = path.read_text(encoding="utf-8")
        for name, own in tenants.items():
            text = text.replace(name, own)
        path.write_text(text, encoding="utf-8")
    assert copied.pulumi("stack", "init", "prod")[0] == 0
    assert copied.pulumi("config", "set", "--secret", "awa:databaseUrl", given=canary)[0] == 0
    status, shown = copied.pulumi("up", "--yes", "--skip-preview")
    assert status == 0, shown
    assert "+ 41 created" in shown
    for name in tenants.values():
        assert read_state(Target.of(server.url).with_database(name)).version == 40
    status, shown = copied.pulumi("preview")
    assert status == 0, shown
    assert "41 unchanged" in shown
