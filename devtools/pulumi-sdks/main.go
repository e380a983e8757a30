// Command sdks writes the SDK of one language for a package schema, with the code generators of the pinned Pulumi
// module: what `pulumi package add` does, without the language hosts that this command wants to be installed.
//
//	sdks LANGUAGE SCHEMA FOLDER
//
// With the word import it prints instead what `pulumi import` would, for what a stack's exported state has:
//
//	sdks import LANGUAGE SCHEMA STATE
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Stands in the head of every file that is written.
const tool = "devtools.sdks of awa-infra"

var generators = map[string]func(*schema.Package) (map[string][]byte, error){
	"go": func(found *schema.Package) (map[string][]byte, error) {
		return golang.GeneratePackage(tool, found, nil)
	},
	"nodejs": func(found *schema.Package) (map[string][]byte, error) {
		// As a local SDK: npm compiles it when it is installed from its folder.
		return nodejs.GeneratePackage(tool, found, nil, nil, true, alone{})
	},
	"python": func(found *schema.Package) (map[string][]byte, error) {
		return python.GeneratePackage(tool, found, nil, alone{})
	},
}

// alone finds no other package: the schema refers to none.
type alone struct{ schema.ReferenceLoader }

func (alone) LoadPackageV2(_ context.Context, wanted *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema must stand alone, but refers to package %s", wanted.Name)
}

func (a alone) LoadPackageReferenceV2(
	ctx context.Context, wanted *schema.PackageDescriptor,
) (schema.PackageReference, error) {
	_, err := a.LoadPackageV2(ctx, wanted)
	return nil, err
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 4 && arguments[0] == "import" && languages[arguments[1]] != nil {
		return imported(os.Stdout, arguments[1], arguments[2], arguments[3])
	}
	if len(arguments) != 3 || generators[arguments[0]] == nil {
		return fmt.Errorf("usage: sdks [import] go|nodejs|python SCHEMA FOLDER|STATE")
	}
	found, err := bound(arguments[1])
	if err != nil {
		return err
	}
	files, err := generators[arguments[0]](found)
	if err != nil {
		return err
	}
	return write(files, arguments[2])
}

// bound reads a schema. Whatever Pulumi remarks about it is an error, warnings too: the schema is ours to mend.
func bound(path string) (*schema.Package, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	found, remarks, err := schema.BindSpec(spec, alone{}, schema.ValidationOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(remarks) > 0 {
		lines := []string{path + ":"}
		for _, remark := range remarks {
			lines = append(lines, "  "+strings.TrimSpace(remark.Summary+" "+remark.Detail))
		}
		return nil, fmt.Errorf("%s", strings.Join(lines, "\n"))
	}
	return found, nil
}

func write(files map[string][]byte, folder string) error {
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
