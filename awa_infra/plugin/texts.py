"""What the package says of itself: descriptions and examples, for SDKs and their reference."""

from __future__ import annotations

from collections.abc import Mapping

from awa_infra.plugin.kinds import GET_PLAN, GET_STATUS, STACK

INTRODUCTION = (
    "Provision the PostgreSQL side of the Awa job queue: Awa's versioned migrations, custom queue-storage schemas, "
    "roles, databases. Nothing activates queue storage unless that is declared, and schema awa is never dropped."
)

RESOURCES: Mapping[str, str] = {
    "awa:index:Database": (
        "A database for Awa: created if it is missing, adopted if it is there, never dropped. Its connection string "
        "is a secret output."
    ),
    "awa:index:Roles": (
        "Who owns Awa's objects and who may use them: owner, migrator, runtime and observer, with exactly the "
        "privileges that they need. Roles that exist are adopted; none is ever dropped."
    ),
    "awa:index:Schema": (
        "The canonical schema awa of one database, migrated to a version of the Awa release that is installed beside "
        "the plugin. Creating and updating apply the pending migrations in one transaction under Awa's migration "
        "lock; a preview names them and the version they lead to. A delete changes nothing in the database."
    ),
    "awa:index:QueueStorageSchema": (
        "One custom queue-storage schema beside the default one in awa. Its shape never changes; missing lanes and "
        "objects are added. It is dropped only with deletionPolicy drop, and only if nothing objects."
    ),
    "awa:index:StorageActivation": (
        "The deliberate switch of a fresh database to queue storage in one schema. There is no way back: deleting "
        "the resource changes nothing."
    ),
    STACK: (
        "Everything that a platform team declares around Awa in one component, with the keys of a stack "
        "configuration: database, roles, schema awa, custom queue-storage schemas, activation."
    ),
}

FUNCTIONS: Mapping[str, str] = {
    GET_STATUS: "What stands in a database. Reads only.",
    GET_PLAN: "What bringing a database up to date would do, and what would object. Reads only.",
}

_HEAD = "\n\n{{% examples %}}\n## Example Usage\n{{% example %}}\n"
_TAIL = "{{% /example %}}\n{{% /examples %}}\n"


def _example(yaml: str, typescript: str) -> str:
    return f"{_HEAD}\n```typescript\n{typescript}```\n\n```yaml\n{yaml}```\n{_TAIL}"


_IMPORT = 'import * as awa from "@awa-infra/awa";\n\n'

EXAMPLES: Mapping[str, str] = {
    "awa:index:Database": _example(
        """\
resources:
  jobs:
    type: awa:Database
    properties:
      name: jobs
""",
        _IMPORT + 'const jobs = new awa.Database("jobs", { name: "jobs" });\n',
    ),
    "awa:index:Roles": _example(
        """\
resources:
  roles:
    type: awa:Roles
    properties:
      owner: awa_owner
      runtime: awa_runtime
      runtimePassword: ${runtimePassword}
""",
        _IMPORT + 'const roles = new awa.Roles("roles", { owner: "awa_owner", runtime: "awa_runtime" });\n',
    ),
    "awa:index:Schema": _example(
        """\
resources:
  awa:
    type: awa:Schema
""",
        _IMPORT + 'const schema = new awa.Schema("awa");\nexport const version = schema.schemaVersion;\n',
    ),
    "awa:index:QueueStorageSchema": _example(
        """\
resources:
  acme:
    type: awa:QueueStorageSchema
    properties:
      schema: acme_jobs
      queueSlots: 32
      queues:
        - name: emails
    options:
      dependsOn:
        - ${awa}
""",
        _IMPORT
        + 'const schema = new awa.Schema("awa");\n'
        + 'const acme = new awa.QueueStorageSchema("acme", { schema: "acme_jobs" }, { dependsOn: schema });\n',
    ),
    "awa:index:StorageActivation": _example(
        """\
resources:
  active:
    type: awa:StorageActivation
    properties:
      schema: acme_jobs
    options:
      dependsOn:
        - ${acme}
""",
        _IMPORT + 'const active = new awa.StorageActivation("active", { schema: "awa" });\n',
    ),
    STACK: _example(
        """\
resources:
  stack:
    type: awa:Stack
    properties:
      queueStorageSchemas:
        - schema: acme_jobs
          queueSlots: 32
""",
        _IMPORT + 'const stack = new awa.Stack("awa", { queueStorageSchemas: [{ schema: "acme_jobs" }] });\n',
    ),
}
