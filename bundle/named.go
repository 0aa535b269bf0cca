package bundle

import (
	"slices"

	"github.com/hone-web/hone/site"
)

// Named returns the pages and scripts whose functions and classes are met by a
// script that asks for their names: all that some page loads together with such
// a one, at once or later.
func (g *Graph) Named() map[*Node]bool {
	asks := func(n *Node) bool { return n.Doc != nil && n.Doc.Script.Names }
	named := map[*Node]bool{}
	if !slices.ContainsFunc(g.Nodes, asks) {
		return named
	}
	for _, page := range g.Nodes {
		if page.File.Kind != site.HTML || page.Doc == nil {
			continue
		}
		if code := g.code(page); slices.ContainsFunc(code, asks) {
			for _, n := range code {
				named[n] = true
			}
		}
	}
	return named
}

// code returns a page and the scripts that it or they load.
func (g *Graph) code(page *Node) []*Node {
	seen := map[*Node]bool{page: true}
	all := []*Node{page}
	for i := 0; i < len(all); i++ {
		n := all[i]
		if n.Doc == nil {
			continue
		}
		for r := range n.Doc.Refs {
			if t := g.at[n.To[r].To]; t != nil && t.File.Kind == site.JS && n.Doc.Refs[r].Role.Loads() && !seen[t] {
				seen[t] = true
				all = append(all, t)
			}
		}
	}
	return all
}
