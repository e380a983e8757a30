"""The JSON Schema of a ``Pulumi.<stack>.yaml``, for editors."""

from __future__ import annotations

from typing import Any

from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.queue_storage import QueueStorageEntry
from awa_infra.spec.roles import RolesEntry
from awa_infra.spec.rules import PASSWORDS
from awa_infra.spec.stack import NAMESPACE, StackConfig

_AS_TEXT: dict[str, dict[str, Any]] = {
    "boolean": {"enum": ["true", "false"]},
    "integer": {"type": "string", "pattern": "^[0-9]+$"},
    "number": {"type": "string", "pattern": "^[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$"},
    "array": {"type": "string", "pattern": r"^\s*\["},
    "object": {"type": "string", "pattern": r"^\s*\{"},
}
"""How Pulumi writes a value of the first level when it rewrites the file, by the value's type."""


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a whole file: other namespaces, and Pulumi's own keys, are free."""
    model = _cleaned(StackConfig.model_json_schema(by_alias=True))
    definitions = model["$defs"]
    for entry in (DatabaseEntry, RolesEntry, QueueStorageEntry):
        for key in (i.key for i in entry.described() if i.fixed):
            definitions[entry.__name__]["properties"][key]["description"] += " Immutable."
    keys = "|".join(StackConfig.attributes())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Printed by awa-infra config schema.",
        "title": "Pulumi.<stack>.yaml with the keys of awa-infra",
        "description": f"A Pulumi stack configuration; the keys {NAMESPACE}:* declare what awa-infra provisions.",
        "type": "object",
        "properties": {
            "config": {
                "description": "The stack's configuration. Keys of other namespaces are free.",
                "type": ["object", "null"],
                "properties": {
                    f"{NAMESPACE}:{key}": _with_text(about, definitions) for key, about in model["properties"].items()
                },
                "patternProperties": {
                    # A misspelt key, and one whose namespace was forgotten.
                    f"^{NAMESPACE}:(?!({keys})$)": False,
                    f"^({keys})$": False,
                },
                "allOf": [_needs_role(key, role) for key, role in PASSWORDS.items()],
            }
        },
        "$defs": definitions,
    }


def _with_text(about: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a key of the first level, with the forms that it has after Pulumi wrote the file."""
    kept = {key: about[key] for key in ("description", "default") if key in about}
    inner = {key: value for key, value in about.items() if key not in kept}
    offered: list[dict[str, Any]] = inner.get("anyOf", [inner])
    offered = [one for one in offered if one.get("type") != "null"]
    # A field that may be absent has no other use for null and for null's default.
    kept = {key: value for key, value in kept.items() if value is not None}
    types = [(definitions[one["$ref"].rpartition("/")[2]] if "$ref" in one else one)["type"] for one in offered]
    secret = any(one.get("$ref", "").endswith("/Encrypted") for one in offered)
    texts = [] if secret else [_AS_TEXT[kind] for kind in types if kind in _AS_TEXT]
    forms = [*offered, *texts]
    return kept | (forms[0] if len(forms) == 1 else {"anyOf": forms})


def _needs_role(key: str, role: str) -> dict[str, Any]:
    declared = {"type": "object", "required": [role], "properties": {role: {"type": "string"}}}
    roles = {"anyOf": [declared, {"type": "string"}]}
    return {
        "if": {"required": [f"{NAMESPACE}:{key}"]},
        "then": {"required": [f"{NAMESPACE}:roles"], "properties": {f"{NAMESPACE}:roles": roles}},
    }


def _cleaned(schema: Any) -> Any:  # noqa: ANN401  JSON is anything
    """Return a schema without the titles that pydantic makes of the names of attributes."""
    if isinstance(schema, dict):
        return {
            key: _cleaned(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
        }
    return [_cleaned(item) for item in schema] if isinstance(schema, list) else schema
