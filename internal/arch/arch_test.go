// Package arch holds the floors of the house: a package imports strictly lower
// floors only, so that no decision can depend on one taken above it.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/hone-web/hone/"

// floors names the floor of each package. A folder that is not listed takes
// the floor of the one above it, and may be imported by that one alone.
var floors = map[string]int{
	"site":            0,
	"internal/markup": 1, "internal/guard": 1, "internal/store": 1, "internal/par": 1, "internal/serve": 1, "internal/publish": 1, "internal/config": 1, "internal/rum": 1, "internal/fetch": 1,
	"internal/watch": 1, "internal/scan": 2, "internal/measure": 2,
	"internal/vendor": 3, "optimize": 3, "bundle": 3, "cache": 3, "verify": 3,
	"internal/pipeline": 4, "internal/monitor": 4, "internal/report": 5, "internal/budget": 5, "cmd": 6, "cmd/hone": 6, "fixtures": 6, "fixtures/gen": 6, "e2e": 6, "internal/arch": 6,
}

func floorOf(pkg string) (floor int, owner string) {
	for p := pkg; p != "."; p = path.Dir(p) {
		if f, ok := floors[p]; ok {
			return f, p
		}
	}
	return -1, ""
}

func TestFloors(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if b := d.Name(); name != root && (strings.HasPrefix(b, ".") || b == "testdata" || b == "node_modules" || b == "tmp" || b == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		from, owner := floorOf(pkg)
		if from < 0 {
			t.Errorf("%s stands on no floor: add it to floors", pkg)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		seen++
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			p, ours := strings.CutPrefix(p, module)
			if !ours {
				continue
			}
			to, its := floorOf(p)
			if to >= from && its != owner {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go down only", name, from, p, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("looked at %d files only", seen)
	}
}
