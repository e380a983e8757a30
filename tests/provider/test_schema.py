from __future__ import annotations

import re

import psycopg
import pytest

from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Release
from awa_infra.resources.schema import AwaSchemaProvider
from tests.support.people import forget, log_in
from tests.support.provider import UNKNOWN, CallFailed, ProviderProcess, provider_process
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema

PENDING = "Pending from an empty database: 39 migrations (V1-V7, V9-V40), patch wait_free_dirty_marks."


@pytest.fixture
def schema(provider: ProviderProcess) -> ProviderProcess:
    return provider.use(AwaSchemaProvider())


def test_a_preview_of_a_new_schema_names_the_pending_versions_and_the_digest_that_plan_shows(
    schema: ProviderProcess, database: Database, release: Release
) -> None:
    assert schema.check({"database_url": database.url}) == {}
    assert schema.log[0] == PENDING
    _observed, plan = read_plan(database.url, DesiredState(release, release.schema_version))
    assert schema.log[1:] == [f"Digest: {plan.digest}"]
    assert not read_state(database.url).schema_exists


def test_a_preview_works_while_the_database_is_not_known_yet(schema: ProviderProcess) -> None:
    assert schema.check({"database_url": UNKNOWN}) == {}
    assert schema.log == ["The database is not known yet. " + PENDING]
    assert schema.changes({"database_url": "x"}, {"database_url": UNKNOWN})


def test_a_preview_says_clearly_that_a_known_server_is_unreachable(schema: ProviderProcess) -> None:
    url = "postgresql://me:s3cret-word@127.0.0.1:1/db"
    with pytest.raises(
        CallFailed, match=r"^Cannot connect to me@127.0.0.1:1/db: Connection refused\. \[connection-failed\]\nHint: "
    ) as failed:
        schema.check({"database_url": url})
    assert "s3cret-word" not in str(failed.value)
    assert "Traceback" not in str(failed.value)


def test_create_migrates_and_returns_version_patches_and_storage_state(
    schema: ProviderProcess, database: Database
) -> None:
    id_, kept = schema.create({"database_url": database.url})
    assert id_ == "awa"
    assert re.fullmatch("[0-9a-f]{64}", kept.pop("fingerprint"))
    assert kept.pop("database_identity").startswith(f"{database.name} at ")
    assert kept == {
        "database_url": database.url,
        "release": "0.6.9",
        "lock_timeout": 30.0,
        "lock_wait": 60.0,
        "allow_live_runtimes": False,
        "repair": False,
        "queues": [],
        "guard": False,
        "transaction": "whole",
        "schema_version": 40.0,
        "patches": ["wait_free_dirty_marks"],
        "storage_state": "canonical",
        "active_schema": "",
    }
    assert read_state(database.url).version == 40


def test_create_adopts_a_database_that_awa_migrated(schema: ProviderProcess, awa_database: Database) -> None:
    before = dump_schema(awa_database.url)
    transition = awa_database.transition()
    assert schema.create({"database_url": awa_database.url})[1]["schema_version"] == 40
    assert dump_schema(awa_database.url) == before
    assert awa_database.transition() == transition


def test_an_unchanged_schema_has_no_diff(schema: ProviderProcess, awa_database: Database) -> None:
    inputs = {"database_url": awa_database.url}
    _id, outputs = schema.create(inputs)
    assert not schema.changes(outputs, inputs)
    assert schema.log == []


def test_a_patch_that_was_lost_shows_in_a_preview_without_refresh(
    schema: ProviderProcess, awa_database: Database
) -> None:
    inputs = {"database_url": awa_database.url}
    _id, outputs = schema.create(inputs)
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    assert schema.changes(outputs, inputs)
    assert schema.log[0] == "Pending: patch wait_free_dirty_marks."
    assert [line.partition(" ")[0] for line in schema.log[1:]] == ["Digest:"]
    assert schema.update(outputs, inputs)["patches"] == ["wait_free_dirty_marks"]
    assert not schema.changes(outputs, inputs)


def test_an_update_migrates_further(schema: ProviderProcess, database: Database) -> None:
    first = {"database_url": database.url, "target_version": 23.0}
    _id, outputs = schema.create(first)
    assert outputs["schema_version"] == 23
    full = {"database_url": database.url}
    assert schema.changes(outputs, full)
    assert schema.log[-3].startswith("Pending from version 23: 17 migrations (V24-V40)")
    assert schema.log[-2].startswith("About ")
    assert schema.log[-1].startswith("Digest: ")
    assert schema.update(outputs, full)["schema_version"] == 40


def test_a_changed_connection_is_an_update_that_touches_nothing(
    schema: ProviderProcess, awa_database: Database
) -> None:
    inputs = {"database_url": awa_database.url}
    _id, outputs = schema.create(inputs)
    rotated = {"database_url": awa_database.url + "?application_name=rotated"}
    before = dump_schema(awa_database.url)
    assert schema.changes(outputs, rotated)
    assert schema.update(outputs, rotated)["database_url"] == rotated["database_url"]
    assert dump_schema(awa_database.url) == before


def test_a_downgrade_is_refused_in_the_preview_with_the_hint_on_a_line_of_its_own(
    schema: ProviderProcess, awa_database: Database
) -> None:
    with pytest.raises(CallFailed, match=r"going back to 39 is not possible\. \[downgrade\]\nHint: ") as failed:
        schema.check({"database_url": awa_database.url, "target_version": 39.0}, {"database_url": awa_database.url})
    assert len(str(failed.value).splitlines()) == 2


def test_a_newer_schema_is_refused_in_preview_and_create(schema: ProviderProcess, awa_database: Database) -> None:
    awa_database.rows("INSERT INTO awa.schema_version VALUES (99, 'newer')")
    for call in (schema.check, schema.create):
        with pytest.raises(CallFailed, match=r"is at version 99, newer than the 40 .* \[newer-schema\]\nHint: "):
            call({"database_url": awa_database.url})


def test_a_read_refreshes_the_outputs(schema: ProviderProcess, awa_database: Database) -> None:
    _id, outputs = schema.create({"database_url": awa_database.url})
    awa_database.rows("SELECT awa.storage_auto_finalize_if_fresh('awa')")
    found, fresh = schema.read("awa", outputs)
    assert found == "awa"
    assert (fresh["storage_state"], fresh["active_schema"]) == ("active", "awa")


def test_a_schema_is_only_gone_when_that_is_proven(
    schema: ProviderProcess, database: Database, server: TestServer
) -> None:
    assert schema.read("awa", {"database_url": database.url}) == ("", {})
    assert schema.read("awa", {"database_url": Target.of(server.url).with_database("no_such_database")}) == ("", {})
    wrong = {**Target.of(server.url).parameters, "password": "wrong", "port": "1"}
    with pytest.raises(CallFailed, match="Cannot connect"):
        schema.read("awa", {"database_url": f"postgresql://{wrong['user']}:wrong@{wrong['host']}:1/postgres"})


def test_a_delete_changes_nothing(schema: ProviderProcess, awa_database: Database) -> None:
    before = dump_schema(awa_database.url)
    schema.delete("awa", {"database_url": awa_database.url})
    assert schema.log == ["Schema awa is left as it is: awa-infra never drops it. Pulumi only forgets it."]
    assert dump_schema(awa_database.url) == before


def test_an_engine_that_is_gone_does_not_stop_a_migration(database: Database) -> None:
    with provider_process(engine_address="127.0.0.1:1") as alone:
        outputs = alone.use(AwaSchemaProvider()).create({"database_url": database.url})[1]
    assert outputs["schema_version"] == 40


def test_an_error_of_the_server_hides_the_password(schema: ProviderProcess, database: Database) -> None:
    name = f"reader_of_{database.name}"
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p%ss-w0rd'".encode())
    where = Target.of(database.url).parameters
    url = f"postgresql://{name}:p%25ss-w0rd@{where['host']}:{where['port']}/{database.name}"
    with pytest.raises(
        CallFailed, match=r"may not create schemas in database .* \[no-create-privilege\]\nHint: "
    ) as failed:
        schema.create({"database_url": url})
    assert "p%ss-w0rd" not in str(failed.value)
    assert "p%25ss" not in str(failed.value)


def test_another_release_than_the_expected_one_is_refused_at_its_input(
    schema: ProviderProcess, awa_database: Database
) -> None:
    inputs = {"database_url": awa_database.url}
    found = schema.check(inputs | {"release": "0.6.8"})
    assert found == {
        "release": "Awa 0.6.8 is declared, but awa-pg 0.6.9 is installed here. [release-differs]\n"
        "Hint: Run pip install awa-pg==0.6.8 in this environment, or declare 0.6.9 and deploy your workers with it."
    }
    assert schema.check(inputs | {"release": "0.6.9"}) == {}


def test_drift_shows_in_a_preview_and_repair_puts_it_right(schema: ProviderProcess, awa_database: Database) -> None:
    inputs = {"database_url": awa_database.url}
    _id, kept = schema.create(inputs)
    awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time")
    assert not schema.changes(kept, inputs)
    (line,) = schema.log
    assert line.startswith("Schema awa has drifted: missing index idx_awa_dlq_queue_time.\nHint: ")
    repairing = inputs | {"repair": True}
    assert schema.changes(kept, repairing)
    after = schema.update(kept, repairing)
    assert after["fingerprint"] == kept["fingerprint"]
    assert not schema.changes(after, repairing)


EMPTIED = """
    DELETE FROM awa.schema_version; DELETE FROM awa.storage_transition_state; DELETE FROM awa.claim_ring_state;
    DELETE FROM acme.lease_ring_slots
"""
ROWS = """
    SELECT (SELECT count(*) FROM awa.schema_version) AS versions, (SELECT count(*) FROM awa.claim_ring_state) AS ring,
           (SELECT state FROM awa.storage_transition_state) AS state,
           (SELECT count(*) FROM acme.lease_ring_slots) AS slots
"""


@pytest.mark.parametrize("damage", [EMPTIED, EMPTIED.partition(";")[2]])
def test_repair_puts_lost_rows_back_where_no_job_can_be_lost(
    schema: ProviderProcess, awa_database: Database, damage: str
) -> None:
    inputs = {"database_url": awa_database.url}
    _id, kept = schema.create(inputs)
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme', 6, 3, 2)")
    before = awa_database.rows(ROWS)
    awa_database.rows(damage)
    with pytest.raises(CallFailed, match=r"\[(state-rows-missing|empty-history)\]\nHint: Run awa-infra verify"):
        schema.check(inputs, inputs)
    repairing = inputs | {"repair": True}
    assert schema.check(repairing, inputs) == {}
    schema.engine.lines.clear()
    assert schema.changes(kept, repairing)
    assert "row of Awa's storage transition" in schema.log[0]
    after = schema.update(kept, repairing)
    assert awa_database.rows(ROWS) == before
    assert after["fingerprint"] == kept["fingerprint"]
    assert not schema.changes(after, repairing)


def test_repair_invents_no_ring_that_jobs_rely_on(schema: ProviderProcess, awa_database: Database) -> None:
    repairing = {"database_url": awa_database.url, "repair": True}
    _id, kept = schema.create(repairing)
    awa_database.rows("INSERT INTO awa.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('q', 1, 0)")
    awa_database.rows("DELETE FROM awa.claim_ring_state")
    for call in (lambda: schema.check(repairing, repairing), lambda: schema.update(kept, repairing)):
        with pytest.raises(CallFailed, match=r"awa.claim_ring_state .*\[state-rows-missing\]\nHint: .* from a backup"):
            call()
    assert awa_database.rows("SELECT FROM awa.claim_ring_state") == []


def test_drift_that_no_repair_reaches_is_not_called_as_desired(schema: ProviderProcess, awa_database: Database) -> None:
    inputs = {"database_url": awa_database.url, "repair": True}
    _id, kept = schema.create(inputs)
    assert schema.engine.lines[-1].message.endswith(
        "already as desired, nothing was written; schema awa is at version 40"
    )
    awa_database.rows("ALTER TABLE awa.cron_jobs ALTER COLUMN kind SET DEFAULT 'x'")
    schema.engine.lines.clear()
    assert not schema.changes(kept, inputs)
    (line,) = schema.log
    assert "repair cannot reach this" in line
    schema.update(kept, inputs)
    assert not any("as desired" in told.message for told in schema.engine.lines)
    assert "nothing was written; 1 finding of drift left" in schema.engine.lines[-1].message


def test_an_update_because_of_another_installed_release_says_so(
    schema: ProviderProcess, awa_database: Database
) -> None:
    inputs = {"database_url": awa_database.url}
    _id, kept = schema.create(inputs)
    assert schema.changes(kept | {"release": "0.6.8"}, inputs)
    (line,) = schema.log
    assert line.startswith("The installed awa-pg is now 0.6.9; schema awa was last applied with 0.6.8.")


def test_adopting_a_drifted_schema_says_so(schema: ProviderProcess, awa_database: Database) -> None:
    awa_database.rows("CREATE TABLE awa.mine (id int)")
    assert schema.check({"database_url": awa_database.url}) == {}
    assert schema.log[0] == "Nothing is pending; schema awa is at version 40."
    assert schema.log[1].startswith("Schema awa has drifted: extra")


def test_a_preview_of_an_upgrade_says_what_it_locks(schema: ProviderProcess, database: Database) -> None:
    inputs = {"database_url": database.url, "target_version": 35.0}
    _id, kept = schema.create(inputs)
    assert schema.changes(kept, {"database_url": database.url})
    line, lasting, _digest = schema.log
    pending, _, locks = line.partition(" Locks until the end: ")
    assert pending == "Pending from version 35: 5 migrations (V36-V40), patch wait_free_dirty_marks."
    held = "ACCESS EXCLUSIVE on 39 tables, SHARE on 131 tables; producers, workers and readers of finished jobs wait"
    assert locks.startswith(f"V36-V39: {held}; ")
    assert lasting.startswith("About 0.")
    assert locks.endswith("; patch:wait_free_dirty_marks: replaces functions.")


def test_a_state_of_an_older_release_of_this_package_previews_clean(
    schema: ProviderProcess, awa_database: Database
) -> None:
    inputs = {"database_url": awa_database.url}
    recorded = {
        **inputs,
        "schema_version": 40.0,
        "release": "0.6.9",
        "patches": ["wait_free_dirty_marks"],
        "storage_state": "canonical",
        "active_schema": "",
    }
    assert not schema.changes(recorded, inputs)
    assert schema.log == []


def test_a_table_that_is_locked_is_not_waited_for_any_longer_than_declared(
    schema: ProviderProcess, database: Database
) -> None:
    inputs = {"database_url": database.url, "target_version": 39.0}
    schema.create(inputs)
    with psycopg.connect(database.url) as connection:
        connection.execute("LOCK TABLE awa.queue_meta IN ACCESS SHARE MODE")
        connection.execute("LOCK TABLE awa.storage_transition_state IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CallFailed, match=r"lock-timeout|blocking-session"):
            schema.create({"database_url": database.url, "lock_timeout": 0.2})


def test_a_login_that_inherits_nothing_reads_as_the_role(
    schema: ProviderProcess, database: Database, server: TestServer
) -> None:
    owner, login = f"owner_of_{database.name}", f"login_of_{database.name}"
    database.rows(f"CREATE ROLE {owner}")
    database.rows(f"CREATE ROLE {login} LOGIN NOINHERIT IN ROLE {owner}")
    database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {owner}")
    try:
        wanted = {"database_url": log_in(database, login).url, "role": owner}
        id_, kept = schema.create(wanted)
        assert kept["fingerprint"]
        assert not schema.changes(kept, wanted)
        _id, found = schema.read(id_, kept)
        assert found["fingerprint"] == kept["fingerprint"]
        assert found["schema_version"] == kept["schema_version"]
    finally:
        server.drop(database)
        forget(server, login, owner)
