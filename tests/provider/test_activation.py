from __future__ import annotations

from typing import Any

import pytest

from awa_infra.resources.activation import StorageActivationProvider
from awa_infra.resources.queue_storage_schema import QueueStorageSchemaProvider
from tests.support.provider import UNKNOWN, CallFailed, ProviderProcess
from tests.support.servers import Database


@pytest.fixture
def activation(provider: ProviderProcess) -> ProviderProcess:
    return provider.use(StorageActivationProvider())


@pytest.fixture
def inputs(awa_database: Database) -> dict[str, Any]:
    return {"database_url": awa_database.url, "schema": "awa"}


def test_a_preview_warns_that_there_is_no_way_back(activation: ProviderProcess, inputs: dict[str, Any]) -> None:
    assert activation.check(inputs) == {}
    assert activation.log == [
        "Queue storage will be activated in schema awa: new jobs go there, and this cannot be undone."
    ]


def test_a_fresh_database_is_activated_once(
    activation: ProviderProcess, inputs: dict[str, Any], awa_database: Database
) -> None:
    id_, kept = activation.create(inputs)
    assert (id_, kept["storage_state"], kept["active_schema"]) == ("awa", "active", "awa")
    before = awa_database.transition()
    assert not activation.changes(kept, inputs)
    assert activation.create(inputs)[1]["active_schema"] == "awa"
    assert awa_database.transition() == before
    assert activation.read(id_, kept) == (id_, kept)


def test_a_custom_schema_is_activated(
    provider: ProviderProcess, inputs: dict[str, Any], awa_database: Database
) -> None:
    small = {"schema": "acme", "queue_slots": 4.0, "lease_slots": 2.0, "claim_slots": 2.0}
    provider.use(QueueStorageSchemaProvider()).create(inputs | small)
    kept = provider.use(StorageActivationProvider()).create(inputs | {"schema": "acme"})[1]
    assert kept["active_schema"] == "acme"
    assert awa_database.transition()["state"] == "active"


def test_a_database_that_has_worked_is_refused_in_the_preview(
    activation: ProviderProcess, inputs: dict[str, Any], awa_database: Database
) -> None:
    awa_database.rows("SELECT awa.insert_job_compat('probe')")
    before = awa_database.transition()
    with pytest.raises(CallFailed, match="there are jobs in the canonical tables"):
        activation.check(inputs)
    with pytest.raises(CallFailed, match="activation-not-fresh"):
        activation.create(inputs)
    assert awa_database.transition() == before


def test_a_schema_that_is_pending_passes_a_preview_but_no_create(
    activation: ProviderProcess, inputs: dict[str, Any]
) -> None:
    assert activation.check(inputs | {"schema": "acme"}) == {}
    with pytest.raises(CallFailed, match="acme is no queue-storage schema"):
        activation.create(inputs | {"schema": "acme"})


def test_queue_storage_cannot_move(activation: ProviderProcess, inputs: dict[str, Any]) -> None:
    _id, kept = activation.create(inputs)
    found = activation.check(inputs | {"schema": "acme"}, kept)
    assert found == {
        "schema": "queue storage cannot move from awa to acme: Awa knows no way there. [config-invalid]\n"
        "Hint: Declare awa again."
    }


@pytest.mark.parametrize("schema", ["public", "pg_toast", "No"])
def test_names_that_no_schema_has_are_refused(activation: ProviderProcess, inputs: dict[str, Any], schema: str) -> None:
    assert list(activation.check(inputs | {"schema": schema})) == ["schema"]


def test_unknown_inputs_are_left_for_later(activation: ProviderProcess, inputs: dict[str, Any]) -> None:
    assert activation.check(inputs | {"database_url": UNKNOWN}) == {}
    assert activation.changes(inputs, inputs | {"role": UNKNOWN})


def test_a_delete_deactivates_nothing(
    activation: ProviderProcess, inputs: dict[str, Any], awa_database: Database
) -> None:
    id_, kept = activation.create(inputs)
    before = awa_database.transition()
    activation.delete(id_, kept)
    assert awa_database.transition() == before
    assert "nothing deactivates it" in activation.log[-1]
