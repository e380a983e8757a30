"""The YAML example says only what the schema of the package knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from devtools.docs_shown import ROOT

PROGRAM = ROOT / "examples" / "plugin-yaml" / "Pulumi.yaml"
SCHEMA = ROOT / "provider" / "schema.json"
OPTIONS = {"dependsOn", "protect", "provider", "retainOnDelete", "version"}
FORMS: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}
_REFERENCE = re.compile(r"\$\{(\w+)(?:\.(\w+))?\}")


def problems(program: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Return whatever a program says that the schema does not know."""
    kinds = {name: kind_of(resource["type"], schema) for name, resource in program["resources"].items()}
    for name, resource in program["resources"].items():
        kind, given = kinds[name], resource.get("properties", {})
        if kind is None:
            yield f"{name}: no type {resource['type']}"
            continue
        yield from (f"{name}: {key} is missing" for key in kind.get("requiredInputs", ()) if key not in given)
        yield from values(name, given, kind["inputProperties"], schema)
        yield from (f"{name}: no option {key}" for key in set(resource.get("options", {})) - OPTIONS)
    for reference in _REFERENCE.finditer(yaml.safe_dump(program)):
        aim, output = reference.groups()
        if output is None:
            known = aim in program["resources"] or aim in program["config"]
        else:
            known = output in ((kinds.get(aim) or {}).get("properties") or {})
        if not known:
            yield f"nothing is {reference[0]}"


def kind_of(type_: str, schema: dict[str, Any]) -> dict[str, Any] | None:
    if type_ == f"pulumi:providers:{schema['name']}":
        provider: dict[str, Any] = schema["provider"]
        return provider
    found: dict[str, Any] | None = schema["resources"].get(type_.replace(":", ":index:"))
    return found


def values(where: str, given: dict[str, Any], known: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    for key, value in given.items():
        if key not in known:
            yield f"{where}: no input {key}"
        else:
            yield from value_problems(f"{where}.{key}", value, known[key], schema)


def value_problems(where: str, value: object, spec: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return
    if "oneOf" in spec and "type" not in spec:  # a mapping, or a text that is short for it
        spec = next(one for one in spec["oneOf"] if ("$ref" in one) == isinstance(value, dict))
    if "$ref" in spec:
        spec = schema["types"][spec["$ref"].removeprefix("#/types/")]
    if not isinstance(value, FORMS[spec["type"]]) or (isinstance(value, bool) and spec["type"] != "boolean"):
        yield f"{where}: no {spec['type']}"
    elif isinstance(value, dict):
        yield from (f"{where}: {key} is missing" for key in spec.get("required", ()) if key not in value)
        yield from values(where, value, spec["properties"], schema)
    elif isinstance(value, list):
        for item in value:
            yield from value_problems(where, item, spec["items"], schema)


@pytest.fixture
def program() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(PROGRAM.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def test_the_yaml_example_says_only_what_the_schema_knows(program: dict[str, Any], schema: dict[str, Any]) -> None:
    assert list(problems(program, schema)) == []
    types = {resource["type"] for resource in program["resources"].values()}
    assert types == {"pulumi:providers:awa", "awa:Database", "awa:Roles", "awa:Schema", "awa:QueueStorageSchema"}


def test_an_example_that_rots_is_noticed(program: dict[str, Any], schema: dict[str, Any]) -> None:
    resources = program["resources"]
    resources["database"]["type"] = "awa:Databases"
    resources["roles"]["properties"] = {"laneSchemas": "all", "queueStorageSchemas": [1], "pasword": "x"}
    resources["queue"]["properties"]["queues"] = [{"naem": "emails", "shards": True}]
    resources["queue"]["properties"]["databaseUrl"] = "${jobs.url}"
    resources["schema"]["options"] = {"dependsUpon": ["${nothing}"]}
    assert set(problems(program, schema)) == {
        "database: no type awa:Databases",
        "roles: owner is missing",
        "roles.laneSchemas: no array",
        "roles.queueStorageSchemas: no string",
        "roles: no input pasword",
        "queue.queues: name is missing",
        "queue.queues: no input naem",
        "queue.queues.shards: no integer",
        "schema: no option dependsUpon",
        "nothing is ${jobs.url}",
        "nothing is ${nothing}",
        "nothing is ${database.url}",
    }
