from __future__ import annotations

import os
import re
import subprocess
import sys

import psycopg
import pytest

from awa_infra.database.databases import database_exists
from awa_infra.database.observe import read_state
from awa_infra.model import Shape
from tests.engine.projects import Project
from tests.support.servers import TestServer
from tests.support.tools import dump_schema


def test_the_quickstart_from_nothing_to_a_completed_job_and_back(project: Project, server: TestServer) -> None:
    """One long story, because every step of the engine costs seconds."""
    database = project.database

    previewed = project.awa_infra("preview", "--json")
    assert previewed.status == 0, previewed.stderr
    assert previewed.data["changes"] == {"create": 5}
    assert "39 migrations (V1-V7, V9-V40), patch wait_free_dirty_marks" in previewed.stderr
    assert not database_exists(server.url, database.name)

    created = project.awa_infra("up", "--json")
    assert created.status == 0, created.stderr
    assert created.data["changes"] == {"create": 5}
    assert created.data["outputs"] == {
        "schema_version": 40,
        "release": "0.6.9",
        "patches": ["wait_free_dirty_marks"],
        "queue_storage_schemas": ["acme_jobs"],
    }
    assert read_state(database.url).version == 40
    transition = database.transition()
    assert (transition["state"], transition["marker"]) == ("canonical", None)

    unchanged = project.awa_infra("up", "--json")
    assert unchanged.data["changes"] == {"same": 5}
    assert database.transition() == transition

    project.declare({"schema": "acme_jobs"}, {"schema": "small", "queueSlots": 4, "leaseSlots": 2, "claimSlots": 2})
    assert project.awa_infra("up", "--json").data["changes"] == {"create": 1, "same": 5}
    small = read_state(database.url).substrate("small")
    assert small is not None
    assert small.shape == Shape(4, 2, 2)
    assert database.transition() == transition

    worker = subprocess.run(
        [sys.executable, str(project.folder / "worker.py"), "small"],
        env={**os.environ, "DATABASE_URL": database.url, "RUST_LOG": "off"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert worker.returncode == 0, worker.stderr
    assert "is completed" in worker.stdout

    refreshed = project.awa_infra("refresh", "--json")
    assert refreshed.status == 0, refreshed.stderr
    assert project.output("awa-schema", "storage_state") == "active"

    before = dump_schema(database.url)
    state = project.export()["deployment"]["resources"]
    destroyed = project.awa_infra("destroy", "--yes")
    assert destroyed.status == 3
    assert "[protected-resources]" in destroyed.stderr
    assert dump_schema(database.url) == before
    assert project.export()["deployment"]["resources"] == state

    unprotect = re.search(r"run pulumi (state unprotect .*?) '(urn:[^']+)'", destroyed.stderr)
    assert unprotect is not None
    assert project.pulumi(*unprotect[1].split(), unprotect[2]).status == 0
    assert project.awa_infra("destroy", "--yes").status == 0
    assert dump_schema(database.url) == before
    assert database.rows("SELECT count(*) AS n FROM awa.jobs") == [{"n": 1}]

    adopted = project.awa_infra("up", "--json")
    assert adopted.status == 0, adopted.stderr
    assert project.output("awa-schema", "active_schema") == "small"
    assert dump_schema(database.url) == before

    assert "c4nary-w0rd" not in project.state_text
    for result in (previewed, created, unchanged, refreshed, destroyed, adopted):
        assert "c4nary-w0rd" not in result.stdout + result.stderr


def test_what_cannot_be_done_is_refused_in_the_preview_with_one_line(project: Project) -> None:
    database = project.database
    assert project.awa_infra("up").status == 0
    before = dump_schema(database.url)

    project.declare({"schema": "acme_jobs", "queueSlots": 32})
    reshaped = project.awa_infra("preview")
    assert reshaped.status == 8
    assert "queue_slots of a queue-storage schema cannot change from 16 to 32" in reshaped.stderr

    project.declare({"schema": "acme_jobs"}, {"schema": "Bad", "queueSlots": 3})
    wrong = project.awa_infra("preview")
    assert wrong.status == 2
    assert "Pulumi.dev.yaml has 2 problems" in wrong.stderr

    project.declare({"schema": "acme_jobs"})
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO awa.schema_version VALUES (41, 'newer')")
    newer = project.awa_infra("preview")
    assert newer.status == 8
    assert "is at version 41, newer than the 40 that Awa 0.6.9 knows" in newer.stderr
    with psycopg.connect(database.url) as connection:
        connection.execute("DELETE FROM awa.schema_version WHERE version = 41")

    for result in (reshaped, wrong, newer):
        assert "Traceback" not in result.stderr
        assert "c4nary-w0rd" not in result.stdout + result.stderr
    assert dump_schema(database.url) == before


def test_drift_shows_in_a_preview_without_a_refresh(project: Project) -> None:
    assert project.awa_infra("up").status == 0
    project.database.rows("DROP TABLE awa.admin_dirty_kind_marks; DROP SCHEMA acme_jobs CASCADE")
    previewed = project.awa_infra("preview", "--json")
    assert previewed.data["changes"] == {"same": 3, "update": 2}
    assert "Pending: patch wait_free_dirty_marks." in previewed.stderr
    assert "Pending: queue-storage schema acme_jobs" in previewed.stderr
    assert project.awa_infra("up").status == 0
    assert project.awa_infra("preview", "--json").data["changes"] == {"same": 5}


@pytest.mark.parametrize("url", ["postgresql://me:c4nary-w0rd@127.0.0.1:1/postgres", "nonsense c4nary-w0rd"])
def test_an_unusable_server_is_one_clean_line(project: Project, url: str) -> None:
    project.environment["DATABASE_URL"] = url
    failed = project.awa_infra("preview")
    assert failed.status == 8
    assert "Traceback" not in failed.stderr
    assert "c4nary-w0rd" not in failed.stdout + failed.stderr
    assert "Hint:" in failed.stderr
