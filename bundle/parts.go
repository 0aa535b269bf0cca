package bundle

import "github.com/hone-web/hone/site"

// parts returns the pages of the site, those between which links or frames
// lead, in whatever direction, together. The demonstration pages in a folder
// of libraries, say, are a part of their own.
func (g *Graph) parts() [][]*Node {
	root := map[*Node]*Node{}
	find := func(n *Node) *Node {
		for root[n] != n {
			root[n] = root[root[n]]
			n = root[n]
		}
		return n
	}
	var pages []*Node
	for _, n := range g.Nodes {
		if n.File.Kind == site.HTML && n.Doc != nil {
			root[n] = n
			pages = append(pages, n)
		}
	}
	for _, n := range pages {
		for i := range n.To {
			if t := g.at[n.To[i].To]; root[t] != nil {
				root[find(t)] = find(n)
			}
		}
	}
	at := map[*Node]int{}
	var out [][]*Node
	for _, n := range pages {
		r := find(n)
		i, ok := at[r]
		if !ok {
			i = len(out)
			at[r] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], n)
	}
	return out
}
