"""Privileges beyond what is declared, and those of PUBLIC: each found, and taken back by the printed statement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awa_infra.database.fingerprint import verify
from awa_infra.model import Release
from tests.database.test_structure_script import as_verify_says, proof
from tests.database.test_verify_statements import SMALL, small, template
from tests.support.command import Run
from tests.support.people import DUTIES, People, people
from tests.support.servers import Database, TestServer

__all__ = ["small", "template"]

ADMIRER = "admirer_of_{database}"


@pytest.fixture(scope="module")
def staff(server: TestServer) -> Iterator[People]:
    database = server.create()
    with people(server, database) as hired:
        yield hired


@pytest.fixture
def declared(run: Run, staff: People, tmp_path: Path) -> Iterator[Path]:
    """Give a configuration with the four roles, which is applied, and have a role of nobody's."""
    path = tmp_path / "Pulumi.dev.yaml"
    roles = ", ".join(f"{duty}: {staff.name(duty)}" for duty in DUTIES)
    path.write_text(f"config:\n  awa:queueStorageSchemas: [{{schema: acme}}]\n  awa:roles: {{{roles}}}\n")
    assert run("apply", "--config", str(path), url=staff.database.url).status == 0
    admirer = ADMIRER.format(database=staff.database.name)
    staff.database.rows(f"CREATE ROLE {admirer}")
    yield path
    staff.database.rows(f"DROP OWNED BY {admirer}; DROP ROLE {admirer}")


def findings(run: Run, staff: People, config: Path) -> list[dict[str, Any]]:
    shown = run("verify", "--config", str(config), "--json", url=staff.database.url)
    found = [one for one in shown.data["findings"] if one["kind"] != "lazy"]
    assert shown.status == (1 if found else 0)
    return found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "GRANT INSERT, DELETE ON awa.queue_meta, awa.cron_jobs TO {observer}",
            "has DELETE, INSERT on 2 tables: awa.cron_jobs, awa.queue_meta",
        ),
        ("GRANT UPDATE (enqueue_shards) ON awa.queue_meta TO {observer}", "has UPDATE on table awa.queue_meta"),
        ("GRANT CREATE ON SCHEMA acme TO {observer}", "has CREATE on schema acme"),
        ("GRANT USAGE ON SEQUENCE acme.job_id_seq TO {observer}", "has USAGE on sequence acme.job_id_seq"),
        ("GRANT TRIGGER ON awa.jobs_hot TO {runtime}", "has TRIGGER on table awa.jobs_hot"),
        ("GRANT CREATE ON SCHEMA awa TO {runtime}", "has CREATE on schema awa"),
        (
            "GRANT UPDATE ON awa.queue_meta TO {admirer}; GRANT {admirer} TO {observer}",
            "has UPDATE on table awa.queue_meta, as a member of admirer_of_",
        ),
    ],
)
def test_what_a_role_has_beyond_what_is_declared(
    run: Run, staff: People, declared: Path, given: str, said: str
) -> None:
    assert findings(run, staff, declared) == []
    names = {duty: staff.name(duty) for duty in DUTIES}
    staff.database.rows(given.format(**names, admirer=ADMIRER.format(database=staff.database.name)))
    [finding] = findings(run, staff, declared)
    assert finding["code"] == "privileges-extra"
    assert ", declared as " in finding["message"]
    assert said in finding["message"]
    [statement] = finding["sql"]
    staff.database.rows(statement)
    assert findings(run, staff, declared) == []


@pytest.mark.parametrize(("group", "things"), [("pg_write_all_data", "tables"), ("{runtime}", "tables")])
def test_an_observer_that_writes_as_a_member_of_another_role(
    run: Run, staff: People, declared: Path, group: str, things: str
) -> None:
    observer, group = staff.name("observer"), group.format(runtime=staff.name("runtime"))
    staff.database.rows(f"GRANT {group} TO {observer}")
    found = findings(run, staff, declared)
    assert {one["schema"] for one in found} == {"awa", "acme"}
    assert {one["code"] for one in found} == {"privileges-extra"}
    assert all(f"as a member of {group}" in one["message"] for one in found)
    assert any(f" {things}: " in one["message"] for one in found)
    # Nothing asks the reader to get what a worker needs.
    staff.database.rows(found[0]["sql"][0])
    assert findings(run, staff, declared) == []


def test_a_runtime_may_create_where_new_jobs_go(run: Run, staff: People, declared: Path) -> None:
    runtime, database = staff.name("runtime"), staff.database
    database.rows(f"GRANT CREATE ON SCHEMA awa TO {runtime}")
    database.rows("SELECT awa.storage_auto_finalize_if_fresh('awa')")
    assert findings(run, staff, declared) == []
    fresh = "state = 'canonical', current_engine = 'canonical', details = '{}'"
    database.rows(f"UPDATE awa.storage_transition_state SET {fresh}")
    database.rows("DELETE FROM awa.runtime_storage_backends")
    assert [finding["code"] for finding in findings(run, staff, declared)] == ["privileges-extra"]
    database.rows(f"REVOKE CREATE ON SCHEMA awa FROM {runtime}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("GRANT ALL ON small.leases, small.deferred_jobs TO PUBLIC", "on 2 tables: small.deferred_jobs, small.leases"),
        ("GRANT USAGE, CREATE ON SCHEMA small TO PUBLIC", "PUBLIC, so every role, has CREATE on schema small"),
        ("GRANT ALL ON SEQUENCE small.job_id_seq TO PUBLIC", "has UPDATE, USAGE on sequence small.job_id_seq"),
    ],
)
def test_what_everybody_may_do_beyond_reading(small: Database, release: Release, given: str, said: str) -> None:
    small.rows("GRANT SELECT ON ALL TABLES IN SCHEMA awa, small TO PUBLIC; GRANT USAGE ON SCHEMA awa TO PUBLIC")
    assert verify(small.url, release)[1].healthy
    small.rows(given)
    [finding] = verify(small.url, release)[1].drift
    assert finding.code == "public-may-write"
    assert said in finding.message
    assert {row["what"] for row in proof(small, release, SMALL) if row["ok"] is False} == as_verify_says(small, release)
    small.rows(finding.sql[0])
    assert verify(small.url, release)[1].healthy
