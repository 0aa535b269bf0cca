package bundle

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// evidence is what scripts and style sheets of the site let slip about how
// they find files at run time.
type evidence struct {
	mentioned   map[string]site.Path // file name in a script's string → who mentions it
	precached   map[string]bool      // file names in service workers
	selectors   []scan.AttrSelector
	dynamic     site.Path // a script that imports computed names
	edits       []srcEdit
	worker      map[*Node]bool
	moduleRoots []string // folders that import maps open to computed names
}

// srcEdit is a script that takes the addresses of images apart.
type srcEdit struct {
	at string // where; "" if that cannot be told
	by site.Path
}

// reads reports whether an edit may tell the address of p from the one it gets:
// whether the text stands in it, or might stand in a fingerprint, an extension, an escape
// or what comes before the site's own paths.
func (e srcEdit) reads(p site.Path) bool {
	if strings.Trim(e.at, "0123456789abcdef") == "" || strings.ContainsAny(e.at, ".:%") {
		return true
	}
	return strings.Contains("/"+string(p), e.at) || strings.Contains("webp avif", e.at)
}

func (g *Graph) evidence() *evidence {
	ev := &evidence{mentioned: map[string]site.Path{}, precached: map[string]bool{}, worker: map[*Node]bool{}}
	for _, n := range g.Nodes {
		for _, u := range n.In {
			if n.File.Kind == site.JS && u.ref().Fixed == scan.PageURL {
				ev.worker[n] = true
			}
		}
		if n.Doc != nil && n.File.Kind == site.JS && len(n.Doc.Refs) > 0 {
			for i := range n.Doc.Refs {
				if n.Doc.Refs[i].Role == site.RolePrecache {
					ev.worker[n] = true
				}
			}
		}
	}
	served := g.served()
	for _, n := range g.Nodes {
		d := n.Doc
		if d == nil || !served[n] {
			continue
		}
		for _, m := range d.Mentions {
			if _, ok := ev.mentioned[m]; !ok {
				ev.mentioned[m] = n.File.Path
			}
			if ev.worker[n] || wellKnown[strings.ToLower(n.File.Path.Base())] {
				ev.precached[m] = true
			}
		}
		ev.selectors = append(ev.selectors, d.Selectors...)
		if d.DynamicImport && ev.dynamic == "" {
			ev.dynamic = n.File.Path
		}
		for _, at := range d.SrcEdits {
			if !slices.ContainsFunc(ev.edits, func(e srcEdit) bool { return e.at == at }) {
				ev.edits = append(ev.edits, srcEdit{at, n.File.Path})
			}
		}
		for i := range d.Refs {
			if r := &d.Refs[i]; r.Fixed == scan.MapFolder {
				if a := n.To[i]; !a.External {
					ev.moduleRoots = append(ev.moduleRoots, string(g.resolver.locate(a.Dir, r.URL).To))
				}
			}
		}
	}
	return ev
}

// pins says why n must keep its name although a reference could be changed.
func (ev *evidence) pins(n *Node) string {
	p := n.File.Path
	name := p.Base()
	code := n.File.Kind == site.JS || n.File.Kind == site.CSS
	if by, ok := ev.mentioned[name]; ok && code {
		return "the name stands in " + string(by) + ", which may load it"
	}
	if ev.precached[name] {
		return "a service worker asks for it by name"
	}
	if n.File.Kind == site.JS {
		if ev.dynamic != "" && n.Doc != nil && n.Doc.Modules {
			return string(ev.dynamic) + " imports modules by computed names"
		}
		for _, root := range ev.moduleRoots {
			if strings.HasPrefix(string(p), root) {
				return "an import map opens its folder to computed names"
			}
		}
	}
	if n.File.Kind == site.Image || n.File.Kind == site.SVG {
		for _, e := range ev.edits {
			if e.reads(p) {
				return string(e.by) + " edits the addresses of images"
			}
		}
	}
	for _, u := range n.In {
		if s, ok := ev.selected(u); ok {
			return "the selector " + s + " reads its address"
		}
	}
	return ""
}

// selected returns an attribute selector that matches the address of u and
// might not match, or might match differently, after a fingerprint is put
// between stem and extension.
func (ev *evidence) selected(u Use) (string, bool) {
	r := u.ref()
	if len(ev.selectors) == 0 || r.Attrs == nil {
		return "", false
	}
	for _, attr := range slices.Sorted(maps.Keys(r.Attrs)) {
		value := r.Attrs[attr]
		if attr == "<" || !strings.Contains(value, path.Base(trimURL(r.URL))) {
			continue
		}
		for _, s := range ev.selectors {
			if strings.EqualFold(s.Name, attr) && matches(s, value) && !survives(s, value, path.Base(trimURL(r.URL))) {
				return "[" + s.Name + s.Op + s.Value + "]", true
			}
		}
	}
	return "", false
}

// reads reports whether an attribute selector matches an attribute that holds
// the address of u.
func (ev *evidence) reads(u Use) bool {
	for attr, value := range u.ref().Attrs {
		for _, s := range ev.selectors {
			if attr != "<" && s.Op != "" && strings.EqualFold(s.Name, attr) && matches(s, value) && strings.Contains(value, path.Base(trimURL(u.ref().URL))) {
				return true
			}
		}
	}
	return false
}

func trimURL(u string) string {
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		return u[:i]
	}
	return u
}

// TypePinned returns an attribute selector that would stop matching u if the
// target's extension changed.
func (ev *evidence) typePinned(u Use) bool {
	for attr, value := range u.ref().Attrs {
		for _, s := range ev.selectors {
			if attr != "<" && strings.EqualFold(s.Name, attr) && s.Op != "" && s.Op != "^=" && matches(s, value) {
				return true
			}
		}
	}
	return false
}

// matches reports whether the selector matches an attribute of that value
// (Selectors Level 4, section 6).
func matches(s scan.AttrSelector, value string) bool {
	switch s.Op {
	case "":
		return true
	case "=":
		return value == s.Value
	case "^=":
		return s.Value != "" && strings.HasPrefix(value, s.Value)
	case "$=":
		return s.Value != "" && strings.HasSuffix(value, s.Value)
	case "*=":
		return s.Value != "" && strings.Contains(value, s.Value)
	case "|=":
		return value == s.Value || strings.HasPrefix(value, s.Value+"-")
	}
	for _, w := range strings.Fields(value) { // "~="
		if w == s.Value {
			return true
		}
	}
	return false
}

// survives reports whether a match outlives a fingerprint written between the
// stem and the extension of the file name that value holds.
func survives(s scan.AttrSelector, value, name string) bool {
	i := strings.LastIndex(value, name)
	if i < 0 {
		return false
	}
	stem := i + len(name) - len(path.Ext(name))
	head, tail := value[:stem], value[stem:]
	switch s.Op {
	case "":
		return true
	case "^=":
		return strings.HasPrefix(head, s.Value)
	case "$=":
		return strings.HasSuffix(tail, s.Value)
	case "*=":
		return strings.Contains(head, s.Value) || strings.Contains(tail, s.Value)
	}
	return false
}

// served returns the files that a visitor's browser may come to read: pages
// and well-known files, and what those refer to or call by its file name. What
// is left are files that came along, as the build scripts and package
// descriptions in a folder of libraries; they load nothing.
func (g *Graph) served() map[*Node]bool {
	named := map[string][]*Node{}
	for _, n := range g.Nodes {
		named[n.File.Path.Base()] = append(named[n.File.Path.Base()], n)
	}
	seen := make(map[*Node]bool, len(g.Nodes))
	var queue []*Node
	visit := func(n *Node) {
		if n != nil && !seen[n] {
			seen[n] = true
			queue = append(queue, n)
		}
	}
	if !slices.ContainsFunc(g.Nodes, func(n *Node) bool { return n.File.Kind == site.HTML }) {
		for _, n := range g.Nodes { // a folder of files for other sites
			seen[n] = true
		}
		return seen
	}
	for _, n := range g.Nodes {
		p := n.File.Path
		if n.File.Kind == site.HTML || n.File.Kind == site.XML || wellKnown[strings.ToLower(p.Base())] || strings.HasPrefix(string(p), ".well-known/") {
			visit(n)
		}
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if n.Doc == nil {
			continue
		}
		for i := range n.To {
			visit(g.at[n.To[i].To])
		}
		for _, m := range n.Doc.Mentions {
			for _, t := range named[m] {
				visit(t)
			}
			delete(named, m)
		}
	}
	return seen
}
