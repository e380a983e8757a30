"""The schema of the package, from which Pulumi generates SDKs.

``texts/`` has a description of each resource and function, which ends with one program in each language; every SDK
keeps those of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from awa_infra import __version__
from awa_infra.plugin import functions
from awa_infra.plugin.about import About
from awa_infra.plugin.kinds import FALLBACKS, KINDS, PACKAGE, PROVIDER, STACK, VARIABLES, worded
from awa_infra.spec.base import Input, Inputs, Output, camel, described
from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.provider import Gate, ProviderInputs
from awa_infra.spec.queue_storage import QueueEntry, QueueStorageEntry
from awa_infra.spec.roles import RolesEntry
from awa_infra.spec.stack import StackConfig, StackOutputs
from awa_infra.spec.values import Encrypted, TextOrMapping, forms, inner_model

INTRODUCTION = (
    "Provision the PostgreSQL side of the Awa job queue: Awa's versioned migrations, custom queue-storage schemas, "
    "roles, databases. Nothing activates queue storage unless that is declared, and schema awa is never dropped."
)

_MARKED = """\
{about}

{{{{% examples %}}}}
## Example Usage
{{{{% example %}}}}

```{programs}{{{{% /example %}}}}
{{{{% /examples %}}}}
"""
"""What Pulumi's generators expect around examples."""


def description(token: str) -> str:
    """Return what a resource, a function or the provider is for, and the programs that show it."""
    name = "Provider" if token == PROVIDER else token.rpartition(":")[2]
    text = resources.files(__package__).joinpath("texts", f"{name}.md").read_text(encoding="utf-8")
    about, programs = text.split("\n\n```", maxsplit=1)
    return _MARKED.format(about=" ".join(about.split()), programs=programs)


_FORMS: Mapping[object, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}

_NAMES: Mapping[type[BaseModel], str] = {
    DatabaseEntry: "StackDatabase",
    RolesEntry: "StackRoles",
    QueueStorageEntry: "StackQueueStorageSchema",
    QueueEntry: "Queue",
    Gate: "Gate",
}
"""Names of the models in SDKs."""

_HANDED_ON: Mapping[str, Input] = {
    field.name: field
    for kind in KINDS.values()
    for field in kind.inputs
    if field.name in FALLBACKS or (field.secret and not field.required)
}
"""Inputs of resources that a component only hands on: where the database is, waits, passwords."""


def text(about: About | None = None) -> str:
    """Return the schema as it is kept in ``provider/schema.json``.

    Args:
        about: where the package is published. Default: what the installed package says.
    """
    about = About.installed() if about is None else about
    found = json.dumps(package_schema(about), indent=2) + "\n"
    # Examples are written for a project without an address.
    return found.replace(f'\\"{About().go_import}\\"', f'\\"{about.go_import}\\"')


def package_schema(about: About | None = None) -> dict[str, Any]:
    """Return the schema as data (Pulumi's package metaschema), the Go examples as they are written."""
    about = About.installed() if about is None else about
    types: dict[str, Any] = {}
    resources = {token: _resource(token, types) for token in KINDS} | {STACK: _component(types)}
    found = {token: _function(token, types) for token in functions.ARGUMENTS}
    return {
        "name": PACKAGE,
        "displayName": "Awa",
        "version": __version__,
        "description": INTRODUCTION,
        "keywords": ["pulumi", "awa", "postgresql", "category/database"],
        "license": "Apache-2.0",
        "publisher": about.publisher,
        **about.links,
        # SDKs are the same from `pulumi package add`, which always says so, and from `pulumi package gen-sdk`.
        "meta": {"supportPack": True},
        "language": {
            "nodejs": {"packageName": "@awa-infra/awa", "respectSchemaVersion": True},
            "python": {
                "packageName": "pulumi_awa",
                "respectSchemaVersion": True,
                "pyproject": {"enabled": True},
            },
            "go": {
                "importBasePath": about.go_import,
                "generateResourceContainerTypes": True,
                "respectSchemaVersion": True,
            },
        },
        "config": {"variables": _of_provider(types)},
        "provider": {
            "description": description(PROVIDER),
            "inputProperties": _of_provider(types),
            "properties": {},
        },
        "types": dict(sorted(types.items())),
        "resources": resources,
        "functions": found,
    }


def _resource(token: str, types: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS[token]
    inputs = _inputs(kind.declares, types)
    properties = {name: {k: v for k, v in spec.items() if k != "default"} for name, spec in inputs.items()}
    # What may come from the provider's configuration is kept nowhere else.
    always = [i.key for i in kind.inputs if i.name not in FALLBACKS and (i.required or i.default is not None)]
    return {
        "description": description(token),
        "inputProperties": inputs,
        "requiredInputs": [i.key for i in kind.inputs if i.required and i.name not in FALLBACKS],
        "properties": properties | {o.key: _property(o, types) for o in kind.outputs},
        "required": [*always, *(o.key for o in kind.outputs)],
    }


def _function(token: str, types: dict[str, Any]) -> dict[str, Any]:
    results = functions.RESULTS[token].described()
    return {
        "description": description(token),
        "inputs": {"type": "object", "properties": _inputs(functions.ARGUMENTS[token], types, provider=True)},
        "outputs": {
            "type": "object",
            "properties": {o.key: _property(o, types) for o in results},
            "required": [o.key for o in results],
        },
    }


def _component(types: dict[str, Any]) -> dict[str, Any]:
    outputs = StackOutputs.described()
    return {
        "isComponent": True,
        "description": description(STACK),
        "inputProperties": {i.key: _part(i, types) for i in StackConfig.described()},
        "requiredInputs": [],
        "properties": {o.key: _property(o, types) for o in outputs},
        "required": [o.key for o in outputs],
    }


def _part(field: Input, types: dict[str, Any]) -> dict[str, Any]:
    """Return what a component hands on to its resources: in their words, which know no configuration file."""
    return _input(_HANDED_ON.get(field.name, field), types, provider=False)


def _inputs(model: type[Inputs], types: dict[str, Any], *, provider: bool = False) -> dict[str, Any]:
    return {field.key: _input(field, types, provider=provider) for field in model.described()}


def _input(field: Input, types: dict[str, Any], *, provider: bool) -> dict[str, Any]:
    if field.name not in FALLBACKS:
        return _field(field, types)
    # A default in an SDK would always be given, and so win over the provider's configuration.
    spec = _property(field, types)
    spec["description"] = _with_default(field)
    if not provider:
        text, _, other = spec["description"].partition(" Default: ")
        spec["description"] = f"{text} Default: that of the provider{', else ' if other else '.'}{other}"
    return spec


def _of_provider(types: dict[str, Any]) -> dict[str, Any]:
    """Return what the provider takes, with the environment variable that is the default of each."""
    found = _inputs(ProviderInputs, types, provider=True)
    for name, variable in VARIABLES.items():
        found[camel(name)]["defaultInfo"] = {"environment": [variable]}
        found[camel(name)]["description"] += f" Default: ${variable}."
    return found


def _field(field: Input, types: dict[str, Any]) -> dict[str, Any]:
    spec = _property(field, types)
    spec["description"] = _with_default(field)
    if field.fixed:
        # Not replaceOnChanges: a change is refused, for a replacement would drop a schema with its jobs.
        spec["description"] += " Immutable."
    if isinstance(field.default, bool | int | float | str):
        spec["default"] = field.default
    return spec


def _with_default(field: Input) -> str:
    """Return the text with the default: pages that Pulumi generates show it nowhere else."""
    text, default = worded(field.text), field.default
    if default is None or default == ():
        return text
    shown = ", ".join(str(item) for item in default) if isinstance(default, tuple) else _shown(default)
    return f"{text} Default: {shown}."


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _property(field: Input | Output, types: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": worded(field.text),
        **(_enum(field, types) if Literal in forms(field.annotation) else _type(field.annotation, types)),
        **({"secret": True} if field.secret else {}),
    }


def _enum(field: Output, types: dict[str, Any]) -> dict[str, Any]:
    """Return a text for which SDKs have constants; any other text is left for the check to refuse."""
    token = f"{PACKAGE}:index:{field.key[0].upper()}{field.key[1:]}"
    constants = [
        {"name": value.capitalize(), "value": value, "description": _meaning(value, field.text)}
        for value in get_args(field.annotation)
    ]
    types[token] = {"type": "string", "description": worded(field.text), "enum": constants}
    return {"type": "string", "oneOf": [{"type": "string"}, {"$ref": f"#/types/{token}"}]}


def _meaning(value: str, text: str) -> str:
    """Return what one of the accepted texts means: it is in brackets behind it."""
    found = text.partition(f"{value} (")[2].partition(")")[0]
    return f"{found[:1].upper()}{found[1:]}."


def _type(annotation: object, types: dict[str, Any]) -> dict[str, Any]:
    element = _element(annotation)
    if element is not None:
        return {"type": "array", "items": _type(element, types)}
    model = inner_model(annotation)
    # A secret is text here: what is encrypted is the engine's business.
    if model is not None and model is not Encrypted:
        reference = {"$ref": f"#/types/{_define(model, types)}"}
        return {"oneOf": [{"type": "string"}, reference]} if _has_short_form(annotation) else reference
    return {"type": next(_FORMS[form] for form in forms(annotation) if form in _FORMS)}


def _element(annotation: object) -> object | None:
    """Return the type of what is in a list; ``None`` if it is no list."""
    if get_origin(annotation) is tuple:
        found: object = get_args(annotation)[0]
        return found
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return next((found for part in get_args(annotation) if (found := _element(part)) is not None), None)
    return None


def _has_short_form(annotation: object) -> bool:
    """Whether a text, such as a name, can be given instead of the mapping."""
    if get_origin(annotation) in {Union, UnionType}:
        return any(_has_short_form(part) for part in get_args(annotation))
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return any(isinstance(mark, TextOrMapping) and mark.key is not None for mark in marks)


def _define(model: type[BaseModel], types: dict[str, Any]) -> str:
    token = f"{PACKAGE}:index:{_NAMES[model]}"
    if token not in types:
        types[token] = {}
        fields = described(model)
        types[token] = {
            "type": "object",
            "description": " ".join((model.__doc__ or "").split()),
            "properties": {field.key: _field(field, types) for field in fields},
            "required": [field.key for field in fields if field.required],
        }
    return token
