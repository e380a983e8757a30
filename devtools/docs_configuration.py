"""``docs/reference/configuration.md`` and the JSON Schema beside it, from the models that check a configuration.

json-schema-for-humans 1.5 was tried: its Markdown template fails on this schema, and it has no table of keys.
"""

from __future__ import annotations

import json
import re
from typing import Any

from awa_infra.config import json_schema
from awa_infra.naming import database_name_problem, role_name_problem, schema_name_problem
from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.queue_storage import QueueEntry, QueueStorageEntry
from awa_infra.spec.roles import RolesEntry
from awa_infra.spec.stack import NAMESPACE
from awa_infra.spec.values import Encrypted
from devtools.docs_text import docstring, markdown, page, table

EXAMPLE = """\
# Pulumi.dev.yaml
config:
  awa:databaseUrl:
    secure: v1:J5mYkPq1uOb7V3vl:cWwq0Yy8JtB0fDy3w0x0Xg==
  awa:database:
    name: awa_quickstart
    owner: platform
    encoding: UTF8
    template: template0
    connectionLimit: 100
  awa:release: 0.6.9
  awa:targetVersion: 40
  awa:roles:
    owner: awa_owner
    migrator: awa_migrator
    runtime: awa_runtime
    observer: awa_observer
    laneSchemas: [acme_jobs]
  awa:migratorPassword:
    secure: v1:1bqk0V9Yc6wq5m2L:Zm9yIHRoZSBtaWdyYXRvcg==
  awa:runtimePassword:
    secure: v1:8nTQ2m0pYzv4Rk7A:Zm9yIHRoZSBydW50aW1l
  awa:observerPassword:
    secure: v1:Qw3c9dXh1uLs0TgE:Zm9yIHRoZSBvYnNlcnZlcg==
  awa:queues: [reports]
  awa:queueStorageSchemas:
    - schema: acme_jobs
      queues:
        - mail
        - name: orders
          priorities: [1, 2]
          shards: 4
          stripes: 2
    - schema: small
      queueSlots: 4
      leaseSlots: 2
      claimSlots: 2
      receipts: false
      queues: [notes]
      deletionPolicy: drop
      forceDrop: true
  awa:guard: true
  awa:activation: acme_jobs
  awa:lockTimeout: 10
  awa:lockWait: 120
  awa:transaction: each
  awa:allowLiveRuntimes: true
  awa:repair: true
"""
"""Every key once. A test parses it."""

_REFUSED_SCHEMAS = ("Acme", "awa", "public", "pg_jobs", "order", "customer_number_1000")
_REFUSED_DATABASES = ("template1", "a" * 64)
_REFUSED_ROLES = ("public", "pg_monitor")

_ENTRIES = {
    DatabaseEntry: f"`{NAMESPACE}:database`",
    RolesEntry: f"`{NAMESPACE}:roles`",
    QueueStorageEntry: f"An entry of `{NAMESPACE}:queueStorageSchemas`",
    QueueEntry: "An entry of `queues`",
}
"""Every mapping, and the title of its section."""

_INTRO = """\
A stack declares what it wants in its `Pulumi.<stack>.yaml`, under `config:`. Every problem is reported at once, with
its key and line, before anything is done ([`config-invalid`](errors.md#config-invalid)). [Check it in the editor and
in CI](../how-to/check-a-stack-configuration.md) with `awa-infra config check` and the [JSON
Schema](stack-config.schema.json).

A key that the file does not give may be in the project's `Pulumi.yaml`, under `config:`, for all of its stacks; the
file of a stack comes first. A mapping is written below `value:` there, as Pulumi wants it. With `stackConfigDir` the
files of the stacks are found in that folder. Environments of Pulumi ESC (`environment:`) are read by Pulumi alone, so
by `preview` and `up`: every other command warns that keys which they give are missing.

`pulumi config set` writes numbers and booleans of the first level as text, `"40"` and `"true"`. That means the same.

Without quotes `5e10`, `0o17` and `08` are numbers, as Pulumi reads them, and `2024-01-01` is a date. Put such texts in
quotes.
"""

_WHO = f"""\
`awa-infra up`, `preview`, `refresh` and `destroy`, and programs with `AwaStack.from_config()`, do all of it. `plan`,
`apply` and `package` read the file given with `--config`; where there is an option of the same meaning, it wins.

| Key | `plan`, `apply` | `package` |
|---|---|---|
| `database` | `DATABASE_URL` must lead to it | not read |
| `databaseUrl` | in clear: must agree with `DATABASE_URL`, and is used where that is unset | not read |
| `release`, `targetVersion`, `allowLiveRuntimes` | used | used |
| `roles` | made and granted | a `roles.sql` for an administrator |
| `queues` of a schema | made | made |
| `queueStorageSchemas` | installed | installed |
| `lockTimeout`, `lockWait` | used by `apply` | written into the scripts that take locks |
| `transaction` | used | the tool decides: see the README of the bundle |
| `migratorPassword`, `runtimePassword`, `observerPassword` | not set: only Pulumi decrypts them | not set |
| `queues` of schema `awa` | made | made |
| `guard` | made | in `guard.sql` |
| `activation`, `deletionPolicy`, `forceDrop`, `repair` | not done: only Pulumi does it | not done |

`awa-infra verify --repair` is the command for what `{NAMESPACE}:repair` does.
"""


def render() -> str:
    """Return the page."""
    schema = json_schema()
    definitions = schema["$defs"]
    sections = [
        part
        for model, title in _ENTRIES.items()
        for part in (f"## {title}", docstring(model).body, _keys(definitions[model.__name__]))
    ]
    return page(
        "# Stack configuration",
        _INTRO,
        f"## Keys in namespace `{NAMESPACE}`",
        _keys(schema["properties"]["config"]),
        *sections,
        "## Who does what",
        _WHO,
        "## Names that are refused",
        _refused("As a schema", {name: schema_name_problem(name) for name in _REFUSED_SCHEMAS}),
        _refused("As a database", {name: database_name_problem(name) for name in _REFUSED_DATABASES}),
        _refused("As a role", {name: role_name_problem(name) for name in _REFUSED_ROLES}),
        f"## Example\n\n```yaml\n{EXAMPLE}```",
        "`secure:` is what `pulumi config set --secret` writes. It stays encrypted in the file and in the state.",
    )


def render_schema() -> str:
    """Return the JSON Schema, as ``awa-infra config schema`` prints it."""
    return json.dumps(json_schema(), indent=2) + "\n"


def _keys(schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = []
    for key, about in schema["properties"].items():
        default = "required" if key in required else _default(about.get("default"))
        rows.append((f"`{key}`", _type(about), default, _bounds(about), markdown(about["description"])))
    return table(("Key", "Type", "Default", "Bounds", "Meaning"), rows)


def _type(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        # That Pulumi writes numbers and booleans as text is said once, above the tables.
        kinds = [_type(one) for one in about["anyOf"] if one.get("type") != "null" and not _is_rewritten(one)]
        return " or ".join(kinds)
    if "$ref" in about:
        secret = about["$ref"].endswith(f"/{Encrypted.__name__}")
        return "secret (`secure:`)" if secret else "mapping, see below"
    if about["type"] == "array":
        return "list of " + re.sub(r"\b(integer|mapping|string)\b", r"\1s", _type(about["items"]))
    return " or ".join(f"`{value}`" for value in about["enum"]) if "enum" in about else str(about["type"])


def _is_rewritten(one: dict[str, Any]) -> bool:
    return one == {"enum": ["true", "false"]} or str(one.get("pattern", "")).startswith(("^[0-9]", r"^\s*"))


def _default(value: object) -> str:
    if value is None:
        return "none"
    if value == []:
        return "empty"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _bounds(about: dict[str, Any]) -> str:
    of = next((one for one in about.get("anyOf", ()) if "minimum" in one), about)
    items = of.get("items", {})
    least, most = of.get("minimum", items.get("minimum")), of.get("maximum", items.get("maximum"))
    if least is None:
        return ""
    return f"at least {least}" if most is None else f"{least} to {most}"


def _refused(title: str, problems: dict[str, str | None]) -> str:
    rows = [(f"`{_short(name)}`", _short(problem or "")) for name, problem in problems.items()]
    return table(("Name", title), rows)


def _short(text: str) -> str:
    return text.replace("a" * 64, "aaa...")
