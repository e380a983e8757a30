"""The schema of the package, from which Pulumi makes SDKs: what the lifecycles and the stack model say, once more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from awa_infra import __version__
from awa_infra.config import SECRETS, QueueEntry, StackConfig
from awa_infra.config.fields import Encrypted, forms, inner_model
from awa_infra.lifecycle.fields import Input, Output, Type
from awa_infra.lifecycle.stack import OUTPUTS
from awa_infra.plugin import functions
from awa_infra.plugin.kinds import CONFIGURATION, FALLBACKS, KINDS, PACKAGE, STACK, camel, worded
from awa_infra.plugin.texts import EXAMPLES, FUNCTIONS, INTRODUCTION, RESOURCES

_TYPES: Mapping[Type, Mapping[str, Any]] = {
    Type.STRING: {"type": "string"},
    Type.INTEGER: {"type": "integer"},
    Type.NUMBER: {"type": "number"},
    Type.BOOLEAN: {"type": "boolean"},
    Type.STRINGS: {"type": "array", "items": {"type": "string"}},
    Type.QUEUES: {"type": "array", "items": {"$ref": "#/types/awa:index:Queue"}},
    Type.GATES: {"type": "array", "items": {"$ref": "#/types/awa:index:Gate"}},
}

_GATE: Mapping[str, Any] = {
    "type": "object",
    "description": "A condition that does not hold, and what to do about it.",
    "properties": {
        "code": {"type": "string", "description": "Stable identifier; `awa-infra explain CODE` says more."},
        "message": {"type": "string", "description": "What does not hold."},
        "hint": {"type": "string", "description": "What to do."},
    },
    "required": ["code", "message", "hint"],
}

_FORMS: Mapping[object, str] = {bool: "boolean", int: "integer", float: "number", str: "string", Literal: "string"}

_NAMES: Mapping[str, str] = {
    "DatabaseEntry": "StackDatabase",
    "RolesEntry": "StackRoles",
    "QueueStorageEntry": "StackQueueStorageSchema",
    QueueEntry.__name__: "Queue",
}
"""Names of the models in SDKs."""


def text() -> str:
    """Return the schema as it is kept in ``provider/schema.json``."""
    return json.dumps(package_schema(), indent=2) + "\n"


def package_schema() -> dict[str, Any]:
    """Return the schema as data (Pulumi's package metaschema)."""
    types: dict[str, Any] = {}
    stack = _component(types)
    _define(QueueEntry, types)
    types[f"{PACKAGE}:index:Gate"] = _GATE
    return {
        "name": PACKAGE,
        "displayName": "Awa",
        "version": __version__,
        "description": INTRODUCTION,
        "keywords": ["pulumi", "awa", "postgresql", "category/database"],
        "license": "Apache-2.0",
        "publisher": "awa-infra",
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
                "importBasePath": "awa-infra/sdk/go/awa",
                "generateResourceContainerTypes": True,
                "respectSchemaVersion": True,
            },
        },
        "config": {"variables": _inputs(CONFIGURATION, provider=True)},
        "provider": {
            "description": "Where the database is, for every resource that does not say so itself.",
            "inputProperties": _inputs(CONFIGURATION, provider=True),
            "properties": {},
        },
        "types": dict(sorted(types.items())),
        "resources": {token: _resource(token) for token in KINDS} | {STACK: stack},
        "functions": {token: _function(token) for token in functions.ARGUMENTS},
    }


def _resource(token: str) -> dict[str, Any]:
    kind = KINDS[token]
    inputs = _inputs(kind.inputs)
    properties = {name: _without_default(spec) for name, spec in inputs.items()}
    # What may come from the provider's configuration is kept nowhere else.
    always = [camel(i.name) for i in kind.inputs if i.name not in FALLBACKS and (i.required or i.default is not None)]
    return {
        "description": RESOURCES[token] + EXAMPLES.get(token, ""),
        "inputProperties": inputs,
        "requiredInputs": [camel(i.name) for i in kind.inputs if i.required and i.name not in FALLBACKS],
        "properties": properties | {camel(o.name): _property(o) for o in kind.outputs},
        "required": [*always, *(camel(o.name) for o in kind.outputs)],
    }


def _function(token: str) -> dict[str, Any]:
    arguments, results = functions.ARGUMENTS[token], functions.RESULTS[token]
    return {
        "description": FUNCTIONS[token],
        "inputs": {"type": "object", "properties": _inputs(arguments, provider=True)},
        "outputs": {
            "type": "object",
            "properties": {camel(o.name): _property(o) for o in results},
            "required": [camel(o.name) for o in results],
        },
    }


def _component(types: dict[str, Any]) -> dict[str, Any]:
    inputs = {}
    for name, field in StackConfig.model_fields.items():
        alias = field.alias or name
        inputs[alias] = _field(field, types) | ({"secret": True} if alias in SECRETS else {})
    return {
        "isComponent": True,
        "description": RESOURCES[STACK] + EXAMPLES.get(STACK, ""),
        "inputProperties": inputs,
        "requiredInputs": [],
        "properties": {camel(o.name): _property(o) for o in OUTPUTS},
        "required": [camel(o.name) for o in OUTPUTS],
    }


def _inputs(fields: Iterable[Input], *, provider: bool = False) -> dict[str, Any]:
    return {camel(field.name): _input(field, provider=provider) for field in fields}


def _input(field: Input, *, provider: bool) -> dict[str, Any]:
    spec = _property(field)
    if field.fixed:
        spec["description"] += " Immutable."
    if field.name in FALLBACKS:
        # A default in an SDK would always be given, and so win over the provider's configuration.
        if not provider:
            text, _, own = field.text.partition(" Default: ")
            other = own.removesuffix(".") or (f"{field.default:g}" if field.default is not None else "")
            found = f"the provider's {camel(FALLBACKS[field.name])}"
            spec["description"] = f"{text} Default: {found}{', else ' if other else ''}{other}."
        elif field.default is not None:
            spec["description"] += f" Default: {field.default:g}."
    elif field.default is not None and not isinstance(field.default, tuple):
        spec["default"] = field.default
    return spec


def _property(field: Input | Output) -> dict[str, Any]:
    return {
        "description": worded(field.text),
        **_TYPES[field.type],
        **({"secret": True} if field.secret else {}),
    }


def _without_default(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "default"}


def _field(field: FieldInfo, types: dict[str, Any]) -> dict[str, Any]:
    spec = {"description": field.description, **_type(field.annotation, types)}
    if isinstance(field.default, bool | int | str):
        spec["default"] = field.default
    return spec


def _type(annotation: object, types: dict[str, Any]) -> dict[str, Any]:
    element = _element(annotation)
    if element is not None:
        return {"type": "array", "items": _type(element, types)}
    model = inner_model(annotation)
    # A secret is text here: what is encrypted is the engine's business.
    if model is not None and model is not Encrypted:
        return _reference(model, types)
    return {"type": next(_FORMS[form] for form in forms(annotation) if form in _FORMS)}


def _element(annotation: object) -> object | None:
    """Return the type of what is in a list; ``None`` if it is no list."""
    if get_origin(annotation) is tuple:
        found: object = get_args(annotation)[0]
        return found
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return next((found for part in get_args(annotation) if (found := _element(part)) is not None), None)
    return None


def _reference(model: type[BaseModel], types: dict[str, Any]) -> dict[str, Any]:
    return {"$ref": f"#/types/{_define(model, types)}"}


def _define(model: type[BaseModel], types: dict[str, Any]) -> str:
    token = f"{PACKAGE}:index:{_NAMES[model.__name__]}"
    if token not in types:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        types[token] = {}
        types[token] = {
            "type": "object",
            "description": " ".join((model.__doc__ or "").split()),
            "properties": {key: _field(field, types) for key, field in fields.items()},
            "required": [key for key, field in fields.items() if field.is_required()],
        }
    return token
