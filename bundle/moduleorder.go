package bundle

import (
	"cmp"
	"slices"

	"github.com/hone-web/hone/site"
)

// Modules run in the order of a walk over the imports, depth first, each after
// those it imports (ECMA-262, section 16.2.1.6.1.3, InnerModuleEvaluation). In
// a bundle, what it still imports runs first.

// imports is one static import: of a file of the site, or of something else.
type moduleImport struct {
	to   *Node
	name string
}

// moduleOrder is the order in which the modules of a bundle run.
type moduleOrder struct {
	before, after []moduleImport // all of them, now and bundled
	parts         []*Node
}

// moduleImports lists the static imports of a module in source order.
func (g *Graph) moduleImports(n *Node) []moduleImport {
	type at struct {
		off int
		moduleImport
	}
	var all []at
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		if r.Role != site.RoleModule {
			continue
		}
		x := at{r.Span.Start, moduleImport{to: g.at[n.To[i].To]}}
		if x.to == nil || x.to.Doc == nil {
			x.moduleImport = moduleImport{name: r.URL}
		}
		all = append(all, x)
	}
	for _, b := range n.Doc.Module.Bare {
		all = append(all, at{b.At, moduleImport{name: b.Name}})
	}
	slices.SortStableFunc(all, func(a, b at) int { return cmp.Compare(a.off, b.off) })
	out := make([]moduleImport, len(all))
	for i := range all {
		out[i] = all[i].moduleImport
	}
	return out
}

// order works out how root and what it imports run, now and when the members
// stand in one file.
func (p *Planner) order(root *Node, member func(*Node) bool) *moduleOrder {
	o := &moduleOrder{}
	seen := map[moduleImport]bool{}
	var walk func(x moduleImport, found func(moduleImport))
	walk = func(x moduleImport, found func(moduleImport)) {
		if seen[x] {
			return
		}
		seen[x] = true
		if x.to != nil {
			for _, y := range p.Graph.moduleImports(x.to) {
				walk(y, found)
			}
		}
		found(x)
	}
	walk(moduleImport{to: root}, func(x moduleImport) {
		o.before = append(o.before, x)
		if member(x.to) {
			o.parts = append(o.parts, x.to)
		}
	})
	clear(seen)
	for _, n := range o.parts {
		seen[moduleImport{to: n}] = true
	}
	for _, n := range o.parts {
		for _, y := range p.Graph.moduleImports(n) {
			walk(y, func(x moduleImport) { o.after = append(o.after, x) })
		}
	}
	for _, n := range o.parts {
		o.after = append(o.after, moduleImport{to: n})
	}
	return o
}

// differs says which module would run at another time, where that could show.
func (o *moduleOrder) differs() string {
	shows := func(list []moduleImport) []moduleImport {
		return slices.DeleteFunc(slices.Clone(list), func(x moduleImport) bool { return x.to != nil && x.to.Doc.Module.Pure })
	}
	before, after := shows(o.before), shows(o.after)
	for i := range before {
		if before[i] != after[i] {
			return before[i].label() + " has to run before " + after[i].label() + ", which is a file of its own"
		}
	}
	return ""
}

func (x moduleImport) label() string {
	if x.to != nil {
		return string(x.to.File.Path)
	}
	return x.name
}
