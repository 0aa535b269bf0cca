package bundle

import (
	"fmt"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// CombineModules finds the ES modules that can be written into the one through
// which alone they are reached. A browser learns of a module's imports when it
// has read the module, so each level costs a round trip; and since whatever
// loads the one loads the others, nobody loads what they did not load before.
var CombineModules = &Combiner{
	Name: "combine-modules",
	Doc:  "finds modules that one other module alone leads to, to bundle them with it (esbuild)",
	Rank: 1,
	Plan: func(p *Planner) {
		m := p.modules()
		if m == nil {
			return
		}
		for _, root := range p.Graph.Nodes {
			if g := m.group(root); g != nil {
				p.bundles = append(p.bundles, g)
				for _, n := range g.parts {
					p.Plan.Portable[n.File.Path] = true
				}
			}
		}
	},
}

// moduleGroup is a module and those that go into it.
type moduleGroup struct {
	root  *Node
	parts []*Node // in the order in which they run; root is the last
}

// maxModule bounds a module that goes into another: a large one changes more
// seldom than what uses it, and is better cached alone.
const maxModule = 64 << 10

// moduleSurvey is what is known of the modules of a site.
type moduleSurvey struct {
	p    *Planner
	into map[*Node]*Node // the module that each could go into; itself where there is none
}

// modules looks which modules only one other leads to: its dominators in the
// graph of imports, as far as they can be bundled. nil if there are no modules.
func (p *Planner) modules() *moduleSurvey {
	s := &moduleSurvey{p: p, into: map[*Node]*Node{}}
	var all []*Node
	for _, n := range p.Graph.Nodes {
		if n.Doc == nil {
			continue
		}
		if n.Doc.Module.Remaps {
			p.Note(n.File.Path, "no modules are bundled: its import map changes what addresses mean")
			return nil
		}
		if n.File.Kind != site.JS {
			continue
		}
		if importsOf(n) {
			s.into[n] = n
		}
		if scriptImported(n) {
			why := p.unbundled(n)
			if why == "" {
				why = p.otherUse(n)
			}
			if why != "" {
				s.into[n] = n
				p.Note(n.File.Path, "not bundled with the module that imports it: "+why)
				continue
			}
			delete(s.into, n) // not known yet
			all = append(all, n)
		}
	}
	// Each module goes where all that import it go. Whoever is not known yet
	// does not decide, so that circles are found to be one; a module that two
	// lead to stands for itself, which others have to hear of.
	for changed := true; changed; {
		changed = false
		for _, n := range all {
			if to := s.meet(n); to != s.into[n] {
				s.into[n], changed = to, true
			}
		}
	}
	return s
}

// meet returns where all that import n go, n itself if they do not agree, nil
// if that is not known.
func (s *moduleSurvey) meet(n *Node) *Node {
	if s.into[n] == n {
		return n
	}
	var to *Node
	for _, u := range n.In {
		if u.ref().Role != site.RoleModule {
			continue
		}
		x := s.into[u.From]
		if x != nil && to != nil && x != to {
			return n
		}
		if x != nil {
			to = x
		}
	}
	if to != nil && to.File.Zone != n.File.Zone {
		return n
	}
	return to
}

func importsOf(n *Node) bool {
	for i := range n.Doc.Refs {
		if n.Doc.Refs[i].Role == site.RoleModule {
			return true
		}
	}
	return len(n.Doc.Module.Bare) > 0
}

// scriptImported reports whether another script imports n.
func scriptImported(n *Node) bool {
	for _, u := range n.In {
		if u.ref().Role == site.RoleModule && u.From.File.Kind == site.JS {
			return true
		}
	}
	return false
}

// unbundled says why a module cannot be one of several in a file.
func (p *Planner) unbundled(n *Node) string {
	m := &n.Doc.Module
	switch {
	case n.Keep != "":
		return n.Keep
	case m.Meta:
		return "it asks for its own address (import.meta)"
	case m.Odd:
		return "it imports what is no script"
	}
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		switch r.Role {
		case site.RoleModule, site.RoleDynamic:
			if n.Missing(i) {
				return "it imports " + r.URL + ", which is missing"
			}
			if r.Fixed != "" {
				return "it imports " + r.URL + ", whose address cannot be changed"
			}
			if t := p.Graph.at[n.To[i].To]; t != nil && t.File.Kind != site.JS {
				return "it imports " + r.URL + ", which is no script"
			}
		case site.RoleSourceMap, site.RoleLink:
		default:
			if r.Fixed == "" {
				return "it loads files by addresses relative to its own"
			}
		}
	}
	return ""
}

// otherUse says how a module is loaded besides being imported by scripts.
func (p *Planner) otherUse(n *Node) string {
	if n.File.Size > maxModule {
		return "it is large enough to stand alone"
	}
	for _, u := range n.In {
		switch u.ref().Role {
		case site.RoleModule:
			if u.From.File.Kind != site.JS {
				return string(u.From.File.Path) + " loads it, too"
			}
			if strings.ContainsAny(u.ref().URL, "?#") {
				return string(u.From.File.Path) + " imports it with a query, as a module of its own"
			}
		case site.RoleHint:
			if l := loadOf(u); l == nil || l.Kind != scan.LoadHint {
				return string(u.From.File.Path) + " asks for it in advance"
			}
		case site.RoleSourceMap, site.RoleLink:
		default:
			return string(u.From.File.Path) + " loads it in another way, too"
		}
		for _, s := range u.From.Doc.Sums {
			if s.Ref == u.Ref {
				return string(u.From.File.Path) + " holds its hash"
			}
		}
	}
	return ""
}

// group returns what goes into root; nil if nothing does, or not unseen.
func (s *moduleSurvey) group(root *Node) *moduleGroup {
	if root.Doc == nil || s.into[root] != root {
		return nil
	}
	member := func(n *Node) bool { return n != nil && s.into[n] == root }
	o := s.p.order(root, member)
	if len(o.parts) < 2 {
		return nil
	}
	why := s.p.unbundled(root)
	for _, u := range root.In {
		for _, sum := range u.From.Doc.Sums {
			if sum.Ref == u.Ref {
				why = string(u.From.File.Path) + " holds its hash"
			}
		}
	}
	if why == "" {
		why = o.differs()
	}
	if why != "" {
		s.p.Note(root.File.Path, fmt.Sprintf("not bundled with the %s that it alone leads to: %s", plural(len(o.parts)-1, "module"), why))
		return nil
	}
	return &moduleGroup{root, o.parts}
}
