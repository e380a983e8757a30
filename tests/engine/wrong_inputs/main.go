// Programs with wrong inputs, one for each value of CASE; the compiler of Go has no objection to any of them.
package main

import (
	"math"
	"os"

	"awa-infra/sdk/go/awa"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func text(value string) pulumi.String { return pulumi.String(value) }

var cases = map[string]func(ctx *pulumi.Context, url pulumi.String) error{
	"missing": func(ctx *pulumi.Context, _ pulumi.String) error {
		_, err := awa.NewSchema(ctx, "awa", nil)
		return err
	},
	"empty": func(ctx *pulumi.Context, _ pulumi.String) error {
		_, err := awa.NewSchema(ctx, "awa", &awa.SchemaArgs{DatabaseUrl: text(os.Getenv("NO_SUCH_VARIABLE"))})
		return err
	},
	"numbers": func(ctx *pulumi.Context, url pulumi.String) error {
		_, err := awa.NewSchema(ctx, "awa", &awa.SchemaArgs{
			DatabaseUrl:   url,
			TargetVersion: pulumi.Int(0),
			LockWait:      pulumi.Float64(math.NaN()),
			LockTimeout:   pulumi.Float64(math.Inf(-1)),
			Release:       text(""),
			Transaction:   text(""),
			Role:          text(""),
		})
		return err
	},
	"lists": func(ctx *pulumi.Context, url pulumi.String) error {
		_, err := awa.NewQueueStorageSchema(ctx, "queue", &awa.QueueStorageSchemaArgs{
			DatabaseUrl:    url,
			Schema:         text(""),
			QueueSlots:     pulumi.Int(0),
			LeaseSlots:     pulumi.Int(math.MaxInt64),
			DeletionPolicy: text("burn"),
			Queues: pulumi.Array{
				text("a"), text("a"), nil, pulumi.Int(7), pulumi.Map{"nam": text("b")},
				pulumi.Map{"name": text("c"), "priorities": pulumi.IntArray{pulumi.Int(5)}},
			},
		})
		return err
	},
	"secrets": func(ctx *pulumi.Context, url pulumi.String) error {
		_, err := awa.NewRoles(ctx, "roles", &awa.RolesArgs{
			DatabaseUrl:      url,
			Owner:            text("shop"),
			Runtime:          text("shop"),
			Observer:         text("postgresql://me:s3cret-word@h/d"),
			ObserverPassword: text(""),
			MigratorPassword: text("s3cret-word"),
			LaneSchemas:      pulumi.StringArray{text("shop")},
		})
		return err
	},
	"component": func(ctx *pulumi.Context, _ pulumi.String) error {
		_, err := awa.NewStack(ctx, "awa", &awa.StackArgs{
			DatabaseUrl:     text(""),
			RuntimePassword: text(""),
			Activation:      text("shop"),
			LockWait:        pulumi.Float64(math.NaN()),
			TargetVersion:   pulumi.Int(0),
		})
		return err
	},
	"function": func(ctx *pulumi.Context, _ pulumi.String) error {
		url, version := "", -1
		arguments := awa.GetPlanArgs{DatabaseUrl: &url, TargetVersion: &version, QueueStorageSchemas: []string{"Shop"}}
		_, err := awa.GetPlan(ctx, &arguments, nil)
		return err
	},
}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		return cases[os.Getenv("CASE")](ctx, pulumi.String(os.Getenv("SERVER_URL")))
	})
}
