"""A Spring Boot application that brings Awa's tables along when it starts, set up as the page says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from awa_infra.database.target import Target
from awa_infra.model import Release
from devtools import docs_shown, java_tools
from devtools.docs_shown import ROOT
from tests.support.servers import Database
from tests.support.tools import awa, dump_everything, dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, ran, unverified, wait_for_the_lock
from tests.tools.runners import Tool, command, finish, psql, said_after
from tests.tools.test_docs_bundles import sandbox
from tests.unit.test_docs_commands import NOT_RUN, RUN_WITH_SPRING_BOOT

PAGE = ROOT / RUN_WITH_SPRING_BOOT
ALONE = {"flyway": 0, "liquibase": 1}
"""Tool to the place of its settings among the page's."""

NEWEST, OLDEST = java_tools.SPRING_BOOTS
BOTH = pytest.mark.parametrize("version", [NEWEST, OLDEST])

DATABASE = ("SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_USERNAME", "SPRING_DATASOURCE_PASSWORD")
CONNECTION = "awa.url=${SPRING_DATASOURCE_URL}\nawa.user=${SPRING_DATASOURCE_USERNAME}\n"
CONNECTION += "awa.password=${SPRING_DATASOURCE_PASSWORD}\n"
OTHER = {"flyway": "spring.liquibase.enabled=false\n", "liquibase": "spring.flyway.enabled=false\n"}

OWN = {
    "db/migration/V1__orders.sql": "CREATE TABLE public.orders (id int);",
    "db/changelog/db.changelog-master.yaml": """
databaseChangeLog:
- changeSet:
    id: orders
    author: shop
    changes:
    - sql:
        sql: CREATE TABLE public.orders (id int)
""",
}
"""What the application has of its own."""


def application(version: str, bundle: Path, folder: Path, properties: str, *classes: str) -> Tool:
    """Return an application with a bundle, further classes and files of its own on its class path."""
    sources, made = folder / "sources", folder / "classes"
    sources.mkdir()
    shutil.copytree(bundle, made / "awa")
    texts = {"Application.java": (Path(__file__).parent / "java" / "Application.java").read_text()}
    for text in classes:
        if version == OLDEST:
            text = text.replace("boot.flyway.autoconfigure", "boot.autoconfigure.flyway")  # noqa: PLW2901
        texts[f"{text.partition('class ')[2].split()[0]}.java"] = text
    # Spring reads no classes of the unnamed package together.
    for name, text in texts.items():
        (sources / name).write_text(f"package shop;\n\n{text}")
    for name, text in {**OWN, "application.properties": f"spring.main.banner-mode=off\n{properties}"}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    files = [sources / name for name in texts]
    return Tool((*command(lambda: java_tools.spring_boot(version, files, made)), "shop.Application"), DATABASE, bundle)


def settings(tool: str, database: Database) -> str:
    """Return the settings that the page shows for a tool alone, with this database in them."""
    where = Target.of(database.url).parameters
    text = docs_shown.blocks(PAGE, "properties")[ALONE[tool]].text
    found = {"HOST:5432": f"{where['host']}:{where['port']}", "/DATABASE": f"/{database.name}"}
    found |= {"=ROLE": f"={where['user']}"}
    found |= {f"${{{name}}}": f"${{{DATABASE[2]}}}" for name in ("FLYWAY_PASSWORD", "LIQUIBASE_COMMAND_PASSWORD")}
    for shown, real in found.items():
        text = text.replace(shown, real)
    return f"{text}\n{OTHER[tool]}"


def shown_class(tool: str) -> str:
    """Return the class that the page shows for a tool beside the application's own migrations."""
    (text,) = (block.text for block in docs_shown.blocks(PAGE, "java") if f"class Awa{tool.title()} " in block.text)
    return text


def until_started(running: subprocess.Popen[str]) -> str:
    """Return what the application's own connection has been left with."""
    return said_after(running, "started; its connection was left with ")


def start_and_stop(made: Tool, database: Database) -> str:
    """Start the application and stop it; return what its own connection was left with."""
    running = made.start(database.url, stdin=subprocess.PIPE)
    try:
        return until_started(running)
    finally:
        finish(running)


def test_the_page_is_right(database: Database, tmp_path: Path) -> None:
    made = sandbox(None, "", database, tmp_path)
    assert docs_shown.problems(docs_shown.run(PAGE, made, NOT_RUN), made) == []
    assert (made.folder / "src/main/resources/awa/classic.conf").is_file()


@BOTH
def test_flyway_alone_migrates_under_awas_lock_for_the_whole_run(
    version: str, flyway: Tool, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    made = application(version, flyway.bundle, tmp_path, settings("flyway", database))
    running = made.start(database.url, stdin=subprocess.PIPE)
    try:
        wait_for_the_lock(database, running)
        awa("migrate", url=database.url)
        counted = database.rows("SELECT count(*) FROM awa_migrations.flyway_schema_history WHERE type = 'SQL'")
        assert until_started(running) == "null"
    finally:
        finish(running)
    assert counted == [{"count": len(release.migrations) + len(release.patches) + len(CUSTOM)}]
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert unverified(database, flyway.bundle) == []
    assert ran(database, flyway) == {"applied"}

    before = dump_everything(database.url)
    start_and_stop(made, database)
    assert dump_everything(database.url) == before


@BOTH
def test_liquibase_alone_migrates_and_leaves_nothing_on_the_pool(
    version: str, liquibase_bundle: Path, database: Database, schema_of_awa: str, tmp_path: Path
) -> None:
    assert psql(database.url, liquibase_bundle / "prerequisite.sql").status == 0
    made = application(version, liquibase_bundle, tmp_path, settings("liquibase", database))
    assert start_and_stop(made, database) == "null"
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert ran(database, made) == {"applied"}


@BOTH
@pytest.mark.parametrize("tool", ["flyway", "liquibase"])
def test_beside_migrations_of_the_application_each_has_its_own_history(
    version: str,
    tool: str,
    flyway: Tool,
    liquibase_bundle: Path,
    database: Database,
    schema_of_awa: str,
    tmp_path: Path,
) -> None:
    bundle = {"flyway": flyway.bundle, "liquibase": liquibase_bundle}[tool]
    if tool == "liquibase":
        assert psql(database.url, bundle / "prerequisite.sql").status == 0
    made = application(version, bundle, tmp_path, CONNECTION + OTHER[tool], shown_class(tool))
    # The application's own tool leaves a search path of its own.
    assert "awa" not in start_and_stop(made, database)
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    assert ran(database, made) == {"applied"}
    assert database.rows("SELECT to_regclass('public.orders') IS NOT NULL AS made") == [{"made": True}]
    history = {"flyway": "flyway_schema_history", "liquibase": "databasechangelog"}[tool]
    assert database.rows(f"SELECT count(*) AS own FROM public.{history}") == [{"own": 1}]


def test_an_application_that_does_not_fit_its_database_does_not_start_whatever_its_baseline(
    flyway: Tool, awa_database: Database, tmp_path: Path
) -> None:
    before = dump_schema(awa_database.url, "awa")
    properties = f"{settings('flyway', awa_database)}spring.flyway.baseline-on-migrate=true\n"
    made = application(NEWEST, flyway.bundle, tmp_path, properties)
    done = finish(made.start(awa_database.url, stdin=subprocess.PIPE))
    assert done.status != 0
    assert "[not-adopted]" in done.output
    assert dump_schema(awa_database.url, "awa") == before


def test_liquibase_on_the_pool_leaves_a_search_path_behind_as_the_page_says(
    liquibase_bundle: Path, database: Database, tmp_path: Path
) -> None:
    assert psql(database.url, liquibase_bundle / "prerequisite.sql").status == 0
    own = ("spring.liquibase.url", "spring.liquibase.user", "spring.liquibase.password")
    lines = [line for line in settings("liquibase", database).splitlines() if not line.startswith(own)]
    made = application(NEWEST, liquibase_bundle, tmp_path, "\n".join(lines))
    assert "search_path=awa_migrations" in start_and_stop(made, database)
