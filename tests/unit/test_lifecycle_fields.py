from __future__ import annotations

import inspect
from typing import Any

import pytest
from pulumi.dynamic import Resource

from awa_infra import resources
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.queue_storage_schema import QueueStorageSchemaLifecycle
from awa_infra.lifecycle.schema import SchemaLifecycle
from awa_infra.resources.dynamic import LifecycleProvider
from awa_infra.resources.queue_storage_schema import QueueArgs
from awa_infra.spec.base import UNKNOWN, Input, Output, snake
from awa_infra.spec.queue_storage import QueueEntry, QueueStorageInputs

KINDS = [getattr(resources, name) for name in resources.__all__ if issubclass(getattr(resources, name), Resource)]


def lifecycle_of(kind: type[Resource]) -> Lifecycle[Any]:
    module = inspect.getmodule(kind)
    provider = getattr(module, f"{kind.__name__}Provider")
    assert issubclass(provider, LifecycleProvider)
    found: Lifecycle[Any] = provider.lifecycle
    return found


def fields_of(kind: type[Resource]) -> list[Input | Output]:
    lifecycle = lifecycle_of(kind)
    return [*lifecycle.inputs, *lifecycle.outputs]


@pytest.mark.parametrize("kind", KINDS)
def test_the_arguments_of_a_resource_are_the_inputs_of_its_lifecycle(kind: type[Resource]) -> None:
    arguments = dict(inspect.signature(kind.__init__).parameters)
    for other in ("self", "resource_name", "opts"):
        del arguments[other]
    inputs = lifecycle_of(kind).inputs
    assert list(arguments) == [i.name for i in inputs]
    for declared in inputs:
        default = arguments[declared.name].default
        assert (default is inspect.Parameter.empty) is declared.required
        assert declared.required or default == declared.default


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_has_every_input_and_output_of_its_lifecycle_as_an_attribute(kind: type[Resource]) -> None:
    assert sorted(inspect.get_annotations(kind)) == sorted(field.name for field in fields_of(kind))
    assert lifecycle_of(kind).name == kind.__name__


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_by_a_sentence(kind: type[Resource]) -> None:
    for described in fields_of(kind):
        assert described.text[0].isupper()
        assert described.text.endswith(".")


def test_what_was_not_given_is_its_default_and_numbers_are_whole_where_they_should() -> None:
    nothing = QueueStorageInputs.of({})
    assert (nothing.queue_slots, nothing.lock_wait, nothing.queues) == (16, 60.0, ())
    given = {"queue_slots": 4.0, "lock_wait": 2.0, "queues": ["a", {"name": "b", "priorities": [1.0, 2.0]}]}
    found = QueueStorageInputs.of(given)
    assert (found.queue_slots, found.lock_wait) == (4, 2.0)
    assert [(queue.name, queue.priorities) for queue in found.queues] == [("a", (1, 2, 3, 4)), ("b", (1, 2))]
    assert found.props()["queues"][1] == {"name": "b", "priorities": [1, 2], "stripes": 1}
    assert QueueStorageInputs.of({"queue_slots": 4.5}).props()["queue_slots"] == 4.5
    assert QueueStorageInputs.of({"queue_slots": UNKNOWN}).props()["queue_slots"] is UNKNOWN
    assert QueueStorageInputs.of(found.props()) == found


def test_what_is_unknown_is_said_so() -> None:
    found = QueueStorageInputs.of({"role": UNKNOWN})
    assert found.known("schema", "queue_slots")
    assert not found.known("schema", "role")
    assert repr(UNKNOWN) == "<not known yet>"


def test_a_queue_in_a_program_has_the_keys_of_a_queue_in_a_file() -> None:
    assert [snake(key) for key in QueueEntry.attributes()] == list(inspect.get_annotations(QueueArgs))


def test_a_queue_by_name_and_one_by_mapping_are_the_same() -> None:
    lifecycle = QueueStorageSchemaLifecycle()
    full = {"name": "emails", "priorities": [1, 2, 3, 4], "stripes": 1}
    assert lifecycle.normal({"queues": ["emails"]}).props()["queues"] == [full]
    assert lifecycle.normal({"queues": [{"name": "emails", "stripes": 1.0}]}).props()["queues"] == [full]
    assert lifecycle.normal({"queues": [7]}).props()["queues"] == [7]


@pytest.mark.parametrize("lifecycle", [QueueStorageSchemaLifecycle(), SchemaLifecycle()])
def test_a_queue_that_an_earlier_release_kept_with_one_shard_has_not_changed(lifecycle: Lifecycle[Any]) -> None:
    olds = {"queues": [{"name": "emails", "priorities": [1.0, 2.0, 3.0, 4.0], "shards": 1.0, "stripes": 1.0}]}
    assert lifecycle.changed(olds, lifecycle.normal({"queues": ["emails"]})) == ()
    assert lifecycle.changed(olds, lifecycle.normal({"queues": [{"name": "emails", "shards": 2}]})) == ("queues",)
    assert lifecycle.changed({}, lifecycle.normal({"queues": 7})) == ("queues",)
