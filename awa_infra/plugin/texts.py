"""Descriptions and examples of the package, for SDKs and their reference."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent

from awa_infra.plugin.kinds import GET_PLAN, GET_STATUS, PROVIDER, STACK

INTRODUCTION = (
    "Provision the PostgreSQL side of the Awa job queue: Awa's versioned migrations, custom queue-storage schemas, "
    "roles, databases. Nothing activates queue storage unless that is declared, and schema awa is never dropped."
)

CONFIGURATION = "Configure where the database is, once for every resource that does not declare it itself."

RESOURCES: Mapping[str, str] = {
    "awa:index:Database": (
        "Create a database for Awa if it is missing, and adopt it if it exists. It is never dropped. Its connection "
        "string is a secret output."
    ),
    "awa:index:Roles": (
        "Create the roles that own and use Awa's objects: owner, migrator, runtime and observer, with exactly the "
        "privileges that they need. Roles that exist are adopted; none is ever dropped."
    ),
    "awa:index:Schema": (
        "Migrate the canonical schema awa of one database to a version of the Awa release that is installed beside "
        "the plugin. Creating and updating apply the pending migrations in one transaction under Awa's migration "
        "lock; a preview names them and the version they lead to. A delete changes nothing in the database."
    ),
    "awa:index:QueueStorageSchema": (
        "Create one custom queue-storage schema beside the default one in awa. Its shape never changes; missing lanes "
        "and objects are added. It is dropped only if its deletion policy is drop, and only if no gate blocks."
    ),
    "awa:index:StorageActivation": (
        "Switch a fresh database to queue storage in one schema. It cannot be undone: deleting the resource changes "
        "nothing."
    ),
    STACK: (
        "Declare all that Awa needs in one component: database, roles, schema awa, custom queue-storage schemas, "
        "activation. Its inputs are the keys of a stack configuration."
    ),
}

FUNCTIONS: Mapping[str, str] = {
    GET_STATUS: "Read the state of a database: versions, storage, queue-storage schemas. Changes nothing.",
    GET_PLAN: "Plan what would bring a database up to date, and list the gates that block it. Changes nothing.",
}

_TYPESCRIPT = 'import * as awa from "@awa-infra/awa";\n\n'
_PYTHON = "import pulumi_awa as awa\n\n"
_GO_HEAD = """\
package main

import (
	"awa-infra/sdk/go/awa"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
"""
_GO_SDK = "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
_GO_TAIL = """\
	})
}
"""


def _example(
    *,
    typescript: str,
    python: str,
    go: str,
    yaml: str = "",
    configuration: str = "",
    variables: str = "",
    outputs: str = "",
) -> str:
    parts = {"config": configuration, "resources": yaml, "variables": variables, "outputs": outputs}
    configured = "\t" + f'"{_GO_SDK}/config"\n' if "config.New(" in go else ""
    programs = {
        "typescript": ('import * as pulumi from "@pulumi/pulumi";\n' if "pulumi." in typescript else "")
        + _TYPESCRIPT
        + typescript,
        "python": python,
        "go": _GO_HEAD.replace(")\n\nfunc", f"{configured})\n\nfunc")
        + "".join(f"\t\t{line}\n" for line in go.splitlines())
        + _GO_TAIL,
        "yaml": "".join(f"{key}:\n" + indent(part, "  ") for key, part in parts.items() if part),
    }
    blocks = "".join(f"\n```{language}\n{text}```\n" for language, text in programs.items())
    return (
        "\n\n{{% examples %}}\n## Example Usage\n{{% example %}}\n" + blocks + "{{% /example %}}\n{{% /examples %}}\n"
    )


EXAMPLES: Mapping[str, str] = {
    PROVIDER: _example(
        yaml="""\
server:
  type: pulumi:providers:awa
  properties:
    databaseUrl: ${databaseUrl}
    lockWait: 120
awa:
  type: awa:Schema
  options:
    provider: ${server}
""",
        configuration="""\
databaseUrl:
  type: string
  secret: true
""",
        typescript="""\
const server = new awa.Provider("server", {
    databaseUrl: new pulumi.Config().requireSecret("databaseUrl"),
    lockWait: 120,
});
const schema = new awa.Schema("awa", {}, { provider: server });
""",
        python=f"""\
import pulumi
{_PYTHON}server = awa.Provider(
    "server", database_url=pulumi.Config().require_secret("databaseUrl"), lock_wait=120
)
schema = awa.Schema("awa", opts=pulumi.ResourceOptions(provider=server))
""",
        go="""\
server, err := awa.NewProvider(ctx, "server", &awa.ProviderArgs{
	DatabaseUrl: config.New(ctx, "").RequireSecret("databaseUrl"),
	LockWait:    pulumi.Float64(120),
})
if err != nil {
	return err
}
_, err = awa.NewSchema(ctx, "awa", nil, pulumi.Provider(server))
return err
""",
    ),
    "awa:index:Database": _example(
        yaml="""\
jobs:
  type: awa:Database
  properties:
    name: jobs
""",
        typescript='const jobs = new awa.Database("jobs", { name: "jobs" });\n',
        python=_PYTHON + 'jobs = awa.Database("jobs", name="jobs")\n',
        go="""\
_, err := awa.NewDatabase(ctx, "jobs", &awa.DatabaseArgs{Name: pulumi.String("jobs")})
return err
""",
    ),
    "awa:index:Roles": _example(
        yaml="""\
roles:
  type: awa:Roles
  properties:
    owner: awa_owner
    runtime: awa_runtime
""",
        typescript='const roles = new awa.Roles("roles", { owner: "awa_owner", runtime: "awa_runtime" });\n',
        python=_PYTHON + 'roles = awa.Roles("roles", owner="awa_owner", runtime="awa_runtime")\n',
        go="""\
_, err := awa.NewRoles(ctx, "roles", &awa.RolesArgs{
	Owner:   pulumi.String("awa_owner"),
	Runtime: pulumi.String("awa_runtime"),
})
return err
""",
    ),
    "awa:index:Schema": _example(
        yaml="""\
awa:
  type: awa:Schema
""",
        typescript='const schema = new awa.Schema("awa");\nexport const version = schema.schemaVersion;\n',
        python=_PYTHON + 'schema = awa.Schema("awa")\n',
        go="""\
schema, err := awa.NewSchema(ctx, "awa", nil)
if err != nil {
	return err
}
ctx.Export("version", schema.SchemaVersion)
return nil
""",
    ),
    "awa:index:QueueStorageSchema": _example(
        yaml="""\
awa:
  type: awa:Schema
acme:
  type: awa:QueueStorageSchema
  properties:
    schema: acme_jobs
    queueSlots: 32
    queues:
      - emails
  options:
    dependsOn:
      - ${awa}
""",
        typescript="""\
const schema = new awa.Schema("awa");
const acme = new awa.QueueStorageSchema(
    "acme",
    { schema: "acme_jobs", queueSlots: 32, queues: ["emails"] },
    { dependsOn: schema },
);
""",
        python=f"""\
import pulumi
{_PYTHON}schema = awa.Schema("awa")
acme = awa.QueueStorageSchema(
    "acme",
    schema="acme_jobs",
    queue_slots=32,
    queues=["emails"],
    opts=pulumi.ResourceOptions(depends_on=schema),
)
""",
        go="""\
schema, err := awa.NewSchema(ctx, "awa", nil)
if err != nil {
	return err
}
_, err = awa.NewQueueStorageSchema(ctx, "acme", &awa.QueueStorageSchemaArgs{
	Schema:     pulumi.String("acme_jobs"),
	QueueSlots: pulumi.Int(32),
	Queues:     pulumi.Array{pulumi.String("emails")},
}, pulumi.DependsOn([]pulumi.Resource{schema}))
return err
""",
    ),
    "awa:index:StorageActivation": _example(
        yaml="""\
active:
  type: awa:StorageActivation
  properties:
    schema: awa
""",
        typescript='const active = new awa.StorageActivation("active", { schema: "awa" });\n',
        python=_PYTHON + 'active = awa.StorageActivation("active", schema="awa")\n',
        go="""\
_, err := awa.NewStorageActivation(ctx, "active", &awa.StorageActivationArgs{Schema: pulumi.String("awa")})
return err
""",
    ),
    STACK: _example(
        yaml="""\
stack:
  type: awa:Stack
  properties:
    queueStorageSchemas:
      - schema: acme_jobs
        queueSlots: 32
""",
        typescript="""\
const stack = new awa.Stack("awa", { queueStorageSchemas: [{ schema: "acme_jobs", queueSlots: 32 }] });
""",
        python=_PYTHON
        + 'stack = awa.Stack("awa", queue_storage_schemas=[{"schema": "acme_jobs", "queue_slots": 32}])\n',
        go="""\
_, err := awa.NewStack(ctx, "awa", &awa.StackArgs{
	QueueStorageSchemas: awa.StackQueueStorageSchemaArray{
		awa.StackQueueStorageSchemaArgs{Schema: pulumi.String("acme_jobs"), QueueSlots: pulumi.Int(32)},
	},
})
return err
""",
    ),
    GET_STATUS: _example(
        outputs="""\
version: ${status.schemaVersion}
""",
        variables="""\
status:
  fn::invoke:
    function: awa:getStatus
""",
        typescript="export const version = awa.getStatusOutput().schemaVersion;\n",
        python=f"""\
import pulumi
{_PYTHON}pulumi.export("version", awa.get_status_output().schema_version)
""",
        go="""\
status := awa.GetStatusOutput(ctx, awa.GetStatusOutputArgs{})
ctx.Export("version", status.SchemaVersion())
return nil
""",
    ),
    GET_PLAN: _example(
        outputs="""\
pending: ${plan.steps}
""",
        variables="""\
plan:
  fn::invoke:
    function: awa:getPlan
    arguments:
      queueStorageSchemas:
        - acme_jobs
""",
        typescript="""\
export const pending = awa.getPlanOutput({ queueStorageSchemas: ["acme_jobs"] }).steps;
""",
        python=f"""\
import pulumi
{_PYTHON}pulumi.export("pending", awa.get_plan_output(queue_storage_schemas=["acme_jobs"]).steps)
""",
        go="""\
plan := awa.GetPlanOutput(ctx, awa.GetPlanOutputArgs{
	QueueStorageSchemas: pulumi.StringArray{pulumi.String("acme_jobs")},
})
ctx.Export("pending", plan.Steps())
return nil
""",
    ),
}
"""One program per language for each kind and function and the provider; every SDK keeps those of its own."""
