"""The package of the plugin says what the resources say, in other words only where it must."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import pytest

from awa_infra import resources
from awa_infra.plugin import schema
from awa_infra.plugin.kinds import FALLBACKS, KINDS, STACK, worded
from awa_infra.plugin.texts import EXAMPLES
from awa_infra.spec.base import Input, camel, snake
from awa_infra.spec.stack import StackConfig
from awa_infra.spec.values import forms

PACKAGE = schema.package_schema()
CLASSES = {
    "awa:index:Database": resources.AwaDatabase,
    "awa:index:Roles": resources.AwaRoles,
    "awa:index:Schema": resources.AwaSchema,
    "awa:index:QueueStorageSchema": resources.QueueStorageSchema,
    "awa:index:StorageActivation": resources.StorageActivation,
}
TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", tuple: "array", Literal: "string"}


def test_there_is_a_resource_for_every_class() -> None:
    assert set(CLASSES) == set(KINDS)
    assert set(PACKAGE["resources"]) == {*KINDS, STACK}


@pytest.mark.parametrize("token", KINDS)
def test_inputs_outputs_defaults_and_descriptions_are_those_of_the_dynamic_resource(token: str) -> None:
    found, kind = PACKAGE["resources"][token], KINDS[token]
    arguments = dict(inspect.signature(CLASSES[token]).parameters)
    taken = [snake(name) for name in found["inputProperties"]]
    assert taken == [name for name in arguments if name not in {"resource_name", "opts"}]
    assert {snake(name) for name in found["properties"]} == set(inspect.get_annotations(CLASSES[token]))
    for field in kind.inputs:
        assert_the_same(field, found["inputProperties"][camel(field.name)], arguments[field.name].default)
    for output in kind.outputs:
        said = found["properties"][camel(output.name)]
        assert (said["description"], said.get("secret", False)) == (worded(output.text), output.secret)


def assert_the_same(field: Input, said: dict[str, Any], default: object) -> None:
    assert said["type"] == TYPES[next(iter(forms(field.annotation)))]
    assert said.get("secret", False) == field.secret
    # Of the default the provider's configuration may be a part.
    assert said["description"].startswith(worded(field.text).partition(" Default: ")[0])
    if field.name in FALLBACKS:
        # A default in an SDK would always be given, and so win over the provider's configuration.
        assert "default" not in said
        assert "the provider's" in said["description"]
    elif default not in (inspect.Parameter.empty, None, ()):
        assert said["default"] == default
    else:
        assert "default" not in said


@pytest.mark.parametrize("token", KINDS)
def test_what_is_required_is_what_the_provider_cannot_have_either(token: str) -> None:
    found = PACKAGE["resources"][token]
    assert found["requiredInputs"] == [
        camel(i.name) for i in KINDS[token].inputs if i.required and i.name not in FALLBACKS
    ]


def test_the_component_takes_every_key_of_the_stack_configuration() -> None:
    found = PACKAGE["resources"][STACK]["inputProperties"]
    fields = {field.alias or name: field for name, field in StackConfig.model_fields.items()}
    assert set(found) == set(fields)
    for key, field in fields.items():
        assert found[key]["description"] == field.description
    assert {key for key, said in found.items() if said.get("secret")} == {
        "databaseUrl",
        "migratorPassword",
        "runtimePassword",
        "observerPassword",
    }


def test_every_reference_leads_somewhere() -> None:
    references = set(found_references(PACKAGE))
    assert references == {f"#/types/{token}" for token in PACKAGE["types"]}


def found_references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in found_references(item)]
    return [found for item in value for found in found_references(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("token", PACKAGE["resources"])
def test_every_resource_has_an_example_in_yaml_and_typescript(token: str) -> None:
    assert f"type: {token.replace(':index', '')}" in EXAMPLES[token]
    assert "```typescript" in EXAMPLES[token]


@pytest.mark.parametrize("name", ["database_url", "schema", "queue_storage_schemas"])
def test_names_go_there_and_back(name: str) -> None:
    assert snake(camel(name)) == name
