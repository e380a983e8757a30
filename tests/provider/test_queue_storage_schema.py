from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from awa_infra.database.observe import read_state
from awa_infra.database.target import Target
from awa_infra.model import Shape
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from tests.support.provider import UNKNOWN, CallFailed, ProviderProcess, provider_process
from tests.support.servers import Database
from tests.support.tools import dump_schema

SHAPE = {"queue_slots": 6.0, "lease_slots": 3.0, "claim_slots": 2.0, "receipts": True}


@pytest.fixture
def storage(provider: ProviderProcess) -> ProviderProcess:
    return provider.use(QueueStorageSchemaProvider())


@pytest.fixture
def later() -> Iterator[ProviderProcess]:
    """Give the provider of a later run of the engine; in one run a delete after a create is that of a replacement."""
    with provider_process() as found:
        yield found.use(QueueStorageSchemaProvider())


def wanted(database: Database, **changes: object) -> dict[str, Any]:
    return {"database_url": database.url, "schema": "acme_jobs", **SHAPE, **changes}


def test_create_installs_the_schema_and_activates_nothing(storage: ProviderProcess, awa_database: Database) -> None:
    transition = awa_database.transition()
    identity, outputs = storage.create(wanted(awa_database, queue_slots=4.0, receipts=False))
    assert identity == "acme_jobs"
    assert outputs["owner"] == "postgres"
    existing = read_state(awa_database.url).substrate("acme_jobs")
    assert existing is not None
    assert existing.shape == Shape(4, 3, 2, receipts=False)
    assert awa_database.transition() == transition


def test_every_problem_of_a_declaration_is_reported_at_once(storage: ProviderProcess, awa_database: Database) -> None:
    failures = storage.check(wanted(awa_database, schema="Acme", queue_slots=3.0, lease_slots=2.5, receipts="yes"))
    assert set(failures) == {"schema", "queue_slots", "lease_slots", "receipts"}
    assert failures["queue_slots"] == "must be at least 4 [config-invalid]"


@pytest.mark.parametrize("name", ["awa", "public", "pg_jobs", "a" * 19, "1st", "with-dash", ""])
def test_names_that_would_go_wrong_are_refused(storage: ProviderProcess, awa_database: Database, name: str) -> None:
    assert list(storage.check(wanted(awa_database, schema=name))) == ["schema"]


@pytest.mark.parametrize(
    ("key", "value"), [("schema", "other"), ("queue_slots", 32.0), ("claim_slots", 4.0), ("receipts", False)]
)
def test_name_and_shape_cannot_change(
    storage: ProviderProcess, awa_database: Database, key: str, value: object
) -> None:
    failures = storage.check(wanted(awa_database, **{key: value}), wanted(awa_database))
    assert list(failures) == [key]
    assert "declare a second QueueStorageSchema" in failures[key]


def test_a_preview_passes_while_the_migrations_are_still_pending(storage: ProviderProcess, database: Database) -> None:
    assert storage.check(wanted(database)) == {}
    pending, digest = storage.log
    assert pending == "Pending: queue-storage schema acme_jobs (6/3/2 slots with receipts)."
    assert re.fullmatch("Digest: [0-9a-f]{64}", digest)


def test_create_without_the_canonical_schema_is_refused(storage: ProviderProcess, database: Database) -> None:
    with pytest.raises(CallFailed, match=r"needs schema awa at version 24 .* \[canonical-schema-missing\]\nHint: "):
        storage.create(wanted(database))
    assert not read_state(database.url).substrates


def test_unknown_inputs_are_left_for_later(storage: ProviderProcess, awa_database: Database) -> None:
    unknown = {"database_url": UNKNOWN, "schema": UNKNOWN, **SHAPE, "queue_slots": UNKNOWN}
    assert storage.check(unknown) == {}
    assert storage.changes(wanted(awa_database), unknown)
    assert storage.check({**unknown, "lease_slots": 1.0}) == {"lease_slots": "must be at least 2 [config-invalid]"}


def test_a_schema_that_somebody_dropped_shows_in_a_preview_and_comes_back(
    storage: ProviderProcess, awa_database: Database
) -> None:
    inputs = wanted(awa_database)
    _id, outputs = storage.create(inputs)
    assert not storage.changes(outputs, inputs)
    awa_database.rows("DROP SCHEMA acme_jobs CASCADE")
    assert storage.changes(outputs, inputs)
    assert storage.read("acme_jobs", outputs) == ("", {})
    storage.update(outputs, inputs)
    assert not storage.changes(outputs, inputs)


def test_another_shape_in_the_database_is_refused_in_the_preview(
    storage: ProviderProcess, awa_database: Database
) -> None:
    awa_database.rows("SELECT awa.install_queue_storage_substrate('acme_jobs', 4, 2, 2)")
    with pytest.raises(CallFailed, match=r"has 4/2/2 slots .* \[queue-storage-shape\]\nHint: "):
        storage.check(wanted(awa_database))


def test_a_delete_keeps_the_schema_and_its_jobs(
    storage: ProviderProcess, later: ProviderProcess, awa_database: Database
) -> None:
    _id, outputs = storage.create(wanted(awa_database))
    before = dump_schema(awa_database.url)
    later.delete("acme_jobs", outputs)
    assert dump_schema(awa_database.url) == before
    assert later.log[-1].startswith("Queue-storage schema acme_jobs and its jobs are left as they are.")


def test_lanes_are_made_ahead_and_more_can_be_added(storage: ProviderProcess, awa_database: Database) -> None:
    lanes = "SELECT queue, count(*) FROM acme_jobs.queue_claim_heads GROUP BY 1 ORDER BY 1"
    first = wanted(awa_database, queues=["emails"])
    _id, kept = storage.create(first)
    assert awa_database.rows(lanes) == [{"queue": "emails", "count": 4}]
    assert not storage.changes(kept, first)
    more = wanted(awa_database, queues=["emails", {"name": "reports", "priorities": [1.0], "shards": 2.0}])
    assert storage.changes(kept, more)
    shards = "enqueue shards: reports 2 (FIFO within each shard, approximate across shards)"
    assert storage.log[0] == f"Pending: lanes of reports in acme_jobs; {shards}."
    kept = storage.update(kept, more)
    assert awa_database.rows(lanes) == [{"queue": "emails", "count": 4}, {"queue": "reports", "count": 2}]
    assert not storage.changes(kept, more)


def test_what_is_wrong_with_queues_and_policies_is_reported_with_the_rest(
    storage: ProviderProcess, awa_database: Database
) -> None:
    bad = wanted(
        awa_database, queue_slots=1.0, queues=[{"name": "a", "shards": 65.0}], deletion_policy="burn", force_drop=True
    )
    found = storage.check(bad)
    assert {"queue_slots", "deletion_policy"} <= set(found)
    assert found["queues[0].shards"] == "must be at most 64 [config-invalid]"


def test_a_schema_that_is_to_be_dropped_is_dropped(
    storage: ProviderProcess, later: ProviderProcess, awa_database: Database
) -> None:
    id_, kept = storage.create(wanted(awa_database, deletion_policy="drop"))
    later.delete(id_, kept)
    assert read_state(awa_database.url).substrate("acme_jobs") is None
    (line,) = later.log
    assert line.startswith(
        "Queue-storage schema acme_jobs was dropped, as its deletion_policy says. It was in database "
    )
    server, name = Target.of(awa_database.url).address()
    assert line.endswith(f" {name} at {server}.")
    later.delete(id_, kept)
    assert later.log[-1] == "Queue-storage schema acme_jobs was gone already."


def test_a_replaced_resource_does_not_drop_what_its_replacement_adopted(
    storage: ProviderProcess, awa_database: Database
) -> None:
    id_, kept = storage.create(wanted(awa_database, deletion_policy="drop"))
    storage.delete(id_, kept)
    assert read_state(awa_database.url).substrate("acme_jobs") is not None
    assert storage.log[-1] == "Its replacement has adopted the same, so nothing is dropped."


def test_an_active_schema_is_not_dropped_whatever_is_declared(
    storage: ProviderProcess, later: ProviderProcess, awa_database: Database
) -> None:
    id_, kept = storage.create(wanted(awa_database, deletion_policy="drop", force_drop=True))
    awa_database.rows("SELECT awa.storage_auto_finalize_if_fresh('acme_jobs')")
    with pytest.raises(CallFailed, match=r"removal-active"):
        later.delete(id_, kept)
    assert read_state(awa_database.url).substrate("acme_jobs") is not None


def test_the_policy_that_was_last_applied_counts(
    storage: ProviderProcess, later: ProviderProcess, awa_database: Database
) -> None:
    id_, kept = storage.create(wanted(awa_database, deletion_policy="drop"))
    retained = wanted(awa_database)
    assert storage.changes(kept, retained)
    kept = storage.update(kept, retained)
    later.delete(id_, kept)
    assert read_state(awa_database.url).substrate("acme_jobs") is not None


def test_a_state_of_an_older_release_of_this_package_previews_clean(
    storage: ProviderProcess, awa_database: Database
) -> None:
    _id, kept = storage.create(wanted(awa_database))
    recorded = {key: kept[key] for key in ("database_url", "schema", *SHAPE, "owner")}
    assert not storage.changes(recorded, wanted(awa_database))


def test_drift_of_a_custom_schema_shows_in_a_preview(storage: ProviderProcess, awa_database: Database) -> None:
    _id, kept = storage.create(wanted(awa_database))
    awa_database.rows("CREATE TABLE acme_jobs.mine (id int)")
    assert not storage.changes(kept, wanted(awa_database))
    assert storage.log[0].startswith("Schema acme_jobs has drifted: extra relation mine")
    assert "verify --schema acme_jobs" in storage.log[0]


def test_a_schema_that_the_role_may_not_read_is_not_taken_for_gone(
    storage: ProviderProcess, awa_database: Database
) -> None:
    id_, kept = storage.create(wanted(awa_database))
    reader = f"reader_of_{awa_database.name}"
    awa_database.rows(
        f"CREATE ROLE {reader} LOGIN PASSWORD 'r'; GRANT USAGE ON SCHEMA awa TO {reader};"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA awa TO {reader}"
    )
    try:
        with pytest.raises(CallFailed, match=r"holds objects, but role .* cannot see queue storage in it"):
            storage.read(id_, kept | {"database_url": Target.of(awa_database.url).with_login(reader, "r")})
    finally:
        awa_database.rows(f"DROP OWNED BY {reader}; DROP ROLE {reader}")
