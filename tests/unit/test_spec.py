"""One specification of each declared object: what is declared there reaches every place that needs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awa_infra.lifecycle.queue_storage_schema import QueueStorageSchemaLifecycle
from awa_infra.lifecycle.roles import RolesLifecycle
from awa_infra.model import Policy, Queue, QueueStorage, Transaction
from awa_infra.plugin.schema import package_schema
from awa_infra.spec.activation import ActivationInputs
from awa_infra.spec.base import UNKNOWN, Inputs, camel, snake
from awa_infra.spec.database import DatabaseInputs
from awa_infra.spec.problems import input_problems
from awa_infra.spec.queue_storage import QueueStorageInputs
from awa_infra.spec.roles import RolesEntry, RolesInputs
from awa_infra.spec.schema import SchemaInputs
from awa_infra.spec.stack import StackConfig
from devtools.docs_shown import ROOT

URL = {"database_url": "postgresql://h/d"}

LINE = '    paused: StrictBool = Field(False, description="Whether the schema takes no jobs.")\n'
"""A new input of a queue-storage schema: what is added to its specification, and nowhere else."""

SIGNATURE = {
    "    force_drop: pulumi.Output[bool]\n": "    paused: pulumi.Output[bool]\n",
    "        force_drop: pulumi.Input[bool] = False,\n": "        paused: pulumi.Input[bool] = False,\n",
}
"""What is written out in the class of the resource, for type checkers: after each line another."""

PROBE = """
import asyncio
import json
from unittest import mock
from pulumi import dynamic
from awa_infra import config, resources
from awa_infra.lifecycle.queue_storage_schema import QueueStorageSchemaLifecycle
from awa_infra.lifecycle.stack import stack_objects
from awa_infra.plugin.schema import package_schema
from devtools import docs_configuration, docs_plugin, docs_resources

asyncio.set_event_loop(asyncio.new_event_loop())  # a program of Pulumi's has one
given, _none = config.validate({"queueStorageSchemas": [{"schema": "acme", "paused": True}]})
_none, wrong = config.validate({"queueStorageSchemas": [{"schema": "acme", "paused": "yes"}]})
with mock.patch.object(dynamic.Resource, "__init__", return_value=None) as registered:
    resources.QueueStorageSchema("acme", database_url="postgresql://h/d", schema="acme", paused=True)
lifecycle = QueueStorageSchemaLifecycle()
inputs = {"database_url": "postgresql://h/d", "schema": "acme", "paused": "yes"}
package = package_schema()
print(json.dumps({
    "read": given.queue_storage_schemas[0].paused,
    "refused": [problem.message for problem in wrong],
    "declared": stack_objects(given)[-1].inputs["paused"],
    "sent": registered.call_args.args[2]["paused"],
    "refused by the resource": [problem.report() for problem in lifecycle.problems(inputs)],
    "changed": lifecycle.changed({"schema": "acme"}, lifecycle.normal({"schema": "acme", "paused": True})),
    "json schema": config.json_schema()["$defs"]["QueueStorageEntry"]["properties"]["paused"],
    "plugin": package["resources"]["awa:index:QueueStorageSchema"]["inputProperties"]["paused"],
    "component": package["types"]["awa:index:StackQueueStorageSchema"]["properties"]["paused"],
    "pages": [
        "Whether the schema takes no jobs." in page.render()
        for page in (docs_configuration, docs_plugin, docs_resources)
    ],
}))
"""


def with_one_input_more(folder: Path) -> None:
    """Copy the package, and add one line to one specification, and the parameter to the signature."""
    shutil.copytree(ROOT / "awa_infra", folder / "awa_infra", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "sql", folder / "sql")
    spec = folder / "awa_infra" / "spec" / "queue_storage.py"
    before = "    force_drop: StrictBool"
    assert spec.read_text().count(before) == 1
    spec.write_text(spec.read_text().replace(before, LINE + before))
    resource = folder / "awa_infra" / "resources" / "queue_storage_schema.py"
    text = resource.read_text()
    for line, more in SIGNATURE.items():
        assert text.count(line) == 1
        text = text.replace(line, line + more)
    resource.write_text(text)


def test_a_new_input_is_one_line_in_its_specification_and_its_place_in_the_signature(tmp_path: Path) -> None:
    with_one_input_more(tmp_path)
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    about = {"description": "Whether the schema takes no jobs.", "type": "boolean", "default": False}
    in_sdks = about | {"description": "Whether the schema takes no jobs. Default: false."}
    assert json.loads(done.stdout) == {
        "read": True,
        "refused": ["must be true or false"],
        "declared": True,
        "sent": True,
        "refused by the resource": ["must be true or false [config-invalid]"],
        "changed": ["paused"],
        "json schema": about,
        "plugin": in_sdks,
        "component": in_sdks,
        "pages": [True, True, True],
    }


@pytest.mark.parametrize("model", [QueueStorageInputs, SchemaInputs, RolesInputs, DatabaseInputs, StackConfig])
def test_names_go_there_and_back(model: type[Any]) -> None:
    for described in model.described():
        assert snake(described.key) == described.name
        assert camel(described.name) == described.key


@pytest.mark.parametrize("model", [QueueStorageInputs, SchemaInputs, RolesInputs, DatabaseInputs])
def test_inputs_that_are_not_known_yet_are_right_and_stay_unknown(model: type[Inputs]) -> None:
    unknown = {described.name: UNKNOWN for described in model.described()}
    assert input_problems(model, unknown) == []
    assert model.of(unknown).props() == unknown


def test_what_is_wrong_with_one_input_does_not_hide_the_others() -> None:
    found = input_problems(QueueStorageInputs, {"schema": "Acme", "queue_slots": 1.5, "queues": ["a", 7], "role": 5})
    assert [(problem.key, problem.message.partition(" must start")[0]) for problem in found] == [
        ("schema", "'Acme'"),
        ("queue_slots", "must be a whole number"),
        ("queues[1]", "must be text or a mapping"),
        ("role", "must be text"),
        ("database_url", "is missing"),
    ]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"queue_slots": "3"}, {"queue_slots": "must be a whole number, not text"}),
        ({"queue_slots": "many"}, {"queue_slots": "must be a whole number"}),
        ({"lock_wait": "1.5"}, {"lock_wait": "must be a number, not text"}),
        ({"receipts": "True"}, {"receipts": "must be true or false, not text"}),
        ({"queue_slots": 1e99}, {"queue_slots": "must be at most 2147483647"}),
        ({"role": ""}, {"role": "must not be empty"}),
        ({"queues": [{"name": "a", "priorities": [5]}]}, {"queues[0].priorities[0]": "must be at most 4"}),
        ({"queues": [{"name": "a", "priorities": []}]}, {"queues[0].priorities": "must not be empty"}),
    ],
)
def test_a_value_that_looks_right_is_said_to_be_text_and_nothing_is_said_twice(
    given: dict[str, object], problems: dict[str, str]
) -> None:
    found = input_problems(QueueStorageInputs, {"schema": "acme", "database_url": UNKNOWN, **given})
    assert {problem.key: problem.message for problem in found} == problems


def test_text_that_no_connection_could_send_is_no_text() -> None:
    (problem,) = input_problems(SchemaInputs, URL | {"role": "x\0y"})
    assert (problem.key, problem.message) == ("role", "must be text")


def test_an_input_that_is_null_is_one_that_was_not_given() -> None:
    assert input_problems(SchemaInputs, URL | {"role": None, "queues": None, "lock_wait": None}) == []


def test_a_wrong_input_is_an_error_where_nobody_collects_problems() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 4"):
        QueueStorageInputs.model_validate({"databaseUrl": "postgresql://h/d", "schema": "acme", "queueSlots": 1})


def test_the_schema_of_a_plugin_has_constants_for_the_texts_that_are_accepted() -> None:
    types = package_schema()["types"]
    assert [value["value"] for value in types["awa:index:DeletionPolicy"]["enum"]] == ["retain", "drop"]
    assert [value["value"] for value in types["awa:index:Transaction"]["enum"]] == ["whole", "each"]


LANES: list[tuple[dict[str, Any], tuple[str, ...], str | None, tuple[str, ...]]] = [
    ({}, (), None, ("awa",)),
    ({}, ("acme", "other"), None, ("acme", "other")),
    ({}, ("acme",), "awa", ("awa",)),
    ({"laneSchemas": []}, ("acme",), "awa", ()),
]


@pytest.mark.parametrize(("given", "schemas", "activation", "lanes"), LANES)
def test_lanes_of_the_runtime_role_have_one_default(
    given: dict[str, Any], schemas: tuple[str, ...], activation: str | None, lanes: tuple[str, ...]
) -> None:
    entry = RolesEntry.model_validate({"owner": "o"} | given)
    assert entry.wanted(schemas, activation).lane_schemas == lanes


def test_roles_and_passwords_are_refused_in_the_same_words_everywhere() -> None:
    declared = {"owner": "same", "migrator": "same", "lane_schemas": ["acne"], "queue_storage_schemas": ["acme"]}
    found = {p.key: p.message for p in RolesLifecycle().problems(URL | declared | {"observer_password": "x"})}
    assert found == {
        "migrator": "is the same role as owner; each needs one of its own",
        "observer_password": "there is no observer role; set observer, or remove its password",
        "lane_schemas": "schema 'acne' is not in queue_storage_schemas; did you mean acme?",
    }
    unknown = declared | {"owner": "o", "queue_storage_schemas": UNKNOWN, "observer": UNKNOWN, "lane_schemas": ["x"]}
    assert RolesLifecycle().problems(URL | unknown | {"observer_password": "x"}) == []


def test_a_removal_that_drops_nothing_is_refused_under_the_name_of_its_input() -> None:
    (problem,) = QueueStorageSchemaLifecycle().problems(URL | {"schema": "acme", "force_drop": True})
    assert (problem.key, problem.message) == (
        "force_drop",
        "needs deletion_policy: drop; nothing is dropped otherwise",
    )


def test_a_password_is_text_that_is_not_empty() -> None:
    given = URL | {"owner": "o", "runtime": "r", "runtime_password": "", "observer": "s", "observer_password": "x"}
    assert [p.report() for p in input_problems(RolesInputs, given)] == ["must not be empty [config-invalid]"]
    found = RolesInputs.of(given)
    assert found.logins() == {"migrator": None, "runtime": "r", "observer": "s"}
    assert found.passwords() == {"migrator": None, "runtime": "", "observer": "x"}


@pytest.mark.parametrize(("schema", "refused"), [("awa", False), ("acme", False), ("public", True), ("Acme", True)])
def test_queue_storage_is_activated_in_schema_awa_or_in_one_that_could_be_declared(schema: str, refused: bool) -> None:
    assert bool(input_problems(ActivationInputs, URL | {"schema": schema})) is refused


def test_what_a_schema_declares_is_what_plans_take() -> None:
    found = SchemaInputs.of(URL | {"transaction": "each", "allow_live_runtimes": True, "queues": ["mail"]})
    assert (found.together(), found.policy()) == (Transaction.EACH, Policy(allow_live_runtimes=True))
    assert found.own_queue_storage() == (QueueStorage("awa", queues=(Queue("mail"),)),)
    assert SchemaInputs.of({"transaction": UNKNOWN}).together() is Transaction.WHOLE


def test_a_stack_guards_schema_awa_and_every_declared_one() -> None:
    stack = {"queueStorageSchemas": [{"schema": "acme"}]}
    assert StackConfig.model_validate(stack).guarded() == ()
    assert StackConfig.model_validate(stack | {"guard": True}).guarded() == ("awa", "acme")


def test_no_secret_is_in_what_is_printed_of_inputs() -> None:
    found = RolesInputs.of({"database_url": "postgresql://canary", "owner": "o", "runtime_password": "canary"})
    assert "owner='o'" in repr(found)
    assert "canary" not in f"{found} {found!r}"
