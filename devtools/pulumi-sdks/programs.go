//go:build programs

package main

// What generated SDKs and programs with them import. Tests compile these with the versions of this module, so that
// nothing is fetched or compiled twice.
import (
	_ "github.com/blang/semver"
	_ "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	_ "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)
