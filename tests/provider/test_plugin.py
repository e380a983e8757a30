from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.target import Target
from awa_infra.model import DesiredState, Release
from tests.support.people import forget
from tests.support.plugin import UNKNOWN, PartlyFailed, Plugin, plugin_process, secret
from tests.support.provider import CallFailed
from tests.support.servers import Database, TestServer
from tests.support.tools import dump_schema

PENDING = "Pending from an empty database: 39 migrations (V1-V7, V9-V40), patch wait_free_dirty_marks."
NOWHERE = (
    "is given neither here nor in the configuration of the provider [config-invalid]\n"
    "Hint: Run pulumi config set --secret awa:databaseUrl, or set DATABASE_URL, or databaseUrl of the provider of the "
    "resource, or of the resource."
)
SHAPE = {"queueSlots": 4, "leaseSlots": 2, "claimSlots": 2}


def test_a_preview_knows_the_version_that_a_create_will_give_and_shows_the_digest_of_plan(
    plugin: Plugin, database: Database, release: Release
) -> None:
    inputs, failures = plugin.check({"databaseUrl": database.url})
    assert failures == {}
    assert inputs == {"databaseUrl": secret(database.url)}
    _observed, plan = read_plan(database.url, DesiredState(release, release.schema_version))
    assert plugin.log == [PENDING, f"Digest: {plan.digest}"]
    id_, outputs = plugin.create(inputs, preview=True)
    assert (id_, outputs["schemaVersion"], outputs["fingerprint"]) == ("", 40, UNKNOWN)
    assert not read_state(database.url).schema_exists
    id_, outputs = plugin.create(inputs)
    assert (id_, outputs["schemaVersion"], outputs["release"]) == ("awa", 40, "0.6.9")
    assert outputs["databaseUrl"] == secret(database.url)
    assert not plugin.diff(outputs, inputs, inputs).changes


def test_a_preview_of_an_update_knows_the_version_it_leads_to(plugin: Plugin, database: Database) -> None:
    before = {"databaseUrl": secret(database.url), "targetVersion": 39}
    _id, kept = plugin.create(before)
    assert kept["schemaVersion"] == 39
    now = {"databaseUrl": secret(database.url)}
    found = plugin.diff(kept, now, before)
    assert (found.changes, found.kinds, found.replaces) == (True, {"targetVersion": "DELETE"}, [])
    assert plugin.update(kept, now, preview=True)["schemaVersion"] == 40
    assert read_state(database.url).version == 39
    assert plugin.update(kept, now)["schemaVersion"] == 40


def test_a_changed_input_is_named_with_its_kind_and_never_replaces(plugin: Plugin, awa_database: Database) -> None:
    before = {"databaseUrl": secret(awa_database.url), "lockTimeout": 5}
    _id, kept = plugin.create(before)
    now = {"databaseUrl": secret(awa_database.url), "lockTimeout": 6, "role": "postgres"}
    found = plugin.diff(kept, now, before)
    assert (found.kinds, found.replaces) == ({"lockTimeout": "UPDATE", "role": "ADD"}, [])


@pytest.mark.parametrize(
    ("kind", "before", "now", "said"),
    [
        ("QueueStorageSchema", {"schema": "acme_jobs"}, {"schema": "other_jobs"}, "schema of a queue-storage schema"),
        ("QueueStorageSchema", {"schema": "a", "queueSlots": 16}, {"schema": "a", "queueSlots": 32}, "queueSlots of"),
        ("StorageActivation", {"schema": "awa"}, {"schema": "acme_jobs"}, "queue storage cannot move from awa"),
        ("Roles", {"owner": "one"}, {"owner": "two"}, "owner cannot change from one to two"),
    ],
)
def test_what_cannot_change_is_refused_in_the_preview(
    plugin: Plugin, kind: str, before: dict[str, Any], now: dict[str, Any], said: str
) -> None:
    _inputs, failures = plugin.use(kind).check(
        {"databaseUrl": UNKNOWN, **now}, {"databaseUrl": "postgresql://127.0.0.1:1/x", **before}
    )
    (reason,) = failures.values()
    message, hint = reason.split("\n")
    assert said in message
    assert message.endswith(" [config-invalid]")
    assert hint.startswith("Hint: ")


def test_the_connection_of_the_provider_serves_all_and_is_kept_in_no_resource(
    plugin: Plugin, awa_database: Database
) -> None:
    plugin.configure({"databaseUrl": secret(awa_database.url), "lockTimeout": "7.5"})
    inputs, failures = plugin.check({})
    assert (inputs, failures) == ({}, {})
    plugin.create(inputs, preview=True)
    assert plugin.log == ["Nothing is pending; schema awa is at version 40."]
    _id, kept = plugin.create(inputs)
    plugin.engine.lines.clear()
    # The engine sends the same to check what is there already: then it is not news that nothing is pending.
    assert plugin.check({}, {}) == ({}, {})
    assert plugin.log == []
    assert kept["schemaVersion"] == 40
    assert {"databaseUrl", "lockTimeout", "role"}.isdisjoint(kept)
    assert not plugin.diff(kept, {}, {}).changes
    id_, read_inputs, outputs = plugin.read("awa", kept)
    assert (id_, read_inputs, outputs["schemaVersion"]) == ("awa", {}, 40)
    assert "databaseUrl" not in outputs


def test_a_connection_that_the_provider_has_no_more_is_said_so(
    plugin: Plugin, own_plugin: Plugin, awa_database: Database
) -> None:
    plugin.use("QueueStorageSchema").configure({"databaseUrl": secret(awa_database.url)})
    _id, kept = plugin.create({"schema": "acme_jobs", "deletionPolicy": "drop", **SHAPE})
    own_plugin.use("QueueStorageSchema")
    with pytest.raises(CallFailed, match=r"^databaseUrl is given neither here nor .*\[config-invalid\]\nHint: "):
        own_plugin.read("acme_jobs", kept)
    with pytest.raises(CallFailed, match=r"acme_jobs is to be dropped, and there is no connection .*config-invalid"):
        own_plugin.delete("acme_jobs", kept)
    own_plugin.delete("acme_jobs", {**kept, "deletionPolicy": "retain"})
    assert own_plugin.log[-1].startswith("Queue-storage schema acme_jobs and its jobs are left as they are.")


def test_keys_of_the_namespace_that_are_for_others_do_not_matter_to_the_provider(plugin: Plugin) -> None:
    news = {"databaseUrl": secret("postgresql://h/d"), "queueStorageSchemas": "[]", "lockWait": "12"}
    inputs, failures = plugin.check_config(news)
    assert failures == {}
    assert inputs["databaseUrl"] == secret("postgresql://h/d")
    _inputs, failures = plugin.check_config({"lockWait": "soon", "databaseUrl": 3})
    assert failures == {"databaseUrl": "must be text [config-invalid]", "lockWait": "must be a number [config-invalid]"}


def test_a_key_that_nobody_reads_is_remarked_and_refuses_nothing(plugin: Plugin) -> None:
    _inputs, failures = plugin.check_config({"databaseURL": "postgresql://h/d", "colour": "red", "version": "0.1.0"})
    assert failures == {}
    other, near = plugin.log
    assert other.splitlines() == [
        "Nothing reads the configuration key awa:colour.",
        "Hint: The plugin reads databaseUrl, role, lockTimeout, lockWait.",
    ]
    assert near == "Nothing reads the configuration key awa:databaseURL.\nHint: Did you mean awa:databaseUrl?"


def test_messages_name_resources_and_inputs_as_programs_do(plugin: Plugin) -> None:
    _inputs, failures = plugin.use("Roles").check(
        {"databaseUrl": UNKNOWN, "owner": "two"}, {"databaseUrl": "postgresql://127.0.0.1:1/x", "owner": "one"}
    )
    assert "then declare a new awa:Roles and remove this one" in failures["owner"]
    _inputs, failures = plugin.use("QueueStorageSchema").check(
        {"databaseUrl": UNKNOWN, "schema": "a", "queueSlots": 8},
        {"databaseUrl": "postgresql://127.0.0.1:1/x", "schema": "a"},
    )
    assert "Keep it, or declare a second awa:QueueStorageSchema" in failures["queueSlots"]


def test_a_connection_that_is_nowhere_is_said_so_with_the_command_that_sets_it(plugin: Plugin) -> None:
    _inputs, failures = plugin.check({})
    (reason,) = failures.values()
    assert reason == NOWHERE
    _inputs, failures = plugin.use("Database").check({"name": "jobs"})
    assert failures["serverUrl"] == NOWHERE.replace(", or of the resource", ", or serverUrl of the resource")


def test_all_that_is_wrong_is_reported_at_once(plugin: Plugin) -> None:
    _inputs, failures = plugin.use("QueueStorageSchema").check(
        {"databaseUrl": 7, "schema": "No Such", "queueSlots": "many", "lockWait": -1, "colour": "red"}
    )
    assert set(failures) == {"databaseUrl", "schema", "queueSlots", "lockWait", "colour"}
    assert failures["lockWait"] == "must be at least 0 [config-invalid]"
    no_input = "is no input of this resource. [config-invalid]\nHint: It has databaseUrl, schema, queueSlots"
    assert failures["colour"].startswith(no_input)


@pytest.mark.parametrize(("kind", "key"), [("Schema", "databaseUrl"), ("Database", "serverUrl")])
def test_an_empty_connection_string_is_refused_and_leads_to_no_server_by_chance(
    plugin: Plugin, kind: str, key: str
) -> None:
    declared = {key: "", **({"name": "jobs"} if kind == "Database" else {})}
    assert plugin.use(kind).check(declared)[1] == {key: "must not be empty [config-invalid]"}
    assert plugin.check_config({"databaseUrl": ""})[1] == {"databaseUrl": "must not be empty [config-invalid]"}


def test_what_is_wrong_in_a_list_is_named_without_a_value_that_the_engine_cannot_find(plugin: Plugin) -> None:
    _inputs, failures = plugin.check({"databaseUrl": UNKNOWN, "queues": [{"name": "a", "priorities": [1, 1]}]})
    assert failures == {"queues[0].priorities": "has 1 twice [config-invalid]"}


def test_a_mistyped_input_is_answered_with_the_one_that_was_probably_meant(plugin: Plugin) -> None:
    _inputs, failures = plugin.check({"databaseUrl": UNKNOWN, "tagetVersion": 40})
    assert failures == {
        "tagetVersion": "is no input of this resource. [config-invalid]\nHint: Did you mean targetVersion?"
    }


def test_a_connection_string_in_the_place_of_a_name_is_shown_nowhere(plugin: Plugin) -> None:
    wrong = {"serverUrl": UNKNOWN, "name": "postgresql://deployer:s3cret@db/jobs"}
    assert plugin.use("Database").check(wrong)[1] == {
        "name": "must be a name, not a connection string [config-invalid]"
    }


def test_a_resource_or_function_that_does_not_exist_is_one_clean_line(plugin: Plugin) -> None:
    with pytest.raises(
        CallFailed, match=r"^The package awa .* has no resource awa:index:Nothing\. \[config-invalid\]\nHint: It has "
    ):
        plugin.use("Nothing").check({})
    with pytest.raises(
        CallFailed, match=r"^The package awa has no function awa:index:getNothing\. \[config-invalid\]\nHint: It has "
    ):
        plugin.invoke("getNothing", {})


def test_an_error_is_one_line_without_the_password(plugin: Plugin) -> None:
    with pytest.raises(
        CallFailed, match=r"^Cannot connect to me@127\.0\.0\.1:1/db: .* \[connection-failed\]\nHint: "
    ) as failed:
        plugin.check({"databaseUrl": secret("postgresql://me:s3cret-word@127.0.0.1:1/db")})
    assert "s3cret-word" not in str(failed.value)
    assert "Traceback" not in str(failed.value)


def test_a_secret_stays_one_wherever_it_is(plugin: Plugin, awa_database: Database) -> None:
    news = {"databaseUrl": awa_database.url, "release": secret("0.6.9")}
    inputs, _failures = plugin.check(news)
    assert inputs == {"databaseUrl": secret(awa_database.url), "release": secret("0.6.9")}
    _id, kept = plugin.create(inputs)
    assert kept["release"] == secret("0.6.9")


def test_the_url_of_a_database_that_is_missing_is_unknown_until_it_is_there(
    plugin: Plugin, server: TestServer, database: Database
) -> None:
    server.drop(database)
    plugin.use("Database").configure({"databaseUrl": secret(server.url)})
    _id, foreseen = plugin.create({"name": database.name}, preview=True)
    assert foreseen["url"] == secret(UNKNOWN)
    id_, kept = plugin.create({"name": database.name})
    assert (id_, kept["url"]) == (database.name, secret(Target.of(server.url).with_database(database.name)))
    assert plugin.update(kept, {"name": database.name}, preview=True)["url"] == kept["url"]
    id_, inputs, outputs = plugin.read(database.name, {})
    assert (id_, inputs, outputs["url"]) == (database.name, {"name": database.name}, kept["url"])
    assert plugin.read("no_such_database", {})[0] == ""


def test_a_live_schema_is_imported_without_a_secret_in_its_inputs(plugin: Plugin, awa_database: Database) -> None:
    before = dump_schema(awa_database.url)
    plugin.configure({"databaseUrl": secret(awa_database.url)})
    id_, inputs, outputs = plugin.read("awa", {})
    assert (id_, inputs, outputs["schemaVersion"]) == ("awa", {}, 40)
    assert "databaseUrl" not in outputs
    assert not plugin.diff(outputs, inputs, inputs).changes
    assert dump_schema(awa_database.url) == before


def test_an_import_finds_the_connection_in_the_environment_as_an_up_does(
    awa_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its engine throws away what the check of the configuration answered, and configures with what it sent."""
    monkeypatch.setenv("DATABASE_URL", awa_database.url)
    with plugin_process() as plugin:
        checked, _failures = plugin.check_config({})
        assert checked == {"databaseUrl": secret(awa_database.url)}
        plugin.configure({})
        id_, inputs, outputs = plugin.read("awa", {})
    assert (id_, inputs, outputs["schemaVersion"]) == ("awa", {}, 40)
    assert "databaseUrl" not in outputs


def test_a_custom_schema_is_imported_with_the_shape_that_it_has(plugin: Plugin, awa_database: Database) -> None:
    plugin.use("QueueStorageSchema").configure({"databaseUrl": secret(awa_database.url)})
    plugin.create({"schema": "acme_jobs", "receipts": False, **SHAPE})
    id_, inputs, outputs = plugin.read("acme_jobs", {})
    assert (id_, inputs) == ("acme_jobs", {"schema": "acme_jobs", "receipts": False, **SHAPE})
    assert not plugin.diff(outputs, inputs, inputs).changes
    assert plugin.read("other_jobs", {})[0] == ""


def test_only_the_active_schema_can_be_imported_as_an_activation(plugin: Plugin, awa_database: Database) -> None:
    plugin.use("StorageActivation").configure({"databaseUrl": secret(awa_database.url)})
    assert plugin.read("awa", {})[0] == ""
    plugin.create({"schema": "awa"})
    id_, inputs, outputs = plugin.read("awa", {})
    assert (id_, inputs, outputs["storageState"]) == ("awa", {"schema": "awa"}, "active")


def test_an_import_says_what_it_lacks(plugin: Plugin, awa_database: Database) -> None:
    with pytest.raises(
        CallFailed,
        match=r"^awa:Schema awa cannot be imported\. \[config-invalid\]\n(.*\n)*Hint: .*--secret awa:databaseUrl",
    ):
        plugin.read("awa", {})
    plugin.configure({"databaseUrl": secret(awa_database.url)})
    with pytest.raises(
        CallFailed,
        match=r"^There is no awa:Schema acme\. \[config-invalid\]\nHint: The id of the canonical schema is awa",
    ):
        plugin.read("acme", {})


def test_a_create_that_fails_after_the_database_was_made_keeps_it_in_the_state(
    plugin: Plugin, server: TestServer, database: Database
) -> None:
    server.drop(database)
    news = {"serverUrl": secret(server.url), "name": database.name, "owner": "nobody_at_all"}
    with pytest.raises(CallFailed, match="nobody_at_all") as failed:
        plugin.use("Database").create(news)
    # PostgreSQL refuses the owner with the database, so nothing is there and nothing is kept.
    assert not isinstance(failed.value, PartlyFailed)


def test_a_failed_migration_of_an_adopted_schema_keeps_its_version(plugin: Plugin, database: Database) -> None:
    plugin.create({"databaseUrl": secret(database.url), "targetVersion": 39})
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("BEGIN; LOCK TABLE awa.schema_version IN ACCESS SHARE MODE; SELECT 1 FROM awa.jobs_hot LIMIT 1")
        other.execute("LOCK TABLE awa.schema_version IN SHARE ROW EXCLUSIVE MODE")
        with pytest.raises(PartlyFailed, match="SQLSTATE 55P03") as failed:
            plugin.create({"databaseUrl": secret(database.url), "lockTimeout": 0.05})
    left = failed.value.left
    assert (left.id, left.properties["schemaVersion"]) == ("awa", 39)
    assert left.properties["databaseUrl"] == secret(database.url)
    assert "55P03" in left.reasons[0]
    assert plugin.diff(left.properties, {"databaseUrl": secret(database.url)}).changes


def test_passwords_of_roles_are_set_after_a_create_that_failed_and_was_kept(
    plugin: Plugin, server: TestServer, database: Database
) -> None:
    owner, runtime = f"owner_of_{database.name}", f"runtime_of_{database.name}"
    database.rows(f"CREATE ROLE {owner}")
    database.rows(f"CREATE ROLE {runtime} LOGIN")
    news = {
        "databaseUrl": secret(database.url), "owner": owner, "runtime": runtime, "runtimePassword": secret("s3cret"),
    }  # fmt: skip
    try:
        plugin.use("Roles")
        with psycopg.connect(database.url) as other:
            other.execute("SELECT pg_advisory_xact_lock(4708303813013489490)")
            with pytest.raises(PartlyFailed, match="lock") as failed:
                plugin.create({**news, "lockWait": 0.1})
        left = failed.value.left
        assert left.id == owner
        assert plugin.diff(left.properties, news).changes
        kept = plugin.update(left.properties, news)
        psycopg.connect(str(kept["runtimeUrl"]["value"])).close()
        assert not plugin.diff(kept, news).changes
    finally:
        server.drop(database)
        forget(server, runtime, owner)


def test_forgetting_the_canonical_schema_touches_nothing(plugin: Plugin, awa_database: Database) -> None:
    _id, kept = plugin.create({"databaseUrl": secret(awa_database.url)})
    before = dump_schema(awa_database.url)
    plugin.delete("awa", kept)
    assert plugin.log[-1] == "Schema awa is left as it is: awa-infra never drops it. Pulumi only forgets it."
    assert dump_schema(awa_database.url) == before


def test_a_custom_schema_is_dropped_only_where_that_is_declared(
    plugin: Plugin, own_plugin: Plugin, awa_database: Database
) -> None:
    """The other plugin is that of a later run: in one run a delete after a create is that of a replacement."""
    plugin.use("QueueStorageSchema").configure({"databaseUrl": secret(awa_database.url)})
    own_plugin.use("QueueStorageSchema").configure({"databaseUrl": secret(awa_database.url)})
    _id, kept = plugin.create({"schema": "acme_jobs", **SHAPE})
    own_plugin.delete("acme_jobs", kept)
    assert own_plugin.log[-1].startswith("Queue-storage schema acme_jobs and its jobs are left as they are.")
    plugin.delete("acme_jobs", {**kept, "deletionPolicy": "drop"})
    assert plugin.log[-1] == "Its replacement has adopted the same, so nothing is dropped."
    assert read_state(awa_database.url).substrate("acme_jobs")
    _id, kept = plugin.create({"schema": "acme_jobs", "deletionPolicy": "drop", **SHAPE})
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE TABLE acme_jobs.of_somebody_else ()"))
    with pytest.raises(CallFailed, match="of_somebody_else"):
        own_plugin.delete("acme_jobs", kept)
    assert read_state(awa_database.url).substrate("acme_jobs")
    with psycopg.connect(awa_database.url, autocommit=True) as connection:
        connection.execute("DROP TABLE acme_jobs.of_somebody_else")
    own_plugin.delete("acme_jobs", kept)
    assert read_state(awa_database.url).substrate("acme_jobs") is None


def test_a_renamed_resource_does_not_drop_what_its_new_name_adopted(plugin: Plugin, awa_database: Database) -> None:
    plugin.use("QueueStorageSchema").configure({"databaseUrl": secret(awa_database.url)})
    news = {"schema": "acme_jobs", "deletionPolicy": "drop", **SHAPE}
    _id, kept = plugin.create(news)
    plugin.check(news, name="renamed")
    plugin.delete("acme_jobs", kept)
    assert plugin.log[-1] == "Another resource declares the same now, so nothing is dropped."
    assert read_state(awa_database.url).substrate("acme_jobs")


def test_get_status_returns_the_version_and_the_patches(plugin: Plugin, awa_database: Database) -> None:
    plugin.configure({"databaseUrl": secret(awa_database.url)})
    found, failures = plugin.invoke("getStatus", {})
    assert failures == {}
    assert found.pop("serverVersion") > 140000
    assert found == {
        "database": awa_database.name,
        "schemaVersion": 40,
        "patches": ["wait_free_dirty_marks"],
        "storageState": "canonical",
        "activeSchema": "",
        "queueStorageSchemas": ["awa"],
    }


def test_get_plan_says_what_would_be_done(plugin: Plugin, database: Database) -> None:
    found, failures = plugin.invoke(
        "getPlan", {"databaseUrl": secret(database.url), "targetVersion": 2, "queueStorageSchemas": ["acme_jobs"]}
    )
    assert failures == {}
    assert (found["fromVersion"], found["toVersion"]) == (0, 2)
    assert found["steps"][0] == "V1 Canonical schema with UI indexes"
    [gate], [told] = found["gates"], found["objections"]
    assert gate["code"] == "canonical-schema-missing"
    assert told == f"{gate['message']} [canonical-schema-missing]\nHint: {gate['hint']}"
    _found, failures = plugin.invoke("getPlan", {"targetVersion": 0, "queueStorageSchemas": ["pg_x"]})
    assert failures == {
        "databaseUrl": NOWHERE.replace("the resource", "the function"),
        "targetVersion": "must be at least 1 [config-invalid]",
        "queueStorageSchemas": (
            "'pg_x' is reserved: PostgreSQL keeps names that start with pg_ to itself [config-invalid]"
        ),
    }


def test_repair_puts_lost_rows_back_through_the_plugin_too(plugin: Plugin, awa_database: Database) -> None:
    plugin.configure({"databaseUrl": secret(awa_database.url)})
    _id, kept = plugin.create({})
    awa_database.rows("DELETE FROM awa.claim_ring_state")
    with pytest.raises(CallFailed, match=r"\[state-rows-missing\]\nHint: "):
        plugin.check({}, {})
    assert plugin.check({"repair": True}, {})[1] == {}
    assert plugin.diff(kept, {"repair": True}, {}).changes
    plugin.update(kept, {"repair": True})
    assert awa_database.rows("SELECT current_slot, generation FROM awa.claim_ring_state") == [
        {"current_slot": 0, "generation": 0}
    ]


def test_unicode_in_names_is_refused_and_in_queues_is_not(plugin: Plugin, awa_database: Database) -> None:
    plugin.use("QueueStorageSchema").configure({"databaseUrl": secret(awa_database.url)})
    _inputs, failures = plugin.check({"schema": "aufträge"})
    assert "schema" in failures
    _id, kept = plugin.create({"schema": "acme_jobs", "queues": [{"name": "aufträge ✓"}], **SHAPE})
    assert kept["queues"][0]["name"] == "aufträge ✓"
    assert not plugin.diff(kept, {"schema": "acme_jobs", "queues": [{"name": "aufträge ✓"}], **SHAPE}).changes


def test_nulls_are_what_is_not_given(plugin: Plugin, awa_database: Database) -> None:
    news = {"databaseUrl": secret(awa_database.url), "targetVersion": None, "role": None}
    inputs, failures = plugin.check(news)
    assert failures == {}
    assert plugin.create(inputs)[1]["schemaVersion"] == 40


@pytest.mark.parametrize("nothing", [None, secret(None)], ids=["null", "secret null"])
@pytest.mark.parametrize("name", ["databaseUrl", "role", "lockWait"])
def test_an_input_that_turns_out_to_be_nothing_is_taken_from_the_provider_and_is_no_diff(
    plugin: Plugin, awa_database: Database, name: str, nothing: object
) -> None:
    plugin.configure({"databaseUrl": secret(awa_database.url), "role": "postgres", "lockWait": 7})
    inputs, failures = plugin.check({name: nothing})
    assert failures == {}
    kept = plugin.create(inputs)[1]
    assert name not in kept
    assert plugin.check({name: nothing}, inputs)[1] == {}
    assert not plugin.diff(kept, inputs, inputs).changes
    assert plugin.update(kept, inputs) == kept


def test_a_provider_whose_connection_is_nothing_takes_that_of_the_environment() -> None:
    with plugin_process(environment={"DATABASE_URL": "postgresql://db.example/jobs"}) as found:
        for nothing in (None, secret(None)):
            inputs, failures = found.check_config({"databaseUrl": nothing})
            assert (inputs["databaseUrl"], failures) == (secret("postgresql://db.example/jobs"), {})


def test_cancelling_rolls_back_what_runs_and_begins_nothing_else(own_plugin: Plugin, database: Database) -> None:
    plugin = own_plugin
    plugin.create({"databaseUrl": secret(database.url), "targetVersion": 39})
    failures: list[str] = []

    def create() -> None:
        with pytest.raises(CallFailed) as failed:
            plugin.create({"databaseUrl": secret(database.url), "lockTimeout": 0})
        failures.append(str(failed.value))

    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("BEGIN; LOCK TABLE awa.schema_version IN SHARE ROW EXCLUSIVE MODE")
        thread = threading.Thread(target=create)
        thread.start()
        while not database.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND relation::regclass::text ~ '^awa'"):
            assert thread.is_alive()
        plugin.cancel()
        thread.join(60)
    assert "was cancelled" in failures[0]
    assert "[cancelled]\nHint: It was rolled back." in failures[0]
    assert read_state(database.url).version == 39
    with pytest.raises(CallFailed, match=r"This was cancelled\. .*\[cancelled\]"):
        plugin.check({"databaseUrl": secret(database.url)})
