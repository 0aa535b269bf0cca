// Generate makes the scripts of internal/rum from their source and the package
// web-vitals, which npm ci puts beside them.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// banner names what the scripts are made of; its licence stands beside them.
const banner = "/*! web-vitals 6.2.3, (c) Google LLC, Apache-2.0 */"

func main() {
	made, err := scripts(".")
	if err == nil {
		for name, text := range made {
			err = errors.Join(err, os.WriteFile(name, text, 0o644))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// scripts bundles the sources in dir.
func scripts(dir string) (map[string][]byte, error) {
	made := map[string][]byte{}
	for _, name := range []string{"beacon", "ga4"} {
		r := api.Build(api.BuildOptions{
			EntryPoints: []string{filepath.Join(dir, name+".js")}, Bundle: true, Format: api.FormatIIFE, Target: api.ES2018,
			MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
			Charset: api.CharsetASCII, Banner: map[string]string{"js": banner},
		})
		if len(r.Errors) > 0 {
			return nil, fmt.Errorf("%s.js: %s", name, r.Errors[0].Text)
		}
		made[name+".min.js"] = r.OutputFiles[0].Contents
	}
	return made, nil
}
