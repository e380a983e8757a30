"""A database, its roles, Awa's schema and one custom queue-storage schema, through the plugin."""

import pulumi
import pulumi_awa as awa

# The connection is the configuration awa:databaseUrl, as of every resource that does not say otherwise.
database = awa.Database("jobs", name="plugin_jobs")
roles = awa.Roles(
    "roles",
    database_url=database.url,
    owner="plugin_owner",
    runtime="plugin_runtime",
    queue_storage_schemas=["acme_jobs"],
)
schema = awa.Schema(
    "awa", database_url=database.url, role="plugin_owner", opts=pulumi.ResourceOptions(depends_on=[roles])
)
acme = awa.QueueStorageSchema(
    "acme",
    database_url=database.url,
    schema="acme_jobs",
    role="plugin_owner",
    queues=[awa.QueueArgs(name="mail")],
    opts=pulumi.ResourceOptions(depends_on=[schema]),
)

pulumi.export("schemaVersion", schema.schema_version)
pulumi.export("owner", acme.owner)
pulumi.export("runtimeUrl", roles.runtime_url)
