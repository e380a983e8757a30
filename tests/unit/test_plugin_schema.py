"""The package of the plugin says what the resources say, in other words only where it must."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from markdown_it import MarkdownIt

from awa_infra import resources
from awa_infra.plugin import schema
from awa_infra.plugin.kinds import FALLBACKS, KINDS, STACK, worded
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
        assert " Default: that of the provider" in said["description"]
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
    assert {key for key, said in found.items() if said.get("secret")} == {
        "databaseUrl",
        "migratorPassword",
        "runtimePassword",
        "observerPassword",
    }


def found_specs(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("description"), str):
            yield value
        for item in value.values():
            yield from found_specs(item)
    elif isinstance(value, list):
        for item in value:
            yield from found_specs(item)


SPECS = tuple(found_specs(PACKAGE))
SAID = tuple(dict.fromkeys(spec["description"].partition("\n\n{{%")[0] for spec in SPECS))
PROPERTIES = {camel(field.name) for kind in KINDS.values() for field in kind.fields} | set(StackConfig.attributes())


@pytest.mark.parametrize("text", SAID)
def test_a_description_names_no_property_for_each_language_writes_its_name_in_another_way(text: str) -> None:
    words = set(re.findall(r"\w+", text))
    assert {name for name in PROPERTIES if name != name.lower()} & words == set()
    assert {snake(name) for name in PROPERTIES if snake(name) != name} & words == set()


@pytest.mark.parametrize("text", SAID)
def test_a_description_reads_the_same_where_it_is_shown_as_markdown(text: str) -> None:
    (line,) = MarkdownIt("commonmark").parseInline(text)
    kinds = {part.type for part in line.children or ()}
    assert kinds <= {"text", "code_inline"}
    assert "".join(part.content for part in line.children or ()) == text.replace("`", "")


def test_every_default_is_said_for_generated_pages_show_no_other() -> None:
    found = [spec for spec in SPECS if "default" in spec]
    assert found
    for spec in found:
        assert f" Default: {str(spec['default']).lower()}." in spec["description"]
    assert " Default: 1, 2, 3, 4." in PACKAGE["types"]["awa:index:Queue"]["properties"]["priorities"]["description"]


def test_every_constant_is_described() -> None:
    enums = [found["enum"] for found in PACKAGE["types"].values() if "enum" in found]
    assert [value["value"] for values in enums for value in values] == ["retain", "drop", "whole", "each"]
    assert enums[0][0]["description"] == "The schema and its jobs stay."
    assert all(value["description"].endswith(".") for values in enums for value in values)


@pytest.mark.parametrize("name", ["databaseUrl", "lockTimeout", "lockWait"])
def test_the_component_takes_what_it_does_not_say_from_the_provider_and_says_so(name: str) -> None:
    inputs = PACKAGE["resources"][STACK]["inputProperties"]
    assert inputs[name] == PACKAGE["resources"]["awa:index:Schema"]["inputProperties"][name]


def test_no_text_for_programs_is_about_configuration_files_or_bundles() -> None:
    assert [text for text in SAID if "bundle" in text.lower() or "pulumi config" in text] == []


def test_a_function_owns_nothing_and_says_nothing_of_owning() -> None:
    for found in PACKAGE["functions"].values():
        said = found["inputs"]["properties"]["role"]["description"]
        assert said == "Become this role to read. Default: that of the provider, else none."


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
    shown = PACKAGE["resources"][token]["description"]
    assert f"type: {token.replace(':index', '')}\n" in shown
    assert "```typescript" in shown


@pytest.mark.parametrize("name", ["database_url", "schema", "queue_storage_schemas"])
def test_names_go_there_and_back(name: str) -> None:
    assert snake(camel(name)) == name
