package main

import (
	"awa-infra/sdk/go/awa"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")

	// Where the server is, and how long to wait for another deployment, once for all resources.
	provider, err := awa.NewProvider(ctx, "awa", &awa.ProviderArgs{
		DatabaseUrl: settings.RequireSecret("databaseUrl"),
		LockWait:    pulumi.Float64(120),
	})
	if err != nil {
		return err
	}

	database, err := awa.NewDatabase(ctx, "database", &awa.DatabaseArgs{
		Name: pulumi.String("shop_jobs"),
	}, pulumi.Provider(provider))
	if err != nil {
		return err
	}

	roles, err := awa.NewRoles(ctx, "roles", &awa.RolesArgs{
		DatabaseUrl:         database.Url,
		Owner:               pulumi.String("shop_owner"),
		Runtime:             pulumi.String("shop_runtime"),
		RuntimePassword:     settings.RequireSecret("runtimePassword"),
		QueueStorageSchemas: pulumi.StringArray{pulumi.String("shop_queue")},
	}, pulumi.Provider(provider))
	if err != nil {
		return err
	}

	schema, err := awa.NewSchema(ctx, "schema", &awa.SchemaArgs{
		DatabaseUrl: database.Url,
		Role:        pulumi.String("shop_owner"),
	}, pulumi.Provider(provider), pulumi.DependsOn([]pulumi.Resource{roles}))
	if err != nil {
		return err
	}

	queue, err := awa.NewQueueStorageSchema(ctx, "queue", &awa.QueueStorageSchemaArgs{
		DatabaseUrl: database.Url,
		Role:        pulumi.String("shop_owner"),
		Schema:      pulumi.String("shop_queue"),
		QueueSlots:  pulumi.Int(32),
		Queues:      pulumi.Array{pulumi.String("greetings")},
	}, pulumi.Provider(provider), pulumi.DependsOn([]pulumi.Resource{schema}))
	if err != nil {
		return err
	}

	ctx.Export("schemaVersion", schema.SchemaVersion)
	ctx.Export("queueSchema", queue.Schema)
	ctx.Export("runtimeUrl", roles.RuntimeUrl)
	return nil
}
