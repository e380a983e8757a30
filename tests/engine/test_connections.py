"""Connections that change, with the real engine: what a preview says is what an update does."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.target import Target
from tests.engine.conftest import CANARY
from tests.engine.projects import Project, Result
from tests.support.servers import TestServer

SECOND = "sec0nd-w0rd"
PROGRAM = """
import os
import pulumi
from awa_infra import AwaDatabase, AwaSchema

database = AwaDatabase(
    "jobs", server_url=os.environ["SERVER_URL"], name="NAME", connection_limit=int(os.environ.get("LIMIT", "-1"))
)
schema = AwaSchema("awa", database_url=database.url)
"""


def rotated(server: TestServer, project: Project) -> str:
    """Give the deployer another password; return the connection string with it."""
    name = f"deployer_of_{project.database.name}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        text = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(SECOND))
        connection.execute(text)
    return Target.of(server.url).with_login(name, SECOND)


def said(result: Result) -> str:
    assert result.status == 0, result.stdout + result.stderr
    text = result.stdout + result.stderr
    assert CANARY not in text
    assert SECOND not in text
    return text


@pytest.fixture
def program(project: Project, canary: str) -> str:
    project.environment["SERVER_URL"] = canary
    project.pulumi("stack", "init", "dev")
    return PROGRAM.replace("NAME", project.database.name)


def test_a_change_of_a_database_alone_previews_no_update_of_what_depends_on_it(project: Project, program: str) -> None:
    assert "3 created" in said(project.program("up", source=program))
    project.environment["LIMIT"] = "40"
    assert re.search(r"~ 1 to update\s+2 unchanged", said(project.program("preview", source=program)))
    assert re.search(r"~ 1 updated\s+2 unchanged", said(project.program("up", source=program)))
    assert CANARY not in project.state_text
    assert re.search(r"3 unchanged", said(project.program("preview", source=program)))


def test_a_rotated_password_is_previewed_as_what_it_is(project: Project, program: str, server: TestServer) -> None:
    said(project.program("up", source=program))
    project.environment["SERVER_URL"] = rotated(server, project)
    previewed = said(project.program("preview", source=program))
    assert re.search(r"~ 2 to update\s+1 unchanged", previewed)
    assert "The password of the connection changed. That changes nothing in the database." in previewed
    assert re.search(r"~ 2 updated\s+1 unchanged", said(project.program("up", source=program)))
    assert SECOND not in project.state_text
    assert re.search(r"3 unchanged", said(project.program("preview", source=program)))
    refreshed = project.pulumi("refresh", "--yes", "--stack=dev")
    assert refreshed.status == 0, refreshed.stdout
