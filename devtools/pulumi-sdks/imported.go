package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/blang/semver"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/importer"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// exported is what `pulumi stack export` prints of a stack, as far as it matters here.
type exported struct {
	Deployment struct {
		Resources []struct {
			URN      resource.URN   `json:"urn"`
			Type     tokens.Type    `json:"type"`
			ID       resource.ID    `json:"id"`
			Custom   bool           `json:"custom"`
			Inputs   map[string]any `json:"inputs"`
			Provider string         `json:"provider"`
		} `json:"resources"`
	} `json:"deployment"`
}

// one loads the package whose schema was given, and the package of Pulumi itself.
type one struct {
	alone
	found *schema.Package
}

func (o one) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return o.LoadPackageV2(context.Background(), &schema.PackageDescriptor{Name: name})
}

func (o one) LoadPackageV2(_ context.Context, wanted *schema.PackageDescriptor) (*schema.Package, error) {
	if wanted.Name == "pulumi" {
		return schema.DefaultPulumiPackage, nil
	}
	if wanted.Name != o.found.Name {
		return nil, fmt.Errorf("there is no package %s here", wanted.Name)
	}
	return o.found, nil
}

func (o one) LoadPackageReference(name string, version *semver.Version) (schema.PackageReference, error) {
	found, err := o.LoadPackage(name, version)
	if err != nil {
		return nil, err
	}
	return found.Reference(), nil
}

func (o one) LoadPackageReferenceV2(
	ctx context.Context, wanted *schema.PackageDescriptor,
) (schema.PackageReference, error) {
	found, err := o.LoadPackageV2(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return found.Reference(), nil
}

type programs func(*pcl.Program) (map[string][]byte, error)

var languages = map[string]programs{
	"go": func(p *pcl.Program) (map[string][]byte, error) {
		files, remarks, err := golang.GenerateProgram(p)
		if remarks.HasErrors() {
			return nil, remarks
		}
		return files, err
	},
	"nodejs": func(p *pcl.Program) (map[string][]byte, error) {
		files, remarks, err := nodejs.GenerateProgram(p)
		if remarks.HasErrors() {
			return nil, remarks
		}
		return files, err
	},
	"python": func(p *pcl.Program) (map[string][]byte, error) {
		files, remarks, err := python.GenerateProgram(p)
		if remarks.HasErrors() {
			return nil, remarks
		}
		return files, err
	},
}

// imported writes the program that `pulumi import` would print for every resource of the package in a state.
func imported(out io.Writer, language, schemaPath, statePath string) error {
	found, err := bound(schemaPath)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(statePath)
	if err != nil {
		return err
	}
	var stack exported
	if err := json.Unmarshal(text, &stack); err != nil {
		return fmt.Errorf("%s: %w", statePath, err)
	}
	var states, all []*pkgresource.State
	names := importer.NameTable{}
	for _, one := range stack.Deployment.Resources {
		state := &pkgresource.State{
			Type: one.Type, URN: one.URN, ID: one.ID, Custom: one.Custom, Provider: one.Provider,
			Inputs: resource.NewPropertyMapFromMap(one.Inputs),
		}
		all, names[one.URN] = append(all, state), one.URN.Name()
		if string(one.Type.Package()) == found.Name {
			states = append(states, state)
		}
	}
	generate := func(w io.Writer, p *pcl.Program) error {
		files, err := languages[language](p)
		for _, content := range files {
			if _, err := w.Write(content); err != nil {
				return err
			}
		}
		return err
	}
	return importer.GenerateLanguageDefinitions(out, one{found: found}, generate, states, all, names)
}
