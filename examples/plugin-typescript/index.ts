import * as pulumi from "@pulumi/pulumi";
import * as awa from "@awa-infra/awa";

const config = new pulumi.Config();

// Where the server is, and how long to wait for another deployment, once for all resources.
const provider = new awa.Provider("awa", {
    databaseUrl: config.requireSecret("databaseUrl"),
    lockWait: 120,
});

const database = new awa.Database("database", { name: "shop_jobs" }, { provider });
const databaseUrl = database.url;

const roles = new awa.Roles("roles", {
    databaseUrl,
    owner: "shop_owner",
    runtime: "shop_runtime",
    runtimePassword: config.requireSecret("runtimePassword"),
    queueStorageSchemas: ["shop_queue"],
}, { provider });

const schema = new awa.Schema("schema", {
    databaseUrl,
    role: "shop_owner",
}, { provider, dependsOn: roles });

const queue = new awa.QueueStorageSchema("queue", {
    databaseUrl,
    role: "shop_owner",
    schema: "shop_queue",
    queueSlots: 32,
    queues: ["greetings"],
}, { provider, dependsOn: schema });

export const schemaVersion = schema.schemaVersion;
export const queueSchema = queue.schema;
export const runtimeUrl = roles.runtimeUrl;
