// Programs with wrong inputs, one for each value of CASE; the compiler of TypeScript has no objection to any of them.
import * as awa from "@awa-infra/awa";

const databaseUrl = process.env.SERVER_URL!;
const fromJson = (text: string): any => JSON.parse(text);

const cases: Record<string, () => unknown> = {
    missing: () => new awa.Schema("awa", { databaseUrl: process.env.NO_SUCH_VARIABLE! }),
    numbers: () =>
        new awa.Schema("awa", {
            databaseUrl,
            targetVersion: NaN,
            lockWait: Infinity,
            lockTimeout: Number("-1"),
            release: "six",
            transaction: "some",
            role: "",
            guard: fromJson('"true"'),
        }),
    lists: () =>
        new awa.QueueStorageSchema("queue", {
            databaseUrl,
            schema: "Shop Queue",
            queueSlots: 3,
            leaseSlots: 1e99,
            claimSlots: fromJson('"8"'),
            deletionPolicy: "burn",
            queues: ["a", "a", { name: "b", shards: 0 }, { name: "", priorities: [1, 1] }, fromJson('{ "nam": "c" }')],
        }),
    secrets: () =>
        new awa.Roles("roles", {
            databaseUrl,
            owner: "shop",
            runtime: "shop",
            observer: "postgresql://me:s3cret-word@h/d",
            migratorPassword: "s3cret-word",
            laneSchemas: ["shop"],
        }),
    database: () =>
        new awa.Database("jobs", { serverUrl: databaseUrl, name: "jobs", owner: "nobody_x", encoding: "UTF9" }),
    component: () =>
        new awa.Stack("awa", {
            database: fromJson('{ "name": "jobs", "owner": 7 }'),
            queueStorageSchemas: [{ schema: "shop", queueSlots: 3 }],
            observerPassword: "s3cret-word",
            activation: "shopp",
            lockWait: -1,
        }),
    function: () => awa.getPlanOutput({ databaseUrl: "", targetVersion: 0.5, queueStorageSchemas: ["Shop", "awa"] }),
};

cases[process.env.CASE!]();
