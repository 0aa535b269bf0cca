package bundle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// modules bundles the modules of a site.
func (s sources) bundled() *Planner {
	g := s.graph(Base{})
	g.AssignNames()
	l := s.linker(g)
	p := &Planner{Graph: g, Plan: NewPlan(), Object: func(p site.Path) *site.Object { return l.Objects[p] }, Code: l.Code, Source: s.source, Named: g.Named(),
		Wire: func(b []byte) int64 { return int64(len(b)) },
		Esbuild: func(b guard.Bundle) (string, error) {
			r, err := guard.InProcess{}.Bundle(context.Background(), b)
			if err == nil && len(r.Errors) > 0 {
				err = errors.New(r.Errors[0].Text)
			}
			return r.Code, err
		}}
	for rank := range 3 {
		p.Run(rank, func(name string) bool {
			return !slices.Contains([]string{CombineModules.Name, JoinModules.Name, ModulePreload.Name}, name)
		})
	}
	return p
}

// TestModules looks which modules go into which, and why others do not.
func TestModules(t *testing.T) {
	t.Parallel()
	const page = `<head><script type=module src=m.js></script></head>`
	tests := []struct {
		name string
		in   sources
		want string            // the bundles and their parts, "" for none
		why  map[string]string // a part of what is noted of a file
	}{
		{"a chain", sources{"index.html": page, "m.js": `import "./a.js";m()`, "a.js": `import "./b.js";a()`, "b.js": "b()"}, "m-all.js: b a m", nil},
		{"a circle", sources{"index.html": page, "m.js": `import {a} from "./a.js";a()`, "a.js": `import {b} from "./b.js";export function a(){b()}`,
			"b.js": `import {a} from "./a.js";export function b(){a()}`}, "m-all.js: b a m", nil},
		{"a circle through the root", sources{"index.html": page, "m.js": `import {a} from "./a.js";export let m;a()`,
			"a.js": `import {m} from "./m.js";export function a(){m()}`}, "m-all.js: a m", nil},
		{"shared by pages", sources{"index.html": page, "two.html": `<script type=module src=n.js></script>`,
			"m.js": `import "./own.js";import "./a.js";m()`, "n.js": `import "./a.js";n()`, "a.js": `import "./b.js";a()`, "b.js": `b()`, "own.js": `export let x=1`},
			"a-all.js: b a, m-all.js: own m", nil},
		{"order", sources{"index.html": page + `<script type=module src=n.js></script>`,
			"m.js": `import "./own.js";import "./a.js";m()`, "n.js": `import "./a.js";n()`, "a.js": `a()`, "own.js": `own()`},
			"", map[string]string{"m.js": "own.js has to run before a.js"}},
		{"order of other sites", sources{"index.html": page, "m.js": `import "./own.js";import "https://x.example/x.js";m()`, "own.js": `own()`},
			"", map[string]string{"m.js": "own.js has to run before https://x.example/x.js"}},
		{"bare", sources{"index.html": page, "m.js": `import {x} from "lib";import "./own.js";m(x)`, "own.js": `own()`}, "m-all.js: own m", nil},
		{"bare, order", sources{"index.html": page, "m.js": `import "./own.js";import {x} from "lib";m(x)`, "own.js": `own()`},
			"", map[string]string{"m.js": "own.js has to run before lib"}},
		{"loaded later, too", sources{"index.html": page, "m.js": `import "./a.js";m();import("./a.js")`, "a.js": `a()`},
			"", map[string]string{"a.js": "loads it in another way, too"}},
		{"loaded by the page, too", sources{"index.html": page + `<script type=module src=a.js></script>`, "m.js": `import "./a.js";m()`, "a.js": `a()`},
			"", map[string]string{"a.js": "index.html loads it, too"}},
		{"own address", sources{"index.html": page, "m.js": `import "./a.js";m()`, "a.js": `a(import.meta.url)`},
			"", map[string]string{"a.js": "import.meta"}},
		{"missing", sources{"index.html": page, "m.js": `import "./a.js";m()`, "a.js": `import "./no.js";a()`},
			"", map[string]string{"a.js": "which is missing"}},
		{"a query", sources{"index.html": page, "m.js": `import "./a.js?1";m()`, "a.js": `a()`}, "", map[string]string{"a.js": "with a query"}},
		{"waits", sources{"index.html": page, "m.js": `import "./a.js";m()`, "a.js": `await a()`}, "", map[string]string{"m.js": "Top-level await"}},
		{"names", sources{"index.html": page, "m.js": `import "./a.js";m.constructor.name`, "a.js": `a()`}, "", map[string]string{"m.js": "names of functions"}},
		{"another loader", sources{"index.html": page, "m.js": `import "./a.js";m()`, "a.js": `typeof require;export{}`}, "", map[string]string{"m.js": "require"}},
		{"import map", sources{"index.html": page, "m.js": `import "./a.js";m()`, "a.js": `a()`,
			"two.html": `<script type=importmap>{"imports":{"./a.js":"./m.js"}}</script>`}, "", map[string]string{"two.html": "import map"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := tt.in.bundled()
			var got []string
			for _, j := range p.Plan.Joined {
				line := string(j.Node.File.Path) + ":"
				for _, m := range j.Node.Parts {
					line += " " + m.File.Path.Stem()
				}
				got = append(got, line)
			}
			slices.Sort(got)
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("bundles %q, want %q: %+v", s, tt.want, p.Plan.Notes)
			}
			for f, why := range tt.why {
				if n := p.notes(site.Path(f)); !strings.Contains(n, why) {
					t.Errorf("%s: %q, want %q in it", f, n, why)
				}
			}
		})
	}
}
