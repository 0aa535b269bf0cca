// Package bundle takes the decisions that need the whole site: who refers to
// whom, which files get new names, which format a reference is served in; and
// it links, writing final names and hashes into compiled code. It reads no
// file and writes none: bytes come and go through functions it is handed.
package bundle

import (
	"slices"
	"sync"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Node is a file with its references resolved.
type Node struct {
	File *site.File
	Doc  *scan.Doc // nil for files without references
	To   []Address // one for each of Doc.Refs
	In   []Use     // references to this file, by referring path, then place

	// Keep says why the file keeps its name; "" when it gets a new one.
	Keep string
	// OwnName says that the name carries the hash of the bytes.
	OwnName bool
	// Finished says that the file is known to be hone's own output, so that
	// nothing may be done to it again.
	Finished bool
	// selected says that an attribute selector may read its address.
	selected bool
	// Parts are the files that a joined one is made of; nil for a file of the
	// input, and empty for one of hone's own. Its references are theirs, one
	// after another.
	Parts []*Node
}

// Use is one reference: the Ref-th of From.
type Use struct {
	From *Node
	Ref  int
}

// Ref returns the reference itself.
func (u Use) ref() *site.Ref { return &u.From.Doc.Refs[u.Ref] }

// Graph is the whole site. Once made it changes by joined files only, which
// are added before pages are compiled.
type Graph struct {
	Base     Base
	Nodes    []*Node // sorted by path
	resolver *Resolver
	at       map[site.Path]*Node

	mu    sync.Mutex
	reach map[*Node]map[*Node]bool // memo of indirect
}

// NewGraph resolves every reference. docs holds the scan of each file that
// has one; files must be sorted by path.
func NewGraph(base Base, files []*site.File, docs map[site.Path]*scan.Doc) *Graph {
	g := &Graph{Base: base, at: make(map[site.Path]*Node, len(files))}
	have := make(map[site.Path]bool, len(files))
	for _, f := range files {
		have[f.Path] = true
		n := &Node{File: f, Doc: docs[f.Path]}
		g.Nodes = append(g.Nodes, n)
		g.at[f.Path] = n
	}
	g.resolver = NewResolver(base, have)
	for _, n := range g.Nodes {
		if n.Doc == nil {
			continue
		}
		n.To = make([]Address, len(n.Doc.Refs))
		for i := range n.Doc.Refs {
			r := &n.Doc.Refs[i]
			n.To[i] = g.resolver.Resolve(n.File.Path, r.Base, r.URL)
			if t := g.at[n.To[i].To]; t != nil {
				t.In = append(t.In, Use{n, i})
			}
		}
	}
	return g
}

// Node returns the file at p, nil if there is none.
func (g *Graph) Node(p site.Path) *Node { return g.at[p] }

// Resolver returns the resolver over the site's files.
func (g *Graph) Resolver() *Resolver { return g.resolver }

// Missing reports whether reference i of n names a place under the site where
// nothing answers.
func (n *Node) Missing(i int) bool { return !n.To[i].External && n.To[i].To == "" }

// Loads returns the files that a browser fetches when it opens n, n itself
// first, in order of discovery. Pages in frames are not followed: they are
// pages of their own.
func (g *Graph) Loads(n *Node) []*Node {
	seen := map[*Node]bool{n: true}
	order := []*Node{n}
	for i := 0; i < len(order); i++ {
		from := order[i]
		if from.Doc == nil {
			continue
		}
		for _, r := range loaded(from.Doc) {
			if t := g.at[from.To[r].To]; t != nil && !seen[t] && t.File.Kind != site.HTML {
				seen[t] = true
				order = append(order, t)
			}
		}
	}
	return order
}

// indirect returns the files that what n refers to refers to in turn: those a
// page may get under a name that the page itself does not choose.
func (g *Graph) indirect(n *Node) map[*Node]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if seen, ok := g.reach[n]; ok {
		return seen
	}
	seen := map[*Node]bool{}
	queue := []*Node{}
	follow := func(from *Node) {
		for i := range from.To {
			t := g.at[from.To[i].To]
			if t == nil || t.File.Kind == site.HTML || !Rewritable(from.Doc.Refs[i].Role) {
				continue
			}
			if from == n {
				queue = append(queue, t)
			} else if !seen[t] {
				seen[t] = true
				queue = append(queue, t)
			}
		}
	}
	follow(n)
	visited := map[*Node]bool{}
	for len(queue) > 0 {
		t := queue[0]
		queue = queue[1:]
		if !visited[t] && t != n {
			visited[t] = true
			follow(t)
		}
	}
	if g.reach == nil {
		g.reach = map[*Node]map[*Node]bool{}
	}
	g.reach[n] = seen
	return seen
}

// Entangled returns the files that n refers to and that another file loaded
// with n refers to as well: both must call them by one name.
func (g *Graph) Entangled(n *Node) []*Node {
	in := g.indirect(n)
	var out []*Node
	for i := range n.To {
		if t := g.at[n.To[i].To]; t != nil && in[t] && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// Targets returns the files whose address n holds.
func (g *Graph) Targets(n *Node) []*Node {
	var out []*Node
	for i := range n.To {
		if t := g.at[n.To[i].To]; t != nil && Rewritable(n.Doc.Refs[i].Role) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// Load is one fetch of the output: the path asked for, and the file it came
// from.
type Load struct {
	Path site.Path
	To   *Node
}

// LoadsAfter returns what a browser fetches when it opens n in the output, n
// itself left out, where target tells the output path of each reference. A
// file that is asked for under two names is two loads; one whose target is ""
// is none. to returns the file behind a reference.
func (g *Graph) LoadsAfter(n *Node, to func(Use) *Node, target func(Use) site.Path) []Load {
	seen := map[site.Path]bool{n.File.Path: true}
	queue := []*Node{n}
	var out []Load
	for i := 0; i < len(queue); i++ {
		from := queue[i]
		if from.Doc == nil {
			continue
		}
		for _, r := range loaded(from.Doc) {
			t := to(Use{from, r})
			if t == nil || t.File.Kind == site.HTML {
				continue
			}
			if p := target(Use{from, r}); p != "" && !seen[p] {
				seen[p] = true
				out = append(out, Load{p, t})
				queue = append(queue, t)
			}
		}
	}
	return out
}

// loaded returns the indexes of the references a browser follows at once. Of
// the candidates of one srcset it takes the last, which by custom is the
// largest: the dearest case.
func loaded(d *scan.Doc) []int {
	var out []int
	for i := range d.Refs {
		r := &d.Refs[i]
		embedded := r.Role == site.RoleDownload && (r.Attrs["<"] == "object" || r.Attrs["<"] == "embed")
		if !r.Role.Loads() && !embedded || r.Role == site.RoleIcon || r.Role == site.RoleManifest || r.Role == site.RoleDynamic {
			continue
		}
		if r.Fixed == scan.ReadByScript {
			continue
		}
		if r.Role == site.RoleImage && r.Attrs["srcset"] != "" {
			continue
		}
		if r.Role == site.RoleSrcset && i+1 < len(d.Refs) && d.Refs[i+1].Role == site.RoleSrcset &&
			d.Refs[i+1].Attrs["srcset"] == r.Attrs["srcset"] && d.Refs[i+1].Attrs["src"] == r.Attrs["src"] {
			continue
		}
		out = append(out, i)
	}
	return out
}
