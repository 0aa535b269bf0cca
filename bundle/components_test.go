package bundle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestComponents compares with the definition: two nodes are in one component
// when each reaches the other.
func TestComponents(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := 1 + rnd.IntN(9)
		nodes := make([]*Node, n)
		for i := range nodes {
			nodes[i] = &Node{File: &site.File{Path: site.Path(fmt.Sprint(i))}}
		}
		edges := map[*Node][]*Node{}
		for range rnd.IntN(2 * n) {
			a, b := nodes[rnd.IntN(n)], nodes[rnd.IntN(n)]
			edges[a] = append(edges[a], b)
		}
		reach := map[[2]*Node]bool{}
		for _, a := range nodes {
			for todo := []*Node{a}; len(todo) > 0; todo = todo[1:] {
				for _, b := range edges[todo[0]] {
					if !reach[[2]*Node{a, b}] {
						reach[[2]*Node{a, b}] = true
						todo = append(todo, b)
					}
				}
			}
		}
		seen := map[*Node]int{}
		for i, group := range components(nodes, func(n *Node) []*Node { return edges[n] }) {
			for _, a := range group {
				if _, twice := seen[a]; twice {
					t.Fatalf("node %s stands twice", a.File.Path)
				}
				seen[a] = i
			}
		}
		for _, a := range nodes {
			if _, ok := seen[a]; !ok {
				t.Fatalf("node %s is missing", a.File.Path)
			}
			for _, b := range nodes {
				together := a == b || reach[[2]*Node{a, b}] && reach[[2]*Node{b, a}]
				if (seen[a] == seen[b]) != together {
					t.Fatalf("%s and %s: together %v, want %v", a.File.Path, b.File.Path, !together, together)
				}
				if reach[[2]*Node{a, b}] && seen[b] > seen[a] {
					t.Fatalf("%s comes before %s, to which it refers", a.File.Path, b.File.Path)
				}
			}
		}
	}
}

// TestComponentsDeep takes a chain longer than a stack of calls may be.
func TestComponentsDeep(t *testing.T) {
	t.Parallel()
	nodes := make([]*Node, 50_000)
	for i := range nodes {
		nodes[i] = &Node{}
	}
	next := map[*Node][]*Node{}
	for i, n := range nodes[1:] {
		next[nodes[i]] = []*Node{n}
	}
	if got := components(nodes, func(n *Node) []*Node { return next[n] }); len(got) != len(nodes) || got[0][0] != nodes[len(nodes)-1] {
		t.Errorf("%d components", len(got))
	}
}

// randomSite makes a site of modules, styles, drawings and pages that refer to
// each other at random, circles and hashes included. Every file holds its own
// number, so that no two have the same bytes.
func randomSite(rnd *rand.Rand) sources {
	var css, js, leaf, all []string
	pick := func(l []string) string { return l[rnd.IntN(len(l))] }
	for i := range 1 + rnd.IntN(4) {
		css = append(css, fmt.Sprintf("c%d.css", i))
	}
	for i := range 1 + rnd.IntN(5) {
		js = append(js, fmt.Sprintf("j%d.js", i))
	}
	for i := range 1 + rnd.IntN(4) {
		leaf = append(leaf, fmt.Sprintf("i%d.png", i))
	}
	all = slices.Concat(css, js, leaf)
	s := sources{}
	for i, p := range css {
		var b strings.Builder
		for range rnd.IntN(3) {
			fmt.Fprintf(&b, "@import %q;\n", pick(css))
		}
		for range rnd.IntN(3) {
			fmt.Fprintf(&b, "a{background:url(%s)}\n", pick(leaf))
		}
		s[site.Path(p)] = b.String() + fmt.Sprintf("/*%d*/", i)
	}
	for i, p := range js {
		var b strings.Builder
		for range rnd.IntN(4) {
			fmt.Fprintf(&b, "import \"./%s\";\n", pick(js))
		}
		s[site.Path(p)] = b.String() + fmt.Sprintf("export {};//%d", i)
	}
	for i, p := range leaf {
		s[site.Path(p)] = fmt.Sprint("leaf ", i)
	}
	for i := range 1 + rnd.IntN(2) {
		var b strings.Builder
		for range 1 + rnd.IntN(6) {
			switch p := pick(all); {
			case strings.HasSuffix(p, "css") && rnd.IntN(2) == 0:
				fmt.Fprintf(&b, "<link rel=stylesheet href=%s integrity=sha384-%s>\n", p, strings.Repeat("A", 64))
			case strings.HasSuffix(p, "css"):
				fmt.Fprintf(&b, "<link rel=stylesheet href=%s>\n", p)
			case strings.HasSuffix(p, "js"):
				fmt.Fprintf(&b, "<script type=module src=%s></script>\n", p)
			default:
				fmt.Fprintf(&b, "<img src=%s>\n", p)
			}
		}
		s[site.Path(fmt.Sprintf("p%d.html", i))] = b.String()
	}
	return s
}
