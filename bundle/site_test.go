package bundle

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// sources is a site in memory: path → text.
type sources map[site.Path]string

// memory stands in for the store.
type memory map[site.Digest][]byte

func (m memory) put(b []byte) (site.Digest, error) {
	d := site.Sum(b)
	if _, ok := m[d]; !ok {
		m[d] = bytes.Clone(b)
	}
	return d, nil
}

func (m memory) code(o *site.Object) ([]byte, error) {
	b, ok := m[o.Blob]
	if !ok {
		return nil, fmt.Errorf("no blob for %s", o.Path)
	}
	return b, nil
}

// graph scans the site and resolves its references.
func (s sources) graph(base Base) *Graph {
	var files []*site.File
	docs := map[site.Path]*scan.Doc{}
	for _, p := range slices.Sorted(maps.Keys(s)) {
		f := &site.File{Path: p, Kind: site.KindOf(p), Size: int64(len(s[p])), Digest: site.Sum([]byte(s[p]))}
		files = append(files, f)
		if f.Kind.IsText() {
			docs[p] = scan.Scan(p, f.Kind, []byte(s[p]), scan.Options{})
		}
	}
	return NewGraph(base, files, docs)
}

// linker cuts the references out of every file and changes nothing else.
func (s sources) linker(g *Graph) *Linker {
	m := memory{}
	l := &Linker{Graph: g, Plan: NewPlan(), Objects: map[site.Path]*site.Object{}, Code: m.code, Put: m.put, Plain: map[site.Path]bool{}}
	for _, n := range g.Nodes {
		p := n.File.Path
		o := &site.Object{Path: p, Kind: n.File.Kind}
		var code []byte
		at := 0
		for _, c := range cuts(g, n) {
			code = append(code, s[p][at:c.span.Start]...)
			c.reloc.Off = len(code)
			o.Relocs = append(o.Relocs, c.reloc)
			at = c.span.End
		}
		code = append(code, s[p][at:]...)
		o.Blob, _ = m.put(code)
		o.Size = int64(len(code))
		l.Objects[p] = o
	}
	return l
}

type cut struct {
	span  site.Span
	reloc site.Reloc
}

// cuts lists what becomes a hole: changeable references to renamed files, and
// hashes of the form "alg-BASE64" or hexadecimal.
func cuts(g *Graph, n *Node) []cut {
	if n.Doc == nil {
		return nil
	}
	var cs []cut
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		if t := g.Node(n.To[i].To); t != nil && t.Keep == "" && r.Fixed == "" && Rewritable(r.Role) {
			cs = append(cs, cut{r.Span, site.Reloc{Ref: i}})
		}
	}
	for _, sum := range n.Doc.Sums {
		if g.Node(n.To[sum.Ref].To) == nil {
			continue
		}
		if sum.Kind == site.SumRevision {
			cs = append(cs, cut{sum.Span, site.Reloc{Ref: sum.Ref, Form: site.FormRevision, Algs: "hex-md5"}})
			continue
		}
		alg, _, _ := strings.Cut(sum.Text, "-")
		span := sum.Span
		span.Start += len(alg) + 1
		cs = append(cs, cut{span, site.Reloc{Ref: sum.Ref, Form: site.FormIntegrity, Algs: alg}})
	}
	slices.SortFunc(cs, func(a, b cut) int { return a.span.Start - b.span.Start })
	return cs
}

// link names and links the site, and returns the output with its old names
// left out where a file got a new one.
func (s sources) link(t testing.TB, base Base) (*Graph, *Linked, sources) {
	t.Helper()
	g := s.graph(base)
	g.AssignNames()
	l := s.linker(g)
	k, _, err := l.Link()
	if err != nil {
		t.Fatal(err)
	}
	return g, k, outputs(t, g, k)
}

func outputs(t testing.TB, g *Graph, k *Linked) sources {
	t.Helper()
	out := sources{}
	for _, n := range g.Nodes {
		p := n.File.Path
		text, err := k.Fill(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		name := k.Name(p)
		if name == "" {
			name = p
		}
		out[name] = string(text)
	}
	return out
}

// source returns the bytes of a file.
func (s sources) source(p site.Path) ([]byte, error) { return []byte(s[p]), nil }
