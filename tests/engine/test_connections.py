"""Connections that change, with the real engine: what a preview says is what an update does."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.target import Target
from tests.engine.conftest import CANARY
from tests.engine.projects import Project, Result
from tests.support.proxy import Meter
from tests.support.servers import Database, TestServer

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


MANAGED = """
import os
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from awa_infra import AwaStack


class Made(ResourceProvider):
    def create(self, props):
        return CreateResult("server", {**props, "url": props["administrator"], "password": props["chosen"]})


class Server(Resource):
    url: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(self):
        chosen, administrator = (pulumi.Output.secret(text) for text in ("SECOND", os.environ["SERVER_URL"]))
        props = {"administrator": administrator, "chosen": chosen, "url": None, "password": None}
        opts = pulumi.ResourceOptions(additional_secret_outputs=["url", "password"])
        super().__init__(Made(), "server", props, opts)


server = Server()
AwaStack.from_config(database_url=server.url, passwords={"DUTY": server.password})
"""


def test_a_stack_on_a_server_that_the_same_program_makes_takes_its_connection_and_passwords(
    project: Project, canary: str
) -> None:
    runtime = f"runtime_{project.database.name}"
    project.set(roles={"owner": f"owner_{project.database.name}", "runtime": runtime})
    project.pulumi("stack", "init", "dev")
    project.environment["SERVER_URL"] = canary
    del project.environment["DATABASE_URL"]
    source = MANAGED.replace("SECOND", SECOND)
    misspelt = project.program("preview", source=source.replace("DUTY", "observer"))
    assert "A password is given for observer, and no such role is declared." in misspelt.stdout
    assert "Traceback" not in misspelt.stdout
    source = source.replace("DUTY", "runtime")
    assert "The database is not known yet." in said(project.program("preview", source=source))
    assert "7 created" in said(project.program("up", source=source))
    assert re.search(r"7 unchanged", said(project.program("preview", source=source)))
    with psycopg.connect(Target.of(project.database.url).with_login(runtime, SECOND)) as connection:
        assert connection.execute("SELECT count(*) FROM awa.jobs").fetchone() == (0,)
    assert CANARY not in project.state_text
    assert SECOND not in project.state_text


FLEET = """
import os
from awa_infra import AwaDatabase, AwaSchema

for name in os.environ["DATABASES"].split():
    database = AwaDatabase(name, server_url=os.environ["SERVER_URL"], name=name)
    AwaSchema(f"{name}-awa", database_url=database.url)
"""


def test_a_preview_reads_several_databases_at_the_same_time_and_shows_drift_where_it_is(
    project: Project, server: TestServer, awa_template: Database
) -> None:
    databases = [server.create(awa_template.name) for _ in range(4)]
    try:
        with Meter(server.url) as meter:
            project.environment.update(SERVER_URL=meter.url, DATABASES=" ".join(one.name for one in databases))
            project.pulumi("stack", "init", "dev")
            assert "9 created" in said(project.program("up", source=FLEET))
            databases[2].rows("DROP INDEX awa.idx_awa_dlq_queue_time")
            meter.logins, meter.most, meter.delay = 0, 0, 0.02
            previewed = said(project.program("preview", source=FLEET))
        assert "9 unchanged" in previewed
        diagnostics = previewed.partition("Diagnostics:")[2]
        assert re.findall(r"\((\w+)-awa\):\n.*Schema awa has drifted", diagnostics) == [databases[2].name]
        assert meter.logins == 1 + len(databases)
        assert meter.most > 2
    finally:
        for one in databases:
            server.drop(one)
