"""``docs/reference/configuration.md``: every key of a stack configuration, from the models that check it."""

from __future__ import annotations

from typing import Any

from awa_infra.config import NAMESPACE, Encrypted, QueueStorageEntry, StackConfig
from awa_infra.naming import database_name_problem, schema_name_problem
from devtools.docs_text import docstring, markdown, page, table

EXAMPLE = """\
# Pulumi.dev.yaml
config:
  awa:databaseUrl:
    secure: v1:J5mYkPq1uOb7V3vl:cWwq0Yy8JtB0fDy3w0x0Xg==
  awa:database: awa_quickstart
  awa:queueStorageSchemas:
    - schema: acme_jobs
    - schema: small
      queueSlots: 4
      leaseSlots: 2
      claimSlots: 2
      receipts: false
"""
"""Every key once. A test parses it."""

_REFUSED_SCHEMAS = ("Acme", "awa", "public", "pg_jobs", "customer_number_1000")
_REFUSED_DATABASES = ("Awa", "template1", "a" * 64)

_INTRO = """\
A stack declares what it wants in its `Pulumi.<stack>.yaml`, under `config:`. Every problem is reported at once, with
its key and line, before anything is done ([`config-invalid`](errors.md#config-invalid)). `awa-infra up`, `preview`,
`refresh` and `destroy` read all keys. `plan`, `apply` and `package` read the file given with `--config` too, but only
`awa:queueStorageSchemas`: their database is `DATABASE_URL`.
"""


def render() -> str:
    """Return the page."""
    schema = StackConfig.model_json_schema(by_alias=True)
    entry = schema["$defs"][QueueStorageEntry.__name__]
    return page(
        "# Stack configuration",
        _INTRO,
        f"## Keys in namespace `{NAMESPACE}`",
        _keys(schema, f"{NAMESPACE}:"),
        f"## An entry of `{NAMESPACE}:queueStorageSchemas`",
        docstring(QueueStorageEntry).body,
        _keys(entry, ""),
        "## Names that are refused",
        table(
            ("Name", "As a schema"), [(f"`{name}`", _reason(schema_name_problem(name))) for name in _REFUSED_SCHEMAS]
        ),
        table(
            ("Name", "As a database"),
            [(f"`{_short(name)}`", _reason(database_name_problem(name))) for name in _REFUSED_DATABASES],
        ),
        f"## Example\n\n```yaml\n{EXAMPLE}```",
        "`secure:` is what `pulumi config set --secret` writes. It stays encrypted in the file and in the state.",
    )


def _keys(schema: dict[str, Any], prefix: str) -> str:
    required = schema.get("required", [])
    rows = []
    for key, about in schema["properties"].items():
        default = "required" if key in required else _default(about.get("default"))
        rows.append((f"`{prefix}{key}`", _type(about), default, _bounds(about), markdown(about["description"])))
    return table(("Key", "Type", "Default", "Bounds", "Meaning"), rows)


def _type(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return " or ".join(_type(one) for one in about["anyOf"] if one.get("type") != "null")
    if "$ref" in about:
        return "secret (`secure:`)" if about["$ref"].endswith(f"/{Encrypted.__name__}") else "entry, see below"
    return "list of entries" if about["type"] == "array" else str(about["type"])


def _default(value: object) -> str:
    if value is None:
        return "none"
    if value == []:
        return "empty"
    return f"`{str(value).lower()}`"


def _bounds(about: dict[str, Any]) -> str:
    return f"at least {about['minimum']}" if "minimum" in about else ""


def _reason(problem: str | None) -> str:
    return _short(problem or "")


def _short(text: str) -> str:
    return text.replace("a" * 64, "aaa...")
