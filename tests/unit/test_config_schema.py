"""The JSON Schema that editors check a stack configuration with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from awa_infra.config import examine, json_schema
from awa_infra.spec.stack import SECRETS, StackConfig
from devtools import docs_configuration
from devtools.docs_shown import ROOT

SCHEMA = Draft202012Validator(json_schema())
FULL = yaml.safe_load(docs_configuration.EXAMPLE)
ENTRY = {"schema": "acme"}
ROLES = {"owner": "o"}


def errors(config: object) -> list[str]:
    return [error.message for error in SCHEMA.iter_errors({"config": config})]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_every_key_is_described_with_its_default() -> None:
    described = json_schema()
    properties = described["properties"]["config"]["properties"]
    assert set(properties) == {f"awa:{field.alias or name}" for name, field in StackConfig.model_fields.items()}
    for about in [*properties.values(), *(p for d in described["$defs"].values() for p in d["properties"].values())]:
        assert about["description"]
        assert "title" not in about
    assert properties["awa:repair"]["default"] is False
    assert described["$defs"]["QueueEntry"]["properties"]["priorities"]["default"] == [1, 2, 3, 4]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("Pulumi.*.yaml")), ids=lambda p: p.parent.name)
def test_the_examples_are_valid_and_name_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert list(SCHEMA.iter_errors(yaml.safe_load(text))) == []
    modeline, _, _ = text.partition("\n")
    said, _, where = modeline.partition("=")
    assert said == "# yaml-language-server: $schema"
    assert (path.parent / where).resolve() == ROOT / "docs" / "reference" / "stack-config.schema.json"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"config": None},
        {"config": {}},
        {"encryptionsalt": "v1:x", "secretsprovider": "awskms://x", "environment": ["dev"], "config": {}},
        {"config": {"aws:region": "eu-west-1", "awaaa:x": 1, "databases": 1}},
        FULL,
        {
            "config": {
                "awa:targetVersion": "40",
                "awa:repair": "true",
                "awa:lockWait": "2.5",
                "awa:roles": '{"owner":"o"}',
            }
        },
        {"config": {"awa:database": {"name": "shop", "owner": None}}},
        {"config": {"awa:queueStorageSchemas": "[]"}},
        {"config": {"awa:roles": ROLES | {"runtime": "r"}, "awa:runtimePassword": {"secure": "v1:x"}}},
    ],
    ids=str,
)
def test_what_is_right_is_valid(document: object) -> None:
    assert [error.message for error in SCHEMA.iter_errors(document)] == []


@pytest.mark.parametrize(
    "config",
    [
        [],
        {"awa:databse": "shop"},
        {"database": "shop"},
        {"awa:databaseUrl": ""},
        {"awa:databaseUrl": {"secure": "x", "more": 1}},
        {"awa:databaseUrl": {"secrue": "x"}},
        {"awa:database": ""},
        {"awa:database": "shop\t"},
        {"awa:database": "template0"},
        {"awa:database": "a" * 64},
        {"awa:database": {"owner": "o"}},
        {"awa:database": {"name": "shop", "ownr": "o"}},
        {"awa:database": {"name": "shop", "connectionLimit": -2}},
        {"awa:database": {"name": "shop", "encoding": "UTF 8"}},
        {"awa:release": 0.6},
        {"awa:release": "newest"},
        {"awa:targetVersion": 0},
        {"awa:targetVersion": "forty"},
        {"awa:targetVersion": 40.5},
        {"awa:roles": {}},
        {"awa:roles": "awa_owner"},
        {"awa:roles": ROLES | {"runtme": "r"}},
        {"awa:roles": {"owner": "pg_monitor"}},
        {"awa:roles": {"owner": "public"}},
        {"awa:queueStorageSchemas": [{"schema": "select"}]},
        {"awa:queueStorageSchemas": [{"schema": "information_schema"}]},
        {"awa:roles": ROLES | {"laneSchemas": "awa"}},
        {"awa:roles": ROLES | {"laneSchemas": ["awa", "awa"]}},
        {"awa:runtimePassword": "x"},
        {"awa:roles": ROLES, "awa:runtimePassword": "x"},
        {"awa:roles": ROLES | {"runtime": None}, "awa:runtimePassword": "x"},
        {"awa:queueStorageSchemas": ENTRY},
        {"awa:queueStorageSchemas": [{}]},
        {"awa:queueStorageSchemas": [{"schema": "awa"}]},
        {"awa:queueStorageSchemas": [{"schema": "customer_number_1000"}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queueSlots": 3}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queueSlots": "16"}]},
        {"awa:queueStorageSchemas": [ENTRY | {"receipts": "yes"}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queue_slots": 16}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": "mail"}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [""]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": ["q" * 201]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"shards": 2}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"name": "a", "shards": 65}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"name": "a", "stripes": 0}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"name": "a", "priorities": []}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"name": "a", "priorities": [5]}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"name": "a", "priorities": [1, 1]}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"queues": [{"name": "a#0", "stripes": 2}]}]},
        {"awa:queueStorageSchemas": [ENTRY | {"deletionPolicy": "delete"}]},
        {"awa:queueStorageSchemas": [ENTRY | {"forceDrop": True}]},
        {"awa:queueStorageSchemas": [ENTRY | {"forceDrop": True, "deletionPolicy": "retain"}]},
        {"awa:activation": "Acme"},
        {"awa:lockTimeout": -1},
        {"awa:lockWait": "soon"},
        {"awa:allowLiveRuntimes": "yes"},
        {"awa:repair": 1},
        {"awa:repair": None},
    ],
    ids=str,
)
def test_what_json_schema_can_express_of_a_mistake_is_invalid(config: object) -> None:
    assert errors(config)
    assert examine(yaml.safe_dump({"config": config}))[0] is None, "the command must refuse it too"


def test_no_message_of_an_editor_offers_an_encrypted_form_where_there_is_none() -> None:
    properties = json_schema()["properties"]["config"]["properties"]
    assert {key for key, about in properties.items() if "Encrypted" in str(about)} == {f"awa:{key}" for key in SECRETS}


NAMES = st.sampled_from(["awa", "acme", "small", "shop", "public", "pg_x", "a#0", "Shop", ""])
SCALARS = st.none() | st.booleans() | st.integers(-2, 70) | st.floats(-1, 4) | NAMES | st.sampled_from(["drop", "40"])


def of(model: dict[str, Any], nested: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mappings with the keys of a model, right ones and wrong ones."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(model["properties"], nested))


DEFINITIONS = json_schema()["$defs"]
QUEUES = st.lists(NAMES | of(DEFINITIONS["QueueEntry"], SCALARS | st.lists(st.integers(0, 5), max_size=3)), max_size=2)
SCHEMAS = st.lists(of(DEFINITIONS["QueueStorageEntry"], SCALARS | QUEUES), max_size=2)
VALUES = (
    SCALARS
    | SCHEMAS
    | of(DEFINITIONS["RolesEntry"], SCALARS | st.lists(NAMES, max_size=2))
    | of(DEFINITIONS["DatabaseEntry"], SCALARS)
    | of(DEFINITIONS["Encrypted"], SCALARS)
)
CONFIGS = st.dictionaries(
    st.sampled_from([f"awa:{f.alias or name}" for name, f in StackConfig.model_fields.items()]), VALUES, max_size=4
)


@given(CONFIGS)
def test_an_editor_never_complains_about_what_the_command_accepts(config: dict[str, Any]) -> None:
    accepted, _problems = examine(yaml.safe_dump({"config": config}))
    if accepted is not None:
        assert errors(config) == []
