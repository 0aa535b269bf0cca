package bundle

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// HashCircles returns the files whose hashes depend on each other: a precache
// list that names its own revision, say. No bytes satisfy such a circle, so
// what stands there is no hash of what is deployed, and the files must stay.
func (g *Graph) HashCircles() []*Node {
	succ := func(n *Node) []*Node {
		if n.Doc == nil {
			return nil
		}
		var out []*Node
		for _, s := range n.Doc.Sums {
			if t := g.at[n.To[s.Ref].To]; t != nil {
				out = append(out, t)
			}
		}
		return out
	}
	var all []*Node
	for _, group := range components(g.Nodes, succ) {
		if len(group) > 1 || slices.Contains(succ(group[0]), group[0]) {
			all = append(all, group...)
		}
	}
	return all
}

// FinishedCircles returns the files that refer to each other in a
// circle and carry the name that the linker gives such a circle: proof that
// they are hone's own output.
func (g *Graph) FinishedCircles(read func(*site.File) ([]byte, error)) ([]*Node, error) {
	var maybe []*Node
	for _, n := range g.Nodes {
		if h := NameHash(n.File.Path); h != "" && n.Doc != nil && renameableKinds[n.File.Kind] && !strings.HasPrefix(n.File.Digest.String(), h) {
			maybe = append(maybe, n)
		}
	}
	if len(maybe) == 0 {
		return nil, nil
	}
	in := map[*Node]bool{}
	for _, n := range maybe {
		in[n] = true
	}
	succ := func(n *Node) []*Node {
		var out []*Node
		for i, a := range n.To {
			if t := g.at[a.To]; t != nil && in[t] && Rewritable(n.Doc.Refs[i].Role) && n.Doc.Refs[i].Fixed == "" {
				out = append(out, t)
			}
		}
		return out
	}
	var done []*Node
	for _, group := range components(maybe, succ) {
		if len(group) == 1 && !slices.Contains(succ(group[0]), group[0]) {
			continue
		}
		ok, err := g.namedTogether(group, succ, read)
		if err != nil {
			return nil, err
		}
		for _, n := range group {
			if ok {
				done = append(done, n)
			}
		}
	}
	return done, nil
}

// namedTogether reports whether every name in the circle follows from the
// bytes of the circle.
func (g *Graph) namedTogether(group []*Node, succ func(*Node) []*Node, read func(*site.File) ([]byte, error)) (bool, error) {
	blank := make([]site.Digest, len(group))
	for i, n := range group {
		text, err := read(n.File)
		if err != nil {
			return false, err
		}
		var out []byte
		at := 0
		for r := range n.Doc.Refs {
			if t := g.at[n.To[r].To]; t != nil && slices.Contains(group, t) && n.Doc.Refs[r].Fixed == "" && Rewritable(n.Doc.Refs[r].Role) {
				out = append(out, text[at:n.Doc.Refs[r].Span.Start]...)
				at = n.Doc.Refs[r].Span.End
			}
		}
		blank[i] = site.Sum(append(out, text[at:]...))
	}
	sum := circleSum(blank)
	for i, n := range group {
		if !strings.HasPrefix(circleDigest(sum, blank[i]).String(), NameHash(n.File.Path)) {
			return false, nil
		}
	}
	return true, nil
}

// circleSum hashes the files of a circle, each with the circle's names left
// out, in an order that does not depend on their names.
func circleSum(blank []site.Digest) []byte {
	sorted := slices.Clone(blank)
	slices.SortFunc(sorted, func(a, b site.Digest) int { return slices.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, d := range sorted {
		h.Write(d[:])
	}
	return h.Sum(nil)
}

// circleDigest is what a file of a circle is named by.
func circleDigest(sum []byte, blank site.Digest) site.Digest {
	return site.Sum(append(slices.Clone(sum), blank[:]...))
}
