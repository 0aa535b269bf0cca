package guard

import (
	"context"
	"fmt"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Bundle is a request to write an ES module and modules that it imports into
// one.
type Bundle struct {
	// Files are the modules; the first is the one that the others go into.
	Files []BundleFile
	Legal bool // keep legal comments
	ASCII bool // write non-ASCII characters as escapes
}

// BundleFile is one module.
type BundleFile struct {
	Code string
	// Imports says which of Files a specifier of Code stands for. Others stay
	// imports, word for word.
	Imports map[string]int
}

// size returns the bytes of all code.
func (b *Bundle) size() (n int) {
	for i := range b.Files {
		n += len(b.Files[i].Code)
	}
	return n
}

// Bundle implements Esbuild.
func (InProcess) Bundle(ctx context.Context, b Bundle) (TransformResult, error) {
	if err := ctx.Err(); err != nil {
		return TransformResult{}, err
	}
	if err := refuseBundle(&b); err != nil {
		return TransformResult{}, err
	}
	return bundle(b)
}

func refuseBundle(b *Bundle) error {
	if b.size() > maxFrame/2 {
		return errFrame
	}
	for i := range b.Files {
		if err := Refuse(b.Files[i].Code, "js"); err != nil {
			return err
		}
	}
	return nil
}

// bundleSpace is the namespace in which esbuild sees the files: no path of
// the machine can be meant.
const bundleSpace = "site"

// bundle writes the files into one. Names of the top level change only where
// two files use the same; nothing is lowered, and what a file says about
// itself (sideEffects, pure calls) is not believed. A module that awaits at its
// top level is an error: files beside it would have gone on meanwhile.
func bundle(b Bundle) (TransformResult, error) {
	if len(b.Files) == 0 {
		return TransformResult{}, fmt.Errorf("esbuild has no files to bundle")
	}
	o := api.BuildOptions{
		EntryPoints:       []string{"0"},
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          api.PlatformNeutral,
		Target:            api.ESNext,
		Supported:         map[string]bool{"top-level-await": false},
		MinifyWhitespace:  true,
		IgnoreAnnotations: true,
		LegalComments:     api.LegalCommentsNone,
		Charset:           api.CharsetUTF8,
		LogLevel:          api.LogLevelSilent,
		LogLimit:          20,
		Outdir:            "/",
		AbsWorkingDir:     "/",
		Plugins:           []api.Plugin{{Name: bundleSpace, Setup: b.resolve}},
	}
	if b.Legal {
		o.LegalComments = api.LegalCommentsInline
	}
	if b.ASCII {
		o.Charset = api.CharsetASCII
	}
	r := api.Build(o)
	res := TransformResult{Errors: messages(r.Errors), Warnings: messages(r.Warnings)}
	if len(res.Errors) > 0 {
		return res, nil
	}
	if len(r.OutputFiles) != 1 {
		return res, fmt.Errorf("esbuild wrote %d files where one was asked for", len(r.OutputFiles))
	}
	res.Code = string(r.OutputFiles[0].Contents)
	return res, nil
}

// resolve gives esbuild the files and nothing else.
func (b *Bundle) resolve(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
		if a.Kind == api.ResolveEntryPoint {
			return api.OnResolveResult{Path: "0", Namespace: bundleSpace}, nil
		}
		if a.Kind != api.ResolveJSImportStatement && a.Kind != api.ResolveJSDynamicImport {
			return api.OnResolveResult{}, fmt.Errorf("%q is not loaded by an import", a.Path)
		}
		if len(a.With) > 0 {
			return api.OnResolveResult{}, fmt.Errorf("%q is imported with attributes", a.Path)
		}
		if f := b.file(a.Importer); f != nil && a.Kind == api.ResolveJSImportStatement {
			if i, ok := f.Imports[a.Path]; ok {
				return api.OnResolveResult{Path: fmt.Sprint(i), Namespace: bundleSpace}, nil
			}
		}
		if strings.HasPrefix(a.Path, ".") {
			return api.OnResolveResult{}, fmt.Errorf("%q is relative to a file that is written elsewhere", a.Path)
		}
		return api.OnResolveResult{Path: a.Path, External: true}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
		f := b.file(a.Path)
		if f == nil || a.Namespace != bundleSpace {
			return api.OnLoadResult{}, fmt.Errorf("no file %q", a.Path)
		}
		// Without an export esbuild takes a file that says this for CommonJS.
		code := f.Code + "\nexport{};"
		return api.OnLoadResult{Contents: &code, Loader: api.LoaderJS}, nil
	})
}

func (b *Bundle) file(name string) *BundleFile {
	var i int
	if _, err := fmt.Sscanf(name, "%d", &i); err != nil || i < 0 || i >= len(b.Files) || name != fmt.Sprint(i) {
		return nil
	}
	return &b.Files[i]
}
